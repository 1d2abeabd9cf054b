//! Whether a generation is still what was published.

use std::path::Path;

use crate::commit::FileEntry;
use crate::disk::{Disk, Fingerprint};
use crate::error::Result;

/// A file that is not what its commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Relative to the generation.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It is not there.
    Missing,
    /// It has another size.
    Size {
        /// Bytes at publishing.
        published: u64,
        /// Bytes now.
        found: u64,
    },
    /// It has the size, but other bytes.
    Content,
}

/// Compares size and digest of every file in `directory`.
pub(crate) fn mismatches(disk: &Disk, directory: &Path, files: &[FileEntry]) -> Result<Vec<Mismatch>> {
    let mut mismatches = Vec::new();
    for file in files {
        let found = match disk.fingerprint(&directory.join(&file.path)) {
            Ok(found) => problem(file, &found),
            Err(error) if error.is(std::io::ErrorKind::NotFound) => Some(Problem::Missing),
            Err(error) => return Err(error),
        };
        mismatches.extend(found.map(|problem| Mismatch { path: file.path.clone(), problem }));
    }
    Ok(mismatches)
}

fn problem(file: &FileEntry, found: &Fingerprint) -> Option<Problem> {
    if found.bytes != file.bytes {
        return Some(Problem::Size { published: file.bytes, found: found.bytes });
    }
    (found.sha256 != file.sha256).then_some(Problem::Content)
}
