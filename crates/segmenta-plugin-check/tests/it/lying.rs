//! Criteria that say what is not true of them, each in one way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use segmenta_plugin_sdk::prelude::*;

/// They have no options.
#[options]
pub(crate) struct Options {}

fn amount() -> Vec<Input> {
    vec![Input::new("amount", &[Type::Float64]).nullable().describe("Money spent.")]
}

fn labels(batch: &Batch, label: impl Fn(f64) -> String) -> Result<Vec<ArrayRef>> {
    let amounts = batch.f64("amount")?;
    let labels: StringArray = amounts.iter().map(|amount| amount.map(&label)).collect();
    Ok(vec![Arc::new(labels)])
}

/// Compares with the mean of the batch, so a row's label depends on the other rows.
pub(crate) struct AboveBatchMean;

impl Criterion for AboveBatchMean {
    const NAME: &'static str = "above_batch_mean";
    const SUMMARY: &'static str = "Says that its rows are independent.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        amount()
    }

    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let amounts = batch.f64("amount")?;
        let mean = amounts.iter().flatten().sum::<f64>() / amounts.len() as f64;
        labels(batch, |amount| if amount > mean { "above" } else { "below" }.to_owned())
    }
}

/// Puts the second into its label.
pub(crate) struct Clock;

impl Criterion for Clock {
    const NAME: &'static str = "clock";
    const SUMMARY: &'static str = "Says that it depends on rows alone.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        amount()
    }

    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        labels(batch, |amount| format!("{} at {now}", amount > 100.0))
    }
}

/// Keeps a mebibyte of every batch, of which it uses little.
pub(crate) struct Leaky;

impl Criterion for Leaky {
    const NAME: &'static str = "leaky";
    const SUMMARY: &'static str = "Says nothing of what it keeps.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        amount()
    }

    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let mut kept = Vec::with_capacity(1 << 20);
        kept.push(1_u8);
        std::mem::forget(std::hint::black_box(kept));
        labels(batch, |amount| (amount > 100.0).to_string())
    }
}

static CALLS: AtomicI64 = AtomicI64::new(0);

/// A label and a score that differs a little in every call.
macro_rules! differing {
    ($(#[$doc:meta])* $name:ident, $label:literal, $repeat:expr, $share:literal) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl Criterion for $name {
            const NAME: &'static str = $label;
            const SUMMARY: &'static str = "Gives a score that is not the same twice.";
            const REPEAT: Repeat = $repeat;
            type Params = Options;

            fn inputs() -> Vec<Input> {
                amount()
            }

            fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
                Ok((Self, Outputs::label(None).with("score", DataType::Float64, true)))
            }

            fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
                let calls = CALLS.fetch_add(1, Ordering::Relaxed) % 2;
                let more = 1.0 + calls as f64 * $share;
                let scores: Float64Array = batch.f64("amount")?.iter().map(|amount| amount.map(|a| a * more)).collect();
                let mut columns = labels(batch, |amount| (amount > 100.0).to_string())?;
                columns.push(Arc::new(scores));
                Ok(columns)
            }
        }
    };
}

differing!(
    /// Differs by less than it says.
    Tolerant,
    "tolerant",
    Repeat::Tolerance(1e-6),
    1e-9
);
differing!(
    /// Differs by more than it says.
    Intolerant,
    "intolerant",
    Repeat::Tolerance(1e-9),
    1e-6
);
differing!(
    /// Says that it differs.
    Unrepeatable,
    "unrepeatable",
    Repeat::Never,
    1.0
);

/// Keeps the amount it is at in a static, as C code with a static buffer does. The SDK says
/// `CONCURRENT` for it.
pub(crate) struct Shared;

static SHARED: AtomicI64 = AtomicI64::new(0);

impl Criterion for Shared {
    const NAME: &'static str = "shared";
    const SUMMARY: &'static str = "Says that threads may call it at once.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        amount()
    }

    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        labels(batch, |amount| {
            SHARED.store(amount as i64, Ordering::SeqCst);
            std::thread::yield_now();
            SHARED.load(Ordering::SeqCst).to_string()
        })
    }
}

