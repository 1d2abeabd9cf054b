//! The file system, with the path in every error and a failpoint at every change.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::failpoint::{Failpoints, Operation};

/// Local disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    failpoints: Option<Arc<dyn Failpoints>>,
}

/// One name in a directory.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) kind: Kind,
}

impl Entry {
    /// The name when it is `prefix` followed by `rest`, as `rest`.
    pub(crate) fn after(&self, prefix: &str) -> Option<&str> {
        self.name.to_str()?.strip_prefix(prefix)
    }
}

/// What a name stands for; links are not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Directory,
    File,
    Other,
}

/// Size and SHA-256 of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) bytes: u64,
    /// Lower-case hexadecimal.
    pub(crate) sha256: String,
}

impl Disk {
    pub(crate) fn with_failpoints(failpoints: Arc<dyn Failpoints>) -> Self {
        Self { failpoints: Some(failpoints) }
    }

    fn change<T>(&self, operation: Operation, path: &Path, act: impl FnOnce() -> io::Result<T>) -> Result<T> {
        let watched = || {
            let Some(failpoints) = &self.failpoints else {
                return act();
            };
            failpoints.before(operation, path)?;
            let done = act()?;
            failpoints.after(operation, path)?;
            Ok(done)
        };
        watched().map_err(|source| Error::io(operation, path, source))
    }

