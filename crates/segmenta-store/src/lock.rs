//! One run at a time: the lock that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::failpoint::Operation;
use crate::history::History;
use crate::layout;

/// How often the lock is tried: a look at the lock by [`History`] lasts microseconds, a run longer.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// Who holds the lock of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run it was taken for.
    pub run_id: String,
    /// Its process.
    pub pid: u32,
}

/// The exclusive right to stage, publish and hold below one root.
///
/// The system gives it back when the process ends, however it ends. The lock file itself stays.
#[derive(Debug)]
pub struct RunLock {
    pub(crate) history: History,
    pub(crate) run_id: String,
    /// The newest generation: the publish adds one, and fails when another process has added it.
    pub(crate) parent: u64,
    /// Locked while it is open.
    _file: File,
}

impl RunLock {
    /// Takes the lock, removes what dead runs left and repairs the hint.
    pub(crate) fn take(history: &History, run_id: &str) -> Result<Self> {
        layout::check_run_id(run_id)?;
        let path = history.layout.lock();
        let file = open(&path)?;
        acquire(history, &file)?;
        probe(history)?;
        introduce(history, &file, run_id);
        history.sweep()?;
        let parent = history.generations()?.last().copied().unwrap_or(0);
        Ok(Self { history: history.clone(), run_id: run_id.to_owned(), parent, _file: file })
    }

    /// The run it was taken for.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The store's readable side.
    pub fn history(&self) -> &History {
        &self.history
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(|source| Error::io(Operation::Lock, path, source))
}

fn acquire(history: &History, file: &File) -> Result<()> {
    let path = history.layout.lock();
    for _ in 0..ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => {
                return Err(Error::io(Operation::Lock, &path, source));
            }
        }
    }
    Err(Error::Busy { root: history.root().to_path_buf(), holder: read_holder(&path) })
}

/// Some network file systems grant every lock; two runs on one of them would delete each other's
/// files.
fn probe(history: &History) -> Result<()> {
    match open(&history.layout.lock())?.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(()),
        _ => Err(Error::LocksUnsupported { root: history.root().to_path_buf() }),
    }
}

/// Writes down who holds the lock. Only for people: on a full disk the run must still get as far
/// as the sweep that makes room.
fn introduce(history: &History, file: &File, run_id: &str) {
    let path = history.layout.lock();
    let holder = Holder { run_id: run_id.to_owned(), pid: std::process::id() };
    let text = serde_json::to_vec(&holder).expect("two plain fields become JSON");
    if let Err(error) = history.disk.overwrite(file, &path, &text) {
        tracing::warn!(path = %path.display(), %error, "others will not see who holds the lock");
    }
}

/// Whether somebody holds a lock.
pub(crate) enum Occupancy {
    Free,
    /// By the holder it names, when that could be read.
    Held(Option<Holder>),
}

impl Occupancy {
    /// Whether `run_id` may be at work.
    pub(crate) fn may_be(&self, run_id: &str) -> bool {
        match self {
            Self::Free => false,
            Self::Held(holder) => holder.as_ref().is_none_or(|holder| holder.run_id == run_id),
        }
    }
}

/// Looks at the lock without writing.
pub(crate) fn occupancy(path: &Path) -> Occupancy {
    let Ok(file) = File::open(path) else {
        return Occupancy::Free;
    };
    match file.try_lock_shared() {
        Ok(()) => Occupancy::Free,
        Err(_) => Occupancy::Held(read_holder(path)),
    }
}

fn read_holder(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
