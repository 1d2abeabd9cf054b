//! `abc` as a criterion.

use segmenta_plugin_sdk::prelude::*;

use crate::model::{LABELS, Model};
use crate::share::Share;

const VALUE: &str = "value";

/// Options of a `[criteria.*]` table with `plugin = "abc"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Cumulative shares of the total value at which the classes end.
    #[serde(default)]
    pub cuts: Cuts,
}

/// `cuts` of the options.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cuts {
    /// End of class a, `"80%"` or `0.8`.
    #[serde(default = "eighty")]
    pub a: Share,
    /// End of class b, above that of a.
    #[serde(default = "ninety_five")]
    pub b: Share,
}

impl Default for Cuts {
    fn default() -> Self {
        Self { a: eighty(), b: ninety_five() }
    }
}

fn eighty() -> Share {
    Share::new(0.8).expect("80 % is a share")
}

fn ninety_five() -> Share {
    Share::new(0.95).expect("95 % is a share")
}

/// ABC classes by cumulative share of a value.
#[derive(Debug)]
pub struct Abc {
    cuts: [Share; 2],
}

/// The values of the customers seen.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Partial {
    /// Above 0.
    values: Vec<f64>,
    /// Customers with 0 or less.
    worthless: u64,
}

impl Fitted for Abc {
    const NAME: &'static str = "abc";
    const SUMMARY: &'static str = "ABC classes by cumulative share of a value";
    const MERGE: Merge = Merge::Ordered;
    type Params = Options;
    type Partial = Partial;
    type Carry = ();
    type Model = Model;

    fn inputs() -> Vec<Input> {
        let numeric = [Type::Float64, Type::Int64, Type::Int32, Type::Decimal128];
        let meaning = "What customers are ranked by, such as revenue or margin; more is better.";
        vec![Input::new(VALUE, &numeric).nullable().describe(meaning)]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        let Cuts { a, b } = options.cuts;
        if a >= b {
            return Err(Error::param("/cuts/b", "must be above `a`"));
        }
        let outputs =
            Outputs::label(Some(LABELS.map(str::to_owned).to_vec())).with("cumulative_share", DataType::Float64, true);
        Ok((Self { cuts: [a, b] }, outputs))
    }

    fn begin(&self, _: &FitCx<'_, ()>) -> Result<Partial> {
        Ok(Partial::default())
    }

    fn update(&self, part: &mut Partial, batch: &Batch, _: &FitCx<'_, ()>) -> Result<()> {
        for value in values(batch)? {
            match value? {
                Some(value) if value > 0.0 => part.values.push(value),
                Some(_) => part.worthless += 1,
                None => {}
            }
        }
        Ok(())
    }

    fn merge(&self, into: &mut Partial, mut other: Partial) -> Result<()> {
        if !other.values.iter().all(|value| value.is_finite() && *value > 0.0) {
            return Err(Error::model("the partial holds values that are not above 0"));
        }
        into.values.append(&mut other.values);
        into.worthless = into.worthless.saturating_add(other.worthless);
        Ok(())
    }

    fn finish(&self, part: Partial, _: &FitCx<'_, ()>) -> Result<Step<(), Model>> {
        if part.values.is_empty() && part.worthless == 0 {
            return Err(Error::rows("no customer has a value"));
        }
        Ok(Step::Done(Model::fit(part.values, part.worthless, self.cuts)))
    }

    fn apply(&self, model: &Model, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let mut labels = StringBuilder::with_capacity(batch.rows(), batch.rows());
        let mut shares = Float64Builder::with_capacity(batch.rows());
        for value in values(batch)? {
            let value = value?;
            labels.append_option(value.map(|value| model.label(value)));
            shares.append_option(value.and_then(|value| model.cumulative_share(value)));
        }
        Ok(vec![Arc::new(labels.finish()), Arc::new(shares.finish())])
    }

    fn describe_model(&self, model: &Model) -> Value {
        model.describe()
    }

    fn check_model(&self, model: &Model) -> Result<()> {
        model.check()
    }
}

/// The values of a batch, [`Error::Data`] for one that is not finite.
fn values(batch: &Batch) -> Result<impl Iterator<Item = Result<Option<f64>>>> {
    let column = batch.f64(VALUE)?;
    Ok((0..column.len()).map(move |row| {
        let value = column.is_valid(row).then(|| column.value(row));
        match value.filter(|value| !value.is_finite()) {
            None => Ok(value),
            Some(value) => Err(Error::data(VALUE, row, format!("{value} is not a finite number"))),
        }
    }))
}
