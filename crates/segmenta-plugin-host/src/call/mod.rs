//! Calls through a plugin's table, made safe: ownership, locks, errors, and rows that come back.
#![expect(unsafe_code, reason = "functions of plugins are called and their pointers kept here")]

mod fit;
mod instance;
mod model;
mod output;
mod preflight;
mod seats;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::{Array, StructArray};
use segmenta_plugin_abi::table::{CONCURRENT, RAW_ARROW, SERIAL};
use segmenta_plugin_abi::{ArrowArray, NO_PARTITION, SegBuf, SegCall, SegError, SegPlugin, SegStatus};
use serde_json::Value;

pub(crate) use fit::{FitHandle, Verdict};
use instance::InstanceHandle;
use model::ModelHandle;
pub(crate) use output::check_bound;
use seats::Taken;
pub(crate) use seats::{Models, Seats};

use crate::load::{self, Loaded, float};
use crate::running::{Deed, Owner, Running, Slot};
use crate::{Error, Failure, Limits, Result};

/// A description may have this many bytes.
const MAX_DESCRIBE: u64 = 1 << 20;
/// A sentence or its details may have this many bytes; the rest is cut.
const MAX_TEXT: u64 = 64 << 10;

/// A plugin that can be called.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) plugin: String,
    owner: &'static Owner,
    table: &'static SegPlugin,
    /// Held around every call into a plugin that wants no two calls at once.
    serial: Option<Arc<Mutex<()>>>,
}

/// Where in a run a call is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct At {
    pub(crate) seed: u64,
    pub(crate) leaf: Option<u64>,
    /// First row of the batch within the leaf or the stage, if the caller says so.
    pub(crate) first_row: Option<u64>,
}

/// Who calls what, for messages and limits.
#[derive(Debug, Clone, Copy)]
struct Caller {
    criterion: &'static str,
    call: &'static str,
    at: At,
    rows: usize,
    limits: Limits,
    max_threads: u32,
}

impl Caller {
    fn new(call: &'static str) -> Self {
        Self { criterion: "", call, at: At::default(), rows: 0, limits: Limits::default(), max_threads: 1 }
    }

    /// The rows that were handed over, if there are some and it is known where they start.
    fn rows(&self) -> Option<Range<u64>> {
        let first = self.at.first_row.filter(|_| self.rows > 0)?;
        Some(first..first + self.rows as u64)
    }
}

impl Library {
    pub(crate) fn new(loaded: &Loaded) -> Self {
        let serial = loaded.table.flags & SERIAL != 0;
        let serial = serial.then(|| Arc::clone(&loaded.serial));
        Self { plugin: loaded.name.clone(), owner: loaded.owner, table: loaded.table, serial }
    }

    /// Whether an object may be in one call at a time only, so that every worker needs its own. A
    /// library with a lock of its own needs no more than that.
    pub(crate) fn needs_seats(&self) -> bool {
        self.table.flags & (CONCURRENT | SERIAL) == 0
    }

    /// Whether arrays must be copied to start at offset 0.
    pub(crate) fn wants_compact(&self) -> bool {
        self.table.flags & RAW_ARROW == 0
    }

    /// The `describe` document. It is asked for twice, and must be the same.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::BadDescribe`].
    pub(crate) fn description(&self) -> Result<Vec<u8>> {
        let bad = |problem: String| Error::BadDescribe { plugin: self.plugin.clone(), problem };
        let ask = || match self.describe() {
            Err(Error::TooLarge { bytes, limit, .. }) => Err(bad(format!("it has {bytes} bytes of {limit}"))),
            other => other,
        };
        let first = ask()?;
        if ask()? != first {
            return Err(bad("two answers differ".to_owned()));
        }
        Ok(first)
    }

    fn describe(&self) -> Result<Vec<u8>> {
        let describe = self.table.describe.expect("the table was checked to have `describe`");
        let mut json = SegBuf::empty();
        let caller = Caller::new("describe");
        let called = self.call(caller, |_, error| {
            // SAFETY: the table was checked; both structs are ours and zeroed.
            unsafe { describe(&mut json, error) }
        });
        // SAFETY: the plugin wrote the buffer, or left it zeroed.
        unsafe { self.take(caller, "description", json, MAX_DESCRIBE, called) }
    }

