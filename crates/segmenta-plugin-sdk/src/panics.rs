//! Catching panics with their message, place and stack, so that none leaves the library.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use crate::{Error, Result};

thread_local! {
    /// Calls of this library that are running on this thread.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// The last panic of the running call.
    static CAUGHT: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// Makes panics inside of [`catch`] silent and remembered; all others go to the hook there was.
/// A library has its own copy of the standard library, so its hook is its own; a plugin that is
/// linked in shares the program's.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if DEPTH.try_with(Cell::get).unwrap_or(0) == 0 {
                previous(panic);
            } else {
                remember(panic);
            }
        }));
    });
}

/// Runs `work`; a panic becomes [`Error::Panicked`].
///
/// # Errors
/// What `work` answers, or the panic.
pub(crate) fn catch<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let _inside = Inside::enter();
    forget();
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(payload) => Err(panicked(payload)),
    }
}

/// Counts the running calls of a thread.
struct Inside;

impl Inside {
    fn enter() -> Self {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get() + 1));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}

fn remember(panic: &PanicHookInfo<'_>) {
    // Taken even if the environment does not ask for it: it is the author's only trace of the place.
    let backtrace = Backtrace::force_capture();
    let recorded = backtrace.status() == BacktraceStatus::Captured;
    let error = Error::Panicked {
        message: text(panic.payload()),
        location: panic.location().map(ToString::to_string),
        backtrace: recorded.then(|| backtrace.to_string()),
    };
    let _ = CAUGHT.try_with(|caught| {
        if let Ok(mut caught) = caught.try_borrow_mut() {
            *caught = Some(error);
        }
    });
}

/// Drops a panic that an earlier call caught by itself.
fn forget() {
    let _ = CAUGHT.try_with(|caught| caught.try_borrow_mut().map(|mut caught| caught.take()));
}

fn panicked(payload: Box<dyn Any + Send>) -> Error {
    let caught = CAUGHT.try_with(|caught| caught.try_borrow_mut().ok()?.take());
    let error = caught.ok().flatten().unwrap_or_else(|| Error::Panicked {
        message: text(payload.as_ref()),
        location: None,
        backtrace: None,
    });
    discard(payload);
    error
}

/// Drops a panic's payload. Dropping it may panic again, with a payload that may too: that one leaks.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_keeps_its_message_and_place() {
        install_hook();
        let error = catch::<()>(|| panic!("no {}", "way")).unwrap_err();
        let Error::Panicked { message, location, .. } = error else { panic!("{error:?}") };
        assert_eq!(message, "no way");
        assert!(location.unwrap().contains("panics.rs:"));
        assert_eq!(catch(|| Ok(1)), Ok(1));
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_survived() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::panic_any(Self);
            }
        }
        install_hook();
        let error = catch::<()>(|| std::panic::panic_any(Bomb)).unwrap_err();
        assert_eq!(error.to_string(), "panicked: a panic without a message");
    }
}
