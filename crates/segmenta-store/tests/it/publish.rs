//! Staging, sealing and publishing without disturbance.

use std::fs;
use std::os::unix::fs::symlink;

use segmenta_store::{Error, Mismatch, Output, Problem, Store};

use crate::harness::{AS_OF, AT, facts, files_below, hold, publish, root, seal};

#[test]
fn a_commit_names_every_file_with_its_rows_size_and_digest() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let mut lock = store.lock("first").unwrap();
    let staging = lock.stage(AS_OF).unwrap();
    fs::write(staging.path("segments/part-0.parquet").unwrap(), "abc").unwrap();
    let sealed = staging.seal(&[Output::table("segments/part-0.parquet", "segments", 2)]).unwrap();
    let commit = lock.publish(sealed, facts(), AT).unwrap();

    assert_eq!(commit.directory, "as_of=2026-06-01/run=first");
    let paths: Vec<_> = commit.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["manifest.json", "segments/part-0.parquet"]);
    let table = &commit.files[1];
    assert_eq!((table.rows, table.bytes, table.dataset.as_str()), (Some(2), 3, "segments"));
    // The digest of "abc" in FIPS 180-2, appendix B.1.
    let published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(table.sha256, published);
    assert_eq!(store.history().dataset(&commit, "segments").len(), 1);
    assert_eq!(fs::read(&store.history().dataset(&commit, "segments")[0]).unwrap(), b"abc");
}

#[test]
fn the_bytes_of_a_generation_hold_no_wall_clock_fact() {
    let generation = |published_at: &str| {
        let root = root();
        let store = Store::open(root.path()).unwrap();
        let mut lock = store.lock("first").unwrap();
        let sealed = seal(&lock).unwrap();
        lock.publish(sealed, facts(), published_at).unwrap().files
    };
    assert_eq!(generation("2026-06-01T05:00:00Z"), generation("2031-01-01T00:00:00Z"));
}

#[test]
fn staged_files_and_outputs_must_be_the_same() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let refused = |files: &[&str], outputs: &[Output]| {
        let lock = store.lock("first").unwrap();
        let staging = lock.stage(AS_OF).unwrap();
        for file in files {
            fs::write(staging.path(file).unwrap(), "x").unwrap();
        }
        staging.seal(outputs).unwrap_err()
    };
    let a = || Output::table("a", "a", 1);
    assert!(matches!(refused(&["a", "b"], &[a()]), Error::Unlisted { path } if path.ends_with("b")));
    assert!(matches!(refused(&[], &[a()]), Error::Io { path, .. } if path.ends_with("a")));
    assert!(matches!(refused(&["a"], &[a(), a()]), Error::Duplicate { .. }));
    assert!(matches!(refused(&["a"], &[Output::document("../a", "a")]), Error::Name { .. }));
}

#[test]
fn a_link_is_not_published() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let lock = store.lock("first").unwrap();
    let staging = lock.stage(AS_OF).unwrap();
    symlink("/etc/hostname", staging.path("a").unwrap()).unwrap();
    let refused = staging.seal(&[Output::document("a", "a")]);
    assert!(matches!(refused, Err(Error::Unlisted { .. })));
}

#[test]
fn a_run_id_is_published_once() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    hold(&store, "second").unwrap();
    for run_id in ["first", "second"] {
        assert!(matches!(publish(&store, run_id), Err(Error::RunExists { .. })), "{run_id}");
    }
}

#[test]
fn a_run_gives_its_space_back_before_it_ends() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let lock = store.lock("first").unwrap();
    let staging = lock.stage(AS_OF).unwrap();
    fs::write(staging.path("deep/er/a").unwrap(), "x").unwrap();
    staging.discard().unwrap();
    assert_eq!(files_below(root.path()), [".lock"].map(std::path::PathBuf::from));
    assert!(lock.stage(AS_OF).is_ok());
}

#[test]
fn a_rival_that_published_behind_the_lock_wins() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    publish(&store, "first").unwrap();
    let mut lock = store.lock("second").unwrap();
    let sealed = seal(&lock).unwrap();
    let path = root.path().join("commits/1.json");
    let rival = fs::read_to_string(&path).unwrap().replace("first", "rival");
    let rival = rival.replace("\"generation\": 1", "\"generation\": 2");
    let path = root.path().join("commits/2.json");
    fs::write(&path, &rival).unwrap();

    let refused = lock.publish(sealed, facts(), AT).unwrap_err();
    assert!(matches!(&refused, Error::Conflict { generation: 2, run_id } if run_id == "rival"), "{refused:?}");
    assert_eq!(fs::read_to_string(path).unwrap(), rival);
}

#[test]
fn a_record_that_cannot_be_read_back_leaves_the_outcome_open() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let mut lock = store.lock("first").unwrap();
    let sealed = seal(&lock).unwrap();
    fs::create_dir(root.path().join("commits/1.json")).unwrap();
    let unknown = lock.publish(sealed, facts(), AT).unwrap_err();
    assert!(matches!(unknown, Error::Unknown { generation: 1, .. }), "{unknown:?}");
    assert!(root.path().join("as_of=2026-06-01/run=first/report.html").exists());
}

#[test]
fn verify_names_every_file_that_changed() {
    let root = root();
    let store = Store::open(root.path()).unwrap();
    let commit = publish(&store, "first").unwrap();
    let path = |relative| store.history().path(&commit, relative);
    let mut report = fs::read(path("report.html")).unwrap();
    let published = report.len() as u64;
    report[5] ^= 1;
    fs::write(path("report.html"), &report).unwrap();
    let problem = |path: &str, problem| Mismatch { path: path.to_owned(), problem };
    let found = store.history().verify(&commit).unwrap();
    assert_eq!(found, [problem("report.html", Problem::Content)]);

    report.push(0);
    fs::write(path("report.html"), &report).unwrap();
    fs::remove_file(path("segments/part-0.parquet")).unwrap();
    let size = Problem::Size { published, found: published + 1 };
    assert_eq!(
        store.history().verify(&commit).unwrap(),
        [problem("report.html", size), problem("segments/part-0.parquet", Problem::Missing)]
    );
}
