//! Level `stress`: many threads, many instances, and what is left behind.

use std::thread;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Limits, OnHang};

use super::fit::models_differ;
use super::{defect, load};
use crate::options::{Effort, Target};
use crate::report::{Difference, Sink};
use crate::subject::{Ready, Subject};

/// Rows of one call. Calls of a few rows meet each other often.
const ROWS: u64 = 512;
/// Growth per object, in bytes, from which it counts as a leak.
const LEAK: f64 = 256.0;

pub(crate) fn check(subject: &Subject<'_>, target: &Target, sink: &mut Sink<'_>) {
    let ready = match subject.ready() {
        Ok(ready) => ready,
        Err(error) => return sink.fail("usable", defect("ordinary rows", &error)),
    };
    sink.verdict("threads", threads(subject, &ready));
    if subject.info.fit.is_some() {
        sink.verdict("fit-threads", fit_threads(subject));
    }
    let hurried = Limits { apply: Some(Duration::from_nanos(1)), on_hang: OnHang::Wait, ..Limits::default() };
    sink.verdict("no-time", limited(subject, target, hurried, "timeout"));
    let poor = Limits { memory: Some(4_096), ..Limits::default() };
    sink.verdict("little-memory", limited(subject, target, poor, "resource"));
    leaks(subject, sink);
}

/// Under limits there are rows or the error of the limit, and rows again without them.
fn limited(subject: &Subject<'_>, target: &Target, limits: Limits, code: &str) -> Option<Difference> {
    let expected = format!("rows, or an error `{code}`, and rows again without the limit");
    let next = "hand the answer of `poll` and of a refused reservation on with `?`, and keep nothing half done";
    let rows = subject.range(ROWS * 16);
    let attempt = || -> Result<Option<String>, Error> {
        let before = subject.ready()?.apply(&rows)?;
        let mut registry = load::open(target)?;
        registry.limit(&subject.info.plugin, limits)?;
        match subject.elsewhere(&registry).ready().and_then(|ready| ready.apply(&rows)) {
            Ok(_) => {}
            Err(error) if error.code() == code => {}
            Err(error) => return Err(error),
        }
        Ok(subject.difference_of_fits(&before, &subject.ready()?.apply(&rows)?))
    };
    match attempt() {
        Ok(None) => None,
        Ok(Some(came)) => Some(Difference::new(expected, came, next)),
        Err(error) => Some(Difference::error(expected, &error, next)),
    }
}

/// Once the run is cancelled, calls end with rows or with `cancelled`. Nothing can run in this process
/// afterwards.
pub(crate) fn cancelled(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let rows = subject.range(ROWS * 16);
    let ready = match subject.ready() {
        Ok(ready) => ready,
        Err(error) => return sink.fail("usable", defect("ordinary rows", &error)),
    };
    segmenta_plugin_host::cancel();
    let started = Instant::now();
    let outcome = ready.apply(&rows);
    let next = "hand the answer of `poll` on with `?`";
    let expected = "a cancelled call ends soon, with rows or with an error `cancelled`";
    match outcome {
        Err(error) if error.code() != "cancelled" => {
            sink.fail("cancelled", Difference::error(expected, &error, next));
        }
        _ => sink.measured("cancelled", format!("after {} ms", started.elapsed().as_millis())),
    }
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

/// Instances, models and results that come and go leave no memory behind.
fn leaks(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let rounds = rounds(subject) * 10;
    let rows = subject.range(16);
    let cycle = |times: usize| -> Result<(), Error> {
        let model = subject.info.fit.as_ref().map(|_| subject.bind()?.fit(&subject.leaves(4, 250), 1)).transpose()?;
        for _ in 0..times {
            let instance = subject.bind()?;
            let model = model.as_ref().map(|model| instance.load_model(&model.bytes)).transpose()?;
            instance.apply(model.as_deref(), &rows)?;
        }
        Ok(())
    };
    let measured = cycle(rounds / 4).and_then(|()| {
        let before = resident_bytes();
        cycle(rounds)?;
        let middle = resident_bytes();
        cycle(rounds)?;
        Ok((before, middle, resident_bytes()))
    });
    let (before, middle, after) = match measured {
        Ok((Some(before), Some(middle), Some(after))) => (before, middle, after),
        Ok(_) => return sink.skip("leaks", "the system does not tell how much memory a process uses"),
        Err(error) => return sink.fail("leaks", defect("binding again and again", &error)),
    };
    // A cache that fills grows once; a leak grows both times.
    let per_object = |from: u64, to: u64| (to as f64 - from as f64) / rounds as f64;
    let slope = per_object(before, middle).min(per_object(middle, after));
    if slope > LEAK {
        return sink.fail(
            "leaks",
            Difference::new(
                "memory stays the same while instances, models and results come and go",
                format!("it grows by {slope:.0} bytes per instance"),
                "free in `destroy`, `model_destroy` and the release callbacks what was made",
            ),
        );
    }
    sink.measured("leaks", format!("{:.0} bytes per instance over {rounds} instances", slope.max(0.0)));
}

/// Memory of this process; `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
