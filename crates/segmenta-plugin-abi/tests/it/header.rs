//! The C compiler and Rust agree on every struct, member, size, offset and constant of the header.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::{MaybeUninit, offset_of, size_of};
use std::process::Command;

use segmenta_plugin_abi::{
    ABI_MAJOR, ABI_MINOR, ABI_VERSION, ArrowArray, ArrowSchema, SegAbiNote, SegBuf, SegBytes, SegCall, SegError,
    SegHost, SegPlugin, SegStr, arrow, host, status::SegStatus, table,
};

use crate::cc::{build, exists, folder, run, scratch};
use crate::members::Header;

/// Name of a struct in C, its size, and name, offset and size of each member.
type Layout = (&'static str, usize, Vec<(&'static str, usize, usize)>);

/// Size of what a pointer to a member would point to.
fn size_behind<S, M>(_: fn(&S) -> &M) -> usize {
    size_of::<MaybeUninit<M>>()
}

macro_rules! layout {
    ($rust:ty = $c:literal, [$($member:ident),+ $(,)?]) => {
        ($c, size_of::<$rust>(), vec![$((
            stringify!($member),
            offset_of!($rust, $member),
            size_behind(|whole: &$rust| &whole.$member),
        )),+])
    };
}

/// Every struct as Rust has it.
fn mirror() -> Vec<Layout> {
    vec![
        layout!(SegStr = "seg_str", [ptr, len]),
        layout!(SegBytes = "seg_bytes", [ptr, len]),
        layout!(SegBuf = "seg_buf", [ptr, len, release, private_data]),
        layout!(SegError = "seg_error", [struct_size, code, message, detail_json]),
        layout!(
            SegHost = "seg_host",
            [struct_size, abi_version, features, ctx, log_enabled, log, poll, mem_reserve, mem_release, metric]
        ),
        layout!(
            SegCall = "seg_call",
            [struct_size, max_threads, ctx, seed, partition, row_offset, mem_limit, timeout_ns]
        ),
        layout!(
            SegPlugin = "seg_plugin",
            [
                struct_size,
                abi_version,
                flags,
                describe,
                create,
                destroy,
                fit_begin,
                fit_update,
                fit_save,
                fit_merge,
                fit_finish,
                fit_destroy,
                model_load,
                model_describe,
                model_destroy,
                apply,
                explain
            ]
        ),
        layout!(SegAbiNote = "seg_abi_note", [magic, note_size, abi_version, flags, name, version, target, sdk, cpu]),
        layout!(
            ArrowSchema = "ArrowSchema",
            [format, name, metadata, flags, n_children, children, dictionary, release, private_data]
        ),
        layout!(
            ArrowArray = "ArrowArray",
            [length, null_count, offset, n_buffers, n_children, buffers, children, dictionary, release, private_data]
        ),
    ]
}

/// Every constant as Rust has it.
fn constants() -> BTreeMap<&'static str, u64> {
    let status = |status: SegStatus| u64::try_from(status.0).unwrap();
    let level = |level: i32| u64::try_from(level).unwrap();
    BTreeMap::from([
        ("ARROW_FLAG_DICTIONARY_ORDERED", 1),
        ("ARROW_FLAG_NULLABLE", u64::try_from(arrow::FLAG_NULLABLE).unwrap()),
        ("ARROW_FLAG_MAP_KEYS_SORTED", 4),
        ("SEG_ABI_MAJOR", u64::from(ABI_MAJOR)),
        ("SEG_ABI_MINOR", u64::from(ABI_MINOR)),
        ("SEG_ABI_VERSION", u64::from(ABI_VERSION)),
        ("SEG_OK", status(SegStatus::OK)),
        ("SEG_E_PARAMS", status(SegStatus::PARAMS)),
        ("SEG_E_SCHEMA", status(SegStatus::SCHEMA)),
        ("SEG_E_DATA", status(SegStatus::DATA)),
        ("SEG_E_MODEL", status(SegStatus::MODEL)),
        ("SEG_E_STATE", status(SegStatus::STATE)),
        ("SEG_E_UNSUPPORTED", status(SegStatus::UNSUPPORTED)),
        ("SEG_E_RESOURCE", status(SegStatus::RESOURCE)),
        ("SEG_E_CANCELLED", status(SegStatus::CANCELLED)),
        ("SEG_E_TIMEOUT", status(SegStatus::TIMEOUT)),
        ("SEG_E_IO", status(SegStatus::IO)),
        ("SEG_E_INTERNAL", status(SegStatus::INTERNAL)),
        ("SEG_E_PANIC", status(SegStatus::PANIC)),
        ("SEG_LOG_ERROR", level(host::LOG_ERROR)),
        ("SEG_LOG_WARN", level(host::LOG_WARN)),
        ("SEG_LOG_INFO", level(host::LOG_INFO)),
        ("SEG_LOG_DEBUG", level(host::LOG_DEBUG)),
        ("SEG_LOG_TRACE", level(host::LOG_TRACE)),
        ("SEG_PLUGIN_CONCURRENT", table::CONCURRENT),
        ("SEG_PLUGIN_SERIAL", table::SERIAL),
        ("SEG_PLUGIN_RAW_ARROW", table::RAW_ARROW),
        ("SEG_PLUGIN_PROCESS_ONLY", table::PROCESS_ONLY),
        ("SEG_PLUGIN_BLOCKING", table::BLOCKING),
        ("SEG_FIT_DONE", u64::from(table::FIT_DONE)),
        ("SEG_FIT_AGAIN", u64::from(table::FIT_AGAIN)),
    ])
}

