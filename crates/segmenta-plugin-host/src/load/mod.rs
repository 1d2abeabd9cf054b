//! From a library file to a checked function table. A library is never unloaded.
#![expect(unsafe_code, reason = "libraries are opened and their entry functions called here")]

mod elf;
mod environment;
mod file;
mod host;
mod table;

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};
use segmenta_plugin_abi::note::text;
use segmenta_plugin_abi::{ENTRY_PREFIX, EntryFn, Linked, SegError, SegPlugin, TARGET};

pub use host::cancel;

use crate::note::{self, Note};
use crate::{Error, Result, digest};

/// The library stays mapped even if something else closes it.
#[cfg(target_os = "linux")]
const RTLD_NODELETE: c_int = 0x1000;
#[cfg(not(target_os = "linux"))]
const RTLD_NODELETE: c_int = 0x80;

/// A plugin whose table passed the checks of the contract.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) sha256: String,
    pub(crate) table: &'static SegPlugin,
}

/// Libraries of this process by their digest.
static LOADED: Mutex<BTreeMap<String, Loaded>> = Mutex::new(BTreeMap::new());

/// Asks a plugin that is part of the program for its table. Its digest is that of name, version and
/// the word `linked`, since it has no file of its own.
///
/// # Errors
/// As [`note::check`], [`Error::EntryFailed`], [`Error::BadTable`].
pub(crate) fn linked(linked: &Linked) -> Result<Loaded> {
    let origin = text(&linked.note.name).map_or_else(|| "linked in".to_owned(), |name| format!("`{name}`"));
    let note = note::check(linked.note, &origin)?;
    let sha256 = digest::sha256(format!("{} {} linked", note.name, note.version).as_bytes());
    // SAFETY: the entry is part of this program, made by the SDK's macro for this note.
    let table = unsafe { enter(linked.entry, &note) }?;
    Ok(Loaded { name: note.name, version: note.version, sha256, table })
}

/// Loads a library from its file, or gives the one that was loaded from the same bytes.
///
/// # Errors
/// One variant per step: [`Error::Read`], [`Error::NotALibrary`], [`Error::WrongMachine`],
/// [`Error::NoNote`], [`Error::BadNote`], [`Error::AbiTooNew`], [`Error::AbiTooOld`], [`Error::Cpu`],
/// [`Error::ProcessOnly`], [`Error::NoEntry`], [`Error::Dlopen`], [`Error::SideEffect`],
/// [`Error::EntryFailed`], [`Error::BadTable`].
pub(crate) fn file(path: &Path) -> Result<Loaded> {
    let bytes = file::read(path)?;
    let sha256 = digest::sha256(&bytes);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = loaded.get(&sha256) {
        return Ok(known.clone());
    }
    let found = elf::read(path, &bytes)?;
    let note = note::check(&found.note, &format!("`{}`", path.display()))?;
    if note.target != TARGET {
        let (found, expected) = (note.target, TARGET.to_owned());
        return Err(Error::WrongMachine { path: path.to_owned(), found, expected });
    }
    let symbol = entry_symbol(path, &note, &found)?;
    let entry = open(path, &bytes, &sha256, &symbol)?;
    // SAFETY: the note says that the library speaks this ABI, so its entry has this type.
    let table = unsafe { enter(entry, &note) }?;
    let library = Loaded { name: note.name, version: note.version, sha256: sha256.clone(), table };
    loaded.insert(sha256, library.clone());
    Ok(library)
}

/// The symbol of the entry function, which must end in the plugin's name.
fn entry_symbol(path: &Path, note: &Note, found: &elf::Found) -> Result<String> {
    let expected = format!("{ENTRY_PREFIX}{}", note.name.replace('-', "_"));
    if found.entries.contains(&expected) {
        return Ok(expected);
    }
    Err(Error::NoEntry { path: path.to_owned(), expected, found: found.entries.clone() })
}

/// Opens a private copy of the library and looks the entry function up.
fn open(path: &Path, bytes: &[u8], sha256: &str, symbol: &str) -> Result<EntryFn> {
    let copy = file::PrivateCopy::new(path, bytes, sha256)?;
    let failed = |error: libloading::Error| dlopen_error(path, &copy.path, &error);
    let before = environment::State::save();
    // SAFETY: initialisers of a library may do anything; the user chose to run this plugin's code.
    let library = unsafe { Library::open(Some(&copy.path), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) };
    let side_effect = before.restore();
    let library = library.map_err(failed)?;
    if let Some(what) = side_effect {
        return Err(Error::SideEffect { path: path.to_owned(), what });
    }
    // SAFETY: the note says that the library speaks this ABI, so the symbol has this type.
    let entry: Symbol<EntryFn> = unsafe { library.get(symbol) }.map_err(failed)?;
    let entry = *entry;
    // The library is never unloaded: instances, arrays and thread-locals may outlive any owner.
    std::mem::forget(library);
    copy.keep();
    Ok(entry)
}

/// The linker's words, with the file's own name in place of the copy's.
fn dlopen_error(path: &Path, copy: &Path, error: &libloading::Error) -> Error {
    let source = std::error::Error::source(error);
    let problem = source.map_or_else(|| error.to_string(), ToString::to_string);
    let problem = problem.replace(&copy.display().to_string(), &path.display().to_string());
    Error::Dlopen { path: PathBuf::from(path), problem }
}

/// Calls an entry function and checks the table it gives.
///
/// # Safety
/// `entry` is an entry function of this ABI.
unsafe fn enter(entry: EntryFn, note: &Note) -> Result<&'static SegPlugin> {
    let mut error = SegError::empty();
    // SAFETY: the caller vouches for `entry`; the host's struct lives as long as the process.
    let table = unsafe { entry(host::functions(&note.name), &mut error) };
    // SAFETY: the plugin wrote the error into a zeroed struct of ours.
    let message = String::from_utf8_lossy(unsafe { error.message.as_bytes() }).into_owned();
    // SAFETY: as above; it is released once.
    unsafe { error.free() };
    if table.is_null() {
        let problem = if message.is_empty() { "it gave no table".to_owned() } else { message };
        return Err(Error::EntryFailed { plugin: note.name.clone(), problem });
    }
    // SAFETY: the contract says that a table is constant and lives as long as the library.
    let checked = unsafe { table::check(table) };
    checked.map_err(|problem| Error::BadTable { plugin: note.name.clone(), problem })
}