/// A fitted criterion with one model and one partial, whose steps a lie replaces.
macro_rules! lying_fit {
    ($(#[$doc:meta])* $name:ident, $label:literal, $partial:ty, $model:ty, $begin:expr, $update:expr, $merge:expr, $finish:expr) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl Fitted for $name {
            const NAME: &'static str = $label;
            const SUMMARY: &'static str = "Says that any order of merging gives the same bytes.";
            type Params = Options;
            type Partial = $partial;
            type Carry = ();
            type Model = $model;

            fn inputs() -> Vec<Input> {
                amount()
            }

            fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
                Ok((Self, Outputs::label(None)))
            }

            fn begin(&self, cx: &FitCx<'_, ()>) -> Result<$partial> {
                let begin: fn(Option<u64>) -> $partial = $begin;
                Ok(begin(cx.partition()))
            }

            fn update(&self, part: &mut $partial, batch: &Batch, _: &FitCx<'_, ()>) -> Result<()> {
                let update: fn(&mut $partial, f64) = $update;
                batch.f64("amount")?.iter().flatten().for_each(|amount| update(part, amount));
                Ok(())
            }

            fn merge(&self, into: &mut $partial, other: $partial) -> Result<()> {
                let merge: fn(&mut $partial, $partial) = $merge;
                merge(into, other);
                Ok(())
            }

            fn finish(&self, part: $partial, _: &FitCx<'_, ()>) -> Result<Step<(), $model>> {
                let finish: fn($partial) -> $model = $finish;
                Ok(Step::Done(finish(part)))
            }

            fn apply(&self, _: &$model, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
                labels(batch, |amount| (amount > 100.0).to_string())
            }

            fn describe_model(&self, model: &$model) -> Value {
                json!(model)
            }
        }
    };
}

lying_fit!(
    /// Adds floats as they come.
    FloatSum,
    "float_sum",
    f64,
    f64,
    |_| 0.0,
    |sum, amount| *sum += amount * 0.1,
    |sum, other| *sum += other,
    |sum| sum
);

lying_fit!(
    /// Keeps the number of bins in the partial that saw rows, and forgets it when merging.
    FirstConfigures,
    "first_configures",
    (u32, u64),
    u64,
    |partition| (partition.map_or(1, |_| 10), 0),
    |(_, sum), amount| *sum += amount.clamp(0.0, 1e9) as u64,
    |(_, sum), (_, other)| *sum += other,
    |(bins, sum)| sum / u64::from(bins)
);

lying_fit!(
    /// Takes the mean over partials, whether or not they saw rows.
    MeanOfPartials,
    "mean_of_partials",
    (u64, u64),
    u64,
    |_| (0, 1),
    |(sum, _), amount| *sum += amount.clamp(0.0, 1e9) as u64,
    |(sum, partials), (other, more)| {
        *sum += other;
        *partials += more;
    },
    |(sum, partials)| sum / partials
);

lying_fit!(
    /// Writes its counts in the order of a hash map.
    HashOrder,
    "hash_order",
    HashMap<u64, u64>,
    Vec<(u64, u64)>,
    |_| HashMap::new(),
    |counts, amount| *counts.entry(amount as u64 / 100).or_default() += 1,
    |counts, other| {
        #[expect(clippy::iter_over_hash_type, reason = "sums do not depend on order")]
        for (amount, count) in other {
            *counts.entry(amount).or_default() += count;
        }
    },
    |counts| counts.into_iter().collect()
);

lying_fit!(
    /// Sums amounts in cents, which is all that it says.
    Honest,
    "honest",
    u64,
    u64,
    |_| 0,
    |sum, amount| *sum += (amount.clamp(0.0, 1e9) * 100.0) as u64,
    |sum, other| *sum += other,
    |sum| sum
);

segmenta_plugin_sdk::export_plugin!(
    name = "lying",
    version = "1.0.0",
    criteria = [
        criterion AboveBatchMean,
        criterion Clock,
        criterion Shared,
        criterion Leaky,
        criterion Tolerant,
        criterion Intolerant,
        criterion Unrepeatable,
        fitted FloatSum,
        fitted FirstConfigures,
        fitted MeanOfPartials,
        fitted HashOrder,
        fitted Honest,
    ],
);
