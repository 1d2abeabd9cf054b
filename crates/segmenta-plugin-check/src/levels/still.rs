//! Level `static`: what the file shows without running any of it.

use std::path::Path;

use object::elf;
use object::read::elf::{Dyn, ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol};
use segmenta_plugin_abi::note::text;
use segmenta_plugin_abi::{ENTRY_PREFIX, NOTE_PREFIX, SegAbiNote};

use crate::options::Target;
use crate::report::{Difference, Sink};
use crate::{Level, Report};

/// Libraries that every system of this kind has.
const SYSTEM: [&str; 8] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "ld-linux",
];
/// Functions that make a result depend on more than rows and options, or that reach beyond them.
const REACHING: [&str; 22] = [
    "clock_gettime",
    "gettimeofday",
    "time",
    "localtime",
    "localtime_r",
    "random",
    "rand",
    "arc4random",
    "setlocale",
    "socket",
    "connect",
    "fork",
    "execve",
    "system",
    "exit",
    "_exit",
    "signal",
    "sigaction",
    "chdir",
    "setenv",
    "setrlimit",
    "umask",
];
/// Libraries that need a newer glibc than this do not load on all systems that are still supported.
const GLIBC: (u32, u32) = (2, 34);

pub(crate) fn check(target: &Target, report: &mut Report) {
    let mut sink = Sink::new(Level::Static, None, &mut report.findings);
    let Target::File(path) = target else {
        return sink.skip("file", "the plugin is part of this program");
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let difference = Difference::new("the file can be read", error.to_string(), "build the library first");
            return sink.fail("file", difference);
        }
    };
    match ElfFile64::<Endianness>::parse(bytes.as_slice()) {
        Ok(file) => look(path, &file, &mut sink),
        Err(_) if cfg!(not(target_os = "linux")) => sink.skip("file", "only ELF files are looked into"),
        Err(error) => {
            let next = "build a shared library: `crate-type = [\"cdylib\"]`, or `cc -shared -fPIC`";
            sink.fail("file", Difference::new("a shared library in ELF format", error.to_string(), next));
        }
    }
}

fn look(path: &Path, file: &ElfFile64<'_, Endianness>, sink: &mut Sink<'_>) {
    sink.measured("file", format!("{} KiB", file.data().len() / 1024));
    symbols(file, sink);
    note(file, sink);
    needed(file, sink);
    glibc(file, sink);
    imports(file, sink);
    sink.verdict("stack", executable_stack(file));
    flags(file, sink);
    if file.section_by_name(".debug_info").is_some() {
        let came = format!("`{}` has debug information", path.display());
        let next = "build with `--release`, or `-O2` and without `-g`, before you measure or ship it";
        sink.warn("debug", Difference::new("a library that is built for speed", came, next));
    } else {
        sink.pass("debug");
    }
}

/// Exactly the note and the entry are visible.
fn symbols(file: &ElfFile64<'_, Endianness>, sink: &mut Sink<'_>) {
    let (mut entries, mut notes, mut others) = (0, 0, Vec::new());
    for symbol in file.dynamic_symbols().filter(|symbol| symbol.is_definition()) {
        match symbol.name().unwrap_or("?") {
            name if name.starts_with(ENTRY_PREFIX) => entries += 1,
            name if name.starts_with(NOTE_PREFIX) => notes += 1,
            // The linker's own.
            "_init" | "_fini" | "_edata" | "_end" | "__bss_start" => {}
            name => others.push(name.to_owned()),
        }
    }
    if (entries, notes) != (1, 1) {
        let next = "name the plugin once in `export_plugin!`, or export both symbols in C";
        let came = format!("{notes} notes and {entries} entry functions");
        return sink.fail("symbols", Difference::new("one note and one entry function", came, next));
    }
    if others.is_empty() {
        return sink.pass("symbols");
    }
    others.truncate(5);
    let next = "hide the rest with a version script, or `-fvisibility=hidden`";
    let came = format!("also {}", others.join(", "));
    sink.warn("symbols", Difference::new("no symbols but the note and the entry function", came, next));
}

