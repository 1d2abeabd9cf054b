//! What must not be there once a plugin's processes are gone.

use std::fs;
use std::time::{Duration, Instant};

/// Fails if processes, directories or memory of plugins are left after a moment.
pub(super) fn assert_none() {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let left = all();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "left behind: {left:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn all() -> Vec<String> {
    let mut left = children();
    left.extend(directories());
    left.extend(memory());
    if fs::exists("/dev/shm/segmenta-deed").unwrap() {
        left.push("shared memory".to_owned());
    }
    left
}

/// Children of plugins that run, whoever their parent is by now, and processes that nobody waited for.
fn children() -> Vec<String> {
    let own = std::env::current_exe().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let (stat, command) = (read("stat"), read("cmdline"));
        let Some((_, rest)) = stat.rsplit_once(") ") else {
            continue;
        };
        let zombie = rest.starts_with('Z') && rest.split(' ').nth(1) == Some(&std::process::id().to_string());
        if zombie || (command.starts_with(own.to_str().unwrap()) && command.contains("process::child\0")) {
            found.push(format!("process {} {rest:.1}", entry.file_name().display()));
        }
    }
    found
}

fn directories() -> Vec<String> {
    let mark = format!("-{}-", std::process::id());
    let entries = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("segmenta-plugin-") && name.contains(&mark)).collect()
}

/// Sealed memory that this process still has open or mapped, but for libraries.
fn memory() -> Vec<String> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mapped = maps.lines().filter(|line| line.contains("memfd:segmenta-rows")).map(str::to_owned);
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let links = open.filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.display().to_string()));
    mapped.chain(links.filter(|link| link.contains("memfd:segmenta-rows"))).collect()
}