    fn lock(&self) -> Option<MutexGuard<'_, ()>> {
        let serial = self.serial.as_ref()?;
        Some(serial.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a call and reads the error it leaves.
    fn call(&self, caller: Caller, work: impl FnOnce(&SegCall, *mut SegError) -> SegStatus) -> Result<()> {
        let mut error = SegError::empty();
        let _serial = self.lock();
        let running = Running::start(&self.deed(&caller));
        let call = call_struct(&caller, &running);
        let arithmetic = float::control();
        let returns = running.must_return();
        let status = work(&call, &mut error);
        returns.it_did();
        running.must_have_kept_files();
        if float::control() != arithmetic {
            float::set_control(arithmetic);
        }
        // SAFETY: the plugin wrote the error into a zeroed struct of ours.
        let message = unsafe { text(&error.message) };
        // SAFETY: as above.
        let detail = unsafe { text(&error.detail_json) };
        // SAFETY: as above; it is released once.
        unsafe { error.free() };
        self.judge(caller, running.slot(), status, message, &detail)
    }

    /// Whether a call went well. A result that comes after the plugin was told to stop does not count,
    /// and nobody else decides that it stops.
    fn judge(&self, caller: Caller, slot: &Slot, status: SegStatus, message: String, detail: &str) -> Result<()> {
        let unasked = |problem: &str| {
            let (plugin, criterion) = (self.plugin.clone(), caller.criterion.to_owned());
            Err(Error::BadStatus { plugin, criterion, call: caller.call, problem: problem.to_owned() })
        };
        let cancelled = load::is_cancelled();
        match status {
            SegStatus::OK if slot.was_told() => {
                let status = if cancelled { SegStatus::CANCELLED } else { SegStatus::TIMEOUT };
                Err(self.failure(caller, status, "went on after it was told to stop".to_owned(), ""))
            }
            SegStatus::OK => Ok(()),
            SegStatus::CANCELLED if !cancelled && !slot.was_told() => {
                unasked("it says it was cancelled, and nobody cancelled it")
            }
            SegStatus::TIMEOUT if !slot.was_told() && caller.limits.of(caller.call).is_none() => {
                unasked("it says its time is up, and it has no limit")
            }
            status => Err(self.failure(caller, status, load::line(message.as_bytes()), detail)),
        }
    }

    fn deed(&self, caller: &Caller) -> Deed {
        Deed {
            owner: self.owner,
            criterion: caller.criterion,
            call: caller.call,
            leaf: caller.at.leaf,
            first_row: caller.at.first_row.unwrap_or(0),
            rows: caller.rows as u64,
            timeout: caller.limits.of(caller.call),
            memory: caller.limits.memory,
            on_hang: caller.limits.on_hang,
        }
    }

    /// Makes a call that cannot fail, such as `destroy`.
    fn finish(&self, caller: Caller, work: impl FnOnce()) {
        let _serial = self.lock();
        let _running = Running::start(&self.deed(&caller));
        work();
    }

    fn failure(&self, caller: Caller, status: SegStatus, message: String, detail: &str) -> Error {
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
            leaf: caller.at.leaf,
            rows: caller.rows(),
            param: member("param"),
            hint: member("hint"),
            location: member("location"),
            backtrace: member("backtrace"),
        }))
    }

    fn too_large(&self, caller: Caller, what: &'static str, bytes: u64, limit: u64) -> Error {
        let owner = if caller.criterion.is_empty() { &self.plugin } else { caller.criterion };
        Error::TooLarge { owner: owner.to_owned(), what, bytes, limit }
    }

    /// Copies bytes out of a buffer and releases it, whether or not the call went well.
    ///
    /// # Safety
    /// `buf` is a struct of ours that a plugin may have written.
    unsafe fn take(
        &self,
        caller: Caller,
        what: &'static str,
        mut buf: SegBuf,
        limit: u64,
        called: Result<()>,
    ) -> Result<Vec<u8>> {
        let _serial = self.lock();
        // Bytes are read here that only the plugin vouches for.
        let reading = Running::start(&Deed { timeout: None, ..self.deed(&caller) });
        let copied = called.and_then(|()| match buf.len {
            bytes if bytes > limit => Err(self.too_large(caller, what, bytes, limit)),
            // SAFETY: the contract says that `ptr` has `len` readable bytes until it is released.
            _ => Ok(unsafe { buf.as_bytes() }.to_vec()),
        });
        drop(reading);
        let _running = Running::start(&self.deed(&Caller::new("release")));
        // SAFETY: the plugin's own callback for this buffer, called once.
        unsafe { buf.free() };
        copied
    }
}

/// What a plugin is told about a call.
fn call_struct(caller: &Caller, running: &Running) -> SegCall {
    let timeout = caller.limits.of(caller.call).map_or(0, |limit| limit.as_nanos());
    SegCall {
        struct_size: size_of::<SegCall>() as u32,
        max_threads: caller.max_threads,
        ctx: running.context(),
        seed: caller.at.seed,
        partition: caller.at.leaf.unwrap_or(NO_PARTITION),
        row_offset: caller.at.first_row.unwrap_or(0),
        mem_limit: caller.limits.memory.unwrap_or(0),
        timeout_ns: u64::try_from(timeout).unwrap_or(u64::MAX),
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
