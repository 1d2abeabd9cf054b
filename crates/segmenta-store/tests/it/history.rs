//! What readers are told.

use std::fs;

use segmenta_store::{Error, History, Status, Store};

use crate::harness::{facts, files_below, publish, record, root};

#[test]
fn a_root_without_runs_reads_as_empty_and_is_not_made() {
    let root = root();
    let root = root.path().join("nowhere");
    let history = History::open(&root);
    assert_eq!(history.current().unwrap(), None);
    assert_eq!(history.baseline().unwrap(), None);
    assert_eq!(history.runs().unwrap(), []);
    assert_eq!(history.held().unwrap(), []);
    assert_eq!(history.holder(), None);
    assert!(!root.exists());
}

#[test]
fn commits_are_found_by_run_and_by_fingerprint() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let first = publish(&store, "first").unwrap();
    let second = publish(&store, "second").unwrap();
    let history = store.history();
    assert_eq!(history.commits().unwrap(), [first.clone(), second.clone()]);
    assert_eq!(history.find_run("first").unwrap(), Some(first));
    assert_eq!(history.find_run("third").unwrap(), None);
    assert_eq!(history.find_fingerprint(&facts().fingerprint).unwrap(), Some(second));
    assert_eq!(history.find_fingerprint("other").unwrap(), None);
}

#[test]
fn the_baseline_is_the_accepted_run_else_the_first() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let run_ids = ["first", "second", "third"];
    for run_id in run_ids {
        publish(&store, run_id).unwrap();
    }
    let baseline = || store.history().baseline().unwrap().unwrap().run_id;
    assert_eq!(store.history().accepted().unwrap(), None);
    assert_eq!(baseline(), "first");
    store.accept("second", "anna", "2026-06-02T08:00:00Z").unwrap();
    assert_eq!(baseline(), "second");
    let refused = store.accept("fourth", "anna", "2026-06-02T08:00:00Z");
    assert!(matches!(refused, Err(Error::NotPublished { .. })));
    assert_eq!(baseline(), "second");
}

#[test]
fn a_hint_that_lags_or_lies_changes_nothing_and_is_repaired() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    let hint = root.path().join("current.json");
    let lagging = fs::read(&hint).unwrap();
    publish(&store, "second").unwrap();
    let newest = fs::read(&hint).unwrap();
    for wrong in [lagging.as_slice(), b"", b"{\"generation\": 99}"] {
        fs::write(&hint, wrong).unwrap();
        assert_eq!(store.history().current().unwrap().unwrap().generation, 2);
        drop(store.lock("third").unwrap());
        assert_eq!(fs::read(&hint).unwrap(), newest);
    }
}

#[test]
fn state_of_a_newer_program_is_refused_and_left_alone() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    let path = root.path().join("commits/2.json");
    fs::write(&path, r#"{"format": 2, "shape": "unknown"}"#).unwrap();
    let left = root.path().join("as_of=2026-07-01/run=newer");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("a"), "x").unwrap();
    let before = files_below(root.path()).len();

    let refused = store.lock("second").unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 2, supported: 1, .. }), "{refused:?}");
    assert_eq!(files_below(root.path()).len(), before);
}

#[test]
fn runs_are_listed_with_the_status_that_is_true_now() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "published").unwrap();
    // As a kill right after the commit leaves it.
    store.write_run(&record("published", Status::Running)).unwrap();
    store.write_run(&record("failed", Status::Failed)).unwrap();
    store.write_run(&record("killed", Status::Running)).unwrap();
    // As a power cut may leave it.
    store.write_run(&record("torn", Status::Running)).unwrap();
    fs::write(root.path().join("runs/torn/run.json"), [0; 512]).unwrap();

    let runs = store.history().runs().unwrap();
    let mut statuses: Vec<_> = runs.iter().map(|run| (run.run_id.as_str(), run.status)).collect();
    statuses.sort_by_key(|(run_id, _)| *run_id);
    assert_eq!(
        statuses,
        [
            ("failed", Status::Failed),
            ("killed", Status::Lost),
            ("published", Status::Published),
            ("torn", Status::Lost),
        ]
    );
}

#[test]
fn an_unusable_root_is_named() {
    let root = root();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("out")).unwrap_err();
    assert!(matches!(&error, Error::Io { path, .. } if *path == file), "{error:?}");
}
