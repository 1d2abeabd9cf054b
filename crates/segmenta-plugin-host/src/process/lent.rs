//! Rows on their way to a child: memory that the runner writes again for every call, and that the child
//! has mapped and can only read.
//!
//! A plugin may keep rows beyond its call. The child then says so, and the runner leaves that memory to
//! it and takes other memory for the next call.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use arrow_buffer::Buffer;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create};

use super::frame::{Carried, Keep};
use super::mapping::{self, Mapping, Target};
use super::sealed::MAX_BYTES;

/// The least memory that is made. Bytes.
const LEAST: usize = 64 << 10;
/// After so many calls that need an eighth of the memory, it is replaced by less.
const SPARING_CALLS: u32 = 64;

/// The runner's side of a child's rows.
#[derive(Debug, Default)]
pub(super) struct Lender(Option<Memory>);

#[derive(Debug)]
struct Memory {
    target: Target,
    /// Until the child has it.
    file: Option<OwnedFd>,
    sparing: u32,
}

impl Lender {
    /// Puts `parts` behind each other into the memory. The child holds none of what was in it before.
    ///
    /// # Errors
    /// There is no memory, or they are longer than [`MAX_BYTES`].
    pub(super) fn lend(&mut self, parts: &[Buffer]) -> io::Result<Carried<'_>> {
        let len = parts.iter().map(Buffer::len).sum();
        if self.0.as_mut().is_none_or(|memory| !memory.suits(len)) {
            self.0 = None;
            self.0 = Some(Memory::new(len)?);
        }
        let memory = self.0.as_mut().expect("it was just made");
        memory.target.write(parts);
        Ok(Carried::Kept { len: len as u64, file: memory.file.as_ref().map(OwnedFd::as_fd) })
    }

    /// The child has the memory.
    pub(super) fn arrived(&mut self) {
        if let Some(memory) = &mut self.0 {
            memory.file = None;
        }
    }

    /// Leaves the memory to the child.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

impl Memory {
    fn new(len: usize) -> io::Result<Self> {
        if len as u64 > MAX_BYTES {
            return Err(io::Error::other(format!("{len} bytes of rows, {MAX_BYTES} are allowed")));
        }
        let size = len.next_power_of_two().max(LEAST);
        let file = memfd_create("segmenta-rows", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&file, size as u64)?;
        let target = Target::new(file.as_fd(), size)?;
        // What is mapped already stays writable.
        fcntl_add_seals(&file, required() | SealFlags::SEAL)?;
        Ok(Self { target, file: Some(file), sparing: 0 })
    }

    /// Whether there is room for `len` bytes, and not much more room than has been needed of late.
    fn suits(&mut self, len: usize) -> bool {
        let size = self.target.len();
        let sparing = size > LEAST && len <= size / 8;
        self.sparing = if sparing { self.sparing + 1 } else { 0 };
        len <= size && self.sparing < SPARING_CALLS
    }
}

/// The child's side.
#[derive(Debug)]
pub(super) struct Lent(Arc<Mapping>);

impl Keep for Lent {
    fn keep(file: OwnedFd) -> Result<Self, String> {
        let told = |error: rustix::io::Errno| error.to_string();
        if !fcntl_get_seals(&file).map_err(told)?.contains(required()) {
            return Err("its memory is not sealed".to_owned());
        }
        let size = fstat(&file).map_err(told)?.st_size as usize;
        let mapping = Mapping::new(file.as_fd(), size).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(mapping)))
    }

    fn read(&mut self, len: u64) -> Result<Buffer, String> {
        let size = self.0.len();
        let len = usize::try_from(len).ok().filter(|len| *len <= size);
        let len = len.ok_or_else(|| "its memory is shorter than announced".to_owned())?;
        if let Some(mapping) = Arc::get_mut(&mut self.0) {
            mapping.prepare(len);
        }
        Ok(mapping::buffer(&self.0, len))
    }
}

impl Lent {
    /// Whether nobody holds anything of it, so that it may be written again.
    pub(super) fn is_free(&mut self) -> bool {
        // Sees all that was read by those who gave it back.
        Arc::get_mut(&mut self.0).is_some()
    }
}

/// Nobody can write it but who has it mapped, and it keeps its size.
fn required() -> SealFlags {
    SealFlags::FUTURE_WRITE | SealFlags::SHRINK | SealFlags::GROW
}

#[cfg(test)]
mod tests {
    use rustix::io::{Errno, pwrite};

    use super::*;

    fn sent(lender: &mut Lender, bytes: &[u8]) -> Option<OwnedFd> {
        let Carried::Kept { len, file } = lender.lend(&[Buffer::from(bytes)]).unwrap() else { panic!("nothing lent") };
        assert_eq!(len, bytes.len() as u64);
        let file = file.map(|file| file.try_clone_to_owned().unwrap());
        lender.arrived();
        file
    }

    #[test]
    fn what_is_lent_is_read_there_and_can_be_written_here_only() {
        let mut lender = Lender::default();
        let file = sent(&mut lender, b"first").unwrap();
        assert_eq!(pwrite(&file, b"x", 0).unwrap_err(), Errno::PERM);
        assert_eq!(ftruncate(&file, 1).unwrap_err(), Errno::PERM);
        assert!(Target::new(file.as_fd(), 1).is_err());
        let mut lent = Lent::keep(file).unwrap();
        let bytes = lent.read(5).unwrap();
        assert_eq!(bytes.as_slice(), b"first");
        assert!(!lent.is_free());
        drop(bytes);
        assert!(lent.is_free());
        // The file has arrived, so the next rows are in the memory that is there.
        assert!(sent(&mut lender, b"other").is_none());
        assert_eq!(lent.read(5).unwrap().as_slice(), b"other");
        assert_eq!(lent.read(LEAST as u64 + 1).unwrap_err(), "its memory is shorter than announced");
    }

    #[test]
    fn memory_that_others_can_write_is_refused() {
        let file = memfd_create("open", MemfdFlags::ALLOW_SEALING).unwrap();
        ftruncate(&file, 10).unwrap();
        assert_eq!(Lent::keep(file).unwrap_err(), "its memory is not sealed");
    }

    #[test]
    fn there_is_more_memory_when_it_is_needed_and_less_when_it_is_not() {
        let (mut lender, small, large) = (Lender::default(), vec![1; 100], vec![2; 9 * LEAST]);
        assert!(sent(&mut lender, &small).is_some());
        assert!(sent(&mut lender, &large).is_some());
        assert_eq!(lender.0.as_ref().unwrap().target.len(), 16 * LEAST);
        let replaced = (1..=200).find(|_| sent(&mut lender, &small).is_some());
        assert_eq!(replaced, Some(SPARING_CALLS));
        assert_eq!(lender.0.as_ref().unwrap().target.len(), LEAST);
        lender.forget();
        assert!(sent(&mut lender, &small).is_some());
    }
}
