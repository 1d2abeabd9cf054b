//! The functions that plugins may call: log, poll, metric. None of them unwinds or calls back.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use segmenta_plugin_abi::host::{LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_TRACE, LOG_WARN};
use segmenta_plugin_abi::{ABI_VERSION, SegHost, SegStatus, SegStr};
use tracing::Level;

use crate::running::{self, Context, Owner, Slot};

/// Longer lines are cut. Bytes.
const MAX_LINE: usize = 8 * 1024;

static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Asks every plugin of this process to stop at its next `poll`. There is no way back: a process runs
/// one pipeline.
pub fn cancel() {
    CANCELLED.store(true, Ordering::Release);
}

/// A host struct that is never freed.
#[derive(Clone, Copy)]
struct Functions(&'static SegHost);

// SAFETY: the struct never changes, and its context is shared and never changes either.
unsafe impl Send for Functions {}

/// One struct per plugin for the life of the process, by the address of its owner.
static FUNCTIONS: Mutex<BTreeMap<usize, Functions>> = Mutex::new(BTreeMap::new());

/// The host's struct for a plugin.
pub(super) fn functions(owner: &'static Owner) -> *const SegHost {
    let mut known = FUNCTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let functions = known.entry(owner.context().addr()).or_insert_with(|| make(owner));
    std::ptr::from_ref(functions.0)
}

fn make(owner: &'static Owner) -> Functions {
    Functions(Box::leak(Box::new(SegHost {
        struct_size: size_of::<SegHost>() as u32,
        abi_version: ABI_VERSION,
        features: 0,
        ctx: owner.context(),
        log_enabled: Some(log_enabled),
        log: Some(log),
        poll: Some(poll),
        mem_reserve: Some(mem_reserve),
        mem_release: Some(mem_release),
        metric: Some(metric),
    })))
}

/// Whether a plugin was asked to stop.
pub(crate) fn is_cancelled() -> bool {
    CANCELLED.load(Ordering::Acquire)
}

unsafe extern "C" fn poll(ctx: *mut c_void) -> SegStatus {
    let Ok(slot) = running::call_of(ctx) else {
        return SegStatus::CANCELLED;
    };
    let status = if CANCELLED.load(Ordering::Acquire) {
        SegStatus::CANCELLED
    } else if slot.is_some_and(Slot::is_expired) {
        SegStatus::TIMEOUT
    } else {
        return SegStatus::OK;
    };
    if let Some(slot) = slot {
        slot.tell();
    }
    status
}

/// Outside of calls nothing is accounted, so nothing can be promised.
unsafe extern "C" fn mem_reserve(ctx: *mut c_void, bytes: u64) -> SegStatus {
    match running::call_of(ctx) {
        Ok(Some(slot)) if slot.reserve(bytes) => SegStatus::OK,
        _ => SegStatus::RESOURCE,
    }
}

unsafe extern "C" fn mem_release(ctx: *mut c_void, bytes: u64) {
    if let Ok(Some(slot)) = running::call_of(ctx) {
        slot.give_back(bytes);
    }
}

unsafe extern "C" fn log_enabled(_: *mut c_void, level: i32, _: SegStr) -> i32 {
    i32::from(severity(level) <= tracing::level_filters::LevelFilter::current())
}

unsafe extern "C" fn log(ctx: *mut c_void, level: i32, target: SegStr, message: SegStr, _: SegStr) {
    // SAFETY: the plugin's text lives until this call returns.
    let target = unsafe { target.as_bytes() };
    // SAFETY: as above.
    let message = unsafe { message.as_bytes() };
    quietly(|| write(ctx, severity(level), target, message));
}

unsafe extern "C" fn metric(ctx: *mut c_void, name: SegStr, value: f64) {
    // SAFETY: the plugin's text lives until this call returns.
    let name = unsafe { name.as_bytes() };
    quietly(|| {
        if let Some(source) = Source::of(ctx).filter(Source::may_log) {
            let (plugin, criterion, name) = (source.plugin(), source.criterion, line(name));
            tracing::debug!(plugin, criterion, metric = name, value, "a plugin reports a number");
        }
    });
}

/// Who logs.
struct Source {
    owner: Option<&'static Owner>,
    criterion: &'static str,
}

impl Source {
    /// `None` for a call that is over: its thread is late, and its line is dropped.
    fn of(ctx: *mut c_void) -> Option<Self> {
        let call = |slot: &Slot| Self { owner: slot.owner(), criterion: slot.criterion() };
        match running::context(ctx) {
            Context::Call(slot) => Some(call(slot)),
            Context::Plugin(owner) => {
                Some(Self { owner: Some(owner), criterion: running::current().map_or("", Slot::criterion) })
            }
            Context::None => Some(running::current().map_or(Self { owner: None, criterion: "" }, call)),
            Context::Ended => None,
        }
    }

    fn plugin(&self) -> &'static str {
        self.owner.map_or("", |owner| &owner.name)
    }

    /// Counts a line; says how many were dropped when a second with too many is over.
    fn may_log(&self) -> bool {
        let Some(owner) = self.owner else {
            return true;
        };
        let (admitted, dropped) = owner.admit_line();
        if dropped > 0 {
            tracing::warn!(plugin = owner.name, dropped, "a plugin logs too much, lines were dropped");
        }
        admitted
    }
}

fn severity(level: i32) -> Level {
    match level {
        LOG_ERROR => Level::ERROR,
        LOG_WARN => Level::WARN,
        LOG_INFO => Level::INFO,
        LOG_DEBUG => Level::DEBUG,
        LOG_TRACE => Level::TRACE,
        _ => Level::DEBUG,
    }
}

/// Readable text of at most [`MAX_LINE`] bytes; control characters are escaped.
pub(crate) fn line(bytes: &[u8]) -> String {
    let kept = &bytes[..bytes.len().min(MAX_LINE)];
    let mut text = String::with_capacity(kept.len());
    for c in String::from_utf8_lossy(kept).chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}

fn write(ctx: *mut c_void, level: Level, part: &[u8], message: &[u8]) {
    let Some(source) = Source::of(ctx).filter(Source::may_log) else {
        return;
    };
    let (plugin, criterion) = (source.plugin(), source.criterion);
    let (part, message) = (line(part), line(message));
    match level {
        Level::ERROR => tracing::error!(plugin, criterion, part, "{message}"),
        Level::WARN => tracing::warn!(plugin, criterion, part, "{message}"),
        Level::INFO => tracing::info!(plugin, criterion, part, "{message}"),
        Level::DEBUG => tracing::debug!(plugin, criterion, part, "{message}"),
        Level::TRACE => tracing::trace!(plugin, criterion, part, "{message}"),
    }
}

/// A subscriber that panics must not unwind into the plugin.
fn quietly(work: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_is_short_and_printable() {
        assert_eq!(line(b"a\x1b[31m\nb\xff\0"), "a\\u{1b}[31m\\nb\u{fffd}\\u{0}");
        assert_eq!(line(&[b'x'; 10_000]).len(), MAX_LINE);
    }
}
