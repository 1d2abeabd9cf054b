//! Bytes in memory that both processes see and neither can change.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use arrow_buffer::Buffer;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};

use super::mapping::{self, Mapping};

/// Larger ones are refused. Bytes.
pub(super) const MAX_BYTES: u64 = 4 << 30;
/// Smaller ones are copied out of the mapping: a process may have 65,530 mappings.
const COPIED: usize = 64 << 10;

/// A file in memory that is complete and can neither change nor shrink.
#[derive(Debug)]
pub(super) struct Sealed(OwnedFd);

impl Sealed {
    /// Puts `parts` behind each other.
    pub(super) fn new(parts: &[&[u8]]) -> io::Result<Self> {
        let fd = memfd_create("segmenta-rows", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let mut file = File::from(fd);
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        write_all(&mut file, &mut slices)?;
        fcntl_add_seals(&file, required() | SealFlags::SEAL)?;
        Ok(Self(file.into()))
    }

    /// The bytes.
    pub(super) fn read(&self) -> Result<Buffer, String> {
        open(self.0.try_clone().map_err(|error| error.to_string())?)
    }

    pub(super) fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// As `Write::write_all_vectored`, which is not stable.
fn write_all(file: &mut File, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(&slices[..slices.len().min(1_000)])? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => IoSlice::advance_slices(&mut slices, written),
        }
    }
    Ok(())
}

/// The bytes of a file that the other side says is sealed; it is not believed.
///
/// # Errors
/// What is wrong with it.
pub(super) fn open(file: OwnedFd) -> Result<Buffer, String> {
    let seals = fcntl_get_seals(&file).map_err(|_| "its memory is no file in memory".to_owned())?;
    if !seals.contains(required()) {
        return Err("its memory is not sealed".to_owned());
    }
    let size = fstat(&file).map_err(|error| error.to_string())?.st_size as u64;
    if size > MAX_BYTES {
        return Err(format!("its memory has {size} bytes, {MAX_BYTES} are allowed"));
    }
    if size == 0 {
        return Ok(Buffer::from_vec(Vec::<u8>::new()));
    }
    let mapping = Mapping::new(file.as_fd(), size as usize).map_err(|error| error.to_string())?;
    if mapping.len() <= COPIED {
        return Ok(Buffer::from(mapping.bytes()));
    }
    let len = mapping.len();
    Ok(mapping::buffer(&Arc::new(mapping), len))
}

fn required() -> SealFlags {
    SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_read_back_and_the_rest_refused() {
        let long = vec![7; 100_000];
        let sealed = Sealed::new(&[b"abc", b"", &long]).unwrap();
        let bytes = open(sealed.0).unwrap();
        assert_eq!((bytes.len(), &bytes[..4]), (100_003, b"abc\x07".as_slice()));

        let mut open_file = File::from(memfd_create("open", MemfdFlags::ALLOW_SEALING).unwrap());
        open_file.write_all(b"abc").unwrap();
        fcntl_add_seals(&open_file, SealFlags::WRITE | SealFlags::GROW).unwrap();
        assert_eq!(open(open_file.into()).unwrap_err(), "its memory is not sealed");
        let file = File::open("/proc/self/exe").unwrap();
        assert_eq!(open(file.into()).unwrap_err(), "its memory is no file in memory");
    }
}
