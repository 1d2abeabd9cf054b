//! What a library file says about itself, read without running any of it.

use std::path::Path;

use object::elf::{
    DF_1_PIE, DF_STATIC_TLS, DF_TEXTREL, DT_FLAGS, DT_FLAGS_1, DT_NEEDED, DT_TEXTREL, PF_X, PT_GNU_STACK, PT_TLS,
};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Architecture, File, Object, ObjectKind, ObjectSegment, ObjectSymbol};
use segmenta_plugin_abi::{NOTE_PREFIX, SegAbiNote};

use crate::{Error, Result};

/// What every entry symbol of every ABI starts with.
const ANY_ENTRY: &str = "seg_plugin_entry_v";

/// What the file asks of the system and offers to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LibraryFacts {
    /// Libraries it needs, in the linker's order.
    pub needed: Vec<String>,
    /// Highest version of glibc it needs, such as `(2, 34)`.
    pub glibc: Option<(u32, u32)>,
    /// Whether its stack must be executable, which new systems refuse.
    pub executable_stack: bool,
    /// Whether its code is changed while it is loaded.
    pub text_relocations: bool,
    /// Whether its thread-locals need room that was reserved when the program started.
    pub static_tls: bool,
    /// Bytes of thread-locals.
    pub tls_bytes: u64,
    /// Whether the Go toolchain built it: its runtime takes signals and threads.
    pub go_built: bool,
    /// Symbols it defines for others, sorted.
    pub exported: Vec<String>,
}

/// Note, entry symbols and facts of a library.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) note: SegAbiNote,
    pub(crate) entries: Vec<String>,
    pub(crate) facts: LibraryFacts,
}

/// Looks for the note, the entry functions and what the library needs.
///
/// # Errors
/// [`Error::NotALibrary`], [`Error::WrongMachine`], [`Error::NoNote`], [`Error::BadNote`].
pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Found> {
    let not_a_library = |problem: String| Error::NotALibrary { path: path.to_owned(), problem };
    refuse_other_formats(path, bytes)?;
    let file = File::parse(bytes).map_err(|error| not_a_library(error.to_string()))?;
    check_machine(path, file.architecture(), file.is_64())?;
    if file.kind() != ObjectKind::Dynamic {
        return Err(not_a_library(format!("it is {}", kind_name(file.kind()))));
    }
    let facts = match &file {
        File::Elf64(elf) => facts(elf).map_err(|error| not_a_library(error.to_string()))?,
        _ => LibraryFacts::default(),
    };
    if facts.is_program(&file) {
        return Err(not_a_library("it is a program".to_owned()));
    }
    let note = note(path, &file)?;
    let entries = facts.exported.iter().filter(|name| name.starts_with(ANY_ENTRY)).cloned().collect();
    Ok(Found { note, entries, facts })
}

/// The note of the one symbol whose name starts as a note's does.
fn note(path: &Path, file: &File<'_>) -> Result<SegAbiNote> {
    let symbols = file.dynamic_symbols().filter(|symbol| symbol.is_definition());
    let named = symbols.filter(|symbol| symbol.name().is_ok_and(|name| name.starts_with(NOTE_PREFIX)));
    let bad_note =
        |problem: &str| Error::BadNote { plugin: format!("`{}`", path.display()), problem: problem.to_owned() };
    match named.collect::<Vec<_>>().as_slice() {
        [] => Err(Error::NoNote { path: path.to_owned() }),
        [note] => bytes_at(file, note.address(), size_of::<SegAbiNote>())
            .and_then(SegAbiNote::read)
            .ok_or_else(|| bad_note("its symbol points outside of the file")),
        _ => Err(bad_note("there is more than one")),
    }
}

impl LibraryFacts {
    /// A program that may be placed anywhere looks like a library but for one flag.
    fn is_program(&self, file: &File<'_>) -> bool {
        let File::Elf64(elf) = file else {
            return false;
        };
        let flags = elf.elf_dynamic_table().ok().and_then(|table| table.iter().find(|entry| entry.tag == DT_FLAGS_1));
        flags.is_some_and(|entry| entry.val & DF_1_PIE.0 != 0)
    }
}

