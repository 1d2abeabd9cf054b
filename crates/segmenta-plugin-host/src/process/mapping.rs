//! Files in memory as memory of this process.
#![allow(unsafe_code, reason = "memory is mapped, written and lent here")]

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::Buffer;

/// A file mapped for reading, unmapped on drop.
#[derive(Debug)]
pub(super) struct Mapping(Range);

/// A file mapped for writing, unmapped on drop. Other processes read it meanwhile, so nobody here holds
/// a reference into it.
#[derive(Debug)]
pub(super) struct Target(Range);

/// What is mapped, and how much of it has its pages.
#[derive(Debug)]
struct Range {
    start: NonNull<u8>,
    len: usize,
    ready: usize,
}

// SAFETY: an address and lengths; who may use the memory is decided by the types around it.
unsafe impl Send for Range {}
// SAFETY: as above.
unsafe impl Sync for Range {}

impl Mapping {
    /// Maps the first `len` bytes, at least one. The caller knows that the file cannot shrink, and does
    /// not change as long as somebody reads it.
    pub(super) fn new(file: BorrowedFd<'_>, len: usize) -> io::Result<Self> {
        Range::new(file, len, libc::PROT_READ).map(Self)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: mapped for reading as long as `self`; it does not change meanwhile.
        unsafe { std::slice::from_raw_parts(self.0.start.as_ptr(), self.0.len) }
    }

    /// Gets the pages of the first `len` bytes at once rather than one by one when they are read.
    pub(super) fn prepare(&mut self, len: usize) {
        self.0.prepare(len, libc::MADV_POPULATE_READ);
    }
}

/// The first `len` bytes of a mapping as an Arrow buffer, without a copy. The buffer is an owner of it.
pub(super) fn buffer(mapping: &Arc<Mapping>, len: usize) -> Buffer {
    assert!(len <= mapping.len(), "a buffer lies within its mapping");
    // SAFETY: the bytes stay mapped and unchanged as long as their owner, the mapping, lives.
    unsafe { Buffer::from_custom_allocation(mapping.0.start, len, Arc::<Mapping>::clone(mapping)) }
}

impl Target {
    /// Maps the first `len` bytes, at least one. The caller knows that the file cannot shrink.
    pub(super) fn new(file: BorrowedFd<'_>, len: usize) -> io::Result<Self> {
        Range::new(file, len, libc::PROT_READ | libc::PROT_WRITE).map(Self)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len
    }

    /// Puts `parts` behind each other. They fit.
    pub(super) fn write(&mut self, parts: &[Buffer]) {
        let total: usize = parts.iter().map(Buffer::len).sum();
        assert!(total <= self.0.len, "what is written fits into its memory");
        self.0.prepare(total, libc::MADV_POPULATE_WRITE);
        let mut at = self.0.start;
        for part in parts {
            // SAFETY: `total` bytes are mapped for writing, and no buffer of this process is in them.
            unsafe { at.copy_from_nonoverlapping(NonNull::from(part.as_slice()).cast(), part.len()) };
            // SAFETY: within the mapping or just behind it.
            at = unsafe { at.add(part.len()) };
        }
    }
}

impl Range {
    fn new(file: BorrowedFd<'_>, len: usize, access: c_int) -> io::Result<Self> {
        let none = std::ptr::null_mut();
        // SAFETY: a new mapping overlaps nothing.
        let start = unsafe { libc::mmap(none, len, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).expect("a mapping is not at address zero");
        Ok(Self { start, len, ready: 0 })
    }

    fn prepare(&mut self, len: usize, how: c_int) {
        if len <= self.ready {
            return;
        }
        // A system that does not know the advice gives the pages one by one.
        // SAFETY: the range is mapped; the advice changes no byte of it.
        unsafe { libc::madvise(self.start.as_ptr().cast(), len, how) };
        self.ready = len;
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, unmapped once.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}
