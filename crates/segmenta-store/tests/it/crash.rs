//! A process killed before each of its changes, and the recovery killed as well.

use std::path::Path;

use segmenta_store::{Error, History, Store};
use tempfile::TempDir;

use crate::harness::{AT, HELD, Work, check_next_run, check_readable, check_tidy, child, hold, killed, publish, root};

/// Generation 1, and for decisions a held run.
fn prepared(work: Work) -> TempDir {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    if matches!(work, Work::Release | Work::Discard) {
        hold(&store, HELD).unwrap();
    }
    root
}

/// Kills `work` at every change in turn and hands each wreck to `check`; returns how many.
fn kill_everywhere(work: Work, check: impl Fn(&Path)) -> usize {
    (1..)
        .take_while(|&kill_at| {
            let root = prepared(work);
            let status = child(root.path(), work, "second", kill_at).status().unwrap();
            check(root.path());
            killed(status)
        })
        .count()
}

#[test]
fn a_publish_killed_anywhere_leaves_one_of_two_generations() {
    let points = kill_everywhere(Work::Publish, |root| {
        assert!([1, 2].contains(&check_readable(root)));
        check_next_run(root, "third");
    });
    assert!(points >= 40, "{points} points");
}

#[test]
fn the_very_first_run_killed_anywhere_leaves_nothing_or_generation_one() {
    let points = (1..)
        .take_while(|&kill_at| {
            let root = root();
            let root = root.path().join("new/out");
            let status = child(&root, Work::Publish, "first", kill_at).status().unwrap();
            assert!([0, 1].contains(&check_readable(&root)));
            check_next_run(&root, "second");
            killed(status)
        })
        .count();
    assert!(points >= 60, "{points} points");
}

#[test]
fn a_hold_killed_anywhere_is_held_or_gone_and_never_published() {
    let points = kill_everywhere(Work::Hold, |root| {
        assert_eq!(check_readable(root), 1);
        let held = History::open(root).held().unwrap();
        check_next_run(root, "third");
        assert_eq!(History::open(root).held().unwrap(), held);
        if !held.is_empty() {
            let released = Store::open(root).unwrap().release("second", "anna", AT).unwrap();
            assert_eq!((released.generation, check_readable(root)), (3, 3));
            check_tidy(root);
        }
    });
    assert!(points >= 30, "{points} points");
}

#[test]
fn a_release_killed_anywhere_can_be_repeated() {
    let points = kill_everywhere(Work::Release, |root| {
        let generation = check_readable(root);
        assert!([1, 2].contains(&generation));
        let again = Store::open(root).unwrap().release(HELD, "anna", AT);
        match generation {
            1 => assert_eq!(again.unwrap().released_by.as_deref(), Some("anna")),
            _ => assert!(matches!(again, Err(Error::NotHeld { .. })), "{again:?}"),
        }
        assert_eq!(check_readable(root), 2);
        check_next_run(root, "third");
    });
    assert!(points >= 15, "{points} points");
}

#[test]
fn a_release_killed_anywhere_does_not_stop_the_next_run() {
    kill_everywhere(Work::Release, |root| {
        let published = check_readable(root) == 2;
        check_next_run(root, "third");
        let held = History::open(root).held().unwrap();
        assert_eq!(held.is_empty(), published);
    });
}

#[test]
fn a_discard_killed_anywhere_keeps_or_drops_the_run_whole() {
    let points = kill_everywhere(Work::Discard, |root| {
        assert_eq!(check_readable(root), 1);
        let held = !History::open(root).held().unwrap().is_empty();
        let again = Store::open(root).unwrap().discard(HELD, "anna", AT);
        match again {
            Ok(()) => assert!(held),
            Err(error) => assert!(!held && matches!(error, Error::NotHeld { .. }), "{error:?}"),
        }
        check_next_run(root, "third");
        assert_eq!(History::open(root).held().unwrap(), []);
    });
    assert!(points >= 15, "{points} points");
}

/// The wreck of every second kill, recovered by runs that are killed at every fifth change.
#[test]
fn a_recovery_killed_anywhere_needs_no_help_either() {
    let mut points = 0;
    for work in [Work::Publish, Work::Release] {
        for kill_at in (1..).step_by(2) {
            let mut wrecked = true;
            for recovery_kill_at in (kill_at % 5 + 1..).step_by(5) {
                let root = prepared(work);
                wrecked = killed(child(root.path(), work, "second", kill_at).status().unwrap());
                let before = check_readable(root.path());
                let recovery = child(root.path(), Work::Publish, "third", recovery_kill_at).status().unwrap();
                let after = check_readable(root.path());
                assert!(after == before || after == before + 1);
                check_next_run(root.path(), "fourth");
                points += 1;
                if !killed(recovery) {
                    break;
                }
            }
            if !wrecked {
                break;
            }
        }
    }
    assert!(points >= 350, "{points} points");
}
