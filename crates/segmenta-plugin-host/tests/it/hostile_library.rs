//! Every hostile library in the runner's own process: each case runs in a child of this test, ends as
//! its entry in the table says, and a good plugin works afterwards if the process survives.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use rayon::prelude::*;
use segmenta_plugin_host::{
    Instance, LibraryFile, Limits, Registry, Result, SideEffects, Terms, capture_output, report_crashes,
};
use serde_json::json;

use crate::cases::build::{self, Built};
use crate::cases::{self, Case, Expect, Step};
use crate::{assert_still_works, bound, integers};

/// Names the case that a child is to run.
const CASE: &str = "SEGMENTA_HOSTILE_CASE";
/// The library of that case.
const LIBRARY: &str = "SEGMENTA_HOSTILE_LIBRARY";
/// A child that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a child did.
struct Ran {
    success: bool,
    output: String,
}

#[test]
fn every_hostile_library_ends_as_it_must() {
    if !build::has_compiler() {
        return;
    }
    let cases: Vec<&Case> = cases::all().collect();
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(problem) = check(case) {
                        problems.lock().unwrap().push(format!("{} {}: {problem}", case.row, case.name));
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{} of {} cases:\n{}", problems.len(), cases.len(), problems.join("\n"));
}

/// Runs one case in a child.
fn check(case: &Case) -> Result<(), String> {
    let built = build::case(case);
    built.forget_mark();
    let ran = child(case, &built);
    let wrong = |what: &str| Err(format!("{what}\n{}", ran.output));
    if case.runs_nothing() == built.has_run() {
        return wrong("code ran that must not, or did not run that must");
    }
    if !case.runs_nothing() && !built.was_marked(case.name) {
        return wrong("the bad path was not reached");
    }
    if case.step == Step::ApplyCaptured && ran.output.contains("ran:") {
        return wrong("what the plugin writes is in the runner's own output");
    }
    let result = ran.output.lines().find_map(|line| line.strip_prefix("RESULT "));
    let code = result.and_then(|result| result.split(' ').next());
    match case.expect {
        Expect::Dies(_) if ran.success => wrong("it looks like a success"),
        Expect::Dies(_) if code.is_some() => wrong("it gave a result"),
        Expect::Dies(text) => {
            let mut lines = ran.output.lines();
            let reported = lines.any(|line| line.starts_with("segmenta: plugin hostile 1.0.0") && line.contains(text));
            if reported { Ok(()) } else { wrong("no report names the plugin and its call") }
        }
        _ if !ran.success || !ran.output.contains("GOOD") => wrong("a good plugin does not work afterwards"),
        Expect::Works if code == Some("works") => Ok(()),
        Expect::WorksOtherwise if code == Some("otherwise") => Ok(()),
        Expect::Code(wanted) if code == Some(wanted) => Ok(()),
        _ => wrong("another result"),
    }
}

fn child(case: &Case, built: &Built) -> Ran {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile_library::one_hostile_library", "--nocapture", "--test-threads=1"])
        .env(CASE, case.name)
        .env(LIBRARY, &built.library)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let errors = std::thread::spawn(move || text(&mut stderr));
    let output = std::thread::spawn(move || text(&mut stdout));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let output = format!("{}\n{}\n{status:?}", output.join().unwrap(), errors.join().unwrap());
    Ran { success: status.is_some_and(|status| status.success()), output }
}

/// At most the first 64 KiB; a flood is read and dropped.
fn text(stream: &mut impl Read) -> String {
    let mut kept = Vec::new();
    let _ = stream.take(64 << 10).read_to_end(&mut kept);
    let _ = std::io::copy(stream, &mut std::io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}

/// The child: does nothing unless a parent says which case.
#[test]
fn one_hostile_library() {
    let Ok(name) = std::env::var(CASE) else {
        return;
    };
    let case = cases::all().find(|case| case.name == name).unwrap();
    report_crashes();
    let streams = (case.step == Step::ApplyCaptured).then(|| capture_output().unwrap());
    let result = run(case);
    if case.name == "late-thread" {
        std::thread::sleep(Duration::from_millis(300));
    }
    let result = match result {
        Ok(true) => "works".to_owned(),
        Ok(false) => "otherwise".to_owned(),
        Err(error) => format!("{} {error}", error.code()),
    };
    assert_still_works();
    let smallest = std::hint::black_box(f64::MIN_POSITIVE);
    assert!(smallest / 2.0 > 0.0, "the plugin changed arithmetic");
    let said = format!("\nRESULT {result}\nGOOD\n");
    match streams {
        Some(mut streams) => streams.stdout.write_all(said.as_bytes()).unwrap(),
        None => print!("{said}"),
    }
}

fn batch(values: &[i64]) -> RecordBatch {
    let column: ArrayRef = std::sync::Arc::new(Int64Array::from(values.to_vec()));
    RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap()
}

/// Takes the case as far as it says; whether the scores are the expected ones.
fn run(case: &Case) -> Result<bool> {
    let library = LibraryFile::read(std::env::var(LIBRARY).unwrap().as_ref())?;
    let mut registry = Registry::default();
    registry.add_library(&library, terms(case.step))?;
    registry.limit("hostile", limits(case.step))?;
    taken(&registry, case)
}

/// Takes a library that is loaded as far as the case says.
pub(crate) fn taken(registry: &Registry, case: &Case) -> Result<bool> {
    if matches!(case.step, Step::Load | Step::LoadStrictly) {
        return Ok(true);
    }
    let rows = batch(&[1, 12, 23]);
    let instance = bound(registry, "hostile", &json!({}), &rows)?;
    match case.step {
        Step::Bind | Step::BindLimited => Ok(true),
        Step::ApplySliced => sliced(&instance),
        Step::ApplyMany => many(&instance),
        Step::ApplyParallel => {
            let second = bound(registry, "hostile", &json!({}), &rows)?;
            parallel(&[&instance, &second], &rows)
        }
        Step::Explain => Ok(instance.explain(None, &rows)? == vec![json!({}); 3]),
        Step::Fit => fit(&instance, &rows),
        _ => {
            let written = instance.apply_part(None, &rows, None, 0)?;
            assert_eq!(rows, batch(&[1, 12, 23]), "the plugin changed the rows that it read");
            Ok(is_expected(&written))
        }
    }
}

fn terms(step: Step) -> Terms {
    match step {
        Step::LoadStrictly => {
            Terms { side_effects: SideEffects::Refuse, timeout: Some(Duration::from_millis(20)), ..Terms::default() }
        }
        _ => Terms::default(),
    }
}

fn limits(step: Step) -> Limits {
    let time = Some(Duration::from_millis(50));
    match step {
        Step::BindLimited => Limits { create: time, memory: Some(64 << 20), ..Limits::default() },
        Step::ApplyLimited => Limits { apply: time, memory: Some(2 << 20), ..Limits::default() },
        _ => Limits::default(),
    }
}

fn is_expected(written: &RecordBatch) -> bool {
    let scores = written.column(1).as_primitive_opt::<Int64Type>();
    scores.is_some_and(|scores| scores.values() == &[1, 12, 23])
}

/// Rows with a null, cut out of the middle of more.
fn sliced(instance: &Instance) -> Result<bool> {
    let values = vec![None, Some(9), None, Some(4), None, Some(6), None, Some(8)];
    let rows = integers("x", values).slice(3, 3);
    let written = instance.apply(None, &rows)?;
    assert_eq!(written.column(1).as_primitive::<Int64Type>().values(), &[4, 0, 6]);
    // Without nulls there is no bitmap either.
    let rows = integers("x", vec![None, Some(1), Some(2)]).slice(1, 2);
    instance.apply(None, &rows)?;
    Ok(false)
}

fn many(instance: &Instance) -> Result<bool> {
    for first in (0..10_000).step_by(100) {
        let values: Vec<i64> = (first..first + 100).collect();
        instance.apply_part(None, &batch(&values), Some(3), first as u64)?;
    }
    Ok(true)
}

fn parallel(instances: &[&Instance], rows: &RecordBatch) -> Result<bool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
    let apply = |call: usize| Ok(is_expected(&instances[call % instances.len()].apply(None, rows)?));
    pool.install(|| (0..64).into_par_iter().map(apply).try_reduce(|| true, |left, right| Ok(left && right)))
}

fn fit(instance: &Instance, rows: &RecordBatch) -> Result<bool> {
    let leaves: Vec<RecordBatch> = (0..40).map(|leaf| batch(&[leaf, leaf + 1])).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
    let fitted = pool.install(|| instance.fit(&leaves, 7))?;
    let model = instance.load_model(&fitted.bytes)?;
    model.describe()?;
    Ok(is_expected(&instance.apply(Some(&model), rows)?))
}
