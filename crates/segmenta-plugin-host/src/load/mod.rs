//! From a library file to a checked function table. A library is never unloaded.
#![expect(unsafe_code, reason = "libraries are opened and their entry functions called here")]

pub(crate) mod elf;
mod environment;
pub(crate) mod file;
pub(crate) mod float;
mod host;
mod shape;
mod table;

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};
use segmenta_plugin_abi::note::text;
use segmenta_plugin_abi::{ENTRY_PREFIX, EntryFn, Linked, SegError, SegHost, SegPlugin};

pub use host::cancel;
pub(crate) use host::{is_cancelled, line};
pub use shape::HostShape;

use crate::library::{Inspection, LibraryFile, SideEffects, Terms};
use crate::running::{Deed, OnHang, Owner, Running};
use crate::{Error, Result, digest, note};

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
    /// Who its calls belong to.
    pub(crate) owner: &'static Owner,
    /// The one lock of the library, for those that want no two calls at once.
    pub(crate) serial: Arc<Mutex<()>>,
}

/// Libraries of this process by their digest.
static LOADED: Mutex<BTreeMap<String, Loaded>> = Mutex::new(BTreeMap::new());
/// Locks by the address of the table they belong to.
static LOCKS: Mutex<BTreeMap<usize, Arc<Mutex<()>>>> = Mutex::new(BTreeMap::new());

impl Loaded {
    fn new(name: String, version: String, sha256: String, table: &'static SegPlugin) -> Self {
        let owner = Owner::of(&name, &version);
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        let serial = Arc::clone(locks.entry(std::ptr::from_ref(table).addr()).or_default());
        Self { name, version, sha256, table, owner, serial }
    }
}

/// Asks a plugin that is part of the program for its table. Its digest is that of name, version and
/// the word `linked`, since it has no file of its own.
///
/// # Errors
/// As [`note::check`], [`Error::ProcessOnly`], [`Error::EntryFailed`], [`Error::BadTable`].
pub(crate) fn linked(linked: &Linked) -> Result<Loaded> {
    let origin = text(&linked.note.name).map_or_else(|| "linked in".to_owned(), |name| format!("`{name}`"));
    let note = note::check(linked.note, &origin)?;
    if linked.note.flags & segmenta_plugin_abi::table::PROCESS_ONLY != 0 {
        return Err(Error::ProcessOnly { plugin: origin });
    }
    let sha256 = digest::sha256(format!("{} {} linked", note.name, note.version).as_bytes());
    let host = host::functions(Owner::of(&note.name, &note.version));
    // SAFETY: the entry is part of this program, made by the SDK's macro for this note.
    let table = unsafe { enter(linked.entry, host, &note.name, &note.version, Terms::default()) }?;
    Ok(Loaded::new(note.name, note.version, sha256, table))
}

/// Loads a library, or gives the one that was loaded from the same bytes.
///
/// # Errors
/// As [`LibraryFile::check`], and [`Error::Read`] if no private copy can be made, [`Error::NoEntry`],
/// [`Error::Dlopen`], [`Error::SideEffect`], [`Error::EntryFailed`], [`Error::BadTable`].
pub(crate) fn file(file: &LibraryFile, terms: Terms) -> Result<Loaded> {
    file_under(file, terms, host::functions)
}

/// As [`file`], for a library that was not loaded before, under a host of another shape.
///
/// # Errors
/// As [`file`].
pub(crate) fn file_in_shape(file: &LibraryFile, terms: Terms, shape: HostShape) -> Result<Loaded> {
    file_under(file, terms, |owner| {
        let own = host::functions(owner);
        // SAFETY: the host's struct lives as long as the process.
        shape::shaped(unsafe { &*own }, shape).unwrap_or(own)
    })
}

