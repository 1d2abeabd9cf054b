//! What a power cut could still take away at the moment of the commit: nothing it names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use segmenta_store::{Operation, Store};

use crate::harness::{AS_OF, Disturbance, What, publish, root};

#[test]
fn everything_a_commit_names_is_synced_before_the_commit() {
    let root = root();
    let watch = Disturbance::new(What::Watch, 0);
    let store = Store::open_watched(root.path(), Arc::<Disturbance>::clone(&watch)).unwrap();
    let commit = publish(&store, "first").unwrap();

    let path = |relative: &str| root.path().join(relative);
    let trace = watch.trace();
    let place = |operation: Operation, path: PathBuf| {
        let step = (operation, path);
        trace.iter().rposition(|seen| *seen == step).unwrap_or_else(|| panic!("no {step:?}"))
    };
    let moved = place(Operation::Rename, path(&commit.directory));
    let linked = place(Operation::Link, path("commits/1.json"));
    let staged = |relative: &str| path("_staging/run=first").join(relative);
    for file in &commit.files {
        assert!(place(Operation::Sync, staged(&file.path)) < moved, "{}", file.path);
    }
    for directory in ["", "segments", "drift", "drift/features"] {
        let manifest = place(Operation::Sync, staged("manifest.json"));
        // `join("")` ends in a separator; the component-wise path does not.
        let directory: PathBuf = staged(directory).components().collect();
        let synced = place(Operation::Sync, directory);
        assert!(manifest < synced && synced < moved);
    }
    let as_of = place(Operation::Sync, path(&format!("as_of={AS_OF}")));
    assert!(moved < as_of && as_of < linked);
    assert!(linked < place(Operation::Sync, path("commits")), "the commit itself");
}

/// At the end of a run, and at the moment of the commit but for the commit, no directory has names
/// and no file bytes that were not synced.
#[test]
fn nothing_the_store_changed_stays_unsynced() {
    let root = root();
    let watch = Disturbance::new(What::Watch, 0);
    let store = Store::open_watched(root.path(), Arc::<Disturbance>::clone(&watch)).unwrap();
    publish(&store, "first").unwrap();

    // The lock's text is for people, `runs` is not what readers depend on, and a removal that a
    // power cut undoes leaves a file for the next sweep.
    let exempt = [root.path().join(".lock"), root.path().join("runs"), root.path().join("_trash")];
    let matters = |path: &Path| !exempt.iter().any(|exempt| path.starts_with(exempt));
    let mut unsynced = BTreeSet::new();
    for (operation, path) in watch.trace() {
        let parent = path.parent().unwrap().to_path_buf();
        match operation {
            Operation::Link if path.ends_with("commits/1.json") => {
                unsynced.remove(&parent);
                assert_eq!(unsynced, BTreeSet::new());
                unsynced.insert(parent);
            }
            Operation::Sync => drop(unsynced.remove(&path)),
            Operation::Write => drop(unsynced.insert(path)),
            Operation::Rename => {
                unsynced.retain(|file: &PathBuf| !file.ends_with("tmp"));
                unsynced.insert(parent);
            }
            Operation::Remove => {}
            _ => drop(unsynced.insert(parent)),
        }
        unsynced.retain(|path| matters(path));
    }
    assert_eq!(unsynced, BTreeSet::new());
}