fn header() -> Header {
    Header::read(&std::fs::read_to_string(folder("include/seg_plugin.h")).unwrap())
}

/// The name that C wants: only Arrow's structs have no `typedef`.
fn in_c(name: &str) -> String {
    if name.starts_with("Arrow") { format!("struct {name}") } else { name.to_owned() }
}

/// A program that prints what the compiler makes of everything the header declares.
fn program(header: &Header) -> String {
    let mut source = String::from("#include \"seg_plugin.h\"\n#include <stdio.h>\nint main(void) {\n");
    for name in header.structs.keys() {
        let c = in_c(name);
        let _ = writeln!(source, "  printf(\"{name} %zu\\n\", sizeof({c}));");
        for member in header.names(name) {
            let (offset, size) = (format!("offsetof({c}, {member})"), format!("sizeof((({c}*)0)->{member})"));
            let _ = writeln!(source, "  printf(\"{name}.{member} %zu %zu\\n\", {offset}, {size});");
        }
    }
    for name in header.constants.keys().filter(|name| *name != "SEG_PLUGIN_H") {
        let _ = writeln!(source, "  printf(\"{name} %llu\\n\", (unsigned long long)({name}));");
    }
    source + "  return 0;\n}\n"
}

/// The same lines from Rust.
fn expected() -> Vec<String> {
    let mut lines = Vec::new();
    for (name, size, members) in mirror() {
        lines.push(format!("{name} {size}"));
        lines.extend(members.iter().map(|(member, at, size)| format!("{name}.{member} {at} {size}")));
    }
    lines.extend(constants().iter().map(|(name, value)| format!("{name} {value}")));
    lines.sort();
    lines
}

#[test]
fn the_header_and_the_mirror_have_one_layout() {
    if !exists("cc") {
        return;
    }
    let (source, binary) = (scratch("layout.c"), scratch("layout"));
    std::fs::write(&source, program(&header())).unwrap();
    build("cc", &folder("include"), &[], &source, &binary);
    let printed = String::from_utf8(Command::new(&binary).output().unwrap().stdout).unwrap();
    let mut found: Vec<&str> = printed.lines().collect();
    found.sort_unstable();
    assert_eq!(found, expected());
    // 10 structs with 75 members, and 31 constants: nothing was passed over.
    assert_eq!(found.len(), 10 + 75 + 31);
}

#[test]
fn members_are_declared_in_the_order_of_rust() {
    let header = header();
    for (name, _, members) in mirror() {
        let members: Vec<&str> = members.iter().map(|(member, ..)| *member).collect();
        assert_eq!(header.names(name), members, "{name}");
    }
}

#[test]
fn the_header_is_c_and_cpp_and_meets_another_copy_of_arrow() {
    let arrow = "#include <stdint.h>\n#define ARROW_C_DATA_INTERFACE\nstruct ArrowSchema { int x; };\n\
                 struct ArrowArray { int x; };\n";
    for (compiler, name) in [("cc", "twice.c"), ("c++", "twice.cpp")] {
        if !exists(compiler) {
            continue;
        }
        let path = scratch(name);
        std::fs::write(&path, format!("{arrow}#include \"seg_plugin.h\"\n#include \"seg_plugin.h\"\n")).unwrap();
        let output = run(compiler, &folder("include"), &["-fsyntax-only"], &path);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
