//! What plugins do to their own process, and what the run sees of it.

use std::time::{Duration, Instant};

use segmenta_plugin_host::process::{Settings, replay};
use segmenta_plugin_host::{Error, Instance, Registry};
use serde_json::json;

use super::{alone, deed, isolated, leftovers, library, log, settings};
use crate::{assert_still_works, bound, integers};

/// What `apply` of 3 rows ends in.
fn applied(deed_in_apply: &str, settings: &Settings) -> Result<usize, Error> {
    let instance = deed("deed", &json!({ "deed": deed_in_apply }), settings)?;
    instance.apply(None, &integers("x", vec![Some(1), None, Some(3)])).map(|rows| rows.num_rows())
}

/// The deed was reached, the error has this code and these words, and nothing is left.
fn ends(deed_in_apply: &str, code: &str, words: &[&str]) {
    let start = Instant::now();
    log::start();
    let error = applied(deed_in_apply, &settings()).unwrap_err();
    assert_eq!(error.code(), code, "{deed_in_apply}: {error}");
    let told = error.to_string();
    for words in words.iter().chain(&["deeds", "apply"]) {
        assert!(told.contains(words), "{deed_in_apply}: {told}");
    }
    let line = format!("deed {}", deed_in_apply.split_once(' ').unwrap().1);
    assert!(log::has(&line), "{deed_in_apply} was not reached: {:?}", log::lines());
    leftovers::assert_none();
    assert_still_works();
    assert!(start.elapsed() < Duration::from_secs(30), "{deed_in_apply} took {:?}", start.elapsed());
}

#[test]
fn ends_of_a_process_name_plugin_rows_and_signal() {
    let _alone = alone();
    let rows = "in rows 0..3";
    ends("apply abort", "crash", &[rows, "SIGABRT"]);
    ends("apply segfault", "crash", &[rows, "SIGSEGV"]);
    ends("apply kill", "crash", &[rows, "SIGKILL"]);
    ends("apply overflow", "crash", &[rows, "SIG"]);
    ends("apply exit", "crash", &[rows, "code 0"]);
    ends("apply _exit", "crash", &[rows, "code 0"]);
    ends("apply close", "crash", &[rows, "ended by itself"]);
}

#[test]
fn a_panic_is_the_same_error_as_in_process() {
    let _alone = alone();
    ends("apply panic", "panic", &["no rows today"]);
}

#[test]
fn what_takes_too_long_is_stopped() {
    let _alone = alone();
    ends("apply loop", "timeout", &["longer than it may"]);
    ends("apply polite loop", "timeout", &["longer than it may"]);
}

#[test]
fn what_takes_too_much_memory_is_stopped() {
    let _alone = alone();
    ends("apply allocate", "resource", &["memory"]);
    ends("apply grow", "resource", &["memory"]);
}

#[test]
fn what_does_no_harm_goes_on_and_is_logged() {
    let _alone = alone();
    let harmless = [
        ("apply fork", "fork gave -1"),
        ("apply flood", "lines were dropped"),
        ("apply binary", r"\u{1b}[2J"),
        ("apply read", "read gave 0"),
        ("apply threads", "deed threads"),
        ("apply kill parent", "kill gave -1"),
        ("log seen from afar", "seen from afar"),
    ];
    for (deed, line) in harmless {
        log::start();
        assert_eq!(applied(deed, &settings()).unwrap(), 3, "{deed}");
        leftovers::assert_none();
        assert!(log::has(line), "{deed}: {:?}", log::lines());
    }
    log::start();
    applied("apply flood", &settings()).unwrap();
    let lines = log::lines().len();
    assert!((1_000..60_000).contains(&lines), "{lines} lines of 102,400 were logged");
}

#[test]
fn a_confined_process_has_no_files_no_network_and_no_way_out() {
    let _alone = alone();
    log::start();
    assert_eq!(applied("apply forbidden", &settings()).unwrap(), 3);
    assert_eq!(applied("apply limits", &settings()).unwrap(), 3);
    let expected = [
        "reading a file fails",
        "writing a file fails",
        "own file works",
        "network fails",
        "program fails",
        "setrlimit gave -1",
        "prctl gave -1",
        "setsid gave -1",
    ];
    for line in expected {
        assert!(log::has(line), "{line}: {:?}", log::lines());
    }
    let variables = log::lines().into_iter().find(|line| line.contains("variables ")).unwrap();
    assert!(!variables.contains("CARGO") && !variables.contains(" PATH "), "{variables}");
    leftovers::assert_none();
}

#[test]
fn a_call_that_crashes_once_is_made_again() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let leaves = [vec![Some(1)], vec![Some(2)], vec![Some(4)]].map(|leaf| integers("x", leaf));
    let settings = Settings { confined: false, ..settings() };
    let once = |name: &str| json!(directory.path().join(name.replace(' ', "_")));
    for deed_in in ["create abort", "apply exit", "destroy abort"] {
        let params = json!({"deed": deed_in, "once": once(deed_in)});
        let instance = deed("deed", &params, &settings).unwrap();
        assert_eq!(instance.apply(None, &leaves[0]).unwrap().num_rows(), 1);
        drop(instance);
        assert!(directory.path().join(deed_in.replace(' ', "_")).exists(), "{deed_in} was not reached");
    }
    for deed_in in ["fit_update segfault", "fit_merge abort", "fit_finish exit"] {
        let params = json!({"deed": deed_in, "once": once(deed_in)});
        let instance = deed("sum", &params, &settings).unwrap();
        let model = instance.fit(&leaves, 7).unwrap();
        assert!(directory.path().join(deed_in.replace(' ', "_")).exists(), "{deed_in} was not reached");
        let model = instance.load_model(&model.bytes).unwrap();
        // 1 + 2 + 4: nothing is lost and nothing is counted twice.
        let labels = instance.apply(Some(&model), &integers("x", vec![Some(7), Some(6)])).unwrap();
        assert_eq!(labels.column(0).as_ref(), &arrow_array::StringArray::from(vec!["all", "part"]));
    }
    leftovers::assert_none();
}

