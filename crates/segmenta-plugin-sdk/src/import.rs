//! Reading what the host hands in.
#![expect(unsafe_code, reason = "raw pointers of the host are read here")]

use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::{Array, StructArray};
use arrow_schema::{DataType, Fields, Schema};
use segmenta_plugin_abi::{ArrowArray, ArrowSchema, NO_PARTITION, SegCall, SegHost, SegStatus, SegStr};

use crate::context::{Call, Level};
use crate::{Batch, Error, Inputs, Result};

/// The host's functions, with the context they are called with during a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostHandle {
    host: *const SegHost,
    ctx: *mut c_void,
}

// SAFETY: the contract says that the struct lives as long as the process, does not change, and that
// its functions may be called from every thread. A context is only handed back to them.
unsafe impl Send for HostHandle {}
// SAFETY: as above.
unsafe impl Sync for HostHandle {}

/// Where a function of the host's struct ends.
macro_rules! end_of {
    ($member:ident) => {
        offset_of!(SegHost, $member) + size_of::<usize>()
    };
}

impl HostHandle {
    /// The host without any functions.
    pub(crate) const NONE: Self = Self { host: std::ptr::null(), ctx: std::ptr::null_mut() };

    /// # Safety
    /// `host` is null or the struct a host hands to an entry function.
    pub(crate) unsafe fn new(host: *const SegHost) -> Self {
        Self { host, ctx: std::ptr::null_mut() }
    }

    /// The same functions for a call with a context of its own, or null if it has none.
    pub(crate) fn during(self, ctx: *mut c_void) -> Self {
        Self { ctx, ..self }
    }

    /// The host's major; `None` without a host.
    pub(crate) fn major(&self) -> Option<u32> {
        self.host().map(|host| host.abi_version >> 16)
    }

    fn ctx(&self, host: &SegHost) -> *mut c_void {
        if self.ctx.is_null() { host.ctx } else { self.ctx }
    }

    fn host(&self) -> Option<&'static SegHost> {
        // SAFETY: null or a struct that lives as long as the process, said `new`'s caller.
        unsafe { self.host.as_ref() }
    }

    /// A function of the host and the context to call it with; `None` if the host does not have it.
    /// `end` is where its member ends.
    fn function<F>(&self, end: usize, member: impl FnOnce(&SegHost) -> Option<F>) -> Option<(F, *mut c_void)> {
        let host = self.host().filter(|host| host.struct_size as usize >= end)?;
        Some((member(host)?, self.ctx(host)))
    }

    /// # Errors
    /// What the host answers.
    pub(crate) fn poll(&self) -> Result<()> {
        let Some((poll, ctx)) = self.function(end_of!(poll), |host| host.poll) else {
            return Ok(());
        };
        // SAFETY: the host's own function with the host's own context.
        match unsafe { poll(ctx) } {
            SegStatus::CANCELLED => Err(Error::Cancelled),
            SegStatus::TIMEOUT => Err(Error::TimedOut),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// [`Error::Resource`] if the host refuses.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<()> {
        let Some((reserve, ctx)) = self.function(end_of!(mem_reserve), |host| host.mem_reserve) else {
            return Ok(());
        };
        // SAFETY: the host's own function with the host's own context.
        match unsafe { reserve(ctx, bytes) } {
            SegStatus::OK => Ok(()),
            _ => Err(Error::Resource { problem: format!("the runner refuses {bytes} bytes of memory") }),
        }
    }

    pub(crate) fn release(&self, bytes: u64) {
        if let Some((release, ctx)) = self.function(end_of!(mem_release), |host| host.mem_release) {
            // SAFETY: the host's own function with the host's own context.
            unsafe { release(ctx, bytes) };
        }
    }

    pub(crate) fn metric(&self, name: &str, value: f64) {
        if let Some((metric, ctx)) = self.function(end_of!(metric), |host| host.metric) {
            // SAFETY: the host's own function with the host's own context and a text that lives long enough.
            unsafe { metric(ctx, SegStr::new(name), value) };
        }
    }

    /// Whether a line of this severity would be kept; yes if the host does not say.
    pub(crate) fn keeps(&self, level: Level) -> bool {
        let Some((log_enabled, ctx)) = self.function(end_of!(log_enabled), |host| host.log_enabled) else {
            return true;
        };
        // SAFETY: the host's own function with the host's own context.
        unsafe { log_enabled(ctx, level as i32, SegStr::new("")) != 0 }
    }

    pub(crate) fn log(&self, level: Level, message: &str) {
        let Some((log, ctx)) = self.function(end_of!(log), |host| host.log) else {
            return;
        };
        let (target, message, fields) = (SegStr::new(""), SegStr::new(message), SegStr::new(""));
        // SAFETY: the host's own function with the host's own context and texts that live long enough.
        unsafe { log(ctx, level as i32, target, message, fields) };
    }
}

