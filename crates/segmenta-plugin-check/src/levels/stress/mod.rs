//! Level `stress`: many threads, little time and memory, and what is left behind.

mod cancel;
mod leaks;
mod limits;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
pub(crate) use cancel::cancelled;
use segmenta_plugin_host::Error;

use super::defect;
use super::fit::models_differ;
use crate::options::{Effort, Target};
use crate::report::{Difference, Sink};
use crate::subject::{Ready, Subject};

/// Rows of one call. Calls of a few rows meet each other often.
const ROWS: u64 = 512;
/// Time in which threads of a plugin are looked for.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) fn check(subject: &Subject<'_>, target: &Target, sink: &mut Sink<'_>) {
    let ready = match subject.ready() {
        Ok(ready) => ready,
        Err(error) => return sink.fail("usable", defect("ordinary rows", &error)),
    };
    sink.verdict("threads", threads(subject, &ready));
    if subject.info.fit.is_some() {
        sink.verdict("fit-threads", fit_threads(subject));
    }
    limits::check(subject, target, sink);
    if matches!(target, Target::File(_)) {
        own_threads(subject, &ready, sink);
    }
    leaks::check(subject, sink);
}

fn rounds(subject: &Subject<'_>) -> usize {
    if subject.options.effort == Effort::Full { 400 } else { 100 }
}

/// Threads that use one instance and one model, each with rows of its own, against one thread.
fn threads(subject: &Subject<'_>, ready: &Ready) -> Option<Difference> {
    let count = subject.options.threads.max(2);
    let batches = subject.leaves(count as u64, ROWS);
    let alone: Result<Vec<RecordBatch>, Error> = batches.iter().map(|batch| ready.apply(batch)).collect();
    let alone = match alone {
        Ok(alone) => alone,
        Err(error) => return Some(defect("one thread", &error)),
    };
    let together = thread::scope(|scope| {
        let work = batches.iter().zip(&alone);
        let running: Vec<_> = work.map(|(batch, alone)| scope.spawn(|| race(subject, ready, batch, alone))).collect();
        let ended = running.into_iter().map(|thread| thread.join().expect("a call of the host does not panic"));
        ended.collect::<Vec<_>>()
    });
    let came = together.into_iter().flatten().next()?;
    Some(Difference::new(
        format!("{count} threads give the rows that one gives"),
        came,
        "share nothing that changes between calls (statics, caches, buffers), or leave `CONCURRENT` out of the flags",
    ))
}

fn race(subject: &Subject<'_>, ready: &Ready, batch: &RecordBatch, alone: &RecordBatch) -> Option<String> {
    (0..rounds(subject)).find_map(|_| match ready.apply(batch) {
        Ok(came) => subject.difference(alone, &came),
        Err(error) => Some(format!("{}: {error}", error.code())),
    })
}

/// A fit on one thread and on several.
fn fit_threads(subject: &Subject<'_>) -> Option<Difference> {
    let leaves = subject.leaves(16, 100);
    let instance = match subject.bind() {
        Ok(instance) => instance,
        Err(error) => return Some(defect("binding", &error)),
    };
    let fit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("a pool of a few threads can be started");
        pool.install(|| instance.fit(&leaves, subject.options.seed))
    };
    match (fit(1), fit(subject.options.threads.max(2))) {
        (Ok(one), Ok(many)) => models_differ(subject, &instance, &one.bytes, &many.bytes).map(|came| {
            let expected = "a fit on several threads gives the model of one thread";
            Difference::new(expected, came, "let partials share nothing, and keep maps in an order of their own")
        }),
        (Err(error), _) | (_, Err(error)) => Some(defect("a fit", &error)),
    }
}

/// A call may occupy one thread here, its own.
fn own_threads(subject: &Subject<'_>, ready: &Ready, sink: &mut Sink<'_>) {
    let rows = subject.range(ROWS * 16);
    let (most, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let before = thread_count();
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(thread_count().unwrap_or(0), Ordering::Relaxed);
                thread::sleep(Duration::from_micros(200));
            }
        });
        let begun = Instant::now();
        let mut outcome = ready.apply(&rows);
        while outcome.is_ok() && begun.elapsed() < LOOK {
            outcome = ready.apply(&rows);
        }
        done.store(true, Ordering::Relaxed);
        outcome.map(drop)
    });
    // One more is the one that looks.
    let others = before.map(|before| most.into_inner().saturating_sub(before + 1));
    match (ended, others) {
        (Err(error), _) => sink.fail("own-threads", defect("ordinary rows", &error)),
        (Ok(()), None) => sink.skip("own-threads", "the system does not count threads"),
        (Ok(()), Some(0)) => sink.pass("own-threads"),
        (Ok(()), Some(others)) => sink.warn(
            "own-threads",
            Difference::new(
                "a call that may occupy one thread occupies its own",
                format!("{others} more"),
                "start no threads in `apply`: the runner calls from as many as it has; in a fit, heed `max_threads`",
            ),
        ),
    }
}

/// Threads of this process; `None` where the system does not say.
fn thread_count() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}
