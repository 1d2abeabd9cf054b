//! What plugins must leave as they find it, for those who look before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::load::float;
use crate::system;

/// The process at one moment: what all of its plugins and the runner share. Comparing two takes
/// hundreds of system calls, so a run does it while a library is loaded and `plugins check` around calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    float_control: u64,
    directory: Option<PathBuf>,
    locale: Option<std::ffi::CString>,
    file_mask: libc::mode_t,
    handlers: Vec<usize>,
    variables: BTreeMap<OsString, OsString>,
    limits: Vec<Option<(u64, u64)>>,
    descriptors: BTreeSet<OsString>,
    children: BTreeSet<String>,
}

impl Surroundings {
    /// The process as it is. Other threads must not open files or start processes meanwhile.
    pub fn now() -> Self {
        let handlers = system::signals().map(|signal| system::disposition(signal).map_or(0, |now| now.sa_sigaction));
        Self {
            float_control: float::control(),
            directory: std::env::current_dir().ok(),
            locale: system::locale(),
            file_mask: system::file_mask(),
            handlers: handlers.collect(),
            variables: std::env::vars_os().collect(),
            limits: system::limits(),
            descriptors: descriptors(),
            children: children(),
        }
    }

    /// Names of what is otherwise than it was.
    pub fn changed_since(&self, before: &Self) -> Vec<&'static str> {
        let changes = [
            (self.float_control != before.float_control, "floating-point mode"),
            (self.directory != before.directory, "working directory"),
            (self.locale != before.locale, "locale"),
            (self.file_mask != before.file_mask, "file mask"),
            (self.handlers != before.handlers, "signal handlers"),
            (self.variables != before.variables, "environment"),
            (self.limits != before.limits, "resource limits"),
            (!self.descriptors.is_subset(&before.descriptors), "files left open"),
            (!before.descriptors.is_subset(&self.descriptors), "files of others closed"),
            (!self.children.is_subset(&before.children), "processes left behind"),
        ];
        changes.into_iter().filter(|(changed, _)| *changed).map(|(_, what)| what).collect()
    }
}

/// Numbers of open descriptors; none where the system does not list them. The list itself is one, under
/// a number that is free otherwise.
fn descriptors() -> BTreeSet<OsString> {
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open = entries.filter(|entry| fs::read_link(entry.path()).is_ok());
    open.map(|entry| entry.file_name()).collect()
}

/// Processes that this one started and did not wait for.
fn children() -> BTreeSet<String> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let before = Surroundings::now();
        assert!(before.changed_since(&before.clone()).is_empty());
        let mut after = before.clone();
        after.file_mask ^= 0o7;
        after.variables.insert("SEGMENTA_TEST_CHANGED".into(), "1".into());
        after.children.insert("1".to_owned());
        assert_eq!(after.changed_since(&before), ["file mask", "environment", "processes left behind"]);
        after.descriptors.remove(&OsString::from("1"));
        assert!(after.changed_since(&before).contains(&"files of others closed"));
    }
}
