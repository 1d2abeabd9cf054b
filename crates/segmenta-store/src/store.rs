//! A root that can be written to.

use std::path::Path;
use std::sync::Arc;

use crate::commit::Commit;
use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::failpoint::{Failpoints, Operation};
use crate::history::{Accepted, History};
use crate::json::{self, FORMAT};
use crate::layout::{self, Layout};
use crate::lock::RunLock;
use crate::record::{RunRecord, Status};

/// The writable side of a store; [`history`](Self::history) is the readable one.
#[derive(Debug, Clone)]
pub struct Store {
    history: History,
}

impl Store {
    /// Opens the store below `root`, which is made when it is missing. Leftovers of killed runs
    /// stay until the lock is taken.
    ///
    /// # Errors
    ///
    /// The directories cannot be made, or the root cannot be written to.
    pub fn open(root: &Path) -> Result<Self> {
        Self::open_with(root, Disk::default())
    }

    /// As [`open`](Self::open), with every change watched; for crash tests.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and what the failpoints make up.
    pub fn open_watched(root: &Path, failpoints: Arc<dyn Failpoints>) -> Result<Self> {
        Self::open_with(root, Disk::with_failpoints(failpoints))
    }

    fn open_with(root: &Path, disk: Disk) -> Result<Self> {
        let layout = Layout::new(root);
        disk.create_dir_all(root)?;
        // Made now, so that a full disk later leaves a way to discard and to sweep.
        for directory in [layout.commits(), layout.runs(), layout.staging(), layout.held(), layout.trash()] {
            disk.create_dir(&directory)?;
        }
        let path = layout.lock();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        options.open(&path).map_err(|source| Error::io(Operation::Create, &path, source))?;
        Ok(Self { history: History { disk, layout } })
    }

    /// The readable side.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Takes the exclusive right to run. Whoever has it first removes what killed runs left
    /// behind: what no commit names and nobody holds.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] when another run is going on; [`Error::LocksUnsupported`]; an unusable run
    /// id; a commit that cannot be read, in which case nothing is removed; the disk refuses.
    pub fn lock(&self, run_id: &str) -> Result<RunLock> {
        RunLock::take(&self.history, run_id)
    }

    /// Replaces the record of a run. Needs no lock: a run has one writer.
    ///
    /// Readers see the record before or this one. It also survives a power cut, unless the run
    /// had a record and is still running: that one is rewritten after every stage, and would only
    /// read as lost.
    ///
    /// # Errors
    ///
    /// The run id is unusable; the disk refuses or is full.
    pub fn write_run(&self, record: &RunRecord) -> Result<()> {
        layout::check_run_id(&record.run_id)?;
        let disk = &self.history.disk;
        disk.create_dir(&self.history.layout.run(&record.run_id))?;
        let path = self.history.layout.record(&record.run_id);
        let text = json::text(&path, record)?;
        if record.status == Status::Running && path.exists() {
            disk.replace_unsynced(&path, &text)
        } else {
            disk.replace(&path, &text)
        }
    }

    /// Makes a published run the baseline that monitoring compares with.
    ///
    /// # Errors
    ///
    /// [`Error::NotPublished`]; the disk refuses.
    pub fn accept(&self, run_id: &str, accepted_by: &str, accepted_at: &str) -> Result<Commit> {
        let run_id = run_id.to_owned();
        let Some(commit) = self.history.find_run(&run_id)? else {
            return Err(Error::NotPublished { run_id });
        };
        let mark = Accepted {
            format: FORMAT,
            run_id,
            accepted_by: accepted_by.to_owned(),
            accepted_at: accepted_at.to_owned(),
        };
        let path = self.history.layout.accepted();
        self.history.disk.replace(&path, &json::text(&path, &mark)?)?;
        Ok(commit)
    }
}
