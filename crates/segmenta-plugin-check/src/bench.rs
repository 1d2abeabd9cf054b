//! How fast a criterion is, and how much of its time the border takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use segmenta_plugin_host::process::Settings;
use segmenta_plugin_host::{Error as HostError, LibraryFile, Registry};
use serde::Serialize;
use serde_json::json;

use crate::levels::{defect, load};
use crate::options::{Effort, Options, Target};
use crate::report::Sink;
use crate::subject::{Ready, Subject};
use crate::{Error, Result, no_op};

/// Rows of a batch, from 1 Ki to 256 Ki.
const SIZES: [u64; 5] = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18];
/// The size of a run's batches, which the share of the border is measured at.
const BATCH: u64 = 8_192;
/// A size whose rows cost at most this many times those of the best size is the knee.
const KNEE: f64 = 1.1;

/// The figures of one criterion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bench {
    /// Its name.
    pub criterion: String,
    /// `debug` or `release`: how this program was built. The library's own build is in its note.
    pub profile: &'static str,
    /// Architecture and system.
    pub machine: String,
    /// `apply` for batches of several sizes.
    pub apply: Vec<Speed>,
    /// `fit_update`, empty if the criterion is not fitted.
    pub update: Vec<Speed>,
    /// `apply` of batches of 8,192 rows by several threads at once.
    pub threads: Vec<Parallel>,
    /// Nanoseconds per row of `apply` in a process of its own, for batches of 8,192 rows; `None` if no
    /// program is known that children can run, or the plugin is linked in.
    pub apart_ns_per_row: Option<f64>,
    /// The smallest batch whose rows cost at most a tenth more than those of the best size.
    pub knee_rows: u64,
    /// A call without rows, in nanoseconds.
    pub call_ns: f64,
    /// Time of a criterion that does nothing with the same columns, as a share of this one's, for
    /// batches of 8,192 rows.
    pub border_share: f64,
    /// Merging one partial, in nanoseconds; 0 if the criterion is not fitted.
    pub merge_ns: f64,
    /// Bytes of a partial of 8,192 rows; 0 if the criterion is not fitted.
    pub partial_bytes: u64,
    /// Bytes of the model; 0 if the criterion is not fitted.
    pub model_bytes: u64,
    /// Passes over the rows; 0 if the criterion is not fitted.
    pub passes: u32,
}

/// One size of batch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Speed {
    /// Rows of the batch.
    pub rows: u64,
    /// Nanoseconds per row, of the fastest of several calls.
    pub ns_per_row: f64,
}

/// One count of threads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parallel {
    /// Threads that call at once.
    pub threads: usize,
    /// Nanoseconds per row of all threads together.
    pub ns_per_row: f64,
}

/// Measures every criterion of a library.
///
/// # Errors
/// [`Error::Plugin`] if it cannot be loaded or fails; [`Error::Content`] if no usable rows are known.
pub fn bench(target: &Target, options: &Options) -> Result<Vec<Bench>> {
    let registry = load::open(target)?;
    let unusable = |difference: crate::Difference| Error::content("the criterion".as_ref(), difference.came);
    let measure = |info| {
        let subject = Subject::find(&registry, info, options).map_err(unusable)?;
        let mut bench = measured(&subject)?;
        bench.apart_ns_per_row = apart_ns_per_row(&subject, target)?;
        Ok(bench)
    };
    registry.criteria().map(measure).collect()
}

/// The level `bench`: figures, which cannot be wrong.
pub(crate) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let bench = match measured(subject) {
        Ok(bench) => bench,
        Err(error) => return sink.fail("usable", defect("ordinary rows", &error)),
    };
    for (call, speeds) in [("apply", &bench.apply), ("update", &bench.update)] {
        for speed in speeds {
            let rule = format!("{call} of {} rows", speed.rows);
            sink.measured(&rule, format!("{:.1} ns per row", speed.ns_per_row));
        }
    }
    sink.measured("call", format!("{:.1} us", bench.call_ns / 1e3));
    sink.measured("border", format!("{:.1} % of the time at {BATCH} rows", bench.border_share * 100.0));
}

fn measured(subject: &Subject<'_>) -> Result<Bench, HostError> {
    let ready = subject.ready()?;
    let patience = match subject.options.effort {
        Effort::Full => Duration::from_millis(400),
        Effort::Quick => Duration::from_millis(20),
    };
    let sizes = if subject.options.effort == Effort::Full { &SIZES[..] } else { &SIZES[..2] };
    let mut apply = Vec::new();
    for rows in sizes {
        let batch = subject.range(*rows);
        let ns = fastest_ns(patience, || ready.apply(&batch).map(drop))?;
        apply.push(Speed { rows: *rows, ns_per_row: ns / *rows as f64 });
    }
    let none = subject.range(0);
    let batch = subject.range(BATCH);
    let own = fastest_ns(patience, || ready.apply(&batch).map(drop))?;
    let empty = nothing(&batch)?;
    let border = fastest_ns(patience, || empty.0.apply(&empty.1).map(drop))?;
    let fit = if subject.info.fit.is_some() { Some(fit(subject, &ready, sizes, patience)?) } else { None };
    let fit = fit.unwrap_or_default();
    Ok(Bench {
        criterion: subject.info.name.clone(),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        machine: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
        knee_rows: knee(&apply),
        threads: parallel(&ready, &batch, patience)?,
        apart_ns_per_row: None,
        call_ns: fastest_ns(patience, || ready.apply(&none).map(drop))?,
        border_share: (border / own).min(1.0),
        apply,
        update: fit.update,
        merge_ns: fit.merge_ns,
        partial_bytes: fit.partial_bytes,
        model_bytes: fit.model_bytes,
        passes: fit.passes,
    })
}

