//! How children are started and what they may use.

use std::path::PathBuf;
use std::time::Duration;

use super::Launcher;

/// How the children of a library live.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is started.
    pub launcher: Launcher,
    /// Children of one library, at least 1. They are started when they are needed and stay until the
    /// registry and all its instances are dropped.
    pub children: usize,
    /// Bytes of memory that a child may use beyond what the program itself needs.
    pub memory: u64,
    /// Whether network, files and other processes are closed to the plugin, as far as the system can.
    pub confined: bool,
    /// Time to start and to load the library, constructors and entry function included.
    pub start: Duration,
    /// Time between the request to stop and the end.
    pub grace: Duration,
    /// Crashes of one library after which it is not started again.
    pub max_crashes: u32,
    /// Where a call that crashed twice is kept; nowhere if it is `None`.
    pub crash_directory: Option<PathBuf>,
}

impl Default for Settings {
    /// One child per processor, at most 8; half of the machine's memory for each; 20 s to start; 2 s to
    /// stop; 20 crashes; crashes are not kept.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            launcher: Launcher::default(),
            children: processors.min(8),
            memory: machine_memory() / 2,
            confined: true,
            start: Duration::from_secs(20),
            grace: Duration::from_secs(2),
            max_crashes: 20,
            crash_directory: None,
        }
    }
}

/// Memory of the machine in bytes; 8 GiB if it does not say.
fn machine_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or(8 << 30, |kib| kib << 10)
}
