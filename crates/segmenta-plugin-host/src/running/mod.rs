//! The calls into plugins that are running: who they belong to, how long they may take, and what a
//! crash report says. One fixed table of atomics, so that a signal handler can read it.

mod crash;
mod descriptors;
mod exit;
mod owner;
mod slot;
mod watchdog;

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::time::{Duration, Instant};

pub use crash::report_crashes;
pub(crate) use crash::set_report_descriptor;
pub use owner::memory_in_use;
pub(crate) use owner::{Owner, intern};
pub(crate) use slot::Slot;

/// Calls that may run at once; more wait for one to end.
const SLOTS: usize = 512;
/// Marks a context as that of a call; no address of a program has this bit.
const CALL_BIT: usize = 1 << 63;

static TABLE: [Slot; SLOTS] = [const { Slot::new() }; SLOTS];

thread_local! {
    /// Place in [`TABLE`] of the call that this thread is in, plus 1; 0 outside of calls.
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

/// What a call is, for reports and limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed {
    pub(crate) owner: &'static Owner,
    /// Interned; empty outside of a criterion's calls.
    pub(crate) criterion: &'static str,
    pub(crate) call: &'static str,
    pub(crate) leaf: Option<u64>,
    pub(crate) first_row: u64,
    pub(crate) rows: u64,
    /// Time it may take.
    pub(crate) timeout: Option<Duration>,
    /// Bytes its plugin may reserve.
    pub(crate) memory: Option<u64>,
    pub(crate) on_hang: OnHang,
}

/// What follows when a call does not return, long after its time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnHang {
    /// It is waited for.
    Wait,
    /// The process ends with a report and a failing exit code; nothing is published.
    #[default]
    AbortRun,
}

/// A call that is running, until it is dropped.
pub(crate) struct Running {
    place: usize,
    before: usize,
}

/// Dropped only if a call is left by an exception or by the end of its thread. The plugin's objects and
/// ours are in no known state then, so the run is given up.
pub(crate) struct MustReturn(&'static Slot);

impl MustReturn {
    /// The call returned.
    pub(crate) fn it_did(self) {
        std::mem::forget(self);
    }
}

impl Drop for MustReturn {
    fn drop(&mut self) {
        crash::give_up(self.0, "left the call without returning, the run is given up");
    }
}

/// What a context handed to a plugin means when it comes back.
pub(crate) enum Context {
    /// A running call.
    Call(&'static Slot),
    /// The plugin as a whole.
    Plugin(&'static Owner),
    /// A call that has ended.
    Ended,
    /// No context at all.
    None,
}

impl Running {
    /// Takes a place in the table; waits while all are taken.
    pub(crate) fn start(deed: &Deed) -> Self {
        let start = thread_hint();
        let place = loop {
            let mut places = (0..SLOTS).map(|step| (start + step) % SLOTS);
            match places.find(|place| TABLE[*place].take()) {
                Some(place) => break place,
                None => std::thread::yield_now(),
            }
        };
        TABLE[place].fill(deed, now_ns());
        if deed.timeout.is_some() {
            watchdog::start();
        }
        Self { place, before: CURRENT.replace(place + 1) }
    }

    /// What plugins hand back to the host's functions during this call.
    pub(crate) fn context(&self) -> *mut c_void {
        let generation = self.slot().generation.load(Acquire) as usize;
        std::ptr::without_provenance_mut(CALL_BIT | self.place << 32 | generation)
    }

    pub(crate) fn slot(&self) -> &'static Slot {
        &TABLE[self.place]
    }

    /// Gives the run up if the plugin closed descriptors that are not its own: what the run writes next
    /// could end up in another file.
    pub(crate) fn must_have_kept_files(&self) {
        if !descriptors::are_ours() {
            crash::give_up(self.slot(), "closed files that are not its own, the run is given up");
        }
    }

    /// Guards the time in which the plugin's code runs.
    pub(crate) fn must_return(&self) -> MustReturn {
        MustReturn(self.slot())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        CURRENT.set(self.before);
        let slot = self.slot();
        let left = slot.reserved.swap(0, AcqRel);
        if let Some(owner) = slot.owner() {
            owner.give_back(left);
        }
        slot.free();
    }
}

/// Reads a context that a plugin handed back, which may be of a call long ended.
pub(crate) fn context(handle: *mut c_void) -> Context {
    let bits = handle.addr();
    if bits & CALL_BIT == 0 {
        return owner::find(handle).map_or(Context::None, Context::Plugin);
    }
    let place = (bits & !CALL_BIT) >> 32;
    match TABLE.get(place) {
        Some(slot) if slot.generation.load(Acquire) == bits as u32 => Context::Call(slot),
        _ => Context::Ended,
    }
}

/// The call that a context stands for; the thread's own for the context of a whole plugin. Takes no
/// lock: plugins ask often.
///
/// # Errors
/// [`Ended`] for a call that is over.
pub(crate) fn call_of(handle: *mut c_void) -> Result<Option<&'static Slot>, Ended> {
    if handle.addr() & CALL_BIT == 0 {
        return Ok(current());
    }
    match context(handle) {
        Context::Call(slot) => Ok(Some(slot)),
        _ => Err(Ended),
    }
}

/// The call that a context stood for is over.
#[derive(Debug)]
pub(crate) struct Ended;

/// The call that this thread is in.
pub(crate) fn current() -> Option<&'static Slot> {
    let place = CURRENT.try_with(Cell::get).unwrap_or(0);
    place.checked_sub(1).and_then(|place| TABLE.get(place))
}

