//! One place of the table of running calls.

use std::ops::Range;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize};

use super::{Deed, OnHang, Owner};

/// No leaf, no limit.
const NONE: u64 = u64::MAX;

/// A call, or room for one. Everything is atomic: a signal handler or the watchdog may read at any time.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Odd while a call has the slot; differs for every call.
    pub(super) generation: AtomicU32,
    /// Whether the members below are those of the call.
    pub(super) ready: AtomicBool,
    owner: AtomicPtr<Owner>,
    criterion: Text,
    call: Text,
    leaf: AtomicU64,
    first_row: AtomicU64,
    rows: AtomicU64,
    started_ns: AtomicU64,
    limit_ns: AtomicU64,
    memory: AtomicU64,
    /// Bytes reserved by this call.
    pub(super) reserved: AtomicU64,
    /// Whether its time is up.
    pub(super) expired: AtomicBool,
    /// Whether the plugin was told to stop.
    told: AtomicBool,
    waits: AtomicBool,
    /// Warnings that were logged.
    pub(super) warnings: AtomicU8,
}

/// A text that lives as long as the process.
#[derive(Debug)]
struct Text {
    ptr: AtomicPtr<u8>,
    len: AtomicUsize,
}

impl Text {
    const fn new() -> Self {
        Self { ptr: AtomicPtr::new(std::ptr::null_mut()), len: AtomicUsize::new(0) }
    }

    fn set(&self, text: &'static str) {
        self.len.store(0, Release);
        self.ptr.store(text.as_ptr().cast_mut(), Release);
        self.len.store(text.len(), Release);
    }

    #[allow(unsafe_code, reason = "a text is kept in two atomics")]
    fn get(&self) -> &'static str {
        let len = self.len.load(Acquire);
        let ptr = self.ptr.load(Acquire);
        if ptr.is_null() || len == 0 {
            return "";
        }
        // SAFETY: `set` stored both parts of a text that is never freed; while it is being replaced the
        // length is 0.
        let bytes = unsafe { std::slice::from_raw_parts(ptr, len) };
        std::str::from_utf8(bytes).unwrap_or("")
    }
}

impl Slot {
    pub(super) const fn new() -> Self {
        Self {
            generation: AtomicU32::new(0),
            ready: AtomicBool::new(false),
            owner: AtomicPtr::new(std::ptr::null_mut()),
            criterion: Text::new(),
            call: Text::new(),
            leaf: AtomicU64::new(NONE),
            first_row: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            started_ns: AtomicU64::new(0),
            limit_ns: AtomicU64::new(NONE),
            memory: AtomicU64::new(NONE),
            reserved: AtomicU64::new(0),
            expired: AtomicBool::new(false),
            told: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            warnings: AtomicU8::new(0),
        }
    }

    /// Writes the call into a slot that was taken for it.
    pub(super) fn fill(&self, deed: &Deed, started_ns: u64) {
        self.owner.store(std::ptr::from_ref(deed.owner).cast_mut(), Release);
        self.criterion.set(deed.criterion);
        self.call.set(deed.call);
        self.leaf.store(deed.leaf.unwrap_or(NONE), Relaxed);
        self.first_row.store(deed.first_row, Relaxed);
        self.rows.store(deed.rows, Relaxed);
        self.started_ns.store(started_ns, Relaxed);
        let limit = deed.timeout.map_or(NONE, |limit| u64::try_from(limit.as_nanos()).unwrap_or(NONE));
        self.limit_ns.store(limit, Relaxed);
        self.memory.store(deed.memory.unwrap_or(NONE), Relaxed);
        self.expired.store(false, Relaxed);
        self.told.store(false, Relaxed);
        self.waits.store(deed.on_hang == OnHang::Wait, Relaxed);
        self.warnings.store(0, Relaxed);
        self.ready.store(true, Release);
    }

    pub(super) fn is_running(&self) -> bool {
        self.ready.load(Acquire) && !self.generation.load(Acquire).is_multiple_of(2)
    }

    #[allow(unsafe_code, reason = "the owner is kept in an atomic")]
    pub(crate) fn owner(&self) -> Option<&'static Owner> {
        // SAFETY: null or an owner, which is never freed.
        unsafe { self.owner.load(Acquire).as_ref() }
    }

    pub(crate) fn criterion(&self) -> &'static str {
        self.criterion.get()
    }

    pub(crate) fn call(&self) -> &'static str {
        self.call.get()
    }

    pub(crate) fn leaf(&self) -> Option<u64> {
        Some(self.leaf.load(Relaxed)).filter(|leaf| *leaf != NONE)
    }

    /// The rows handed over; empty for a call without rows.
    pub(crate) fn rows(&self) -> Range<u64> {
        let first = self.first_row.load(Relaxed);
        first..first.saturating_add(self.rows.load(Relaxed))
    }

    /// How many times its limit the call has taken; `None` without a limit.
    pub(super) fn times_over(&self, now_ns: u64) -> Option<u64> {
        let limit = self.limit_ns.load(Relaxed);
        let taken = now_ns.saturating_sub(self.started_ns.load(Relaxed));
        (limit != NONE).then(|| taken / limit.max(1))
    }

    /// Whether a call that hangs is waited for.
    pub(super) fn waits(&self) -> bool {
        self.waits.load(Relaxed)
    }

    /// Whether the call's time is up.
    pub(crate) fn is_expired(&self) -> bool {
        self.expired.load(Relaxed)
    }

    /// Remembers that the plugin was told to stop.
    pub(crate) fn tell(&self) {
        self.told.store(true, Relaxed);
    }

    /// Whether the plugin was told to stop.
    pub(crate) fn was_told(&self) -> bool {
        self.told.load(Relaxed)
    }

    /// Reserves memory for the call, within its plugin's limit.
    pub(crate) fn reserve(&self, bytes: u64) -> bool {
        let limit = Some(self.memory.load(Relaxed)).filter(|limit| *limit != NONE);
        let granted = self.owner().is_some_and(|owner| owner.reserve(bytes, limit));
        if granted {
            self.reserved.fetch_add(bytes, AcqRel);
        }
        granted
    }

    /// Gives memory back, at most what the call has reserved.
    pub(crate) fn give_back(&self, bytes: u64) {
        let before = self.reserved.fetch_update(AcqRel, Acquire, |now| Some(now.saturating_sub(bytes)));
        let had = before.unwrap_or_else(|same| same);
        if let Some(owner) = self.owner() {
            owner.give_back(bytes.min(had));
        }
    }
}
