//! Every change of a run fails in every way: with an error instead of the change, with an error
//! although the change was made, once or for good.

use std::io::ErrorKind;
use std::sync::Arc;

use segmenta_store::{Error, History, Store};

use crate::harness::{Disturbance, HELD, What, Work, check_next_run, check_readable, hold, publish, root};

const KINDS: [ErrorKind; 5] = [
    ErrorKind::StorageFull,
    ErrorKind::PermissionDenied,
    ErrorKind::ReadOnlyFilesystem,
    ErrorKind::NotFound,
    ErrorKind::Other,
];

/// Disturbs `work` at every change in turn; returns how many disturbances there were.
fn disturb_everywhere(work: Work, what: What) -> usize {
    (1..).take_while(|&at| disturb(work, what, at)).count()
}

/// Whether the work got as far as its `at`-th change.
fn disturb(work: Work, what: What, at: usize) -> bool {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    if matches!(work, Work::Release | Work::Discard) {
        hold(&store, HELD).unwrap();
    }
    let disturbance = Disturbance::new(what, at);
    let done = Store::open_watched(root.path(), Arc::<Disturbance>::clone(&disturbance))
        .and_then(|store| work.perform(&store, "second"));
    let generation = check_readable(root.path());
    let context = format!("{work:?} {what:?} at {at}: {done:?}");
    match &done {
        Ok(Some(commit)) => assert_eq!(commit.generation, generation, "{context}"),
        Ok(None) => assert_eq!(generation, 1, "{context}"),
        Err(Error::Unknown { source, .. }) => {
            assert!([1, 2].contains(&generation), "{context}");
            check_type(source, what);
        }
        Err(error) => {
            assert_eq!(generation, 1, "{context}");
            check_type(error, what);
        }
    }
    check_next_run(root.path(), "third");
    let held = History::open(root.path()).held().unwrap();
    if work == Work::Release {
        assert_eq!(held.is_empty(), generation == 2, "{context}");
    }
    disturbance.fired()
}

fn check_type(error: &Error, what: What) {
    let (What::Fail(kind) | What::FailFromThere(kind) | What::LoseReply(kind)) = what else {
        unreachable!("only errors are injected here")
    };
    match error {
        Error::DiskFull { path, .. } => {
            assert!(kind == ErrorKind::StorageFull && path.is_absolute());
        }
        Error::Io { path, source, .. } => {
            assert!(path.is_absolute());
            // A file that a lost reply said was not made is in the way afterwards.
            let in_the_way = source.kind() == ErrorKind::AlreadyExists;
            assert!(source.kind() == kind || in_the_way, "{source:?}");
        }
        error => panic!("{error:?}"),
    }
}

#[test]
fn an_error_instead_of_a_change_is_typed_and_publishes_nothing() {
    for work in [Work::Publish, Work::Hold, Work::Release, Work::Discard] {
        for kind in KINDS {
            assert!(disturb_everywhere(work, What::Fail(kind)) >= 15, "{work:?}");
        }
    }
}

#[test]
fn an_error_that_stays_is_typed_and_publishes_nothing() {
    for work in [Work::Publish, Work::Hold, Work::Release, Work::Discard] {
        for kind in KINDS {
            assert!(disturb_everywhere(work, What::FailFromThere(kind)) >= 15, "{work:?}");
        }
    }
}

#[test]
fn a_lost_reply_is_never_taken_for_a_refusal() {
    for work in [Work::Publish, Work::Hold, Work::Release, Work::Discard] {
        for kind in [ErrorKind::Other, ErrorKind::AlreadyExists, ErrorKind::StorageFull] {
            assert!(disturb_everywhere(work, What::LoseReply(kind)) >= 15, "{work:?}");
        }
    }
}