fn note(file: &ElfFile64<'_, Endianness>, sink: &mut Sink<'_>) {
    let symbol = file.dynamic_symbols().find(|symbol| symbol.name().is_ok_and(|name| name.starts_with(NOTE_PREFIX)));
    let bytes = symbol.and_then(|symbol| {
        let sections = file.sections();
        let mut ranges = sections
            .filter_map(|section| section.data_range(symbol.address(), size_of::<SegAbiNote>() as u64).ok().flatten());
        ranges.next()
    });
    let Some(note) = bytes.and_then(SegAbiNote::read) else {
        return sink.skip("note", "there is no note to read");
    };
    let built = text(&note.sdk).unwrap_or("");
    let described = format!(
        "{} {}, ABI {}.{}, {}, {built}",
        text(&note.name).unwrap_or("?"),
        text(&note.version).unwrap_or("?"),
        note.abi_version >> 16,
        note.abi_version & 0xffff,
        text(&note.target).unwrap_or("?"),
    );
    if built.contains("panic=abort") {
        let next = "build it with `panic = \"unwind\"`";
        return sink.fail("note", Difference::new("panics that can be caught", described, next));
    }
    sink.measured("note", described);
}

fn needed(file: &ElfFile64<'_, Endianness>, sink: &mut Sink<'_>) {
    let Ok(dynamic) = file.elf_dynamic_table() else {
        return sink.skip("needs", "there is no dynamic table");
    };
    let needed = dynamic.iter().filter(|entry| entry.tag == elf::DT_NEEDED);
    let needed = needed.filter_map(|entry| dynamic.string(entry).ok());
    let names: Vec<String> = needed.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let foreign = |name: &&String| !SYSTEM.iter().any(|system| name.starts_with(system));
    let foreign: Vec<&str> = names.iter().filter(foreign).map(String::as_str).collect();
    if foreign.is_empty() {
        return sink.measured("needs", names.join(", "));
    }
    let next = "link them statically, or see that every machine has them";
    sink.warn("needs", Difference::new("libraries of the system only", foreign.join(", "), next));
}

/// The newest glibc version that the library names.
fn glibc(file: &ElfFile64<'_, Endianness>, sink: &mut Sink<'_>) {
    let strings = file.section_by_name(".dynstr").and_then(|section| section.data().ok()).unwrap_or_default();
    let versions = strings.split(|byte| *byte == 0).filter_map(|name| {
        let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
        let mut parts = version.split('.').map(str::parse::<u32>);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    });
    match versions.max() {
        None => sink.measured("glibc", "none".to_owned()),
        Some(version) if version <= GLIBC => sink.measured("glibc", format!("{}.{}", version.0, version.1)),
        Some(version) => {
            let next = "build it on the oldest system that it is to run on";
            let expected = format!("glibc {}.{} or older", GLIBC.0, GLIBC.1);
            sink.warn("glibc", Difference::new(expected, format!("{}.{}", version.0, version.1), next));
        }
    }
}

fn imports(file: &ElfFile64<'_, Endianness>, sink: &mut Sink<'_>) {
    let imported = file.dynamic_symbols().filter(|symbol| symbol.is_undefined());
    let names = imported.filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    let reaching: Vec<String> = names.filter(|name| REACHING.contains(&name.as_str())).collect();
    if reaching.is_empty() {
        return sink.pass("imports");
    }
    let next = "a result depends on rows, options and `as_of` only: take the date from `cx.as_of()`; \
                if a library you use needs these functions for something else, leave it as it is";
    let expected = "no clocks, random numbers, network or process functions";
    sink.warn("imports", Difference::new(expected, reaching.join(", "), next));
}

fn executable_stack(file: &ElfFile64<'_, Endianness>) -> Option<Difference> {
    let endian = file.endian();
    let mut headers = file.elf_program_headers().iter();
    let stack = headers.find(|header| header.p_type(endian) == elf::PT_GNU_STACK)?;
    (stack.p_flags(endian).0 & elf::PF_X.0 != 0).then(|| {
        Difference::new(
            "a stack that cannot be executed",
            "the library asks for an executable stack, which new systems refuse to load",
            "give assembler files a `.note.GNU-stack` section, and link with `-z noexecstack`",
        )
    })
}

fn flags(file: &ElfFile64<'_, Endianness>, sink: &mut Sink<'_>) {
    let Ok(dynamic) = file.elf_dynamic_table() else {
        return;
    };
    let endian = file.endian();
    let value = |tag| dynamic.dynamics().iter().find(|entry| entry.tag(endian) == tag).map(|entry| entry.val(endian));
    let text = value(elf::DT_TEXTREL)
        .map(|_| Difference::new("code that needs no changes when loaded", "text relocations", "compile with `-fPIC`"));
    sink.verdict("text-relocations", text);
    if value(elf::DT_FLAGS).is_some_and(|flags| flags & elf::DF_STATIC_TLS.0 != 0) {
        let next = "use no allocator of your own, and compile with `-ftls-model=global-dynamic`";
        let came = "the library takes from a small store that all libraries share";
        sink.warn("static-tls", Difference::new("thread-local memory that is made when needed", came, next));
    } else {
        sink.pass("static-tls");
    }
}
