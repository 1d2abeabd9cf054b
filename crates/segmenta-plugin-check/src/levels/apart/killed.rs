//! Processes that are killed while the library works in them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use arrow_array::RecordBatch;
use segmenta_plugin_host::process::Launcher;
use segmenta_plugin_host::{Error, Registry};

use super::{ROWS, start};
use crate::generate::hash;
use crate::options::Effort;
use crate::report::{Difference, Sink};
use crate::subject::Subject;

/// Children are killed within this time of a fit and a call.
const WITHIN_US: u64 = 30_000;

/// What came of a fit and a call whose processes were killed.
enum Came {
    Rows,
    Crash,
    /// Other rows than before.
    Otherwise(String),
    /// The system does not tell which processes there are.
    Unknown,
}

/// The children are killed at moments of their work: rows are made again elsewhere, or there is an error
/// that says so, and once nobody kills them any more there are the rows of before.
pub(super) fn check(here: &Subject<'_>, path: &Path, launcher: &Launcher, sink: &mut Sink<'_>) {
    let expected = "rows, or an error `crash`, and the same rows again in new processes";
    let next = "keep nothing outside of instance, model and partial that a new process would not have";
    let rounds = if here.options.effort == Effort::Full { 20 } else { 4 };
    let mut crashed = 0;
    for round in 0..rounds {
        let after = Duration::from_micros(hash(here.options.seed, round) % WITHIN_US);
        match killed_once(here, path, launcher, after) {
            Ok(Came::Rows) => {}
            Ok(Came::Crash) => crashed += 1,
            Ok(Came::Otherwise(came)) => return sink.fail("killed", Difference::new(expected, came, next)),
            Ok(Came::Unknown) => return sink.skip("killed", "the system does not tell which processes there are"),
            Err(error) => return sink.fail("killed", Difference::error(expected, &error, next)),
        }
    }
    sink.measured("killed", format!("{rounds} times, {crashed} of them seen by the run"));
}

/// Kills the process of a library that is loaded and has worked, then works on without killing.
fn killed_once(here: &Subject<'_>, path: &Path, launcher: &Launcher, after: Duration) -> Result<Came, Error> {
    let mut registry = Registry::default();
    // One child, so that a call that is made again is made in a fresh process.
    start(&mut registry, path, launcher, 1)?;
    let (apart, rows) = (here.elsewhere(&registry), here.range(ROWS));
    let plain = apart.ready()?.apply(&rows)?;
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        kill_children()
    });
    let came = round_of(&apart, &rows, &plain);
    if !killer.join().expect("waiting and killing do not panic") {
        return Ok(Came::Unknown);
    }
    match (came?, apart.ready()?.apply(&rows)?) {
        (Came::Otherwise(came), _) => Ok(Came::Otherwise(came)),
        (came, again) => Ok(apart.difference_of_fits(&plain, &again).map_or(came, Came::Otherwise)),
    }
}

fn round_of(apart: &Subject<'_>, rows: &RecordBatch, plain: &RecordBatch) -> Result<Came, Error> {
    match apart.ready().and_then(|ready| ready.apply(rows)) {
        Ok(came) => Ok(apart.difference_of_fits(plain, &came).map_or(Came::Rows, Came::Otherwise)),
        Err(error) if error.code() == "crash" => Ok(Came::Crash),
        Err(error) => Err(error),
    }
}

/// Ends the children of this process by `SIGKILL`; whether the system says which they are.
fn kill_children() -> bool {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists: Vec<String> =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok()).collect();
    for child in lists.iter().flat_map(|list| list.split_whitespace()) {
        // One that ended meanwhile is as good as killed.
        let _ = Command::new("sh").args(["-c", "kill -9 \"$0\"", child]).stderr(Stdio::null()).status();
    }
    !lists.is_empty()
}
