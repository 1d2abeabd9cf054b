//! Held runs and the decisions about them.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use segmenta_store::{Error, Failpoints, History, Operation, Status, Store};

use crate::harness::{AT, check_readable, check_tidy, files_below, hold, publish, root};

#[test]
fn a_held_run_is_not_among_the_published_files_and_outlives_other_runs() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    hold(&store, "second").unwrap();
    publish(&store, "third").unwrap();

    let data = |path: &std::path::PathBuf| path.starts_with("as_of=2026-06-01");
    let files: Vec<_> = files_below(root.path()).into_iter().filter(data).collect();
    assert!(!files.iter().any(|path| path.to_string_lossy().contains("second")));
    let held = store.history().held().unwrap();
    assert_eq!((held.len(), held[0].run_id.as_str()), (1, "second"));
    assert_eq!(held[0].reasons, ["psi is 0.4"]);
    assert!(store.history().held_directory(&held[0]).join("report.html").exists());
    let status = store.history().run("second").unwrap().unwrap().status;
    assert_eq!(status, Status::Held);
}

#[test]
fn a_release_publishes_those_exact_files_and_records_who() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    hold(&store, "second").unwrap();
    let sealed = store.history().held().unwrap().remove(0).files;
    let commit = store.release("second", "anna", "2026-06-02T08:00:00Z").unwrap();

    assert_eq!((commit.generation, commit.released_by.as_deref()), (2, Some("anna")));
    assert_eq!(commit.files, sealed);
    assert_eq!(check_readable(root.path()), 2);
    let record = store.history().run("second").unwrap().unwrap();
    assert_eq!((record.status, record.generation), (Status::Published, Some(2)));
    assert_eq!(record.decided_at.as_deref(), Some("2026-06-02T08:00:00Z"));
    check_tidy(root.path());
}

#[test]
fn a_discard_leaves_only_the_record() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    hold(&store, "first").unwrap();
    store.discard("first", "anna", AT).unwrap();

    let mut files = files_below(root.path());
    files.sort();
    assert_eq!(files, [".lock", "runs/first/run.json"].map(std::path::PathBuf::from));
    let record = store.history().run("first").unwrap().unwrap();
    assert_eq!((record.status, record.decided_by.as_deref()), (Status::Discarded, Some("anna")));
}

#[test]
fn only_held_runs_can_be_decided_about() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    assert!(matches!(store.release("first", "anna", AT), Err(Error::NotHeld { .. })));
    assert!(matches!(store.discard("first", "anna", AT), Err(Error::NotHeld { .. })));
    assert!(matches!(store.release("nobody", "anna", AT), Err(Error::UnknownRun { .. })));
    assert!(matches!(store.release("../first", "anna", AT), Err(Error::Name { .. })));
    let _lock = store.lock("second").unwrap();
    assert!(matches!(store.release("first", "anna", AT), Err(Error::Busy { .. })));
}

#[test]
fn a_held_run_that_was_changed_is_not_released() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    hold(&store, "first").unwrap();
    fs::write(root.path().join("_held/run=first/report.html"), "other").unwrap();
    let refused = store.release("first", "anna", AT);
    assert!(matches!(&refused, Err(Error::Damaged { paths, .. }) if paths == &["report.html"]));
    assert_eq!(History::open(root.path()).current().unwrap(), None);
    assert_eq!(History::open(root.path()).held().unwrap().len(), 1);
}

/// No room for anything new until a file is removed.
#[derive(Debug, Default)]
struct FullUntilRemoved {
    removed: AtomicBool,
}

impl Failpoints for FullUntilRemoved {
    fn before(&self, operation: Operation, _path: &Path) -> io::Result<()> {
        let adds = matches!(operation, Operation::CreateDirectory | Operation::Create | Operation::Write);
        if adds && !self.removed.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn after(&self, operation: Operation, _path: &Path) -> io::Result<()> {
        self.removed.fetch_or(operation == Operation::Remove, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn a_discard_makes_room_on_a_full_disk_and_is_recorded_then() {
    let root = root();
    hold(&Store::open(root.path()).unwrap(), "first").unwrap();
    let full = Store::open_watched(root.path(), Arc::new(FullUntilRemoved::default())).unwrap();
    full.discard("first", "anna", AT).unwrap();
    let record = full.history().run("first").unwrap().unwrap();
    assert_eq!((record.status, record.decided_by.as_deref()), (Status::Discarded, Some("anna")));
    check_tidy(root.path());
}
