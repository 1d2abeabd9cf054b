//! Who calls belong to: a plugin of this process, by name and version. Never freed, since a plugin's
//! own thread may refer to it at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_void;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::{Mutex, PoisonError};

use super::now_ns;

/// Lines that a plugin may log per second; the rest is counted.
const LINES_PER_SECOND: u64 = 1_000;

/// A plugin of this process.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Bytes that its running calls have reserved.
    reserved: AtomicU64,
    /// Second of the last line, since the first call.
    second: AtomicU64,
    /// Lines in that second.
    lines: AtomicU64,
}

/// All plugins by name and version.
static OWNERS: Mutex<BTreeMap<(String, String), &'static Owner>> = Mutex::new(BTreeMap::new());
/// All texts given to [`intern`].
static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A copy of `text` that is never freed; equal texts share one. For names, of which there are few.
pub(crate) fn intern(text: &str) -> &'static str {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    texts.insert(kept);
    kept
}

/// Bytes that the running calls of a plugin have reserved with `mem_reserve`.
pub fn memory_in_use(plugin: &str) -> u64 {
    let owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    let of_name = owners.values().filter(|owner| owner.name == plugin);
    of_name.map(|owner| owner.reserved.load(Acquire)).sum()
}

/// The plugin whose context this is; other addresses are none.
pub(super) fn find(handle: *mut c_void) -> Option<&'static Owner> {
    if handle.is_null() {
        return None;
    }
    let owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    owners.values().copied().find(|owner| owner.context() == handle)
}

impl Owner {
    /// The one entry of a plugin.
    pub(crate) fn of(name: &str, version: &str) -> &'static Self {
        let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), version.to_owned());
        owners.entry(key).or_insert_with_key(|(name, version)| {
            Box::leak(Box::new(Self {
                name: name.clone(),
                version: version.clone(),
                reserved: AtomicU64::new(0),
                second: AtomicU64::new(0),
                lines: AtomicU64::new(0),
            }))
        })
    }

    /// What the plugin hands back to the host's functions outside of calls.
    pub(crate) fn context(&'static self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// Adds to what is reserved, up to `limit`.
    pub(super) fn reserve(&self, bytes: u64, limit: Option<u64>) -> bool {
        let limit = limit.unwrap_or(u64::MAX);
        let grown = |now: u64| now.checked_add(bytes).filter(|sum| *sum <= limit);
        self.reserved.fetch_update(AcqRel, Acquire, grown).is_ok()
    }

    pub(super) fn give_back(&self, bytes: u64) {
        // The closure never gives `None`, so there is no refusal to look at.
        let _ = self.reserved.fetch_update(AcqRel, Acquire, |now| Some(now.saturating_sub(bytes)));
    }

    /// Whether another line may be logged now, and how many were dropped in the second that ended.
    pub(crate) fn admit_line(&self) -> (bool, u64) {
        let second = now_ns() / 1_000_000_000 + 1;
        let ended = self.second.swap(second, Relaxed) != second;
        let before = if ended { self.lines.swap(0, Relaxed) } else { 0 };
        let line = self.lines.fetch_add(1, Relaxed);
        (line < LINES_PER_SECOND, before.saturating_sub(LINES_PER_SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_cut() {
        let owner = Owner::of("flood", "1");
        let admitted = (0..5_000).filter(|_| owner.admit_line().0).count();
        // The loop may cross into another second, and another thousand.
        assert!((1_000..=2_000).contains(&admitted), "{admitted}");
    }

    #[test]
    fn equal_texts_are_one() {
        assert!(std::ptr::eq(intern("rfm"), intern(&String::from("rfm"))));
    }
}