    /// Makes one directory, durably; nothing when it is there.
    pub(crate) fn create_dir(&self, path: &Path) -> Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.make_dir(path)?;
        path.parent().map_or(Ok(()), |parent| self.sync_dir(parent))
    }

    /// Makes one directory; nothing when it is there.
    pub(crate) fn make_dir(&self, path: &Path) -> Result<()> {
        self.change(Operation::CreateDirectory, path, || match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            made => made,
        })
    }

    /// Makes a directory and those above it, durably.
    pub(crate) fn create_dir_all(&self, path: &Path) -> Result<()> {
        let missing: Vec<&Path> =
            path.ancestors().take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.is_dir()).collect();
        missing.into_iter().rev().try_for_each(|directory| self.create_dir(directory))
    }

    /// Makes a file that does not exist, writes and syncs it.
    pub(crate) fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let mut file = self.create_new(path)?;
        self.write_synced(&mut file, path, bytes)
    }

    /// Replaces a file: readers see the old bytes or the new ones, also after a power cut.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.rename_new(path, |temporary, file| self.write_synced(file, temporary, bytes))?;
        path.parent().map_or(Ok(()), |parent| self.sync_dir(parent))
    }

    /// Replaces a file: other processes see the old bytes or the new ones. A power cut may lose
    /// both.
    pub(crate) fn replace_unsynced(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.rename_new(path, |temporary, file| self.change(Operation::Write, temporary, || file.write_all(bytes)))
    }

    /// Gives `bytes` the name `path`, or fails when the name is taken. Durable once the directory
    /// is synced.
    pub(crate) fn create_exclusive(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let (temporary, mut file) = self.temporary(path)?;
        let linked = self
            .write_synced(&mut file, &temporary, bytes)
            .and_then(|()| self.change(Operation::Link, path, || fs::hard_link(&temporary, path)));
        self.remove_leftover(&temporary);
        linked
    }

    fn rename_new(&self, path: &Path, fill: impl Fn(&Path, &mut File) -> Result<()>) -> Result<()> {
        let attempt = || {
            let (temporary, mut file) = self.temporary(path)?;
            let renamed = fill(&temporary, &mut file).and_then(|()| self.rename(&temporary, path));
            if renamed.is_err() {
                self.remove_leftover(&temporary);
            }
            renamed
        };
        // A sweep can take the temporary file between its creation and its locking.
        match attempt() {
            Err(error) if error.is(io::ErrorKind::NotFound) => attempt(),
            done => done,
        }
    }

    /// A new file beside `path`, locked so that a sweep leaves it alone while this process lives.
    fn temporary(&self, path: &Path) -> Result<(PathBuf, File)> {
        const ATTEMPTS: usize = 100;
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut attempt = 1;
        loop {
            let count = COUNTER.fetch_add(1, Ordering::Relaxed);
            let temporary = path.with_file_name(format!(".{name}.{}-{count}.tmp", std::process::id()));
            match self.create_new(&temporary) {
                // What a dead process with this process id left.
                Err(error) if error.is(io::ErrorKind::AlreadyExists) && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
                Ok(file) => {
                    if let Err(error) = file.try_lock() {
                        tracing::debug!(path = %temporary.display(), %error, "temporary file stays unlocked");
                    }
                    return Ok((temporary, file));
                }
            }
        }
    }

    /// Removes temporary files of dead processes in `directory`.
    pub(crate) fn remove_stale_temporaries(&self, directory: &Path) -> Result<()> {
        for entry in self.list(directory)? {
            if !entry.after(".").is_some_and(|name| name.ends_with(".tmp")) {
                continue;
            }
            let path = directory.join(&entry.name);
            let stale = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            if stale {
                self.remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Removes a temporary file whose content no longer matters; the next sweep gets it otherwise.
    fn remove_leftover(&self, path: &Path) {
        if let Err(error) = self.remove_file(path) {
            tracing::debug!(path = %path.display(), %error, "temporary file stays until the next run");
        }
    }

    fn create_new(&self, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        self.change(Operation::Create, path, || options.open(path))
    }

    fn write_synced(&self, file: &mut File, path: &Path, bytes: &[u8]) -> Result<()> {
        self.change(Operation::Write, path, || file.write_all(bytes))?;
        self.change(Operation::Sync, path, || file.sync_all())
    }

    /// Overwrites the start of an open file and cuts the rest.
    pub(crate) fn overwrite(&self, mut file: &File, path: &Path, bytes: &[u8]) -> Result<()> {
        self.change(Operation::Write, path, || {
            file.set_len(0)?;
            file.write_all(bytes)
        })
    }

    /// Makes the bytes of a file written elsewhere durable.
    pub(crate) fn sync_file(&self, path: &Path) -> Result<()> {
        let file = self.open(path)?;
        self.change(Operation::Sync, path, || file.sync_all())
    }

    /// Makes the names in a directory durable.
    pub(crate) fn sync_dir(&self, path: &Path) -> Result<()> {
        // The parent of a one-word relative path is the empty path.
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.sync_file(path)
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.change(Operation::Rename, to, || fs::rename(from, to))
    }

    pub(crate) fn remove_file(&self, path: &Path) -> Result<()> {
        self.change(Operation::Remove, path, || fs::remove_file(path))
    }

    /// Removes an empty directory.
    pub(crate) fn remove_dir(&self, path: &Path) -> Result<()> {
        self.change(Operation::Remove, path, || fs::remove_dir(path))
    }

    /// Removes a file, or a directory with all that is in it; links are not followed.
    pub(crate) fn remove_tree(&self, path: &Path, kind: Kind) -> Result<()> {
        if kind != Kind::Directory {
            return self.remove_file(path);
        }
        for entry in self.list(path)? {
            self.remove_tree(&path.join(&entry.name), entry.kind)?;
        }
        self.remove_dir(path)
    }

    pub(crate) fn open(&self, path: &Path) -> Result<File> {
        File::open(path).map_err(|source| Error::io(Operation::Read, path, source))
    }

    /// The whole file, or `None` when it does not exist.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::io(Operation::Read, path, source)),
        }
    }

    /// The names in a directory, sorted; none when it does not exist.
    pub(crate) fn list(&self, path: &Path) -> Result<Vec<Entry>> {
        let read = || -> io::Result<Vec<Entry>> {
            let entries = match fs::read_dir(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            let mut names = Vec::new();
            for entry in entries {
                let entry = entry?;
                names.push(Entry { name: entry.file_name(), kind: kind(entry.file_type()?) });
            }
            names.sort();
            Ok(names)
        };
        read().map_err(|source| Error::io(Operation::List, path, source))
    }

    /// Reads a file to the end and digests it.
    pub(crate) fn fingerprint(&self, path: &Path) -> Result<Fingerprint> {
        const CHUNK_BYTES: usize = 256 * 1024;
        let mut file = self.open(path)?;
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut bytes = 0;
        loop {
            let n = match file.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|source| Error::io(Operation::Read, path, source))?,
            };
            if n == 0 {
                break;
            }
            hasher.update(&chunk[..n]);
            bytes += n as u64;
        }
        Ok(Fingerprint { bytes, sha256: format!("{:x}", hasher.finalize()) })
    }
}

fn kind(file_type: fs::FileType) -> Kind {
    if file_type.is_dir() {
        Kind::Directory
    } else if file_type.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}
