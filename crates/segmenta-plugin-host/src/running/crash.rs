//! The last words of a process that a plugin brings down.
#![allow(unsafe_code, reason = "signal handlers and exit handlers are set here")]

use std::sync::Once;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI32, AtomicU32};

use libc::c_int;

use super::{Slot, all, current, descriptors, exit};
use crate::system;

/// Exit code of a run that a plugin ended: an error of software.
const EXIT_CODE: c_int = 70;
/// Signals by which broken code ends.
const SIGNALS: [(c_int, &str); 5] = [
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGABRT, "SIGABRT"),
];

/// Where reports go: standard error, unless that was redirected.
static REPORT: AtomicI32 = AtomicI32::new(2);
/// The process that reports; 0 before [`report_crashes`].
static PROCESS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    fn at_quick_exit(handler: extern "C" fn()) -> c_int;
}

/// Makes a crash or an exit inside of a plugin say which plugin, call and rows it was, and fail: a
/// plugin that calls `exit(0)` must not look like a run that succeeded. A call of the system itself, past
/// the C library, is beyond reach.
///
/// Replaces the handlers of five signals; a signal outside of plugins goes to the handlers before.
/// More calls change nothing.
pub fn report_crashes() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        PROCESS.store(std::process::id(), Relaxed);
        descriptors::mark();
        for (signal, _) in SIGNALS {
            install(signal);
        }
        // SAFETY: the handler reads atomics and writes a report; the list of handlers has room for it.
        unsafe { libc::atexit(at_exit) };
        // SAFETY: as above.
        unsafe { at_quick_exit(at_exit) };
    });
}

/// Sends reports to another open descriptor.
pub(crate) fn set_report_descriptor(descriptor: c_int) {
    REPORT.store(descriptor, Relaxed);
}

/// Ends the process because of a call that does not return as it should.
pub(super) fn give_up(slot: &Slot, what: &str) -> ! {
    report(slot, what);
    exit::end(EXIT_CODE)
}

/// The handlers before ours, in the order of [`SIGNALS`].
static BEFORE: [std::sync::OnceLock<libc::sigaction>; SIGNALS.len()] =
    [const { std::sync::OnceLock::new() }; SIGNALS.len()];

fn install(signal: c_int) {
    let Some(mut action) = system::disposition(signal) else {
        return;
    };
    if let Some(at) = SIGNALS.iter().position(|(known, _)| *known == signal) {
        // The first handlers are those to go back to.
        let _ = BEFORE[at].set(action);
    }
    action.sa_sigaction = on_signal as extern "C" fn(c_int) as usize;
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: the handler only reads atomics and calls functions that are safe in handlers.
    unsafe { system::set_disposition(signal, &action) };
}

extern "C" fn on_signal(signal: c_int) {
    let at = SIGNALS.iter().position(|(known, _)| *known == signal).unwrap_or(0);
    match current() {
        Some(slot) => report(slot, SIGNALS[at].1),
        None => all().for_each(|slot| report(slot, "was running")),
    }
    let inside = current().is_some() || all().next().is_some();
    match BEFORE[at].get().filter(|_| !inside) {
        // SAFETY: the handler was there before ours. The fault happens again and meets it.
        Some(before) => unsafe { system::set_disposition(signal, before) },
        None => end_by(signal),
    }
}

/// Ends the process by the signal, as if there were no handler.
fn end_by(signal: c_int) {
    // SAFETY: has no conditions.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: has no conditions; the signal arrives when the handler returns.
    unsafe { libc::raise(signal) };
}

/// Fails the process if a plugin is running in it. A copy of the process that a plugin made may end as
/// it likes.
pub(super) extern "C" fn at_exit() {
    if all().next().is_none() || PROCESS.load(Relaxed) != std::process::id() {
        return;
    }
    all().for_each(|slot| report(slot, "ended the process"));
    // The remaining exit handlers are skipped on purpose.
    exit::end(EXIT_CODE)
}

/// `segmenta: plugin acme-rfm 1.4.0, criterion rfm, apply, rows 8192..16384: SIGSEGV`
fn report(slot: &Slot, what: &str) {
    let mut line = Line::new();
    let (name, version) = slot.owner().map_or(("", ""), |owner| (owner.name.as_str(), owner.version.as_str()));
    line.push("segmenta: plugin ").push(name).push(" ").push(version);
    if !slot.criterion().is_empty() {
        line.push(", criterion ").push(slot.criterion());
    }
    line.push(", ").push(slot.call());
    if let Some(leaf) = slot.leaf() {
        line.push(", leaf ").number(leaf);
    }
    let rows = slot.rows();
    if !rows.is_empty() {
        line.push(", rows ").number(rows.start).push("..").number(rows.end);
    }
    line.push(": ").push(what).push("\n");
    line.write();
}

/// A text that is put together without allocating.
struct Line {
    bytes: [u8; 512],
    len: usize,
}

impl Line {
    fn new() -> Self {
        Self { bytes: [0; 512], len: 0 }
    }

    fn push(&mut self, text: &str) -> &mut Self {
        let room = self.bytes.len() - self.len;
        let kept = &text.as_bytes()[..text.len().min(room)];
        self.bytes[self.len..self.len + kept.len()].copy_from_slice(kept);
        self.len += kept.len();
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        let (mut digits, mut at, mut rest) = ([0_u8; 20], 20, number);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.push(std::str::from_utf8(&digits[at..]).unwrap_or(""))
    }

    fn write(&self) {
        // SAFETY: the bytes are ours; a closed descriptor is an error that there is nobody to tell of.
        unsafe { libc::write(REPORT.load(Relaxed), self.bytes.as_ptr().cast(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_texts_and_numbers_and_never_overflows() {
        let mut line = Line::new();
        line.push("rows ").number(0).push("..").number(u64::MAX);
        assert_eq!(&line.bytes[..line.len], b"rows 0..18446744073709551615");
        line.push(&"x".repeat(1_000));
        assert_eq!(line.len, 512);
    }
}
