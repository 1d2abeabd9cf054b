//! A library file before any of it runs: its bytes, their digest, its note and what it needs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use segmenta_plugin_abi::TARGET;
use segmenta_plugin_abi::note::text;
use segmenta_plugin_abi::table::PROCESS_ONLY;

use crate::load::elf::{self, Found, LibraryFacts};
use crate::load::file;
use crate::note::{self, Note};
use crate::{Error, Result, digest};

/// The bytes of a library file. What is inspected, judged and loaded are these bytes, whatever happens
/// to the file meanwhile.
#[derive(Debug, Clone)]
pub struct LibraryFile {
    path: PathBuf,
    bytes: Vec<u8>,
    sha256: String,
}

/// What a library says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Name of the plugin.
    pub name: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// Target triple it was built for.
    pub target: String,
    /// What it was built with, for people.
    pub sdk: String,
    /// Processor features it needs.
    pub cpu: Vec<String>,
    /// The oldest ABI it can run on: major in the upper, minor in the lower half.
    pub abi_version: u32,
    /// Flags of its note, as in the function table.
    pub flags: u64,
    /// Entry functions of any ABI, sorted.
    pub entries: Vec<String>,
    /// What the file asks of the system.
    pub facts: LibraryFacts,
}

/// Whose process a library is loaded into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tenancy {
    /// The runner's, which has other work and other plugins.
    #[default]
    Shared,
    /// A process that is there for this plugin.
    Alone,
}

/// What happens when a library's initialisers change the process. The change is taken back either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SideEffects {
    /// A warning is logged.
    #[default]
    Warn,
    /// The library is refused with [`Error::SideEffect`].
    Refuse,
}

/// How a library is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Whose process it is.
    pub tenancy: Tenancy,
    /// What a changed process means.
    pub side_effects: SideEffects,
    /// Time that its initialisers and its entry function may take. At five times that the run is given
    /// up, since neither can be stopped.
    pub timeout: Option<Duration>,
}

impl LibraryFile {
    /// Reads a regular file of at most 1 GiB, once.
    ///
    /// # Errors
    /// [`Error::Read`]; a pipe or device does not block.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self::from_bytes(path, file::read(path)?))
    }

    /// Bytes that came another way than from `path`, which messages call them by.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Self {
        let sha256 = digest::sha256(&bytes);
        Self { path: path.to_owned(), bytes, sha256 }
    }

    /// Where the bytes are from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Digest of the bytes, 64 hex digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Reads the note and what the library needs, without judging either.
    ///
    /// # Errors
    /// [`Error::NotALibrary`], [`Error::WrongMachine`], [`Error::NoNote`], [`Error::BadNote`] for texts
    /// that cannot be read.
    pub fn inspect(&self) -> Result<Inspection> {
        let Found { note, entries, facts } = elf::read(&self.path, &self.bytes)?;
        let bad = |problem: &str| Error::BadNote { plugin: self.shown(), problem: problem.to_owned() };
        let field = |bytes| text(bytes).map(str::to_owned).ok_or_else(|| bad("a text in it does not end"));
        let list = |text: String| text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        note::check_form(&note, &self.shown())?;
        Ok(Inspection {
            name: field(&note.name)?,
            version: field(&note.version)?,
            target: field(&note.target)?,
            sdk: field(&note.sdk)?,
            cpu: list(field(&note.cpu)?),
            abi_version: note.abi_version,
            flags: note.flags,
            entries,
            facts,
        })
    }

    /// The checks of a file that is about to run: note, target, and what would fail or harm later.
    ///
    /// # Errors
    /// As [`LibraryFile::inspect`], and [`Error::AbiTooNew`], [`Error::AbiTooOld`], [`Error::Cpu`],
    /// [`Error::ProcessOnly`], [`Error::NeedsGlibc`], [`Error::ExecutableStack`],
    /// [`Error::TextRelocations`].
    pub fn check(&self, tenancy: Tenancy) -> Result<Inspection> {
        let found = elf::read(&self.path, &self.bytes)?;
        let note = note::check(&found.note, &self.shown())?;
        self.check_target(&note)?;
        let inspection = self.inspect()?;
        if tenancy == Tenancy::Shared && inspection.wants_own_process() {
            return Err(Error::ProcessOnly { plugin: self.shown() });
        }
        self.check_facts(&inspection.facts)?;
        Ok(inspection)
    }

    fn check_target(&self, note: &Note) -> Result<()> {
        if note.target == TARGET {
            return Ok(());
        }
        let (found, expected) = (note.target.clone(), TARGET.to_owned());
        Err(Error::WrongMachine { path: self.path.clone(), found, expected })
    }

    fn check_facts(&self, facts: &LibraryFacts) -> Result<()> {
        let path = || self.path.clone();
        let show = |(major, minor)| format!("{major}.{minor}");
        if let (Some(needed), Some(found)) = (facts.glibc, glibc())
            && needed > found
        {
            return Err(Error::NeedsGlibc { path: path(), needed: show(needed), found: show(found) });
        }
        if facts.executable_stack {
            return Err(Error::ExecutableStack { path: path() });
        }
        if facts.text_relocations {
            return Err(Error::TextRelocations { path: path() });
        }
        Ok(())
    }

    fn shown(&self) -> String {
        format!("`{}`", self.path.display())
    }
}

impl Inspection {
    /// Whether the library must not be loaded into the runner: it says so, or Go's runtime is in it.
    pub fn wants_own_process(&self) -> bool {
        self.flags & PROCESS_ONLY != 0 || self.facts.go_built
    }

    /// The ABI as `1.0`.
    pub fn abi(&self) -> String {
        format!("{}.{}", self.abi_version >> 16, self.abi_version & 0xffff)
    }
}

/// Version of the C library that runs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn glibc() -> Option<(u32, u32)> {
    let mut parts = crate::system::glibc_version().split('.').map(str::parse::<u32>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn glibc() -> Option<(u32, u32)> {
    None
}
