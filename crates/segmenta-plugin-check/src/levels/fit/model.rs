//! Models as bytes: they come back whole, and hostile ones are refused.

use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Instance};

use crate::generate::hash;
use crate::levels::{defect, is_refusal};
use crate::options::Effort;
use crate::report::{Difference, Sink};
use crate::subject::Subject;

/// Reading a damaged model may take this long.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let rows = subject.range(200);
    let fitted = subject.bind().and_then(|instance| {
        let fitted = instance.fit(&subject.leaves(2, 100), subject.options.seed)?;
        Ok((instance, fitted.bytes))
    });
    let (instance, bytes) = match fitted {
        Ok(fitted) => fitted,
        Err(error) => return sink.fail("usable", defect("a fit of ordinary rows", &error)),
    };
    sink.verdict("model-round-trip", round_trip(subject, &instance, &bytes, &rows));
    hostile(subject, &instance, &bytes, &rows.slice(0, 8.min(rows.num_rows())), sink);
}

/// Two instances that read the same bytes give the same rows.
fn round_trip(subject: &Subject<'_>, instance: &Instance, bytes: &[u8], rows: &RecordBatch) -> Option<Difference> {
    let next = "store everything in the model that `apply` needs";
    let expected = "another instance reads the model and gives the same rows";
    let attempt = || -> Result<_, Error> {
        let first = instance.apply(Some(&*instance.load_model(bytes)?), rows)?;
        let other = subject.bind()?;
        let model = other.load_model(bytes)?;
        Ok((first, other.apply(Some(&model), rows)?, model.describe()?))
    };
    match attempt() {
        Ok((first, second, _)) => subject.difference(&first, &second).map(|came| Difference::new(expected, came, next)),
        Err(error) => Some(Difference::error(expected, &error, next)),
    }
}

/// Bytes cut short, with bits flipped, and at random.
fn hostile(subject: &Subject<'_>, instance: &Instance, bytes: &[u8], rows: &RecordBatch, sink: &mut Sink<'_>) {
    let flips = if subject.options.effort == Effort::Full { 10_000 } else { 1_000 };
    let cases: [(&str, Vec<Vec<u8>>); 3] =
        [("model-cut-short", prefixes(bytes)), ("model-flipped", flipped(bytes, flips)), ("model-random", random())];
    for (rule, damaged) in cases {
        let (mut taken, count) = (0_u32, damaged.len());
        let broken = damaged.iter().find_map(|damaged| match survived(instance, damaged, rows) {
            Ok(used) => {
                taken += u32::from(used);
                None
            }
            Err(difference) => Some(difference),
        });
        match broken {
            Some(difference) => sink.fail(rule, difference),
            None => sink.measured(rule, format!("{count} models, {taken} of them usable")),
        }
    }
}

/// Whether damaged bytes were taken; an error if taking or refusing them went wrong.
fn survived(instance: &Instance, damaged: &[u8], rows: &RecordBatch) -> Result<bool, Difference> {
    let started = Instant::now();
    let used = instance.load_model(damaged).and_then(|model| instance.apply(Some(&model), rows));
    let next = "check lengths and numbers in `check_model`, and answer what does not fit with a `model` error";
    let expected = "damaged model bytes are refused with `model`, or are a model";
    if started.elapsed() > PATIENCE {
        let came = format!("it took {:.1} s", started.elapsed().as_secs_f64());
        return Err(Difference::new(expected, came, next));
    }
    match used {
        Ok(_) => Ok(true),
        Err(error) if is_refusal(&error) || matches!(error.code(), "model" | "resource") => Ok(false),
        Err(error) => Err(Difference::new(expected, format!("{}: {error}", error.code()), next)),
    }
}

fn prefixes(bytes: &[u8]) -> Vec<Vec<u8>> {
    let step = bytes.len().div_ceil(2_000).max(1);
    (0..bytes.len()).step_by(step).map(|end| bytes[..end].to_vec()).collect()
}

fn flipped(bytes: &[u8], count: u64) -> Vec<Vec<u8>> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let flip = |number: u64| {
        let mut damaged = bytes.to_vec();
        for place in 0..=number % 3 {
            let at = hash(number, place);
            let len = damaged.len() as u64;
            damaged[(at % len) as usize] ^= 1 << ((at >> 40) % 8);
        }
        damaged
    };
    (0..count).map(flip).collect()
}

fn random() -> Vec<Vec<u8>> {
    let bytes = |number: u64| (0..hash(7, number) % 200).map(|at| hash(number, at) as u8).collect();
    (0..500).map(bytes).collect()
}