/// The speed of 1, 2, 4 and 8 threads, each with the batch.
fn parallel(ready: &Ready, batch: &RecordBatch, patience: Duration) -> Result<Vec<Parallel>, HostError> {
    let one = |threads: usize| {
        let begun = Instant::now();
        let work = || -> Result<u64, HostError> {
            let mut rows = 0;
            while rows == 0 || begun.elapsed() < patience {
                rows += ready.apply(batch)?.num_rows() as u64;
            }
            Ok(rows)
        };
        let rows = std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let ended = running.into_iter().map(|thread| thread.join().expect("a call of the host does not panic"));
            ended.sum::<Result<u64, HostError>>()
        })?;
        Ok(Parallel { threads, ns_per_row: begun.elapsed().as_nanos() as f64 / rows.max(1) as f64 })
    };
    [1, 2, 4, 8].into_iter().map(one).collect()
}

/// The speed in a process of its own.
fn apart_ns_per_row(subject: &Subject<'_>, target: &Target) -> Result<Option<f64>, HostError> {
    let (Target::File(path), Some(launcher)) = (target, &subject.options.launcher) else {
        return Ok(None);
    };
    let mut registry = Registry::default();
    let settings = Settings { launcher: launcher.clone(), children: 1, ..Settings::default() };
    registry.add_isolated(&LibraryFile::read(path)?, &settings)?;
    load::allow_unrepeatable(&mut registry)?;
    let (ready, batch) = (subject.elsewhere(&registry).ready()?, subject.range(BATCH));
    let ns = fastest_ns(Duration::from_millis(200), || ready.apply(&batch).map(drop))?;
    Ok(Some(ns / BATCH as f64))
}

/// The figures of a fit.
#[derive(Default)]
struct Fit {
    update: Vec<Speed>,
    merge_ns: f64,
    partial_bytes: u64,
    model_bytes: u64,
    passes: u32,
}

fn fit(subject: &Subject<'_>, ready: &Ready, sizes: &[u64], patience: Duration) -> Result<Fit, HostError> {
    let (instance, seed) = (&ready.instance, subject.options.seed);
    let mut update = Vec::new();
    for rows in sizes {
        let batch = subject.range(*rows);
        let ns = fastest_ns(patience, || instance.partial(seed, Some(0), 0, &[])?.update(&batch))?;
        update.push(Speed { rows: *rows, ns_per_row: ns / *rows as f64 });
    }
    let mut partial = instance.partial(seed, Some(0), 0, &[])?;
    partial.update(&subject.range(BATCH))?;
    let saved = partial.save()?;
    let merge_ns = fastest_ns(patience, || instance.partial(seed, None, 0, &[])?.merge(&saved))?;
    let fitted = instance.fit(&subject.leaves(8, 1_000), seed)?;
    let (partial_bytes, model_bytes) = (saved.len() as u64, fitted.bytes.len() as u64);
    Ok(Fit { update, merge_ns, partial_bytes, model_bytes, passes: fitted.passes })
}

/// Nanoseconds of the fastest call within `patience`, of at least three.
fn fastest_ns(patience: Duration, mut call: impl FnMut() -> Result<(), HostError>) -> Result<f64, HostError> {
    let begun = Instant::now();
    let mut fastest = Duration::MAX;
    for count in 0_u32.. {
        let started = Instant::now();
        call()?;
        fastest = fastest.min(started.elapsed());
        if count >= 2 && begun.elapsed() > patience {
            break;
        }
    }
    Ok(fastest.as_nanos() as f64)
}

/// The criterion that does nothing, bound to the same columns.
fn nothing(batch: &RecordBatch) -> Result<(Ready, RecordBatch), HostError> {
    let fields = batch.schema();
    // Lists cross the border as they are for a grouped criterion only: their values stand in for them.
    let flat = fields.fields().iter().zip(batch.columns()).filter(|(field, _)| !field.data_type().is_nested());
    let (fields, columns): (Vec<_>, Vec<_>) = flat
        .enumerate()
        .map(|(at, (field, column))| {
            (Field::new(format!("column.{at}"), field.data_type().clone(), true), Arc::clone(column))
        })
        .unzip();
    let (fields, columns) = match fields.is_empty() {
        false => (fields, columns),
        true => {
            let column: arrow_array::ArrayRef = Arc::new(arrow_array::BooleanArray::from(vec![true; batch.num_rows()]));
            (vec![Field::new("column.0", arrow_schema::DataType::Boolean, true)], vec![column])
        }
    };
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("the columns have the rows of a batch");
    let instance = Registry::new(&[no_op::linked()])?.bind("no_op", &json!({}), 0, &batch.schema())?;
    Ok((Ready { instance, model: None }, batch))
}

fn knee(speeds: &[Speed]) -> u64 {
    let best = speeds.iter().map(|speed| speed.ns_per_row).fold(f64::INFINITY, f64::min);
    speeds.iter().find(|speed| speed.ns_per_row <= best * KNEE).map_or(0, |speed| speed.rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knee_is_the_smallest_batch_that_is_nearly_the_best() {
        let speed = |(rows, ns_per_row)| Speed { rows, ns_per_row };
        assert_eq!(knee(&[(1, 9.0), (2, 5.4), (4, 5.0), (8, 5.2)].map(speed)), 2);
    }
}