/// All calls that are running.
pub(crate) fn all() -> impl Iterator<Item = &'static Slot> {
    TABLE.iter().filter(|slot| slot.is_running())
}

/// Nanoseconds since the first call of the process.
pub(crate) fn now_ns() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(Instant::now);
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Where a thread starts to look for a place, so that threads seldom meet.
fn thread_hint() -> usize {
    use std::sync::atomic::AtomicUsize;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static HINT: usize = NEXT.fetch_add(7, Relaxed) % SLOTS;
    }
    HINT.try_with(|hint| *hint).unwrap_or(0)
}

impl Slot {
    /// Takes a free slot: its generation becomes odd.
    fn take(&self) -> bool {
        let generation = self.generation.load(Relaxed);
        generation.is_multiple_of(2)
            && self.generation.compare_exchange(generation, generation.wrapping_add(1), AcqRel, Relaxed).is_ok()
    }

    fn free(&self) {
        self.ready.store(false, Release);
        self.generation.fetch_add(1, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed() -> Deed {
        Deed {
            owner: Owner::of("p", "1.0.0"),
            criterion: intern("c"),
            call: "apply",
            leaf: None,
            first_row: 5,
            rows: 3,
            timeout: None,
            memory: Some(100),
            on_hang: OnHang::Wait,
        }
    }

    #[test]
    fn a_context_is_known_until_its_call_ends() {
        let running = Running::start(&deed());
        let handle = running.context();
        assert!(matches!(context(handle), Context::Call(slot) if slot.rows() == (5..8)));
        drop(running);
        assert!(matches!(context(handle), Context::Ended));
        let next = Running::start(&deed());
        assert!(matches!(context(handle), Context::Ended));
        drop(next);
        assert!(matches!(context(std::ptr::null_mut()), Context::None));
        assert!(matches!(context(Owner::of("p", "1.0.0").context()), Context::Plugin(_)));
    }

    #[test]
    fn what_a_call_reserved_is_given_back_when_it_ends() {
        let owner = Owner::of("budget", "1");
        let running = Running::start(&Deed { owner, ..deed() });
        assert!(running.slot().reserve(60));
        assert!(!running.slot().reserve(60));
        assert_eq!(memory_in_use("budget"), 60);
        running.slot().give_back(1_000);
        assert_eq!(memory_in_use("budget"), 0);
        assert!(running.slot().reserve(100));
        drop(running);
        assert_eq!(memory_in_use("budget"), 0);
    }
}
