//! `plugins.lock`: the libraries that were checked and agreed on, with a digest for every platform.
//!
//! ```toml
//! lock_version = 1
//!
//! [plugin.acme-rfm]
//! version = "1.4.0"
//!
//! [plugin.acme-rfm.library.linux-x86_64-gnu]
//! sha256 = "9f2c…"
//! abi = "1.0"
//! level = "stress"
//! host = "0.0.0"
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use super::{CheckLevel, is_digest, platform};
use crate::{Document, Error, Result};

/// The only version of the file.
const VERSION: u32 = 1;

/// The libraries that may run, by name of their plugin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    plugins: BTreeMap<String, LockedPlugin>,
}

/// One plugin of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPlugin {
    /// Semantic version of the plugin.
    pub version: String,
    /// Its libraries, by platform.
    #[serde(rename = "library", default)]
    pub libraries: BTreeMap<String, LockedLibrary>,
}

/// One library of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedLibrary {
    /// Digest of the file, 64 hex digits.
    pub sha256: String,
    /// ABI of its note, such as `1.0`.
    pub abi: String,
    /// Level of `plugins check` that it passed on this platform, if any.
    pub level: Option<CheckLevel>,
    /// Version of the program that checked it.
    pub host: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    lock_version: u32,
    #[serde(default)]
    plugin: BTreeMap<String, LockedPlugin>,
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::BadDocument`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    /// The lock in `text`; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::BadDocument`].
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let bad = |problem: String| Error::BadDocument { document: Document::Lock, path: path.to_owned(), problem };
        let written: Written = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        if written.lock_version != VERSION {
            return Err(bad(format!("version {} is not known", written.lock_version)));
        }
        for (name, plugin) in &written.plugin {
            if let Some((platform, _)) = plugin.libraries.iter().find(|(_, library)| !is_digest(&library.sha256)) {
                return Err(bad(format!("`{name}` has no digest for {platform}")));
            }
        }
        Ok(Self { plugins: written.plugin })
    }

    /// The file's text; equal locks give equal texts.
    pub fn to_toml(&self) -> String {
        let mut text = format!("lock_version = {VERSION}\n");
        for (name, plugin) in &self.plugins {
            let name = key(name);
            let version = quoted(&plugin.version);
            // Writing to a text cannot fail.
            let _ = write!(text, "\n[plugin.{name}]\nversion = {version}\n");
            for (platform, library) in &plugin.libraries {
                let LockedLibrary { sha256, abi, level, host } = library;
                let _ = write!(text, "\n[plugin.{name}.library.{}]\n", key(platform));
                let _ = write!(text, "sha256 = {}\nabi = {}\n", quoted(sha256), quoted(abi));
                if let Some(level) = level {
                    let _ = writeln!(text, "level = \"{level}\"");
                }
                let _ = writeln!(text, "host = {}", quoted(host));
            }
        }
        text
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |source| Error::Write { path: path.to_owned(), source };
        let new = path.with_extension("lock.new");
        std::fs::write(&new, self.to_toml()).map_err(failed)?;
        std::fs::rename(&new, path).map_err(failed)
    }

    /// All plugins, by name.
    pub fn plugins(&self) -> &BTreeMap<String, LockedPlugin> {
        &self.plugins
    }

    /// Writes down a library. Libraries of another version of its plugin are dropped, those of the same
    /// version for other platforms stay.
    pub fn insert(&mut self, plugin: &str, version: &str, platform: &str, library: LockedLibrary) {
        let new = || LockedPlugin { version: version.to_owned(), libraries: BTreeMap::new() };
        let entry = self.plugins.entry(plugin.to_owned()).or_insert_with(new);
        if entry.version != version {
            *entry = new();
        }
        entry.libraries.insert(platform.to_owned(), library);
    }

    /// The entry of a library of this platform; `None` if the lock does not know the plugin.
    ///
    /// # Errors
    /// [`Error::PinMismatch`] if it knows another library, or none for this platform.
    pub fn verify(&self, plugin: &str, version: &str, sha256: &str) -> Result<Option<&LockedLibrary>> {
        let Some(locked) = self.plugins.get(plugin) else {
            return Ok(None);
        };
        let mismatch =
            |expected: String| Error::PinMismatch { plugin: plugin.to_owned(), expected, found: sha256.to_owned() };
        let Some(library) = locked.libraries.get(&platform()) else {
            return Err(mismatch(format!("none for {}", platform())));
        };
        if library.sha256 != sha256 {
            return Err(mismatch(library.sha256.clone()));
        }
        if locked.version != version {
            return Err(mismatch(format!("{} of version {}", library.sha256, locked.version)));
        }
        Ok(Some(library))
    }
}

/// A TOML key, quoted where it has to be.
fn key(text: &str) -> String {
    if crate::describe::is_name(text) { text.to_owned() } else { quoted(text) }
}

/// A TOML text: JSON's escapes are TOML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(digest: &str, level: Option<CheckLevel>) -> LockedLibrary {
        LockedLibrary { sha256: digest.repeat(32), abi: "1.0".into(), level, host: "0.0.0".into() }
    }

    fn lock() -> Lock {
        let mut lock = Lock::default();
        lock.insert("acme-rfm", "1.4.0", &platform(), library("a0", Some(CheckLevel::Stress)));
        lock.insert("acme-rfm", "1.4.0", "plan9-mips", library("b1", None));
        lock.insert("zeta", "0.1.0+\"odd\"", &platform(), library("c2", None));
        lock
    }

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("plugins.lock");
        lock().write(&path).unwrap();
        assert_eq!(Lock::read(&path).unwrap(), lock());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_library_must_be_the_one_of_this_platform_and_version() {
        let lock = lock();
        let (good, other) = ("a0".repeat(32), "b1".repeat(32));
        let found = lock.verify("acme-rfm", "1.4.0", &good).unwrap().unwrap();
        assert_eq!(found.level, Some(CheckLevel::Stress));
        assert_eq!(lock.verify("acme-rfm", "1.4.0", &other).unwrap_err().code(), "pin-mismatch");
        assert_eq!(lock.verify("acme-rfm", "1.5.0", &good).unwrap_err().code(), "pin-mismatch");
        assert_eq!(lock.verify("stranger", "1.0.0", &good).unwrap(), None);
    }

    #[test]
    fn a_new_version_drops_the_libraries_of_the_old_one() {
        let mut lock = lock();
        lock.insert("acme-rfm", "1.4.1", &platform(), library("d3", None));
        assert_eq!(lock.plugins()["acme-rfm"].libraries.len(), 1);
    }

    #[test]
    fn what_is_no_lock_is_refused() {
        let path = Path::new("plugins.lock");
        for text in ["", "lock_version = 2", "lock_version = 1\nextra = 1", "not toml"] {
            assert_eq!(Lock::parse(path, text).unwrap_err().code(), "bad-lock", "{text}");
        }
        let short = "lock_version = 1\n[plugin.p]\nversion = \"1\"\n\
            [plugin.p.library.x]\nsha256 = \"aa\"\nabi = \"1.0\"\nhost = \"0\"\n";
        assert_eq!(Lock::parse(path, short).unwrap_err().code(), "bad-lock");
    }
}
