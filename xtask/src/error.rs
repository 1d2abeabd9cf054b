//! Why a development command stopped.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why a development command stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A file or directory could not be read or written.
    #[error("cannot use `{}`", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// A Parquet file could not be read or written.
    #[error("cannot use Parquet file `{}`", .path.display())]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },
    /// Columns that do not make a record batch.
    #[error("cannot build a batch")]
    Batch { source: arrow_schema::ArrowError },
    /// A program could not be started.
    #[error("cannot start `{program}`")]
    Start { program: String, source: std::io::Error },
    /// A program ended with an error.
    #[error("`{program}` ended with {status}{}", separated(.message))]
    Program { program: String, status: ExitStatus, message: String },
    /// Text that should be JSON is not.
    #[error("cannot read {what}")]
    Json { what: String, source: serde_json::Error },
    /// Something that should be in a file or an output is not there.
    #[error("no {what} in {place}")]
    Missing { what: String, place: String },
    /// Crates that know what they should not.
    #[error("{}", .problems.join("\n       "))]
    Tidy { problems: Vec<String> },
    /// Results that differ from another program's.
    #[error("results differ\n       {}", .differences.join("\n       "))]
    Differ { differences: Vec<String> },
}

fn separated(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl Error {
    /// Names the file an operation failed on.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }

    /// Names the Parquet file an operation failed on.
    pub(crate) fn parquet(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Parquet { path, source }
    }

    /// Names the program that could not be started.
    pub(crate) fn start(program: &str) -> impl FnOnce(std::io::Error) -> Self {
        let program = program.to_owned();
        move |source| Self::Start { program, source }
    }
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(source: arrow_schema::ArrowError) -> Self {
        Self::Batch { source }
    }
}

/// An error and everything that caused it, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
