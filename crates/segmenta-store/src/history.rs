//! Reading a store: what was published, what is held, what runs did. Never writes.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::commit::{Commit, Held};
use crate::disk::{Disk, Kind};
use crate::error::Result;
use crate::json;
use crate::layout::{self, HOLD, Layout, RUN};
use crate::lock::{self, Holder, Occupancy};
use crate::record::{RunRecord, Status};
use crate::verify::{self, Mismatch};

/// The readable side of a store. A root that does not exist reads as a store without runs.
#[derive(Debug, Clone)]
pub struct History {
    pub(crate) disk: Disk,
    pub(crate) layout: Layout,
}

/// `accepted.json`: the run a person took as baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Format of the record, 1.
    pub format: u32,
    /// The run.
    pub run_id: String,
    /// Who accepted it.
    pub accepted_by: String,
    /// When, as the caller said.
    pub accepted_at: String,
}

impl History {
    /// The history below `root`; nothing is read yet.
    pub fn open(root: &Path) -> Self {
        Self { disk: Disk::default(), layout: Layout::new(root) }
    }

    /// The directory given to `open`.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// The newest generation; `None` before the first publish.
    ///
    /// # Errors
    ///
    /// The commit cannot be read, is no commit, or has a newer format.
    pub fn current(&self) -> Result<Option<Commit>> {
        self.generations()?.last().map(|&generation| self.commit(generation)).transpose()
    }

    /// Every generation, oldest first.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current).
    pub fn commits(&self) -> Result<Vec<Commit>> {
        self.generations()?.into_iter().map(|generation| self.commit(generation)).collect()
    }

    /// The newest commit of a run.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current).
    pub fn find_run(&self, run_id: &str) -> Result<Option<Commit>> {
        self.newest(|commit| commit.run_id == run_id)
    }

    /// The newest commit with this fingerprint: the same run need not be made again.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current).
    pub fn find_fingerprint(&self, fingerprint: &str) -> Result<Option<Commit>> {
        self.newest(|commit| commit.facts.fingerprint == fingerprint)
    }

    /// What a person accepted, when that was done and the run is still published.
    ///
    /// # Errors
    ///
    /// The mark or a commit cannot be read, or has a newer format.
    pub fn accepted(&self) -> Result<Option<Commit>> {
        let mark: Option<Accepted> = self.read(&self.layout.accepted())?;
        mark.map_or(Ok(None), |mark| self.find_run(&mark.run_id))
    }

    /// The reference for monitoring: the accepted run, else the first published one.
    ///
    /// # Errors
    ///
    /// As [`accepted`](Self::accepted).
    pub fn baseline(&self) -> Result<Option<Commit>> {
        if let Some(accepted) = self.accepted()? {
            return Ok(Some(accepted));
        }
        self.generations()?.first().map(|&generation| self.commit(generation)).transpose()
    }

    /// Held runs, by run id.
    ///
    /// # Errors
    ///
    /// A hold record cannot be read, is none, or has a newer format.
    pub fn held(&self) -> Result<Vec<Held>> {
        let entries = self.disk.list(&self.layout.held())?;
        let runs = entries.iter().filter_map(|entry| entry.after(RUN));
        runs.filter_map(|run_id| self.held_run(run_id).transpose()).collect()
    }

    /// The record of one run, with the status it has now; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The run id is unusable, or the record cannot be read, is none, or has a newer format.
    pub fn run(&self, run_id: &str) -> Result<Option<RunRecord>> {
        layout::check_run_id(run_id)?;
        let Some(record) = self.record_now(run_id)? else {
            return Ok(None);
        };
        Ok(Some(self.settled(record, &self.commits()?)))
    }

    /// The records of all runs, oldest first, each with the status it has now.
    ///
    /// The commits and the lock decide the status, not the record, which a killed process leaves
    /// as it was: a run that is named by a commit is published, and one that says it is running
    /// without a process that runs it is lost.
    ///
    /// # Errors
    ///
    /// A record cannot be read, is none, or has a newer format.
    pub fn runs(&self) -> Result<Vec<RunRecord>> {
        let mut runs = Vec::new();
        for entry in self.disk.list(&self.layout.runs())? {
            if let (Some(run_id), Kind::Directory) = (entry.name.to_str(), entry.kind) {
                runs.extend(self.record_now(run_id)?);
            }
        }
        let commits = self.commits()?;
        let mut runs: Vec<_> = runs.into_iter().map(|run| self.settled(run, &commits)).collect();
        runs.sort_by(|a, b| (&a.started_at, &a.run_id).cmp(&(&b.started_at, &b.run_id)));
        Ok(runs)
    }

    /// Who holds the store's lock, as far as it can be told.
    pub fn holder(&self) -> Option<Holder> {
        match self.occupancy() {
            Occupancy::Held(holder) => holder,
            Occupancy::Free => None,
        }
    }