/// The numbers of a call, and its context.
///
/// # Safety
/// `call` is null or readable.
pub(crate) unsafe fn call(call: *const SegCall) -> (Call, *mut c_void) {
    // SAFETY: the caller vouches for the pointer; all members are of ABI 1.0.
    let Some(call) = (unsafe { call.as_ref() }) else {
        let alone = Call { max_threads: 1, seed: 0, partition: None, row_offset: 0 };
        return (alone, std::ptr::null_mut());
    };
    let numbers = Call {
        max_threads: call.max_threads,
        seed: call.seed,
        partition: Some(call.partition).filter(|ordinal| *ordinal != NO_PARTITION),
        row_offset: call.row_offset,
    };
    (numbers, call.ctx)
}

/// # Safety
/// As [`SegStr::as_bytes`], for as long as `'a`.
///
/// # Errors
/// [`Error::Internal`] if it is not UTF-8.
pub(crate) unsafe fn text<'a>(text: SegStr) -> Result<&'a str> {
    // SAFETY: the caller vouches for the text.
    let bytes = unsafe { text.as_bytes() };
    std::str::from_utf8(bytes).map_err(|_| Error::internal("the host handed in text that is not UTF-8"))
}

/// The columns of a bound criterion.
///
/// # Safety
/// `schema` is null or a schema that the host made and that stays readable during the call.
///
/// # Errors
/// [`Error::Schema`] if it is not a struct.
pub(crate) unsafe fn inputs(schema: *const ArrowSchema) -> Result<Inputs> {
    // SAFETY: both types are the C struct of the Arrow specification.
    let schema = unsafe { schema.cast::<FFI_ArrowSchema>().as_ref() };
    let schema = schema.ok_or_else(|| Error::internal("the host handed in no columns"))?;
    let schema = Schema::try_from(schema).map_err(|error| Error::schema("", error.to_string()))?;
    Ok(Inputs::new(schema.fields))
}

/// Takes a batch over: afterwards it is the plugin's, and the host has nothing to release.
///
/// # Safety
/// `batch` is an array of the host of the struct type `fields`, as the host bound them.
///
/// # Errors
/// [`Error::Internal`] if there is none, or Arrow cannot read it.
pub(crate) unsafe fn batch(batch: *mut ArrowArray, fields: &Fields) -> Result<Batch> {
    if batch.is_null() {
        return Err(Error::internal("the host handed in no rows"));
    }
    // SAFETY: both types are the C struct of the Arrow specification; the host's becomes empty.
    let array = unsafe { FFI_ArrowArray::from_raw(batch.cast()) };
    // SAFETY: the host vouches that the array has this type; it bound it.
    let read = unsafe { from_ffi_and_data_type(array, DataType::Struct(Fields::clone(fields))) };
    let rows = StructArray::from(read.map_err(|error| Error::internal(error.to_string()))?);
    Ok(Batch::new(rows.len(), Fields::clone(fields), rows.columns().iter().map(Arc::clone).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says to stop unless it is called with the context of a call.
    unsafe extern "C" fn cancelled(ctx: *mut c_void) -> SegStatus {
        if ctx.is_null() { SegStatus::CANCELLED } else { SegStatus::OK }
    }

    fn host(struct_size: usize) -> SegHost {
        SegHost {
            struct_size: struct_size as u32,
            abi_version: segmenta_plugin_abi::ABI_VERSION,
            features: 0,
            ctx: std::ptr::null_mut(),
            log_enabled: None,
            log: None,
            poll: Some(cancelled),
            mem_reserve: None,
            mem_release: None,
            metric: None,
        }
    }

    #[test]
    fn a_host_that_wants_to_stop_is_heard_and_a_member_beyond_its_size_is_not_read() {
        let whole = host(size_of::<SegHost>());
        // SAFETY: the struct lives to the end of the test.
        let handle = unsafe { HostHandle::new(&whole) };
        assert_eq!(handle.poll(), Err(Error::Cancelled));
        handle.log(Level::Info, "there is no function for this");
        let mut context = 0_u8;
        assert_eq!(handle.during(std::ptr::from_mut(&mut context).cast()).poll(), Ok(()));
        let short = host(offset_of!(SegHost, poll));
        // SAFETY: as above.
        let handle = unsafe { HostHandle::new(&short) };
        assert_eq!(handle.poll(), Ok(()));
        assert_eq!(HostHandle::NONE.poll(), Ok(()));
    }
}
