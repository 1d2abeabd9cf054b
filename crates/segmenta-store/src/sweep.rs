//! Recovery: what every run does first, so that a killed run needs no hand work.
//!
//! Called with the lock held: whoever wrote the leftovers is dead. Deleted is only what no commit
//! names and nobody holds. Each step leaves a state that the next sweep understands.

use std::collections::BTreeSet;
use std::path::Path;

use crate::commit::Commit;
use crate::disk::{Entry, Kind};
use crate::error::Result;
use crate::history::History;
use crate::layout::{AS_OF, HOLD, RUN};

impl History {
    /// Removes what dead runs left, takes back half-made releases and repairs the hint.
    ///
    /// Nothing is deleted when a commit cannot be read: it might name what looks left over.
    pub(crate) fn sweep(&self) -> Result<()> {
        let commits = self.commits()?;
        self.empty(&self.layout.trash())?;
        self.empty(&self.layout.staging())?;
        self.sweep_generations(&commits)?;
        self.sweep_temporaries()?;
        self.repair_hint(commits.last());
        Ok(())
    }

    fn sweep_generations(&self, commits: &[Commit]) -> Result<()> {
        let published: BTreeSet<_> = commits.iter().map(|commit| commit.directory.as_str()).collect();
        for as_of in self.disk.list(self.root())? {
            let Some(name) = as_of.name.to_str() else {
                continue;
            };
            if as_of.kind != Kind::Directory || !name.starts_with(AS_OF) {
                continue;
            }
            let directory = self.root().join(name);
            let runs = self.disk.list(&directory)?;
            let mut remaining = runs.len();
            for run in runs.iter().filter(|run| run.after(RUN).is_some()) {
                let Some(run_name) = run.name.to_str() else {
                    continue;
                };
                if published.contains(format!("{name}/{run_name}").as_str()) {
                    self.finish_release(&directory.join(run_name))?;
                } else {
                    self.sweep_unpublished(&directory, run)?;
                    remaining -= 1;
                }
            }
            if remaining == 0 {
                self.disk.remove_dir(&directory)?;
            }
        }
        Ok(())
    }

    /// A published generation whose release was cut off after the commit.
    pub(crate) fn finish_release(&self, generation: &Path) -> Result<()> {
        let hold = generation.join(HOLD);
        if hold.exists() { self.disk.remove_file(&hold) } else { Ok(()) }
    }

    /// A generation no commit names: a release cut off before the commit is held again, the rest
    /// goes.
    fn sweep_unpublished(&self, as_of: &Path, run: &Entry) -> Result<()> {
        let path = as_of.join(&run.name);
        if !path.join(HOLD).exists() {
            tracing::warn!(path = %path.display(), "removing what an unfinished run left");
            return self.throw_away(as_of, run);
        }
        tracing::warn!(path = %path.display(), "holding again what was not released completely");
        self.disk.rename(&path, &self.layout.held().join(&run.name))?;
        self.disk.sync_dir(&self.layout.held())?;
        self.disk.sync_dir(as_of)
    }

    /// Deletes `directory/entry` by way of the trash: it is gone whole before its parts go.
    pub(crate) fn throw_away(&self, directory: &Path, entry: &Entry) -> Result<()> {
        let trashed = self.layout.trash().join(&entry.name);
        self.disk.rename(&directory.join(&entry.name), &trashed)?;
        self.disk.sync_dir(directory)?;
        self.disk.remove_tree(&trashed, entry.kind)
    }

    fn empty(&self, directory: &Path) -> Result<()> {
        for entry in self.disk.list(directory)? {
            let path = directory.join(&entry.name);
            tracing::debug!(path = %path.display(), "removing what an unfinished run left");
            self.disk.remove_tree(&path, entry.kind)?;
        }
        Ok(())
    }

    fn sweep_temporaries(&self) -> Result<()> {
        self.disk.remove_stale_temporaries(self.root())?;
        self.disk.remove_stale_temporaries(&self.layout.commits())?;
        let runs = self.layout.runs();
        for run in self.disk.list(&runs)? {
            if run.kind == Kind::Directory {
                self.disk.remove_stale_temporaries(&runs.join(&run.name))?;
            }
        }
        Ok(())
    }

    /// Makes `current.json` a copy of the newest commit, unless it is one already. The hint may
    /// lag, so a failure is only told.
    pub(crate) fn repair_hint(&self, newest: Option<&Commit>) {
        let Some(newest) = newest else { return };
        if let Err(error) = self.copy_to_hint(newest.generation) {
            tracing::warn!(%error, "current.json shows an older generation");
        }
    }

    fn copy_to_hint(&self, generation: u64) -> Result<()> {
        let path = self.layout.current();
        let commit = self.disk.read(&self.layout.commit(generation))?;
        if self.disk.read(&path)? == commit {
            return Ok(());
        }
        self.disk.replace(&path, &commit.unwrap_or_default())
    }
}
