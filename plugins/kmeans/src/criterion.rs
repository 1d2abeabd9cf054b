//! `kmeans` as a criterion.

use segmenta_plugin_sdk::prelude::*;

use crate::fit::fit;
use crate::model::{Model, Rows};
use crate::options::Options;
use crate::sample::Sample;

const FEATURES: &str = "features";

/// Most features: more would not fit one partition's rows into a partial.
const MAX_FEATURES: usize = 100;

/// k-means clusters of numeric columns: labels `c1`, `c2`, … and the distance to the own centre.
#[derive(Debug)]
pub struct Kmeans {
    options: Options,
    features: Vec<String>,
}

impl Fitted for Kmeans {
    const NAME: &'static str = "kmeans";
    const SUMMARY: &'static str = "k-means clusters of numeric columns";
    const MERGE: Merge = Merge::Ordered;
    type Params = Options;
    type Partial = Sample;
    type Carry = ();
    type Model = Model;

    fn inputs() -> Vec<Input> {
        let numeric = [Type::Float64, Type::Float32, Type::Int64, Type::Int32, Type::UInt64, Type::Decimal128];
        let features = Input::many(FEATURES, &numeric)
            .nullable()
            .describe("Columns to cluster by; a row without a finite value in each gets no cluster.");
        vec![features]
    }

    fn bind(options: Options, inputs: &Inputs) -> Result<(Self, Outputs)> {
        check(&options)?;
        let features = inputs.columns(FEATURES);
        if features.len() > MAX_FEATURES {
            let problem = format!("takes at most {MAX_FEATURES} columns, {} given", features.len());
            return Err(Error::schema(FEATURES, problem));
        }
        let labels = (0..usize::from(options.clusters)).map(Model::label).collect();
        let outputs = Outputs::label(Some(labels)).with("distance", DataType::Float64, true);
        Ok((Self { options, features }, outputs))
    }

    fn begin(&self, _: &FitCx<'_, ()>) -> Result<Sample> {
        Ok(Sample::default())
    }

    fn update(&self, part: &mut Sample, batch: &Batch, cx: &FitCx<'_, ()>) -> Result<()> {
        let first = (cx.partition().unwrap_or(0) << 32) + cx.row_offset();
        let columns = batch.many_f64(FEATURES)?;
        let mut row = vec![0.0; columns.len()];
        for at in 0..batch.rows() {
            let complete = read_row(&columns, at, &mut row);
            part.add(first + at as u64, complete.then_some(&row));
        }
        Ok(())
    }

    fn merge(&self, into: &mut Sample, other: Sample) -> Result<()> {
        into.append(other, self.features.len())
    }

    fn finish(&self, part: Sample, cx: &FitCx<'_, ()>) -> Result<Step<(), Model>> {
        let (complete, incomplete) = (part.complete, part.incomplete);
        let points = part.into_points(self.features.len());
        let mut model = fit(&self.options, points, cx.max_threads(), || cx.poll())?;
        model.rows = Rows { complete, incomplete, ..model.rows };
        // Squares of numbers near the largest there are have no end.
        let sound = model.check(usize::from(self.options.clusters), self.features.len());
        sound.map_err(|_| Error::rows("the features are too far apart for distances to be numbers"))?;
        Ok(Step::Done(model))
    }

    fn apply(&self, model: &Model, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let columns = batch.many_f64(FEATURES)?;
        let names: Vec<String> = (0..model.clusters.len()).map(Model::label).collect();
        let centers = model.centers();
        let mut labels = StringBuilder::with_capacity(batch.rows(), batch.rows() * 2);
        let mut distances = Float64Builder::with_capacity(batch.rows());
        let mut row = vec![0.0; columns.len()];
        for at in 0..batch.rows() {
            let nearest = read_row(&columns, at, &mut row).then(|| {
                model.scale.apply(&mut row);
                centers.nearest(&row)
            });
            labels.append_option(nearest.map(|nearest| &names[nearest.center]));
            distances.append_option(nearest.map(|nearest| nearest.distance.sqrt()));
        }
        Ok(vec![Arc::new(labels.finish()), Arc::new(distances.finish())])
    }

    fn describe_model(&self, model: &Model) -> Value {
        model.describe(&self.features)
    }

    fn check_model(&self, model: &Model) -> Result<()> {
        model.check(usize::from(self.options.clusters), self.features.len())
    }
}

fn check(options: &Options) -> Result<()> {
    if !(2..=100).contains(&options.clusters) {
        return Err(Error::param("clusters", "must be 2 to 100"));
    }
    if !(1..=1_000).contains(&options.starts) {
        return Err(Error::param("starts", "must be 1 to 1000"));
    }
    if !(1..=10_000).contains(&options.max_iterations) {
        return Err(Error::param("max_iterations", "must be 1 to 10000"));
    }
    if !(0.0..=1.0).contains(&options.tolerance) {
        return Err(Error::param("tolerance", "must be 0 to 1"));
    }
    Ok(())
}

/// Copies a row's features into `row`; whether all of them are there and finite.
fn read_row(columns: &[Float64Array], at: usize, row: &mut [f64]) -> bool {
    let mut complete = true;
    for (column, value) in columns.iter().zip(row) {
        *value = column.value(at);
        complete &= column.is_valid(at) && value.is_finite();
    }
    complete
}