fn file_under(file: &LibraryFile, terms: Terms, host: impl FnOnce(&'static Owner) -> *const SegHost) -> Result<Loaded> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = loaded.get(file.sha256()) {
        return Ok(known.clone());
    }
    let inspection = file.check(terms.tenancy)?;
    let symbol = entry_symbol(file.path(), &inspection)?;
    let entry = open(file, &inspection, &symbol, terms)?;
    let Inspection { name, version, .. } = inspection;
    // SAFETY: the note says that the library speaks this ABI, so its entry has this type.
    let table = unsafe { enter(entry, host(Owner::of(&name, &version)), &name, &version, terms) }?;
    let library = Loaded::new(name, version, file.sha256().to_owned(), table);
    loaded.insert(file.sha256().to_owned(), library.clone());
    Ok(library)
}

/// The symbol of the entry function, which must end in the plugin's name.
fn entry_symbol(path: &Path, library: &Inspection) -> Result<String> {
    let expected = format!("{ENTRY_PREFIX}{}", library.name.replace('-', "_"));
    if library.entries.contains(&expected) {
        return Ok(expected);
    }
    Err(Error::NoEntry { path: path.to_owned(), expected, found: library.entries.clone() })
}

/// Opens a private copy of the library and looks the entry function up.
fn open(file: &LibraryFile, library: &Inspection, symbol: &str, terms: Terms) -> Result<EntryFn> {
    let path = file.path();
    let copy = file::PrivateCopy::new(path, file.bytes(), file.sha256())?;
    let failed = |error: libloading::Error| dlopen_error(path, &copy.path, &error);
    let before = environment::State::save();
    let running = Running::start(&starting("load", &library.name, &library.version, terms));
    // SAFETY: initialisers of a library may do anything; the user chose to run this plugin's code.
    let opened = unsafe { Library::open(Some(&copy.path), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) };
    drop(running);
    let changed = before.restore();
    let opened = opened.map_err(failed)?;
    for what in changed {
        if terms.side_effects == SideEffects::Refuse {
            return Err(Error::SideEffect { path: path.to_owned(), what });
        }
        tracing::warn!(plugin = library.name, what, "loading a plugin changed the process, the change was taken back");
    }
    // SAFETY: the note says that the library speaks this ABI, so the symbol has this type.
    let entry: Symbol<EntryFn> = unsafe { opened.get(symbol) }.map_err(failed)?;
    let entry = *entry;
    // The library is never unloaded: instances, arrays and thread-locals may outlive any owner.
    std::mem::forget(opened);
    copy.keep();
    Ok(entry)
}

/// A call before the plugin can be called.
fn starting(call: &'static str, name: &str, version: &str, terms: Terms) -> Deed {
    Deed {
        owner: Owner::of(name, version),
        criterion: "",
        call,
        leaf: None,
        first_row: 0,
        rows: 0,
        timeout: terms.timeout,
        memory: None,
        on_hang: OnHang::AbortRun,
    }
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
/// `entry` is an entry function of this ABI, and `host` the struct of a host that is never freed.
unsafe fn enter(
    entry: EntryFn,
    host: *const SegHost,
    name: &str,
    version: &str,
    terms: Terms,
) -> Result<&'static SegPlugin> {
    let mut error = SegError::empty();
    let running = Running::start(&starting("entry", name, version, terms));
    // SAFETY: the caller vouches for both.
    let table = unsafe { entry(host, &mut error) };
    // SAFETY: the plugin wrote the error into a zeroed struct of ours.
    let message = line(unsafe { error.message.as_bytes() });
    // SAFETY: as above; it is released once.
    unsafe { error.free() };
    drop(running);
    if table.is_null() {
        let problem = if message.is_empty() { "it gave no table".to_owned() } else { message };
        return Err(Error::EntryFailed { plugin: name.to_owned(), problem });
    }
    // SAFETY: the contract says that a table is constant and lives as long as the library.
    let checked = unsafe { table::check(table, terms.tenancy) };
    checked.map_err(|problem| Error::BadTable { plugin: name.to_owned(), problem })
}
