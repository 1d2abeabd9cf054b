//! Runs that are complete but not published because a check failed.

use crate::commit::{Commit, CommitFacts, Held};
use crate::disk::{Entry, Kind};
use crate::error::{Error, Result};
use crate::json::{self, FORMAT};
use crate::layout::{self, HOLD, RUN};
use crate::lock::RunLock;
use crate::record::Status;
use crate::staging::Sealed;
use crate::store::Store;
use crate::verify;

impl RunLock {
    /// Keeps a sealed generation out of readers' sight until somebody decides. It is held from
    /// the moment its directory is moved, by one rename.
    ///
    /// # Errors
    ///
    /// The disk refuses or is full; then the run is not held.
    pub fn hold(&self, sealed: Sealed, facts: CommitFacts, held_at: &str, reasons: Vec<String>) -> Result<Held> {
        let contents = sealed.contents;
        let held = Held {
            format: FORMAT,
            run_id: contents.run_id,
            as_of: contents.as_of,
            held_at: held_at.to_owned(),
            reasons,
            files: contents.files,
            facts,
        };
        let (disk, layout) = (&self.history.disk, &self.history.layout);
        let staged = layout.staged(&held.run_id);
        let mark = staged.join(HOLD);
        disk.write_new(&mark, &json::text(&mark, &held)?)?;
        disk.sync_dir(&staged)?;
        disk.rename(&staged, &layout.held_run(&held.run_id))?;
        disk.sync_dir(&layout.held())?;
        disk.sync_dir(&layout.staging())?;
        Ok(held)
    }
}

impl Store {
    /// Publishes the files of a held run exactly as they were sealed, as the newest generation.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRun`], [`Error::NotHeld`], [`Error::Busy`]; [`Error::Damaged`] when the
    /// files have changed since; else as [`RunLock::publish`]. The run stays held, unless the
    /// error is [`Error::Unknown`].
    pub fn release(&self, run_id: &str, released_by: &str, released_at: &str) -> Result<Commit> {
        let (mut lock, held) = self.lock_held(run_id)?;
        let history = lock.history.clone();
        let directory = history.layout.held_run(run_id);
        let damaged = verify::mismatches(&history.disk, &directory, &held.files)?;
        if !damaged.is_empty() {
            let paths = damaged.into_iter().map(|mismatch| mismatch.path).collect();
            return Err(Error::Damaged { run_id: run_id.to_owned(), paths });
        }
        let contents = held.contents();
        let mut commit = Commit::new(lock.parent + 1, contents, held.facts, released_at);
        commit.released_by = Some(released_by.to_owned());
        let commit = lock.move_and_commit(&directory, commit)?;
        let finished = history
            .finish_release(&history.directory(&commit))
            .and_then(|()| self.decide(run_id, Status::Published, released_by, released_at, Some(commit.generation)));
        if let Err(error) = finished {
            tracing::warn!(run_id, %error, "released, but its record does not say so yet");
        }
        Ok(commit)
    }

    /// Gives up the files of a held run.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRun`], [`Error::NotHeld`], [`Error::Busy`]; the disk refuses.
    pub fn discard(&self, run_id: &str, discarded_by: &str, discarded_at: &str) -> Result<()> {
        let (lock, _) = self.lock_held(run_id)?;
        let record = || self.decide(run_id, Status::Discarded, discarded_by, discarded_at, None);
        let recorded = record();
        let entry = Entry { name: format!("{RUN}{run_id}").into(), kind: Kind::Directory };
        lock.history.throw_away(&lock.history.layout.held(), &entry)?;
        // On a full disk there was no room for the record before the files were gone.
        recorded.or_else(|_| record())
    }

    /// The lock, and the held run, which nobody can decide about in between.
    fn lock_held(&self, run_id: &str) -> Result<(RunLock, Held)> {
        layout::check_run_id(run_id)?;
        let lock = self.lock(run_id)?;
        if let Some(held) = lock.history.held_run(run_id)? {
            return Ok((lock, held));
        }
        let run_id = run_id.to_owned();
        let known = lock.history.record(&run_id)?.is_some() || lock.history.find_run(&run_id)?.is_some();
        Err(if known { Error::NotHeld { run_id } } else { Error::UnknownRun { run_id } })
    }

    /// Writes a decision into the run's record, when there is one.
    fn decide(&self, run_id: &str, status: Status, by: &str, at: &str, generation: Option<u64>) -> Result<()> {
        let Some(mut record) = self.history().record(run_id)? else {
            return Ok(());
        };
        record.status = status;
        record.generation = generation;
        record.decided_by = Some(by.to_owned());
        record.decided_at = Some(at.to_owned());
        self.write_run(&record)
    }
}
