//! What can go wrong with a store.

use std::io;
use std::path::{Path, PathBuf};

use crate::failpoint::Operation;
use crate::lock::Holder;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a store could not do what it was asked.
///
/// Only [`Error::Unknown`] leaves open whether the run was published; after every other error it
/// was not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk or the user's quota is full.
    #[error("no space left to {operation} `{}`", .path.display())]
    DiskFull {
        /// What was tried.
        operation: Operation,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something.
    #[error("cannot {operation} `{}`", .path.display())]
    Io {
        /// What was tried.
        operation: Operation,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another run is going on.
    #[error("`{}` is in use{}", .root.display(), by(.holder.as_ref()))]
    Busy {
        /// The store's root.
        root: PathBuf,
        /// Who holds it, when that could be read.
        holder: Option<Holder>,
    },
    /// The file system grants an exclusive lock twice.
    #[error("the file system of `{}` has no working locks", .root.display())]
    LocksUnsupported {
        /// The store's root.
        root: PathBuf,
    },
    /// The run id was published or is held already.
    #[error("run `{run_id}` exists already")]
    RunExists {
        /// The run.
        run_id: String,
    },
    /// No such run.
    #[error("no run `{run_id}`")]
    UnknownRun {
        /// The run as asked for.
        run_id: String,
    },
    /// Only a held run can be released or discarded.
    #[error("run `{run_id}` is not held")]
    NotHeld {
        /// The run as asked for.
        run_id: String,
    },
    /// Only a published run can be accepted.
    #[error("run `{run_id}` is not published")]
    NotPublished {
        /// The run as asked for.
        run_id: String,
    },
    /// Another run published this generation first.
    #[error("generation {generation} was published by run `{run_id}`")]
    Conflict {
        /// The generation both wanted.
        generation: u64,
        /// The run that has it.
        run_id: String,
    },
    /// It cannot be told whether the run was published: `runs show` settles it later.
    #[error("cannot tell whether run `{run_id}` was published as generation {generation}")]
    Unknown {
        /// The generation it would be.
        generation: u64,
        /// The run.
        run_id: String,
        /// What stood in the way.
        source: Box<Error>,
    },
    /// A record of the store is not what this program writes.
    #[error("`{}` is not a valid record", .path.display())]
    Malformed {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A record was written by a newer program.
    #[error("`{}` has format {found}, this program reads up to {supported}", .path.display())]
    Newer {
        /// The record.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format understood.
        supported: u32,
    },
    /// A run id, an `as_of` or a relative path that cannot name a file below the root.
    #[error("`{text}` is not a usable {what}")]
    Name {
        /// `run id`, `as_of` or `path`.
        what: &'static str,
        /// As given.
        text: String,
    },
    /// Two outputs name the same file.
    #[error("two outputs name `{path}`")]
    Duplicate {
        /// Relative to the generation.
        path: String,
    },
    /// A staged file that no output names, or something that is no file.
    #[error("`{}` is staged but no output names it", .path.display())]
    Unlisted {
        /// The file.
        path: PathBuf,
    },
    /// Files of a held run are not what was sealed.
    #[error("{} of run `{run_id}` differ from what was sealed, first `{}`", .paths.len(), first(.paths))]
    Damaged {
        /// The run.
        run_id: String,
        /// The files, relative to the generation.
        paths: Vec<String>,
    },
}

impl Error {
    pub(crate) fn io(operation: Operation, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { operation, path, source },
            _ => Self::Io { operation, path, source },
        }
    }

    /// Whether the system said `kind`.
    pub(crate) fn is(&self, kind: io::ErrorKind) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == kind)
    }
}

fn by(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| format!(" by run `{}`, process {}", holder.run_id, holder.pid))
}

fn first(paths: &[String]) -> &str {
    paths.first().map_or("", String::as_str)
}
