//! Text, bytes, owned bytes and errors as they cross the border.

use std::ffi::{c_char, c_void};
use std::mem::size_of;

use crate::SegStatus;

/// Borrowed UTF-8 text, readable until the call returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SegStr {
    /// First byte; null only if `len` is 0.
    pub ptr: *const c_char,
    /// Bytes.
    pub len: u64,
}

/// Borrowed bytes, readable until the call returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SegBytes {
    /// First byte; null only if `len` is 0.
    pub ptr: *const u8,
    /// Bytes.
    pub len: u64,
}

/// Bytes owned by their producer; see [`crate::release`] for making and reading them.
#[repr(C)]
#[derive(Debug)]
pub struct SegBuf {
    /// First byte.
    pub ptr: *const u8,
    /// Bytes.
    pub len: u64,
    /// Frees the bytes and sets itself to null.
    pub release: Option<unsafe extern "C" fn(*mut SegBuf)>,
    /// The producer's own.
    pub private_data: *mut c_void,
}

/// Why a call failed.
#[repr(C)]
#[derive(Debug)]
pub struct SegError {
    /// Size of this struct in the host's build.
    pub struct_size: u32,
    /// The status that is returned.
    pub code: SegStatus,
    /// One sentence for a person.
    pub message: SegBuf,
    /// Empty or a JSON object.
    pub detail_json: SegBuf,
}

assert_layout!(SegStr, 16, [ptr = 0, len = 8]);
assert_layout!(SegBytes, 16, [ptr = 0, len = 8]);
assert_layout!(SegBuf, 32, [ptr = 0, len = 8, release = 16, private_data = 24]);
assert_layout!(SegError, 72, [struct_size = 0, code = 4, message = 8, detail_json = 40]);

impl SegStr {
    /// Borrows `text`.
    pub const fn new(text: &str) -> Self {
        Self { ptr: text.as_ptr().cast(), len: text.len() as u64 }
    }
}

impl SegBytes {
    /// Borrows `bytes`.
    pub const fn new(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() as u64 }
    }
}

impl SegBuf {
    /// A struct for the other side to fill; nothing to release.
    pub const fn empty() -> Self {
        Self { ptr: std::ptr::null(), len: 0, release: None, private_data: std::ptr::null_mut() }
    }
}

impl SegError {
    /// A struct for the other side to fill.
    pub const fn empty() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            code: SegStatus::OK,
            message: SegBuf::empty(),
            detail_json: SegBuf::empty(),
        }
    }
}
