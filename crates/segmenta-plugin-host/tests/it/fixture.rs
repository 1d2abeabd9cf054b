//! Criteria written with the SDK that do what their options say, right or wrong.

use segmenta_plugin_sdk::prelude::*;

/// What [`Odd`] is to do.
#[derive(Deserialize, JsonSchema, PartialEq, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    Nothing,
    PanicInBind,
    PanicInApply,
    PanicInDrop,
    PanicOnThread,
    PanicUnderLock,
    RefuseParam,
    RefuseValue,
    TooFewRows,
    OtherType,
    NullWhereNone,
    MissingColumn,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OddOptions {
    deed: Deed,
}

/// Writes `label` and a score that is never null, unless it is told otherwise.
pub(crate) struct Odd(Deed);

impl Criterion for Odd {
    const NAME: &'static str = "odd";
    const SUMMARY: &'static str = "Does what it is told.";
    type Params = OddOptions;

    fn inputs() -> Vec<Input> {
        vec![Input::new("x", &[Type::Int64]).nullable()]
    }

    fn bind(options: OddOptions, _: &Inputs) -> Result<(Self, Outputs)> {
        match options.deed {
            Deed::PanicInBind => panic!("no bind today"),
            Deed::RefuseParam => Err(Error::param("deed", "is not wanted")),
            deed => Ok((Self(deed), Outputs::label(None).with("score", DataType::Int64, false))),
        }
    }

    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        cx.poll()?;
        cx.log(Level::Info, format_args!("{} rows", batch.rows()));
        let rows = match self.0 {
            Deed::TooFewRows => batch.rows() - 1,
            _ => batch.rows(),
        };
        let labels: ArrayRef = Arc::new(StringArray::from(vec![Some("x"); rows]));
        let scores: ArrayRef = match self.0 {
            Deed::PanicInApply => panic!("no {} today", "apply"),
            Deed::PanicOnThread => {
                let thread = std::thread::spawn(|| panic!("no thread today"));
                return Err(thread.join().map_or_else(|_| Error::internal("its thread panicked"), |()| unreachable!()));
            }
            Deed::PanicUnderLock => {
                static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
                let _held = LOCK.lock().unwrap();
                panic!("no lock today")
            }
            Deed::RefuseValue => return Err(Error::data("x", 2, "is odd")),
            Deed::OtherType => Arc::new(Float64Array::from(vec![0.0; rows])),
            Deed::NullWhereNone => Arc::new(Int64Array::from(vec![None; rows])),
            Deed::MissingColumn => return Ok(vec![labels]),
            _ => Arc::new(Int64Array::from(vec![i64::from(cx.as_of()); rows])),
        };
        Ok(vec![labels, scores])
    }
}

impl Drop for Odd {
    fn drop(&mut self) {
        if self.0 == Deed::PanicInDrop {
            panic!("no drop today");
        }
    }
}

/// What [`Above`] is to do.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AboveOptions {
    /// Passes over the rows.
    passes: u32,
    /// Whether the second leaf panics.
    panic_in_leaf_1: bool,
}

impl Default for AboveOptions {
    fn default() -> Self {
        Self { passes: 1, panic_in_leaf_1: false }
    }
}

/// Whether a value is above the mean of all rows. Every pass sums again, and carries the count of
/// rows that all passes have seen.
pub(crate) struct Above(AboveOptions);

#[derive(Serialize, Deserialize)]
pub(crate) struct Sum {
    sum: i64,
    rows: u64,
    /// Leaves in the order they were merged.
    leaves: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Mean {
    mean: f64,
    seen: u64,
    leaves: Vec<u64>,
    seed: u64,
}

impl Fitted for Above {
    const NAME: &'static str = "above";
    const SUMMARY: &'static str = "Whether a value is above the mean.";
    const MERGE: Merge = Merge::Ordered;
    const MAX_PASSES: u32 = 3;
    type Params = AboveOptions;
    type Partial = Sum;
    type Carry = u64;
    type Model = Mean;

    fn inputs() -> Vec<Input> {
        vec![Input::new("x", &[Type::Int64])]
    }

    fn bind(options: AboveOptions, _: &Inputs) -> Result<(Self, Outputs)> {
        let labels = ["above", "below"].map(String::from).to_vec();
        Ok((Self(options), Outputs::label(Some(labels))))
    }

    fn begin(&self, cx: &FitCx<'_, u64>) -> Result<Sum> {
        Ok(Sum { sum: 0, rows: 0, leaves: cx.partition().into_iter().collect() })
    }

    fn update(&self, part: &mut Sum, batch: &Batch, cx: &FitCx<'_, u64>) -> Result<()> {
        assert!(!(self.0.panic_in_leaf_1 && cx.partition() == Some(1)), "leaf 1 is bad");
        part.rows += batch.rows() as u64;
        part.sum += batch.i64("x")?.iter().flatten().sum::<i64>();
        Ok(())
    }

    fn merge(&self, into: &mut Sum, other: Sum) -> Result<()> {
        into.sum += other.sum;
        into.rows += other.rows;
        into.leaves.extend(other.leaves);
        Ok(())
    }

    fn finish(&self, part: Sum, cx: &FitCx<'_, u64>) -> Result<Step<u64, Mean>> {
        if part.rows == 0 {
            return Err(Error::rows("there are no rows"));
        }
        let seen = part.rows + cx.carry().copied().unwrap_or(0);
        if cx.pass() + 1 < self.0.passes {
            return Ok(Step::Again(seen));
        }
        let mean = part.sum as f64 / part.rows as f64;
        Ok(Step::Done(Mean { mean, seen, leaves: part.leaves, seed: cx.seed() }))
    }

    fn apply(&self, model: &Mean, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let label = |x| if x > model.mean { "above" } else { "below" };
        let labels: StringArray = batch.f64("x")?.iter().map(|x| x.map(label)).collect();
        Ok(vec![Arc::new(labels)])
    }

    fn describe_model(&self, model: &Mean) -> Value {
        json!({"mean": model.mean, "seen": model.seen, "leaves": model.leaves, "seed": model.seed})
    }

    fn check_model(&self, model: &Mean) -> Result<()> {
        if model.mean.is_finite() {
            return Ok(());
        }
        Err(Error::model("the mean is not finite"))
    }
}

/// Spread of the values of an entity that has many, and of several columns.
pub(crate) struct Spread;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoOptions {}

impl Criterion for Spread {
    const NAME: &'static str = "spread";
    const SUMMARY: &'static str = "Largest value of all columns, per entity.";
    type Params = NoOptions;

    fn inputs() -> Vec<Input> {
        vec![Input::many("x", &[Type::Float64]).nullable()]
    }

    fn grouped() -> bool {
        true
    }

    fn bind(_: NoOptions, inputs: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(Some(inputs.columns("x")))))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let columns = [batch.list_f64("x.0")?, batch.list_f64("x.1")?];
        let largest = |entity| {
            let values = columns.iter().flat_map(|column| {
                let valid = column.range(entity).filter(|at| column.values().is_valid(*at));
                valid.map(|at| column.values().value(at))
            });
            values.reduce(f64::max).map(|largest| largest.to_string())
        };
        let labels: StringArray = (0..batch.rows()).map(largest).collect();
        Ok(vec![Arc::new(labels)])
    }
}

export_plugin!(
    name = "fixture",
    version = "1.2.3",
    criteria = [criterion Odd, fitted Above, criterion Spread],
);
