//! What the host gives to a plugin.

use std::ffi::c_void;

use crate::{SegStatus, SegStr};

/// `SegCall.partition` of a call that belongs to no leaf.
pub const NO_PARTITION: u64 = u64::MAX;

/// Severity of a log line: something failed.
pub const LOG_ERROR: i32 = 1;
/// Severity of a log line: odd, but the result is right.
pub const LOG_WARN: i32 = 2;
/// Severity of a log line: something finished.
pub const LOG_INFO: i32 = 3;
/// Severity of a log line: for the plugin's author.
pub const LOG_DEBUG: i32 = 4;
/// Severity of a log line: for the plugin's author, in detail.
pub const LOG_TRACE: i32 = 5;

/// The host's functions, valid as long as the process lives.
#[repr(C)]
#[derive(Debug)]
pub struct SegHost {
    /// Size of this struct in the host's build.
    pub struct_size: u32,
    /// ABI version of the host's build.
    pub abi_version: u32,
    /// No feature bits are defined yet.
    pub features: u64,
    /// First argument of the functions outside of a call.
    pub ctx: *mut c_void,
    /// Whether a line of this severity would be kept.
    pub log_enabled: Option<unsafe extern "C" fn(*mut c_void, i32, SegStr) -> i32>,
    /// Severity, target, message, fields as a JSON object.
    pub log: Option<unsafe extern "C" fn(*mut c_void, i32, SegStr, SegStr, SegStr)>,
    /// Whether to go on.
    pub poll: Option<unsafe extern "C" fn(*mut c_void) -> SegStatus>,
    /// Asks for memory, in bytes.
    pub mem_reserve: Option<unsafe extern "C" fn(*mut c_void, u64) -> SegStatus>,
    /// Gives memory back, in bytes.
    pub mem_release: Option<unsafe extern "C" fn(*mut c_void, u64)>,
    /// Reports a number.
    pub metric: Option<unsafe extern "C" fn(*mut c_void, SegStr, f64)>,
}

/// What a plugin is told about one call.
#[repr(C)]
#[derive(Debug)]
pub struct SegCall {
    /// Size of this struct in the host's build.
    pub struct_size: u32,
    /// Threads the plugin may keep busy, the calling one included.
    pub max_threads: u32,
    /// First argument of the host's functions during the call.
    pub ctx: *mut c_void,
    /// Depends on the run's seed and the criterion, on nothing else.
    pub seed: u64,
    /// Ordinal of the leaf, or [`NO_PARTITION`].
    pub partition: u64,
    /// First row of the batch within the leaf.
    pub row_offset: u64,
    /// Bytes, 0 without a limit.
    pub mem_limit: u64,
    /// Time left at the start of the call, 0 without a limit.
    pub timeout_ns: u64,
}

assert_layout!(
    SegHost,
    72,
    [
        struct_size = 0,
        abi_version = 4,
        features = 8,
        ctx = 16,
        log_enabled = 24,
        log = 32,
        poll = 40,
        mem_reserve = 48,
        mem_release = 56,
        metric = 64
    ]
);
assert_layout!(
    SegCall,
    56,
    [
        struct_size = 0,
        max_threads = 4,
        ctx = 8,
        seed = 16,
        partition = 24,
        row_offset = 32,
        mem_limit = 40,
        timeout_ns = 48
    ]
);
