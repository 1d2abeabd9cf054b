//! Reading a library file once, and a private copy of those bytes for the linker.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};

use crate::{Error, Result};

/// Larger files are no plugins. Bytes.
const MAX_BYTES: u64 = 1 << 30;

/// All bytes of a regular file. A pipe or device is refused and does not block.
///
/// # Errors
/// [`Error::Read`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    read_regular(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let too_large = || io::Error::new(io::ErrorKind::InvalidInput, "larger than 1 GiB");
    if metadata.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large()) } else { Ok(bytes) }
}

/// A copy of a library that nobody else can change.
pub(crate) struct PrivateCopy {
    /// Where the linker finds it.
    pub(crate) path: PathBuf,
    file: File,
}

impl PrivateCopy {
    /// # Errors
    /// [`Error::Read`] if no copy can be made.
    pub(crate) fn new(original: &Path, bytes: &[u8], sha256: &str) -> Result<Self> {
        let copy = copied(bytes, sha256);
        copy.map_err(|source| Error::Read { path: original.to_owned(), source })
    }

    /// Leaves the file open for the life of the process, so that no other file gets its path: the
    /// linker takes two libraries of one path for the same.
    pub(crate) fn keep(self) {
        std::mem::forget(self.file);
    }
}

/// A file in memory that nobody can write to any more.
#[cfg(target_os = "linux")]
fn copied(bytes: &[u8], sha256: &str) -> io::Result<PrivateCopy> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let name = format!("segmenta-plugin-{}", &sha256[..16]);
    // Kernels before 6.3 do not know the flag, and need none.
    let fd = memfd_create(&name, flags | MemfdFlags::EXEC).or_else(|_| memfd_create(&name, flags))?;
    let mut file = File::from(fd);
    file.write_all(bytes)?;
    let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    Ok(PrivateCopy { path, file })
}

/// A file in a new directory that only this user can enter.
#[cfg(not(target_os = "linux"))]
fn copied(bytes: &[u8], sha256: &str) -> io::Result<PrivateCopy> {
    use std::os::unix::fs::DirBuilderExt;

    let name = format!("segmenta-plugin-{}-{}", std::process::id(), &sha256[..16]);
    let directory = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
    let path = directory.join("plugin");
    let mut file = File::create_new(&path)?;
    file.write_all(bytes)?;
    Ok(PrivateCopy { path, file })
}
