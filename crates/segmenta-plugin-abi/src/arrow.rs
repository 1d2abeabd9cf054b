//! The two structs of the Arrow C data interface.

use std::ffi::{c_char, c_void};

/// Type of an array, a tree of these for nested types.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowSchema {
    /// Arrow format string, ends with NUL.
    pub format: *const c_char,
    /// Field name, ends with NUL, or null.
    pub name: *const c_char,
    /// Key-value pairs in Arrow's binary form, or null.
    pub metadata: *const c_char,
    /// `ARROW_FLAG_*` bits.
    pub flags: i64,
    /// Number of `children`.
    pub n_children: i64,
    /// Types of the nested fields.
    pub children: *mut *mut ArrowSchema,
    /// Type of the dictionary's values, or null.
    pub dictionary: *mut ArrowSchema,
    /// Frees this tree; null once freed or moved.
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    /// The producer's own.
    pub private_data: *mut c_void,
}

/// Buffers of an array, a tree of these for nested types.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowArray {
    /// Rows.
    pub length: i64,
    /// Nulls, or -1 if not counted.
    pub null_count: i64,
    /// Rows to skip at the start of each buffer.
    pub offset: i64,
    /// Number of `buffers`.
    pub n_buffers: i64,
    /// Number of `children`.
    pub n_children: i64,
    /// Validity bitmap first (may be null), then what the type needs.
    pub buffers: *mut *const c_void,
    /// Arrays of the nested fields.
    pub children: *mut *mut ArrowArray,
    /// The dictionary's values, or null.
    pub dictionary: *mut ArrowArray,
    /// Frees this tree; null once freed or moved.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    /// The producer's own.
    pub private_data: *mut c_void,
}

/// `ArrowSchema.flags`: the field may hold nulls.
pub const FLAG_NULLABLE: i64 = 2;

assert_layout!(
    ArrowSchema,
    72,
    [
        format = 0,
        name = 8,
        metadata = 16,
        flags = 24,
        n_children = 32,
        children = 40,
        dictionary = 48,
        release = 56,
        private_data = 64
    ]
);
assert_layout!(
    ArrowArray,
    80,
    [
        length = 0,
        null_count = 8,
        offset = 16,
        n_buffers = 24,
        n_children = 32,
        buffers = 40,
        children = 48,
        dictionary = 56,
        release = 64,
        private_data = 72
    ]
);

impl ArrowSchema {
    /// A struct for the other side to fill; nothing to release.
    pub const fn empty() -> Self {
        Self {
            format: std::ptr::null(),
            name: std::ptr::null(),
            metadata: std::ptr::null(),
            flags: 0,
            n_children: 0,
            children: std::ptr::null_mut(),
            dictionary: std::ptr::null_mut(),
            release: None,
            private_data: std::ptr::null_mut(),
        }
    }
}

impl ArrowArray {
    /// A struct for the other side to fill; nothing to release.
    pub const fn empty() -> Self {
        Self {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: std::ptr::null_mut(),
            children: std::ptr::null_mut(),
            dictionary: std::ptr::null_mut(),
            release: None,
            private_data: std::ptr::null_mut(),
        }
    }
}
