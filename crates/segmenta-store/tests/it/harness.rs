//! Runs to be disturbed, ways to disturb them, and what must hold afterwards.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use segmenta_store::{
    Commit, CommitFacts, Error, Failpoints, History, Operation, Output, Result, RunLock, RunRecord, Sealed, Status,
    Store,
};
use tempfile::TempDir;

/// Environment variable that tells this test program to be the process that dies.
const CHILD: &str = "SEGMENTA_STORE_TEST_CHILD";
pub(crate) const AS_OF: &str = "2026-06-01";
pub(crate) const AT: &str = "2026-06-01T05:00:00Z";

/// A root in memory where there is such a place: thousands of runs sync a hundred times each.
pub(crate) fn root() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// What a process does between its start and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// A whole run.
    Publish,
    /// A run whose check fails.
    Hold,
    /// A decision about the run [`HELD`].
    Release,
    /// The other decision.
    Discard,
    /// Takes the lock, says so in the run record, and waits to be killed.
    Wait,
}

const WORKS: [Work; 5] = [Work::Publish, Work::Hold, Work::Release, Work::Discard, Work::Wait];

/// The run that [`Work::Release`] and [`Work::Discard`] are about.
pub(crate) const HELD: &str = "held";

impl Work {
    /// Does it. The error of a publish is not hidden by that of the record written after it.
    pub(crate) fn perform(self, store: &Store, run_id: &str) -> Result<Option<Commit>> {
        match self {
            Self::Publish => publish(store, run_id).map(Some),
            Self::Hold => hold(store, run_id).map(|()| None),
            Self::Release => store.release(HELD, "anna", AT).map(Some),
            Self::Discard => store.discard(HELD, "anna", AT).map(|()| None),
            Self::Wait => {
                let _lock = store.lock(run_id)?;
                store.write_run(&record(run_id, Status::Running))?;
                loop {
                    std::thread::park();
                }
            }
        }
    }
}

pub(crate) fn facts() -> CommitFacts {
    CommitFacts {
        pipeline: "retail".to_owned(),
        fingerprint: "f".repeat(64),
        definition_version: "1".to_owned(),
        ..CommitFacts::default()
    }
}

pub(crate) fn record(run_id: &str, status: Status) -> RunRecord {
    let run_id = run_id.to_owned();
    RunRecord { run_id, status, started_at: AT.to_owned(), ..RunRecord::default() }
}

/// Stages and seals the same three files in every run.
pub(crate) fn seal(lock: &RunLock) -> Result<Sealed> {
    let staging = lock.stage(AS_OF)?;
    let outputs = [
        Output::table("segments/part-0.parquet", "segments", 7),
        Output::table("drift/features/psi.parquet", "drift", 3),
        Output::document("report.html", "report"),
    ];
    for output in &outputs {
        fs::write(staging.path(&output.path)?, output.path.repeat(100)).unwrap();
    }
    staging.seal(&outputs)
}

pub(crate) fn publish(store: &Store, run_id: &str) -> Result<Commit> {
    let mut lock = store.lock(run_id)?;
    store.write_run(&record(run_id, Status::Running))?;
    let sealed = seal(&lock)?;
    store.write_run(&record(run_id, Status::Running))?;
    let published = lock.publish(sealed, facts(), AT);
    if published.is_ok() {
        let _ = store.write_run(&record(run_id, Status::Published));
    }
    published
}

pub(crate) fn hold(store: &Store, run_id: &str) -> Result<()> {
    let lock = store.lock(run_id)?;
    store.write_run(&record(run_id, Status::Running))?;
    lock.hold(seal(&lock)?, facts(), AT, vec!["psi is 0.4".to_owned()])?;
    let _ = store.write_run(&record(run_id, Status::Held));
    Ok(())
}

/// One disturbance, at the n-th change of the disk (from 1).
#[derive(Debug)]
pub(crate) struct Disturbance {
    at: usize,
    what: What,
    calls: AtomicUsize,
    trace: Mutex<Vec<(Operation, PathBuf)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Nothing; the changes are only written down.
    Watch,
    /// SIGKILL before the change.
    Kill,
    /// This error, once, instead of the change.
    Fail(io::ErrorKind),
    /// This error for this change and all later ones.
    FailFromThere(io::ErrorKind),
    /// This error, once, although the change was made.
    LoseReply(io::ErrorKind),
}

impl Disturbance {
    pub(crate) fn new(what: What, at: usize) -> Arc<Self> {
        let (calls, trace) = (AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { at, what, calls, trace })
    }

    /// Whether the run got as far as the disturbance.
    pub(crate) fn fired(&self) -> bool {
        self.calls.load(Ordering::SeqCst) >= self.at
    }

