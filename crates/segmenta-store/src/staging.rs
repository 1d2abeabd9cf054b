//! Where a run writes before anything is published.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::commit::{Contents, FileEntry, Manifest, Output};
use crate::disk::{Disk, Entry, Kind};
use crate::error::{Error, Result};
use crate::failpoint::Operation;
use crate::history::History;
use crate::json::FORMAT;
use crate::layout::{self, RUN};
use crate::lock::RunLock;

/// How many files are synced at once: the disk batches syncs that wait together.
const SYNC_THREADS: usize = 8;

/// A directory for the files of one run. Nobody reads it before it is sealed and published; when
/// the process ends first, the next run removes it.
#[derive(Debug)]
pub struct Staging {
    history: History,
    run_id: String,
    as_of: String,
    directory: PathBuf,
}

/// A staged generation that is complete, synced, read back and digested.
#[derive(Debug)]
#[must_use = "it is neither published nor held yet"]
pub struct Sealed {
    pub(crate) contents: Contents,
}

impl Sealed {
    /// Every file, by path; the manifest is among them.
    pub fn files(&self) -> &[FileEntry] {
        &self.contents.files
    }
}

impl RunLock {
    /// Makes an empty directory for the run's files.
    ///
    /// # Errors
    ///
    /// `as_of` is unusable, the run is published, held or staged already, or the disk refuses.
    pub fn stage(&self, as_of: &str) -> Result<Staging> {
        layout::check_as_of(as_of)?;
        let layout = &self.history.layout;
        let directory = layout.staged(&self.run_id);
        let taken = directory.exists() || layout.held_run(&self.run_id).exists();
        if taken || self.history.find_run(&self.run_id)?.is_some() {
            return Err(Error::RunExists { run_id: self.run_id.clone() });
        }
        self.history.disk.make_dir(&directory)?;
        Ok(Staging { history: self.history.clone(), run_id: self.run_id.clone(), as_of: as_of.to_owned(), directory })
    }
}

impl Staging {
    /// The directory itself.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where to write `relative`; the directories above it exist afterwards.
    ///
    /// # Errors
    ///
    /// `relative` is not a plain path below the directory, or is `manifest.json` or `hold.json`;
    /// the disk refuses.
    pub fn path(&self, relative: &str) -> Result<PathBuf> {
        layout::check_relative(relative)?;
        let path = self.directory.join(relative);
        let parents = Path::new(relative).ancestors().skip(1);
        let mut missing: Vec<PathBuf> =
            parents.map(|parent| self.directory.join(parent)).take_while(|parent| !parent.is_dir()).collect();
        missing.reverse();
        missing.iter().try_for_each(|parent| self.history.disk.make_dir(parent))?;
        Ok(path)
    }

    /// Makes all files durable, reads them back and writes the manifest. No file may be open for
    /// writing any more.
    ///
    /// # Errors
    ///
    /// A file is not named by exactly one output or an output has no file; a link or another
    /// special file is staged; the disk refuses, or is full.
    pub fn seal(self, outputs: &[Output]) -> Result<Sealed> {
        let disk = &self.history.disk;
        let mut directories = Vec::new();
        let mut staged = BTreeMap::new();
        walk(disk, &self.directory, "", &mut directories, &mut staged)?;
        let outputs = self.matched(outputs, &staged)?;
        let mut files = self.sync_files(&outputs)?;
        let manifest =
            Manifest { format: FORMAT, run_id: self.run_id.clone(), as_of: self.as_of.clone(), files: files.clone() };
        files.push(manifest.write(disk, &self.directory)?);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        directories.iter().try_for_each(|directory| disk.sync_dir(directory))?;
        let Self { run_id, as_of, .. } = self;
        Ok(Sealed { contents: Contents { run_id, as_of, files } })
    }

    /// Deletes everything staged, to free the space before the process ends.
    ///
    /// # Errors
    ///
    /// The disk refuses; the next run deletes the rest.
    pub fn discard(self) -> Result<()> {
        let name = format!("{RUN}{}", self.run_id).into();
        let entry = Entry { name, kind: Kind::Directory };
        self.history.throw_away(&self.history.layout.staging(), &entry)
    }

    /// The outputs by path, after a check that they are the staged files.
    fn matched<'a>(&self, outputs: &'a [Output], staged: &BTreeMap<String, PathBuf>) -> Result<Vec<&'a Output>> {
        let mut by_path = BTreeMap::new();
        for output in outputs {
            layout::check_relative(&output.path)?;
            let path = self.directory.join(&output.path);
            if !staged.contains_key(&output.path) {
                let source = std::io::ErrorKind::NotFound.into();
                return Err(Error::io(Operation::Read, &path, source));
            }
            if by_path.insert(output.path.as_str(), output).is_some() {
                return Err(Error::Duplicate { path: output.path.clone() });
            }
        }
        match staged.iter().find(|(relative, _)| !by_path.contains_key(relative.as_str())) {
            Some((_, path)) => Err(Error::Unlisted { path: path.clone() }),
            None => Ok(by_path.into_values().collect()),
        }
    }

    /// Syncs and digests the files, several at once; entries are in the order of `outputs`.
    fn sync_files(&self, outputs: &[&Output]) -> Result<Vec<FileEntry>> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let Some(output) = outputs.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push((output.path.as_str(), self.sync_file(output)));
            }
            done
        };
        let threads = outputs.len().clamp(1, SYNC_THREADS);
        let mut done: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let join = |worker: std::thread::ScopedJoinHandle<'_, _>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().flat_map(join).collect()
        });
        done.sort_by_key(|(path, _)| *path);
        done.into_iter().map(|(_, entry)| entry).collect()
    }

    fn sync_file(&self, output: &Output) -> Result<FileEntry> {
        let path = self.directory.join(&output.path);
        self.history.disk.sync_file(&path)?;
        let read_back = self.history.disk.fingerprint(&path)?;
        Ok(FileEntry {
            path: output.path.clone(),
            dataset: output.dataset.clone(),
            rows: output.rows,
            bytes: read_back.bytes,
            sha256: read_back.sha256,
        })
    }
}

/// Collects files by relative path, and directories bottom-up.
fn walk(
    disk: &Disk,
    directory: &Path,
    prefix: &str,
    directories: &mut Vec<PathBuf>,
    files: &mut BTreeMap<String, PathBuf>,
) -> Result<()> {
    for Entry { name, kind } in disk.list(directory)? {
        let path = directory.join(&name);
        let Some(name) = name.to_str() else {
            return Err(Error::Unlisted { path });
        };
        let relative = format!("{prefix}{name}");
        match kind {
            Kind::Directory => walk(disk, &path, &format!("{relative}/"), directories, files)?,
            Kind::File => drop(files.insert(relative, path)),
            Kind::Other => return Err(Error::Unlisted { path }),
        }
    }
    directories.push(directory.to_path_buf());
    Ok(())
}
