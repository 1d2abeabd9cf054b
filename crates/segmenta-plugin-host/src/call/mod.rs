//! Calls through a plugin's table, made safe: ownership, locks, errors, and rows that come back.
#![expect(unsafe_code, reason = "functions of plugins are called and their pointers kept here")]

mod fit;
mod instance;
mod model;
mod output;
mod preflight;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::{Array, StructArray};
use segmenta_plugin_abi::table::{CONCURRENT, RAW_ARROW, SERIAL};
use segmenta_plugin_abi::{ArrowArray, NO_PARTITION, SegBuf, SegCall, SegError, SegPlugin, SegStatus};
use serde_json::Value;

pub(crate) use fit::{FitHandle, Verdict};
pub(crate) use instance::InstanceHandle;
pub(crate) use model::ModelHandle;

use crate::load::Loaded;
use crate::{Error, Failure, Result};

/// A description may have this many bytes.
const MAX_DESCRIBE: u64 = 1 << 20;
/// A sentence or its details may have this many bytes; the rest is cut.
const MAX_TEXT: u64 = 64 << 10;

/// A plugin that can be called.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) plugin: String,
    table: &'static SegPlugin,
    /// Held around every call into a plugin that does not say it may be called concurrently.
    serial: Option<Mutex<()>>,
}

/// Where in a run a call is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct At {
    pub(crate) seed: u64,
    pub(crate) leaf: Option<u64>,
}

/// Who calls what, for messages.
#[derive(Debug, Clone, Copy)]
struct Caller<'a> {
    criterion: &'a str,
    call: &'static str,
    leaf: Option<u64>,
}

impl Library {
    pub(crate) fn new(loaded: &Loaded) -> Self {
        let table = loaded.table;
        let concurrent = table.flags & CONCURRENT != 0 && table.flags & SERIAL == 0;
        Self { plugin: loaded.name.clone(), table, serial: (!concurrent).then(|| Mutex::new(())) }
    }

    /// Whether arrays must be copied to start at offset 0.
    pub(crate) fn wants_compact(&self) -> bool {
        self.table.flags & RAW_ARROW == 0
    }

    /// The `describe` document.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::TooLarge`].
    pub(crate) fn describe(&self) -> Result<Vec<u8>> {
        let describe = self.table.describe.expect("the table was checked to have `describe`");
        let caller = Caller { criterion: "", call: "describe", leaf: None };
        let mut json = SegBuf::empty();
        let called = self.call(caller, |error| {
            // SAFETY: the table was checked; both structs are ours and zeroed.
            unsafe { describe(&mut json, error) }
        });
        // SAFETY: the plugin wrote the buffer, or left it zeroed.
        unsafe { self.take(&self.plugin, "description", json, MAX_DESCRIBE, called) }
    }

    fn lock(&self) -> Option<MutexGuard<'_, ()>> {
        let serial = self.serial.as_ref()?;
        Some(serial.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a call and reads the error it leaves.
    fn call(&self, caller: Caller<'_>, work: impl FnOnce(*mut SegError) -> SegStatus) -> Result<()> {
        let mut error = SegError::empty();
        let status = {
            let _serial = self.lock();
            work(&mut error)
        };
        // SAFETY: the plugin wrote the error into a zeroed struct of ours.
        let message = unsafe { text(&error.message) };
        // SAFETY: as above.
        let detail = unsafe { text(&error.detail_json) };
        // SAFETY: as above; it is released once.
        unsafe { error.free() };
        match status {
            SegStatus::OK => Ok(()),
            status => Err(self.failure(caller, status, message, &detail)),
        }
    }

    fn failure(&self, caller: Caller<'_>, status: SegStatus, message: String, detail: &str) -> Error {
        let detail: Value = serde_json::from_str(detail).unwrap_or_default();
        let member = |key: &str| detail.get(key).and_then(Value::as_str).map(str::to_owned);
        let message = if message.is_empty() { status.name().to_owned() } else { message };
        Error::Plugin(Box::new(Failure {
            plugin: self.plugin.clone(),
            criterion: caller.criterion.to_owned(),
            call: caller.call,
            status,
            message,
            problem: member("problem"),
            column: member("column"),
            row: detail.get("row").and_then(Value::as_u64),
            leaf: caller.leaf,
            param: member("param"),
            hint: member("hint"),
            location: member("location"),
            backtrace: member("backtrace"),
        }))
    }

    /// Copies bytes out of a buffer and releases it, whether or not the call went well.
    ///
    /// # Safety
    /// `buf` is a struct of ours that a plugin may have written.
    unsafe fn take(
        &self,
        owner: &str,
        what: &'static str,
        mut buf: SegBuf,
        limit: u64,
        called: Result<()>,
    ) -> Result<Vec<u8>> {
        let copied = called.and_then(|()| match buf.len {
            bytes if bytes > limit => Err(Error::TooLarge { owner: owner.to_owned(), what, bytes, limit }),
            // SAFETY: the contract says that `ptr` has `len` readable bytes until it is released.
            _ => Ok(unsafe { buf.as_bytes() }.to_vec()),
        });
        let _serial = self.lock();
        // SAFETY: the plugin's own callback for this buffer, called once.
        unsafe { buf.free() };
        copied
    }

    /// What a plugin is told about a call.
    fn call_struct(&self, at: At) -> SegCall {
        SegCall {
            struct_size: size_of::<SegCall>() as u32,
            max_threads: 1,
            ctx: std::ptr::null_mut(),
            seed: at.seed,
            partition: at.leaf.unwrap_or(NO_PARTITION),
            row_offset: 0,
            mem_limit: 0,
            timeout_ns: 0,
        }
    }
}

/// Text of a plugin, cut to [`MAX_TEXT`], with anything that is not UTF-8 replaced.
///
/// # Safety
/// `buf` holds `len` readable bytes, or is zeroed.
unsafe fn text(buf: &SegBuf) -> String {
    let shown = SegBuf { ptr: buf.ptr, len: buf.len.min(MAX_TEXT), release: None, private_data: std::ptr::null_mut() };
    // SAFETY: the caller vouches for at least this many bytes.
    String::from_utf8_lossy(unsafe { shown.as_bytes() }).into_owned()
}

/// Rows on their way into a plugin. What the plugin does not take over is released on drop.
struct Rows(FFI_ArrowArray);

impl Rows {
    fn new(rows: &StructArray) -> Self {
        Self(FFI_ArrowArray::new(&rows.to_data()))
    }

    fn as_mut_ptr(&mut self) -> *mut ArrowArray {
        std::ptr::from_mut(&mut self.0).cast()
    }
}

/// A library that outlives its objects.
type SharedLibrary = Arc<Library>;