    pub(crate) fn trace(&self) -> Vec<(Operation, PathBuf)> {
        self.trace.lock().unwrap().clone()
    }
}

impl Failpoints for Disturbance {
    fn before(&self, operation: Operation, path: &Path) -> io::Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.trace.lock().unwrap().push((operation, path.to_path_buf()));
        match self.what {
            What::Kill if call == self.at => {
                let me = rustix::process::getpid();
                rustix::process::kill_process(me, rustix::process::Signal::KILL)?;
                unreachable!("SIGKILL cannot be survived");
            }
            What::Fail(kind) if call == self.at => Err(kind.into()),
            What::FailFromThere(kind) if call >= self.at => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn after(&self, _operation: Operation, _path: &Path) -> io::Result<()> {
        match self.what {
            What::LoseReply(kind) if self.calls.load(Ordering::SeqCst) == self.at => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

/// A process of its own that does `work` and is killed before its n-th change, if there is one.
pub(crate) fn child(root: &Path, work: Work, run_id: &str, kill_at: usize) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "harness::be_the_child", "--test-threads=1"])
        .env(CHILD, format!("{work:?}|{run_id}|{kill_at}|{}", root.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Whether the process was killed by the disturbance; it must succeed otherwise.
pub(crate) fn killed(status: ExitStatus) -> bool {
    assert!(status.success() || status.signal() == Some(9), "{status:?}");
    !status.success()
}

/// Not a test: what a child process runs.
#[test]
fn be_the_child() {
    let Ok(order) = env::var(CHILD) else { return };
    let mut words = order.splitn(4, '|');
    let name = words.next().unwrap();
    let work = WORKS.into_iter().find(|work| format!("{work:?}") == name).unwrap();
    let run_id = words.next().unwrap();
    let kill_at = words.next().unwrap().parse().unwrap();
    let root = Path::new(words.next().unwrap());
    let store = Store::open_watched(root, Disturbance::new(What::Kill, kill_at)).unwrap();
    // A rival may hold the lock; the concurrency test counts on another try.
    loop {
        match work.perform(&store, run_id) {
            Err(Error::Busy { .. }) => {}
            done => return drop(done.unwrap()),
        }
    }
}

/// What every reader must see at any moment: a whole generation, and a hint that does not lead.
pub(crate) fn check_readable(root: &Path) -> u64 {
    // Read first: a rival may publish at any moment.
    let hint = fs::read_to_string(root.join("current.json")).ok();
    let history = History::open(root);
    let Some(current) = history.current().unwrap() else {
        assert_eq!(hint, None);
        return 0;
    };
    assert_eq!(history.verify(&current).unwrap(), []);
    assert_eq!(current.files.len(), 4, "three files and the manifest");
    if let Some(hint) = hint {
        let hint: Commit = serde_json::from_str(&hint).unwrap();
        assert!(hint.generation <= current.generation);
    }
    history.runs().unwrap();
    current.generation
}

/// What the next run must achieve without help: a new whole generation and nothing left over.
pub(crate) fn check_next_run(root: &Path, run_id: &str) {
    let before = check_readable(root);
    let store = Store::open(root).unwrap();
    let commit = publish(&store, run_id).unwrap();
    assert_eq!(commit.generation, before + 1);
    assert_eq!(check_readable(root), before + 1);
    assert_eq!(fs::read(root.join("current.json")).unwrap(), newest_commit(root, &commit));
    check_tidy(root);
}

fn newest_commit(root: &Path, commit: &Commit) -> Vec<u8> {
    fs::read(root.join(format!("commits/{}.json", commit.generation))).unwrap()
}

/// Every file is one that a commit, a held run or the layout accounts for.
pub(crate) fn check_tidy(root: &Path) {
    let history = History::open(root);
    let mut expected: BTreeSet<PathBuf> = [".lock", "current.json", "accepted.json"].map(PathBuf::from).into();
    for commit in history.commits().unwrap() {
        expected.insert(format!("commits/{}.json", commit.generation).into());
        let files = commit.files.iter();
        expected.extend(files.map(|file| Path::new(&commit.directory).join(&file.path)));
    }
    for held in history.held().unwrap() {
        let directory = PathBuf::from(format!("_held/run={}", held.run_id));
        expected.insert(directory.join("hold.json"));
        expected.extend(held.files.iter().map(|file| directory.join(&file.path)));
    }
    for run in history.runs().unwrap() {
        expected.insert(format!("runs/{}/run.json", run.run_id).into());
    }
    let unexpected: Vec<_> = files_below(root).into_iter().filter(|path| !expected.contains(path)).collect();
    assert_eq!(unexpected, Vec::<PathBuf>::new());
}

/// All files below `root`, relative to it.
pub(crate) fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                files.push(path.strip_prefix(root).unwrap().to_path_buf());
            }
        }
    }
    files
}
