//! What every C function does around its work: refuse poisoned objects, catch panics, write errors.

use std::sync::atomic::{AtomicBool, Ordering};

use segmenta_plugin_abi::{SegBuf, SegError, SegStatus};
use serde_json::{Map, Value};

use crate::{Error, Result, panics};

/// Runs `work` for an object that refuses further calls once one of them panicked.
///
/// # Errors
/// What `work` answers, [`Error::Panicked`], or [`Error::State`] after an earlier panic.
pub(super) fn guarded<T>(poisoned: &AtomicBool, work: impl FnOnce() -> Result<T>) -> Result<T> {
    if poisoned.load(Ordering::Acquire) {
        return Err(Error::State { problem: "an earlier call of this criterion panicked".to_owned() });
    }
    let result = panics::catch(work);
    if matches!(result, Err(Error::Panicked { .. })) {
        poisoned.store(true, Ordering::Release);
    }
    result
}

/// Writes the value through `write`, or the error; gives the status to return.
///
/// # Safety
/// `error` is null or the host's zeroed struct.
pub(super) unsafe fn answer<T>(result: Result<T>, error: *mut SegError, write: impl FnOnce(T)) -> SegStatus {
    match result {
        Ok(value) => {
            write(value);
            SegStatus::OK
        }
        // SAFETY: the caller vouches for `error`.
        Err(failure) => unsafe { fail(&failure, error) },
    }
}

/// As [`answer`], for bytes.
///
/// # Safety
/// `out` and `error` are null or the host's zeroed structs.
pub(super) unsafe fn answer_bytes(result: Result<Vec<u8>>, out: *mut SegBuf, error: *mut SegError) -> SegStatus {
    // SAFETY: the caller vouches for `out`.
    let Some(out) = (unsafe { out.as_mut() }) else {
        return SegStatus::INTERNAL;
    };
    // SAFETY: the caller vouches for `error`.
    unsafe { answer(result, error, |bytes| *out = SegBuf::from_vec(bytes)) }
}

/// # Safety
/// `error` is null or the host's zeroed struct.
unsafe fn fail(failure: &Error, error: *mut SegError) -> SegStatus {
    let status = status(failure);
    // SAFETY: the caller vouches for `error`.
    if let Some(error) = unsafe { error.as_mut() } {
        error.code = status;
        error.message = SegBuf::from_vec(failure.to_string().into_bytes());
        error.detail_json = SegBuf::from_vec(Value::from(detail(failure)).to_string().into_bytes());
    }
    status
}

fn status(error: &Error) -> SegStatus {
    match error {
        Error::Param { .. } => SegStatus::PARAMS,
        Error::Schema { .. } => SegStatus::SCHEMA,
        Error::Data { .. } | Error::Rows { .. } => SegStatus::DATA,
        Error::Model { .. } => SegStatus::MODEL,
        Error::State { .. } => SegStatus::STATE,
        Error::Unsupported { .. } => SegStatus::UNSUPPORTED,
        Error::Resource { .. } => SegStatus::RESOURCE,
        Error::Cancelled => SegStatus::CANCELLED,
        Error::TimedOut => SegStatus::TIMEOUT,
        Error::Internal { .. } => SegStatus::INTERNAL,
        Error::Panicked { .. } => SegStatus::PANIC,
    }
}

fn detail(error: &Error) -> Map<String, Value> {
    let mut detail = Map::new();
    let mut put = |key: &str, value: Value| detail.insert(key.to_owned(), value);
    match error {
        Error::Param { param, problem } => {
            put("param", pointer(param).into());
            put("problem", problem.as_str().into());
        }
        Error::Schema { column, problem } => {
            put("column", column.as_str().into());
            put("problem", problem.as_str().into());
        }
        Error::Data { column, row, problem } => {
            put("column", column.as_str().into());
            put("row", (*row).into());
            put("problem", problem.as_str().into());
        }
        Error::Panicked { location, backtrace, .. } => {
            put("location", location.clone().into());
            put("backtrace", backtrace.clone().into());
        }
        _ => {}
    }
    detail
}

/// `bands` is `/bands`; a pointer stays one.
fn pointer(param: &str) -> String {
    match param {
        "" => String::new(),
        pointer if pointer.starts_with('/') => pointer.to_owned(),
        name => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
    }
}
