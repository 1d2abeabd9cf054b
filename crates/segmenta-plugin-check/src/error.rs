//! Why a command for authors could not do its work; what a check finds is no error.

use std::io;
use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can stop a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("`{}` cannot be {what}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A file has content that makes no sense.
    #[error("`{}`: {problem}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place if there is one.
        problem: String,
    },
    /// The plugin cannot be used, or failed at its work.
    #[error(transparent)]
    Plugin(#[from] segmenta_plugin_host::Error),
    /// The library has several criteria, or none of this name.
    #[error("the library has no criterion `{wanted}`; it has {}", .known.join(", "))]
    NoCriterion {
        /// The name asked for; empty if none was.
        wanted: String,
        /// Names of all criteria.
        known: Vec<String>,
    },
    /// The name of a new plugin cannot be one.
    #[error("`{name}` is no name of a plugin: lower-case letters, digits and `_`, a letter first")]
    Name {
        /// The name.
        name: String,
    },
    /// A folder that should be new is there.
    #[error("`{}` exists already", .path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |source| Self::File { path, what: "read", source }
    }

    pub(crate) fn written(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |source| Self::File { path, what: "written", source }
    }

    pub(crate) fn content(path: &Path, problem: impl ToString) -> Self {
        Self::Content { path: path.to_owned(), problem: problem.to_string() }
    }
}
