//! The one step that makes a generation visible.

use std::path::Path;

use crate::commit::{Commit, CommitFacts};
use crate::error::{Error, Result};
use crate::history::History;
use crate::json;
use crate::lock::RunLock;
use crate::staging::Sealed;

impl RunLock {
    /// Makes a sealed generation the current one. When this returns `Ok`, it is durable.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when it cannot be told whether the commit exists; then nothing may be
    /// deleted by hand, and the next run finds out. After every other error nothing was published:
    /// the disk refuses or is full, or [`Error::Conflict`].
    pub fn publish(&mut self, sealed: Sealed, facts: CommitFacts, published_at: &str) -> Result<Commit> {
        let from = self.history.layout.staged(&sealed.contents.run_id);
        let commit = Commit::new(self.parent + 1, sealed.contents, facts, published_at);
        self.move_and_commit(&from, commit)
    }

    /// Moves `from` to the commit's place, creates the commit and rewrites the hint.
    pub(crate) fn move_and_commit(&mut self, from: &Path, commit: Commit) -> Result<Commit> {
        self.history.place(from, &commit)?;
        self.history.create_commit(&commit)?;
        self.parent = commit.generation;
        self.history.repair_hint(Some(&commit));
        Ok(commit)
    }
}

impl History {
    /// Moves a sealed directory to the place its commit names, durably.
    fn place(&self, from: &Path, commit: &Commit) -> Result<()> {
        let disk = &self.disk;
        let to = self.directory(commit);
        let as_of = to.parent().expect("a generation lies in the directory of its as_of");
        disk.create_dir(as_of)?;
        disk.rename(from, &to)?;
        disk.sync_dir(as_of)?;
        from.parent().map_or(Ok(()), |parent| disk.sync_dir(parent))
    }

    /// The publish: the record appears with all its bytes, or not at all, and never over another.
    fn create_commit(&self, commit: &Commit) -> Result<()> {
        let path = self.layout.commit(commit.generation);
        let text = json::text(&path, commit)?;
        if let Err(error) = self.disk.create_exclusive(&path, &text) {
            self.settle(commit, error)?;
        }
        // The record is there for every reader, but may not survive a power cut.
        self.disk.sync_dir(&self.layout.commits()).map_err(|error| unknown(commit, error))
    }

    /// An error does not prove that the record was not created: reads it back and compares.
    fn settle(&self, commit: &Commit, error: Error) -> Result<()> {
        match self.find_generation(commit.generation) {
            Ok(Some(found)) if found.run_id == commit.run_id => Ok(()),
            Ok(Some(found)) => Err(Error::Conflict { generation: commit.generation, run_id: found.run_id }),
            Ok(None) => Err(error),
            Err(error) => Err(unknown(commit, error)),
        }
    }
}

fn unknown(commit: &Commit, error: Error) -> Error {
    Error::Unknown { generation: commit.generation, run_id: commit.run_id.clone(), source: Box::new(error) }
}
