//! The functions that plugins may call: log, poll, metric. None of them unwinds or calls back.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use segmenta_plugin_abi::host::{LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_TRACE, LOG_WARN};
use segmenta_plugin_abi::{ABI_VERSION, SegHost, SegStatus, SegStr};
use tracing::Level;

/// Longer lines are cut. Bytes.
const MAX_LINE: usize = 8 * 1024;

static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Asks every plugin of this process to stop at its next `poll`. There is no way back: a process runs
/// one pipeline.
pub fn cancel() {
    CANCELLED.store(true, Ordering::Release);
}

/// What `ctx` points to. It is never freed, so a plugin's own thread may log after its call ended.
struct Context {
    plugin: String,
}

/// A host struct that is never freed.
#[derive(Clone, Copy)]
struct Functions(&'static SegHost);

// SAFETY: the struct never changes, and its context is shared and never changes either.
unsafe impl Send for Functions {}

/// One struct per plugin name for the life of the process.
static FUNCTIONS: Mutex<BTreeMap<String, Functions>> = Mutex::new(BTreeMap::new());

/// The host's struct for `plugin`.
pub(super) fn functions(plugin: &str) -> *const SegHost {
    let mut known = FUNCTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let functions = known.entry(plugin.to_owned()).or_insert_with(|| make(plugin));
    std::ptr::from_ref(functions.0)
}

fn make(plugin: &str) -> Functions {
    let context: &'static Context = Box::leak(Box::new(Context { plugin: plugin.to_owned() }));
    Functions(Box::leak(Box::new(SegHost {
        struct_size: size_of::<SegHost>() as u32,
        abi_version: ABI_VERSION,
        features: 0,
        ctx: std::ptr::from_ref(context).cast_mut().cast(),
        log_enabled: Some(log_enabled),
        log: Some(log),
        poll: Some(poll),
        mem_reserve: Some(mem_reserve),
        mem_release: Some(mem_release),
        metric: Some(metric),
    })))
}

unsafe extern "C" fn poll(_: *mut c_void) -> SegStatus {
    if CANCELLED.load(Ordering::Acquire) { SegStatus::CANCELLED } else { SegStatus::OK }
}

/// Memory is not accounted in-process; the run's own limit holds.
unsafe extern "C" fn mem_reserve(_: *mut c_void, _: u64) -> SegStatus {
    SegStatus::OK
}

unsafe extern "C" fn mem_release(_: *mut c_void, _: u64) {}

unsafe extern "C" fn log_enabled(_: *mut c_void, level: i32, _: SegStr) -> i32 {
    i32::from(severity(level) <= tracing::level_filters::LevelFilter::current())
}

unsafe extern "C" fn log(ctx: *mut c_void, level: i32, target: SegStr, message: SegStr, _: SegStr) {
    // SAFETY: `ctx` is what `make` put into the struct, or null.
    let plugin = unsafe { plugin(ctx) };
    // SAFETY: the plugin's text lives until this call returns.
    let target = line(unsafe { target.as_bytes() });
    // SAFETY: as above.
    let message = line(unsafe { message.as_bytes() });
    quietly(|| write(plugin, severity(level), &target, &message));
}

unsafe extern "C" fn metric(ctx: *mut c_void, name: SegStr, value: f64) {
    // SAFETY: `ctx` is what `make` put into the struct, or null.
    let plugin = unsafe { plugin(ctx) };
    // SAFETY: the plugin's text lives until this call returns.
    let name = line(unsafe { name.as_bytes() });
    quietly(|| tracing::debug!(plugin, metric = name, value, "a plugin reports a number"));
}

/// # Safety
/// `ctx` is null or the context of a host struct.
unsafe fn plugin(ctx: *mut c_void) -> &'static str {
    // SAFETY: the caller vouches for it; contexts are never freed.
    let context: Option<&'static Context> = unsafe { ctx.cast::<Context>().as_ref() };
    context.map_or("", |context| &context.plugin)
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

/// Readable text of at most [`MAX_LINE`] bytes without control characters.
fn line(bytes: &[u8]) -> String {
    let kept = &bytes[..bytes.len().min(MAX_LINE)];
    let text = String::from_utf8_lossy(kept);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn write(plugin: &str, level: Level, target: &str, message: &str) {
    match level {
        Level::ERROR => tracing::error!(plugin, part = target, "{message}"),
        Level::WARN => tracing::warn!(plugin, part = target, "{message}"),
        Level::INFO => tracing::info!(plugin, part = target, "{message}"),
        Level::DEBUG => tracing::debug!(plugin, part = target, "{message}"),
        Level::TRACE => tracing::trace!(plugin, part = target, "{message}"),
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
        assert_eq!(line(b"a\x1b[31m\nb\xff"), "a [31m b\u{fffd}");
        assert_eq!(line(&[b'x'; 10_000]).len(), MAX_LINE);
    }
}
