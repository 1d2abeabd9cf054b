//! What a library file says about itself, read without running any of it.

use std::path::Path;

use object::{Architecture, File, Object, ObjectKind, ObjectSegment, ObjectSymbol};
use segmenta_plugin_abi::{NOTE_PREFIX, SegAbiNote};

use crate::{Error, Result};

/// What every entry symbol of every ABI starts with.
const ANY_ENTRY: &str = "seg_plugin_entry_v";

/// Note and entry symbols of a library.
pub(super) struct Found {
    pub(super) note: SegAbiNote,
    pub(super) entries: Vec<String>,
}

/// Looks for the note and the entry functions.
///
/// # Errors
/// [`Error::NotALibrary`], [`Error::WrongMachine`], [`Error::NoNote`], [`Error::BadNote`].
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Found> {
    let not_a_library = |problem: String| Error::NotALibrary { path: path.to_owned(), problem };
    let file = File::parse(bytes).map_err(|error| not_a_library(error.to_string()))?;
    check_machine(path, file.architecture(), file.is_64())?;
    if file.kind() != ObjectKind::Dynamic {
        return Err(not_a_library(format!("it is {}", kind_name(file.kind()))));
    }
    let named = |prefix: &str| -> Vec<_> {
        let symbols = file.dynamic_symbols().filter(|symbol| symbol.is_definition());
        symbols.filter(|symbol| symbol.name().is_ok_and(|name| name.starts_with(prefix))).collect()
    };
    let bad_note =
        |problem: &str| Error::BadNote { plugin: format!("`{}`", path.display()), problem: problem.to_owned() };
    let note = match named(NOTE_PREFIX).as_slice() {
        [] => {
            return Err(Error::NoNote { path: path.to_owned() });
        }
        [note] => bytes_at(&file, note.address(), size_of::<SegAbiNote>())
            .and_then(SegAbiNote::read)
            .ok_or_else(|| bad_note("its symbol points outside of the file"))?,
        _ => return Err(bad_note("there is more than one")),
    };
    let names = named(ANY_ENTRY).into_iter().filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    let mut entries: Vec<String> = names.collect();
    entries.sort_unstable();
    Ok(Found { note, entries })
}

fn check_machine(path: &Path, found: Architecture, is_64: bool) -> Result<()> {
    let expected = match std::env::consts::ARCH {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "riscv64" => Architecture::Riscv64,
        _ => Architecture::Unknown,
    };
    if found == expected && is_64 {
        return Ok(());
    }
    let width = if is_64 { 64 } else { 32 };
    Err(Error::WrongMachine {
        path: path.to_owned(),
        found: format!("{found:?}, {width} bits"),
        expected: format!("{expected:?}, 64 bits"),
    })
}

fn kind_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Executable => "a program",
        ObjectKind::Relocatable => "an object file that was not linked",
        ObjectKind::Core => "a core dump",
        _ => "of an unknown kind",
    }
}

/// `len` bytes of the file that are mapped at `address`.
fn bytes_at<'data>(file: &File<'data>, address: u64, len: usize) -> Option<&'data [u8]> {
    let mut segments = file.segments();
    segments.find_map(|segment| segment.data_range(address, len as u64).ok().flatten())
}