fn facts(elf: &ElfFile64<'_>) -> object::Result<LibraryFacts> {
    let endian = elf.endian();
    let mut facts = LibraryFacts { executable_stack: true, ..LibraryFacts::default() };
    for header in elf.elf_program_headers() {
        match header.p_type(endian) {
            PT_GNU_STACK => facts.executable_stack = header.p_flags(endian).0 & PF_X.0 != 0,
            PT_TLS => facts.tls_bytes = header.p_memsz(endian),
            _ => {}
        }
    }
    let dynamic = elf.elf_dynamic_table()?;
    for entry in &dynamic {
        match entry.tag {
            DT_NEEDED => facts.needed.push(String::from_utf8_lossy(dynamic.string(entry)?).into_owned()),
            DT_TEXTREL => facts.text_relocations = true,
            DT_FLAGS => {
                facts.text_relocations |= entry.val & DF_TEXTREL.0 != 0;
                facts.static_tls = entry.val & DF_STATIC_TLS.0 != 0;
            }
            _ => {}
        }
    }
    facts.glibc = highest_glibc(elf)?;
    facts.go_built = [".go.buildinfo", ".note.go.buildid"].iter().any(|name| elf.section_by_name(name).is_some());
    let symbols = elf.dynamic_symbols().filter(|symbol| symbol.is_definition());
    facts.exported = symbols.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect();
    facts.exported.sort_unstable();
    Ok(facts)
}

/// The highest `GLIBC_x.y` among the versions of the symbols it uses.
fn highest_glibc(elf: &ElfFile64<'_>) -> object::Result<Option<(u32, u32)>> {
    let (endian, sections) = (elf.endian(), elf.elf_section_table());
    let Some((needs, strings)) = sections.gnu_verneed(endian, elf.data())? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, elf.data(), strings)?;
    let mut highest = None;
    for need in needs {
        for version in need?.1 {
            highest = highest.max(glibc_version(version?.name(endian, strings)?));
        }
    }
    Ok(highest)
}

/// `(2, 34)` of `GLIBC_2.34`.
fn glibc_version(name: &[u8]) -> Option<(u32, u32)> {
    let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut parts = version.split('.').map(str::parse::<u32>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Names formats that are libraries elsewhere.
fn refuse_other_formats(path: &Path, bytes: &[u8]) -> Result<()> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let found = match bytes {
        _ if starts(b"MZ") => "Windows",
        _ if starts(&[0xcf, 0xfa, 0xed, 0xfe]) || starts(&[0xca, 0xfe, 0xba, 0xbe]) => "macOS",
        // The eighth byte is the system; 0 and 3 are Linux.
        [0x7f, b'E', b'L', b'F', _, _, _, system, ..] if !matches!(system, 0 | 3) => "another system",
        _ if starts(b"!<arch>\n") => {
            let problem = "it is a static archive".to_owned();
            return Err(Error::NotALibrary { path: path.to_owned(), problem });
        }
        _ => return Ok(()),
    };
    let expected = segmenta_plugin_abi::TARGET.to_owned();
    Err(Error::WrongMachine { path: path.to_owned(), found: found.to_owned(), expected })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_numbers_and_other_names_are_none() {
        assert_eq!(glibc_version(b"GLIBC_2.38"), Some((2, 38)));
        assert_eq!(glibc_version(b"GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(glibc_version(b"GLIBC_PRIVATE"), None);
        assert_eq!(glibc_version(b"GCC_3.0"), None);
        assert!(glibc_version(b"GLIBC_2.38") > glibc_version(b"GLIBC_2.4"));
    }

    #[test]
    fn libraries_of_other_systems_are_named() {
        for (bytes, system) in [(b"MZ\x90\0".as_slice(), "Windows"), (b"\xcf\xfa\xed\xfe", "macOS")] {
            let error = read(Path::new("x"), bytes).unwrap_err();
            assert_eq!(error.code(), "wrong-machine");
            assert!(error.to_string().contains(system), "{error}");
        }
        assert_eq!(read(Path::new("x"), b"!<arch>\n").unwrap_err().code(), "not-a-library");
    }
}
