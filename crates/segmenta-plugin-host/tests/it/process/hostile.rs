//! Every hostile library in processes of its own: what is an error in the runner's process is the same
//! error here, and what ends that process is an error here.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use segmenta_plugin_host::process::Settings;
use segmenta_plugin_host::{LibraryFile, Limits, Registry, Result};

use super::{alone, leftovers, settings};
use crate::cases::build::{self, Built};
use crate::cases::{CASES, Case, Expect, Step};
use crate::hostile_library::taken;

/// What must come of a case where that is not what comes of it in-process.
const OTHERWISE: &[(&str, &str)] = &[
    // The changed process is the plugin's own.
    ("construct-locale", "works"),
    ("construct-directory", "works"),
    ("construct-umask", "works"),
    ("construct-signal", "works"),
    // Objects are destroyed when nobody waits for it any more.
    ("destroy-abort", "works"),
    ("destroy-loop", "works"),
];

#[test]
fn every_hostile_library_ends_as_it_must() {
    if !build::has_compiler() {
        return;
    }
    let _alone = alone();
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = CASES.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(problem) = check(case) {
                        problems.lock().unwrap().push(format!("{} {}: {problem}", case.row, case.name));
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{} of {} cases:\n{}", problems.len(), CASES.len(), problems.join("\n"));
    leftovers::assert_none();
}

fn check(case: &Case) -> Result<(), String> {
    // Libraries of their own, so that the marks of both modes are not taken for each other.
    let built = build::library(&format!("{}-apart", case.name), case.name, case.flags);
    built.forget_mark();
    let found = match run(case, &built) {
        Ok(true) => "works".to_owned(),
        Ok(false) => "otherwise".to_owned(),
        Err(error) => format!("{} {error}", error.code()),
    };
    if !case.runs_nothing() && !built.was_marked(case.name) {
        return Err(format!("the bad path was not reached, {found}"));
    }
    match expected(case) {
        wanted if found.split(' ').next() == Some(wanted) => Ok(()),
        wanted => Err(format!("not {wanted} but {found}")),
    }
}

fn expected(case: &Case) -> &'static str {
    if let Some((_, expected)) = OTHERWISE.iter().find(|(name, _)| *name == case.name) {
        return expected;
    }
    match case.expect {
        Expect::Works => "works",
        Expect::WorksOtherwise => "otherwise",
        Expect::Code(code) => code,
        Expect::Dies(text) if text.contains("does not return") => "timeout",
        Expect::Dies(_) => "crash",
    }
}

fn run(case: &Case, built: &Built) -> Result<bool> {
    let hangs = expected(case) == "timeout";
    // The mark is a file outside of the plugin's own directory.
    let (children, start, memory) = (2, start(hangs), 4 << 30);
    let settings = Settings { confined: false, children, start, memory, ..settings() };
    let mut registry = Registry::default();
    registry.add_isolated(&LibraryFile::read(&built.library)?, &settings)?;
    registry.limit("hostile", limits(case.step, hangs))?;
    taken(&registry, case)
}

fn start(hangs: bool) -> Duration {
    Duration::from_secs(if hangs { 3 } else { 20 })
}

/// No call waits for ever; what is to be stopped is stopped soon.
fn limits(step: Step, hangs: bool) -> Limits {
    let time = Some(Duration::from_millis(if hangs { 50 } else { 10_000 }));
    let memory = match step {
        Step::BindLimited => Some(64 << 20),
        Step::ApplyLimited => Some(2 << 20),
        _ => None,
    };
    let create = if step == Step::BindLimited { time } else { Some(Duration::from_secs(10)) };
    Limits { create, fit: Some(Duration::from_secs(20)), apply: time, memory, ..Limits::default() }
}