#[test]
fn a_call_that_crashes_twice_is_kept_and_can_be_made_again() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings { crash_directory: Some(directory.path().to_owned()), ..settings() };
    let error = applied("apply segfault", &settings).unwrap_err();
    let Error::Crashed { how, rows: Some(rows), .. } = &error else { panic!("{error:?}") };
    let path = how.split('`').nth(1).unwrap();
    assert_eq!((rows.clone(), path.ends_with(".arrow")), (0..3, true));
    let again = replay(path.as_ref(), &settings).unwrap();
    assert_eq!((again.crash.call.as_str(), again.crash.criterion.as_str()), ("apply", "deed"));
    assert_eq!((again.crash.rows, again.crash.plugin.as_str()), (Some(0..3), "deeds"));
    assert_eq!(again.outcome.unwrap_err().code(), "crash");

    let error = fit("fit_merge abort", &settings).unwrap_err();
    let Error::Crashed { call, how, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*call, "fit_merge");
    let again = replay(how.split('`').nth(1).unwrap().as_ref(), &settings).unwrap();
    assert_eq!(again.outcome.unwrap_err().code(), "crash");
    leftovers::assert_none();
}

fn fit(deed_in: &str, settings: &Settings) -> Result<(), Error> {
    let instance = deed("sum", &json!({ "deed": deed_in }), settings).unwrap();
    let leaves = [vec![Some(1)], vec![Some(2)], vec![Some(4)]].map(|leaf| integers("x", leaf));
    instance.fit(&leaves, 7).map(drop)
}

#[test]
fn a_library_that_crashes_too_often_is_not_started_again() {
    let _alone = alone();
    let settings = Settings { max_crashes: 2, ..settings() };
    let instance = deed("deed", &json!({"deed": "apply abort"}), &settings).unwrap();
    let rows = integers("x", vec![Some(1)]);
    let crash = |instance: &Instance| instance.apply(None, &rows).unwrap_err().to_string();
    crash(&instance);
    assert!(crash(&instance).contains("SIGABRT"));
    assert!(crash(&instance).contains("it crashed 3 times"), "{}", crash(&instance));
    drop(instance);
    leftovers::assert_none();
}

#[test]
fn objects_of_many_threads_share_a_few_children() {
    let _alone = alone();
    let settings = Settings { children: 2, ..settings() };
    let registry = isolated("settlement", &settings);
    let rows = integers("population", vec![Some(1), Some(9_000)]);
    let params = json!({"cuts": {"rural": 5_000}});
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let instance = bound(&registry, "settlement", &params, &rows).unwrap();
                    assert_eq!(instance.apply(None, &rows).unwrap().num_rows(), 2);
                }
            });
        }
    });
    drop(registry);
    leftovers::assert_none();
}

#[test]
fn sixty_four_children_work_at_once() {
    let _alone = alone();
    let settings = Settings { children: 64, ..settings() };
    let registry = isolated("settlement", &settings);
    let rows = integers("population", vec![Some(1)]);
    let instance = bound(&registry, "settlement", &json!({"cuts": {"rural": 5_000}}), &rows).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| assert_eq!(instance.apply(None, &rows).unwrap().num_rows(), 1));
        }
    });
    drop((instance, registry));
    leftovers::assert_none();
}

#[test]
fn a_cancelled_run_stops_its_plugins() {
    const RUN: &str = "SEGMENTA_TEST_CANCELLED";
    if std::env::var_os(RUN).is_some() {
        let instance = deed("deed", &json!({"deed": "apply polite loop"}), &settings()).unwrap();
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            segmenta_plugin_host::cancel();
        });
        let error = instance.apply(None, &integers("x", vec![Some(1)])).unwrap_err();
        assert_eq!(error.code(), "cancelled", "{error}");
        return;
    }
    let _alone = alone();
    // A run is cancelled for good, so it is one of its own.
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["process::misdeeds::a_cancelled_run_stops_its_plugins", "--exact", "--nocapture"])
        .env(RUN, "1")
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    leftovers::assert_none();
}

#[test]
fn children_end_with_their_parent() {
    const PARENT: &str = "SEGMENTA_TEST_PARENT";
    let name = "process::misdeeds::children_end_with_their_parent";
    if std::env::var_os(PARENT).is_some() {
        let instance = deed("deed", &json!({"deed": "apply loop"}), &settings()).unwrap();
        let _ = instance.apply(None, &integers("x", vec![Some(1)]));
        return;
    }
    let _alone = alone();
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(PARENT, "1")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    parent.kill().unwrap();
    parent.wait().unwrap();
    leftovers::assert_none();
}

#[test]
fn a_library_that_is_none_is_refused_before_anything_starts() {
    let _alone = alone();
    let bytes = std::fs::read(library("settlement")).unwrap();
    let file = segmenta_plugin_host::LibraryFile::from_bytes("cut.so".as_ref(), bytes[..1_000].to_vec());
    let error = Registry::default().add_isolated(&file, &settings()).unwrap_err();
    assert_eq!(error.code(), "not-a-library");
    leftovers::assert_none();
}
