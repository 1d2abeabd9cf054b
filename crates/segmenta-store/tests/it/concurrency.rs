//! Several processes on one root.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use segmenta_store::{Error, Failpoints, History, Operation, Status, Store};

use crate::harness::{Work, check_next_run, check_readable, check_tidy, child, killed, publish, record, root};

/// Waits until the child holds the lock.
fn until_locked(history: &History, holder: &Child) {
    for _ in 0..2_000 {
        let running = || history.run("waiting").unwrap().is_some();
        if history.holder().is_some_and(|found| found.pid == holder.id()) && running() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("the child never took the lock");
}

#[test]
fn a_second_run_is_told_who_holds_the_lock_and_a_killed_holder_frees_it() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let history = store.history();
    let mut holder = child(root.path(), Work::Wait, "waiting", 0).spawn().unwrap();
    until_locked(history, &holder);

    let Err(Error::Busy { holder: Some(found), .. }) = store.lock("second") else { panic!("the lock is held") };
    assert_eq!((found.run_id.as_str(), found.pid), ("waiting", holder.id()));
    assert_eq!(history.run("waiting").unwrap().unwrap().status, Status::Running);

    holder.kill().unwrap();
    assert!(killed(holder.wait().unwrap()));
    assert_eq!(history.holder(), None);
    assert_eq!(history.run("waiting").unwrap().unwrap().status, Status::Lost);
    check_next_run(root.path(), "second");
}

#[test]
fn a_run_of_a_dead_process_is_lost_while_another_one_runs() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    store.write_run(&record("dead", Status::Running)).unwrap();
    let _lock = store.lock("alive").unwrap();
    store.write_run(&record("alive", Status::Running)).unwrap();
    let statuses: Vec<_> = store.history().runs().unwrap().iter().map(|run| run.status).collect();
    assert_eq!(statuses, [Status::Running, Status::Lost]);
}

#[test]
fn the_lock_is_exclusive_inside_one_process_too() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let lock = store.lock("first").unwrap();
    assert!(matches!(store.lock("second"), Err(Error::Busy { .. })));
    drop(lock);
    assert!(store.lock("second").is_ok());
}

#[test]
fn looking_at_the_store_never_makes_a_run_busy() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    store.write_run(&record("dead", Status::Running)).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                store.history().runs().unwrap();
            }
        });
        let locks: Vec<_> = (0..200).map(|_| store.lock("second").is_ok()).collect();
        done.store(true, Ordering::SeqCst);
        assert_eq!(locks, vec![true; 200]);
    });
}

#[test]
fn rival_runs_each_publish_once_and_readers_never_see_a_torn_generation() {
    const RIVALS: u64 = 8;
    let root = root();
    publish(&Store::open(root.path()).unwrap(), "first").unwrap();
    let mut rivals: Vec<Child> = (0..RIVALS)
        .map(|rival| child(root.path(), Work::Publish, &format!("rival-{rival}"), 0).spawn().unwrap())
        .collect();
    let mut generation = 1;
    let mut reads = 0;
    while generation < 1 + RIVALS {
        let newer = check_readable(root.path());
        assert!(newer >= generation, "generations never go back");
        generation = newer;
        reads += 1;
        assert!(reads < 1_000_000, "rivals do not finish");
    }
    for rival in &mut rivals {
        assert!(!killed(rival.wait().unwrap()));
    }
    let history = History::open(root.path());
    let mut runs: Vec<_> = history.commits().unwrap().into_iter().map(|c| c.run_id).collect();
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len() as u64, 1 + RIVALS);
    check_tidy(root.path());
}

#[test]
fn rival_runs_that_are_killed_cost_no_generation() {
    let root = root();
    publish(&Store::open(root.path()).unwrap(), "first").unwrap();
    let mut rivals: Vec<Child> = (0..24)
        .map(|rival| {
            let run_id = format!("rival-{rival}");
            child(root.path(), Work::Publish, &run_id, 2 * rival + 1).spawn().unwrap()
        })
        .collect();
    for rival in &mut rivals {
        killed(rival.wait().unwrap());
        check_readable(root.path());
    }
    check_next_run(root.path(), "last");
}

/// Another run starts, and sweeps, just before a file gets its name.
#[derive(Debug)]
struct SweepBeforeRename {
    root: PathBuf,
}

impl Failpoints for SweepBeforeRename {
    fn before(&self, operation: Operation, _path: &Path) -> io::Result<()> {
        if operation == Operation::Rename {
            drop(Store::open(&self.root).unwrap().lock("other").unwrap());
        }
        Ok(())
    }

    fn after(&self, _operation: Operation, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sweep_leaves_the_record_alone_that_a_refused_run_is_writing() {
    let root = root();
    let sweep = Arc::new(SweepBeforeRename { root: root.path().to_path_buf() });
    let store = Store::open_watched(root.path(), sweep).unwrap();
    store.write_run(&record("refused", Status::Skipped)).unwrap();
    assert_eq!(store.history().run("refused").unwrap().unwrap().status, Status::Skipped);
}
