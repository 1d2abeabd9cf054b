//! Level `static`: what the file shows without running any of it.

use object::{File, Object, ObjectSection, ObjectSymbol};
use segmenta_plugin_abi::{ENTRY_PREFIX, NOTE_PREFIX};
use segmenta_plugin_host::{Error, Inspection, LibraryFile, Tenancy};

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
    let inspected = LibraryFile::read(path).and_then(|file| {
        let inspection = file.inspect()?;
        Ok((file, inspection))
    });
    let (file, inspection) = match inspected {
        Ok(both) => both,
        Err(error) => return sink.fail("file", unreadable(&error)),
    };
    sink.measured("file", format!("{} KiB", file.bytes().len() / 1024));
    sink.verdict("loadable", file.check(Tenancy::Alone).err().map(|error| unreadable(&error)));
    note(&inspection, &mut sink);
    symbols(&inspection, &mut sink);
    needs(&inspection, &mut sink);
    if let Ok(object) = File::parse(file.bytes()) {
        imports(&object, &mut sink);
        debug(&object, &mut sink);
    }
    report.plugin = inspection.name;
    report.version = inspection.version;
    report.sha256 = file.sha256().to_owned();
}

fn unreadable(error: &Error) -> Difference {
    let next = "build a shared library with both symbols of the contract: `crate-type = [\"cdylib\"]` and \
                `export_plugin!`, or `cc -shared -fPIC`";
    Difference::error("a library that this machine can load", error, next)
}

fn note(inspection: &Inspection, sink: &mut Sink<'_>) {
    let Inspection { name, version, target, sdk, .. } = inspection;
    let described = format!("{name} {version}, ABI {}, {target}, {sdk}", inspection.abi());
    if sdk.contains("panic=abort") {
        let next = "build it with `panic = \"unwind\"`";
        return sink.fail("note", Difference::new("panics that can be caught", described, next));
    }
    sink.measured("note", described);
}

/// Exactly the note and the entry are visible.
fn symbols(inspection: &Inspection, sink: &mut Sink<'_>) {
    // The linker's own are in every library.
    let own = ["_init", "_fini", "_edata", "_end", "__bss_start"];
    let contract = |name: &str| name.starts_with(ENTRY_PREFIX) || name.starts_with(NOTE_PREFIX) || own.contains(&name);
    let mut others: Vec<&str> = inspection.facts.exported.iter().map(String::as_str).collect();
    others.retain(|name| !contract(name));
    if others.is_empty() {
        return sink.pass("symbols");
    }
    others.truncate(5);
    let next = "hide the rest with a version script, or `-fvisibility=hidden`";
    let came = format!("also {}", others.join(", "));
    sink.warn("symbols", Difference::new("no symbols but the note and the entry function", came, next));
}

fn needs(inspection: &Inspection, sink: &mut Sink<'_>) {
    let facts = &inspection.facts;
    let foreign = |name: &&String| !SYSTEM.iter().any(|system| name.starts_with(system));
    let foreign: Vec<&str> = facts.needed.iter().filter(foreign).map(String::as_str).collect();
    if foreign.is_empty() {
        sink.measured("needs", facts.needed.join(", "));
    } else {
        let next = "link them statically, or see that every machine has them";
        sink.warn("needs", Difference::new("libraries of the system only", foreign.join(", "), next));
    }
    match facts.glibc {
        Some(version) if version > GLIBC => {
            let next = "build it on the oldest system that it is to run on";
            let expected = format!("glibc {}.{} or older", GLIBC.0, GLIBC.1);
            sink.warn("glibc", Difference::new(expected, format!("{}.{}", version.0, version.1), next));
        }
        Some(version) => sink.measured("glibc", format!("{}.{}", version.0, version.1)),
        None => sink.pass("glibc"),
    }
    if facts.static_tls {
        let next = "use no allocator of your own, and compile with `-ftls-model=global-dynamic`";
        let came = "the library takes from a small store that all libraries share";
        sink.warn("static-tls", Difference::new("thread-local memory that is made when needed", came, next));
    } else {
        sink.pass("static-tls");
    }
}

fn imports(object: &File<'_>, sink: &mut Sink<'_>) {
    let imported = object.dynamic_symbols().filter(|symbol| symbol.is_undefined());
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

fn debug(object: &File<'_>, sink: &mut Sink<'_>) {
    if object.section_by_name(".debug_info").is_none_or(|section| section.size() == 0) {
        return sink.pass("debug");
    }
    let next = "build with `--release`, or `-O2` and without `-g`, before you measure or ship it";
    sink.warn("debug", Difference::new("a library that is built for speed", "it has debug information", next));
}
