//! The seam at which crash and error tests enter.

use std::fmt;
use std::io;
use std::path::Path;

/// What is done to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// Make a directory.
    CreateDirectory,
    /// Make a file that must not exist.
    Create,
    /// Write a file's bytes.
    Write,
    /// Make a file's bytes or a directory's names durable.
    Sync,
    /// Give a file a second name that must not exist; the path is that name.
    Link,
    /// Give a file or directory another name; the path is that name.
    Rename,
    /// Delete a file or an empty directory.
    Remove,
    /// Open or read a file.
    Read,
    /// List a directory.
    List,
    /// Lock a file.
    Lock,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateDirectory => "create directory",
            Self::Create => "create",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Link => "link",
            Self::Rename => "rename to",
            Self::Remove => "remove",
            Self::Read => "read",
            Self::List => "list",
            Self::Lock => "lock",
        })
    }
}

/// Watches every call of a store that changes the disk, and may make it fail.
///
/// Tests kill the process in [`before`](Self::before), or return an error from either method.
/// Calls may come from several threads.
pub trait Failpoints: fmt::Debug + Send + Sync {
    /// Called before the change; with an error, the change is not made.
    ///
    /// # Errors
    ///
    /// The error the store sees instead of making the change.
    fn before(&self, operation: Operation, path: &Path) -> io::Result<()>;

    /// Called after the change was made; with an error, only the good news is lost.
    ///
    /// # Errors
    ///
    /// The error the store sees although the change was made.
    fn after(&self, operation: Operation, path: &Path) -> io::Result<()>;
}
