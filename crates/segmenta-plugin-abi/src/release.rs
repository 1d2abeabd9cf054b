//! Making, reading and releasing values that cross the border.
#![expect(unsafe_code, reason = "raw pointers of the C contract are read and freed here")]

use std::ffi::c_void;
use std::slice;

use crate::{SegBuf, SegBytes, SegError, SegStr};

impl SegBuf {
    /// Hands `bytes` out; they are freed when the receiver calls `release`.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        let owner = Box::new(bytes);
        Self {
            ptr: owner.as_ptr(),
            len: owner.len() as u64,
            release: Some(release_vec),
            private_data: Box::into_raw(owner).cast::<c_void>(),
        }
    }

    /// The bytes; empty if nothing was written.
    ///
    /// # Safety
    /// `ptr` is null or points to `len` readable bytes, and they are not released while borrowed.
    pub unsafe fn as_bytes(&self) -> &[u8] {
        // SAFETY: the caller vouches for `ptr` and `len`.
        unsafe { borrow(self.ptr, self.len) }
    }

    /// Calls `release` if there is one, and forgets it, so that a second call does nothing.
    ///
    /// # Safety
    /// `release` is null or the producer's callback for exactly this buffer.
    pub unsafe fn free(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the caller vouches for the callback; it is cleared below, so it runs once.
            unsafe { release(self) };
        }
        *self = Self::empty();
    }
}

impl SegError {
    /// Releases both texts.
    ///
    /// # Safety
    /// As [`SegBuf::free`] for both.
    pub unsafe fn free(&mut self) {
        // SAFETY: the caller vouches for the callback.
        unsafe { self.message.free() };
        // SAFETY: the caller vouches for the callback.
        unsafe { self.detail_json.free() };
    }
}

impl SegStr {
    /// The text's bytes, not yet known to be UTF-8.
    ///
    /// # Safety
    /// `ptr` is null or points to `len` readable bytes that outlive `'a`.
    pub unsafe fn as_bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the caller vouches for `ptr` and `len`.
        unsafe { borrow(self.ptr.cast(), self.len) }
    }
}

impl SegBytes {
    /// The bytes.
    ///
    /// # Safety
    /// `ptr` is null or points to `len` readable bytes that outlive `'a`.
    pub unsafe fn as_bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the caller vouches for `ptr` and `len`.
        unsafe { borrow(self.ptr, self.len) }
    }
}

/// # Safety
/// `ptr` is null or points to `len` readable bytes that outlive `'a`.
unsafe fn borrow<'a>(ptr: *const u8, len: u64) -> &'a [u8] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: the caller vouches for `ptr` and `len`; 64-bit targets only, so `usize` holds it.
    unsafe { slice::from_raw_parts(ptr, len as usize) }
}

/// Frees a buffer made by [`SegBuf::from_vec`]. Freeing bytes cannot panic.
unsafe extern "C" fn release_vec(buf: *mut SegBuf) {
    // SAFETY: the receiver passes the struct it was given, or a bitwise copy of it.
    let Some(buf) = (unsafe { buf.as_mut() }) else {
        return;
    };
    if buf.release.take().is_none() {
        return;
    }
    // SAFETY: `private_data` is the box of `from_vec`, and `release` was still set, so it is freed once.
    drop(unsafe { Box::from_raw(buf.private_data.cast::<Vec<u8>>()) });
    buf.private_data = std::ptr::null_mut();
    buf.ptr = std::ptr::null();
    buf.len = 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_read_and_freed_once() {
        let mut buf = SegBuf::from_vec(vec![1, 2, 3]);
        // SAFETY: made by `from_vec`, not freed yet.
        assert_eq!(unsafe { buf.as_bytes() }, [1, 2, 3]);
        // SAFETY: made by `from_vec`.
        unsafe { buf.free() };
        // SAFETY: nothing is left to release.
        unsafe { buf.free() };
        assert!(buf.ptr.is_null() && buf.release.is_none());
    }

    #[test]
    fn an_untouched_buffer_is_empty() {
        let buf = SegBuf::empty();
        // SAFETY: a null pointer reads as no bytes.
        assert!(unsafe { buf.as_bytes() }.is_empty());
    }
}
