//! The working directory of a child: its own, gone when it is gone.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the names start with; the runner's world of process numbers, its own number and a counter follow.
const PREFIX: &str = "segmenta-plugin-";

/// A directory that only this user can enter, removed with all that is in it on drop.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        static SWEEP: Once = Once::new();
        let parent = std::env::temp_dir();
        let prefix = format!("{PREFIX}{}-", world());
        SWEEP.call_once(|| sweep(&parent, &prefix));
        let name = format!("{prefix}{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = parent.join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            let directory = self.0.display();
            tracing::warn!(%directory, %error, "the directory of a plugin's process cannot be removed");
        }
    }
}

/// Number of the namespace that process numbers belong to; 0 if the system does not say.
fn world() -> String {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits: String = link.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { "0".to_owned() } else { digits }
}

/// Removes what runners that were killed have left.
fn sweep(parent: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    if !Path::new("/proc/self").exists() {
        return;
    }
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(prefix)?.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner.to_string()).exists()) {
            // Another user's directory, or one that another runner removes at this moment, stays.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