    /// Compares size and digest of every file of a generation; empty when all is well.
    ///
    /// # Errors
    ///
    /// A file is there but cannot be read.
    pub fn verify(&self, commit: &Commit) -> Result<Vec<Mismatch>> {
        verify::mismatches(&self.disk, &self.directory(commit), &commit.files)
    }

    /// The directory of a generation.
    pub fn directory(&self, commit: &Commit) -> PathBuf {
        self.layout.root().join(&commit.directory)
    }

    /// A file of a generation, by its relative path.
    pub fn path(&self, commit: &Commit, relative: &str) -> PathBuf {
        self.directory(commit).join(relative)
    }

    /// The files of one dataset of a generation, by path; empty when it has no such dataset.
    pub fn dataset(&self, commit: &Commit, dataset: &str) -> Vec<PathBuf> {
        commit.dataset(dataset).map(|file| self.path(commit, &file.path)).collect()
    }

    /// The directory of a held run, to look at before a decision.
    pub fn held_directory(&self, held: &Held) -> PathBuf {
        self.layout.held_run(&held.run_id)
    }

    /// Generation numbers, ascending.
    pub(crate) fn generations(&self) -> Result<Vec<u64>> {
        let entries = self.disk.list(&self.layout.commits())?;
        let number = |name: &str| {
            let digits = name.strip_suffix(".json")?;
            digits.parse().ok().filter(|number: &u64| number.to_string() == digits)
        };
        let mut generations: Vec<u64> =
            entries.iter().filter_map(|entry| entry.name.to_str().and_then(number)).collect();
        generations.sort_unstable();
        Ok(generations)
    }

    /// The commit of one generation.
    pub(crate) fn find_generation(&self, generation: u64) -> Result<Option<Commit>> {
        let path = self.layout.commit(generation);
        let Some(commit) = self.read::<Commit>(&path)? else {
            return Ok(None);
        };
        let directory = Layout::generation(&commit.as_of, &commit.run_id);
        layout::check_run_id(&commit.run_id)?;
        layout::check_as_of(&commit.as_of)?;
        if commit.generation != generation || commit.directory != directory {
            return Err(json::impossible(&path, "the generation or its directory contradicts its name"));
        }
        Ok(Some(commit))
    }

    fn commit(&self, generation: u64) -> Result<Commit> {
        self.find_generation(generation)?
            .ok_or_else(|| json::impossible(&self.layout.commit(generation), "it vanished while it was read"))
    }

    fn newest(&self, wanted: impl Fn(&Commit) -> bool) -> Result<Option<Commit>> {
        for generation in self.generations()?.into_iter().rev() {
            let commit = self.commit(generation)?;
            if wanted(&commit) {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    pub(crate) fn held_run(&self, run_id: &str) -> Result<Option<Held>> {
        self.read(&self.layout.held_run(run_id).join(HOLD))
    }

    /// The record as it is on disk.
    pub(crate) fn record(&self, run_id: &str) -> Result<Option<RunRecord>> {
        let path = self.layout.record(run_id);
        let Some(text) = self.disk.read(&path)? else {
            return Ok(None);
        };
        // A power cut may empty the record of a run in progress: it is rewritten without a sync.
        if text.iter().all(|&byte| byte == 0) {
            return Ok(Some(RunRecord { run_id: run_id.to_owned(), ..RunRecord::default() }));
        }
        json::parse(&path, &text).map(Some)
    }

    /// The record, with [`Status::Lost`] when it says running and its process is gone.
    fn record_now(&self, run_id: &str) -> Result<Option<RunRecord>> {
        let running = |record: &RunRecord| record.status == Status::Running;
        let record = self.record(run_id)?;
        if !record.as_ref().is_some_and(running) || self.occupancy().may_be(run_id) {
            return Ok(record);
        }
        // The run may have ended since its record was read.
        let mut record = self.record(run_id)?;
        if let Some(lost) = record.as_mut().filter(|record| running(record)) {
            lost.status = Status::Lost;
        }
        Ok(record)
    }

    /// What commits and held runs know better than the record. `commits` were read after it.
    fn settled(&self, mut record: RunRecord, commits: &[Commit]) -> RunRecord {
        let published = commits.iter().rev().find(|commit| commit.run_id == record.run_id);
        if let Some(commit) = published {
            record.status = Status::Published;
            record.generation = Some(commit.generation);
        } else if self.layout.held_run(&record.run_id).is_dir() {
            record.status = Status::Held;
        } else if record.status == Status::Held {
            record.status = Status::Discarded;
        }
        record
    }

    fn occupancy(&self) -> Occupancy {
        lock::occupancy(&self.layout.lock())
    }

    fn read<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>> {
        self.disk.read(path)?.map(|text| json::parse(path, &text)).transpose()
    }
}
