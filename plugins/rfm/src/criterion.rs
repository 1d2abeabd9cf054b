//! `rfm` as a criterion.

use segmenta_plugin_sdk::prelude::*;

use crate::cut::{KeyRef, NO_KEY, score};
use crate::fit::{Carry, Partial};
use crate::model::{AXES, Model};
use crate::names::NameTable;
use crate::options::{Options, Ties};

const KEY: &str = "key";

/// Recency, frequency and monetary scores and the segment they name.
#[derive(Debug)]
pub struct Rfm {
    bins: u8,
    ties: Ties,
    names: NameTable,
}

impl Fitted for Rfm {
    const NAME: &'static str = "rfm";
    const SUMMARY: &'static str = "Recency, frequency and monetary scores and the named segments made of them";
    const MAX_PASSES: u32 = 2;
    type Params = Options;
    type Partial = Partial;
    type Carry = Carry;
    type Model = Model;

    fn inputs() -> Vec<Input> {
        let numeric = [Type::Float64, Type::Int64, Type::Int32, Type::Decimal128];
        let axis = |name, meaning| Input::new(name, &numeric).nullable().describe(meaning);
        let key = "The customer's key; needed by `rank_first` and `ntile`, which order equal \
                   customers by it.";
        vec![
            axis("recency", "Days since the last order; fewer are better."),
            axis("frequency", "Number of orders; more are better."),
            axis("monetary", "Money spent, in total or per order; more is better."),
            Input::new(KEY, &[Type::Int64, Type::Utf8]).optional().describe(key),
        ]
    }

    fn bind(options: Options, inputs: &Inputs) -> Result<(Self, Outputs)> {
        let Options { bins, ties, .. } = options;
        if !(2..=10).contains(&bins) {
            return Err(Error::param("bins", "must be 2 to 10"));
        }
        check_ties(&options, inputs)?;
        let names = NameTable::new(&options)?;
        let mut outputs = Outputs::label(Some(names.labels().to_vec()));
        for score in ["r", "f", "m"] {
            outputs = outputs.with(score, DataType::UInt8, true);
        }
        if has_code(bins) {
            outputs = outputs.with("code", DataType::UInt16, true);
        }
        Ok((Self { bins, ties, names }, outputs))
    }

    fn begin(&self, cx: &FitCx<'_, Carry>) -> Result<Partial> {
        Ok(Partial::new(cx.carry()))
    }

    fn update(&self, part: &mut Partial, batch: &Batch, _: &FitCx<'_, Carry>) -> Result<()> {
        let values = Values::new(batch)?;
        let keys = self.keys(batch)?;
        let mut customers = Vec::with_capacity(batch.rows());
        for row in 0..batch.rows() {
            if let Some(values) = values.row(row)? {
                customers.push((keys.at(row), values));
            }
        }
        part.add(&customers);
        Ok(())
    }

    fn merge(&self, into: &mut Partial, other: Partial) -> Result<()> {
        into.merge(other)
    }

    fn finish(&self, part: Partial, cx: &FitCx<'_, Carry>) -> Result<Step<Carry, Model>> {
        part.finish(self.ties, self.bins, cx.carry())
    }

    fn apply(&self, model: &Model, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let values = Values::new(batch)?;
        let keys = self.keys(batch)?;
        let mut out = Columns::new(batch.rows());
        for row in 0..batch.rows() {
            let key = keys.at(row);
            let scores = values.row(row)?.map(|values| {
                std::array::from_fn(|at| score(&model.axes[at].cuts, AXES[at].direction, values[at], key))
            });
            out.push(scores, &self.names);
        }
        Ok(out.finish(has_code(self.bins)))
    }

    fn describe_model(&self, model: &Model) -> Value {
        model.describe(self.ties.as_str())
    }

    fn check_model(&self, model: &Model) -> Result<()> {
        model.check(self.bins)
    }
}

fn has_code(bins: u8) -> bool {
    bins <= 9
}

fn check_ties(options: &Options, inputs: &Inputs) -> Result<()> {
    let ties = options.ties.as_str();
    if options.ties == Ties::Ntile && !options.allow_split_ties {
        let problem = "is `ntile`, which gives customers with equal values different scores by \
                       their key alone; use `strictly_below` or `at_or_below`, or set \
                       `allow_split_ties = true`";
        return Err(Error::param("ties", problem));
    }
    if options.ties.splits() && !inputs.has(KEY) {
        let problem = format!("must be bound for `ties = \"{ties}\"`, which orders equal customers by it");
        return Err(Error::schema(KEY, problem));
    }
    Ok(())
}

/// The three inputs of a batch.
struct Values {
    columns: [Float64Array; 3],
}

impl Values {
    fn new(batch: &Batch) -> Result<Self> {
        let [r, f, m] = AXES.map(|axis| batch.f64(axis.name));
        Ok(Self { columns: [r?, f?, m?] })
    }

    /// A customer's values; `None` if one of them is missing.
    ///
    /// # Errors
    /// [`Error::Data`] for one that is not finite.
    fn row(&self, row: usize) -> Result<Option<[f64; 3]>> {
        if self.columns.iter().any(|column| column.is_null(row)) {
            return Ok(None);
        }
        let values: [f64; 3] = std::array::from_fn(|at| self.columns[at].value(row));
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(Some(values)),
            Some(at) => {
                let problem = format!("{} is not a finite number", values[at]);
                Err(Error::data(AXES[at].name, row, problem))
            }
        }
    }
}

/// The keys of a batch.
enum Keys {
    /// The tie rule does not ask for them.
    Unused,
    Numbers(Int64Array),
    Texts(StringArray),
}

impl Keys {
    fn at(&self, row: usize) -> KeyRef<'_> {
        match self {
            Self::Unused => NO_KEY,
            Self::Numbers(keys) => KeyRef::Number(keys.value(row)),
            Self::Texts(keys) => KeyRef::Text(keys.value(row)),
        }
    }
}

impl Rfm {
    fn keys(&self, batch: &Batch) -> Result<Keys> {
        if !self.ties.splits() {
            return Ok(Keys::Unused);
        }
        match batch.column(KEY)?.data_type() {
            DataType::Int64 => batch.i64(KEY).map(Keys::Numbers),
            _ => batch.str(KEY).map(Keys::Texts),
        }
    }
}

/// The output columns under construction.
struct Columns {
    labels: StringBuilder,
    scores: [Vec<Option<u8>>; 3],
}

impl Columns {
    fn new(rows: usize) -> Self {
        let scores = std::array::from_fn(|_| Vec::with_capacity(rows));
        Self { labels: StringBuilder::with_capacity(rows, rows * 12), scores }
    }

    fn push(&mut self, scores: Option<[u8; 3]>, names: &NameTable) {
        self.labels.append_option(scores.map(|scores| names.name(scores)));
        for (at, column) in self.scores.iter_mut().enumerate() {
            column.push(scores.map(|scores| scores[at]));
        }
    }

    fn finish(mut self, with_code: bool) -> Vec<ArrayRef> {
        let [r, f, m] = &self.scores;
        let codes = r
            .iter()
            .zip(f)
            .zip(m)
            .map(|((r, f), m)| Some(100 * u16::from((*r)?) + 10 * u16::from((*f)?) + u16::from((*m)?)));
        let codes: UInt16Array = codes.collect();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.labels.finish())];
        for scores in self.scores {
            columns.push(Arc::new(UInt8Array::from(scores)));
        }
        if with_code {
            columns.push(Arc::new(codes));
        }
        columns
    }
}
