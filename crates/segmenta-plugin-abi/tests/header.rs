//! The C compiler and Rust agree on every size and offset of the header.

use std::fmt::Write;
use std::mem::{offset_of, size_of};
use std::process::Command;

use segmenta_plugin_abi::{
    ABI_VERSION, ArrowArray, ArrowSchema, SegAbiNote, SegBuf, SegBytes, SegCall, SegError, SegHost, SegPlugin, SegStr,
    host, status::SegStatus, table,
};

/// Appends a size assertion and an offset assertion for each member named.
macro_rules! layout {
    ($source:ident, $rust:ty = $c:literal, [$($member:ident),+ $(,)?]) => {{
        let _ = writeln!($source, "_Static_assert(sizeof({}) == {}, \"size\");", $c, size_of::<$rust>());
        $(let _ = writeln!(
            $source,
            "_Static_assert(offsetof({}, {}) == {}, \"offset\");",
            $c, stringify!($member), offset_of!($rust, $member)
        );)+
    }};
}

/// Appends an assertion that a macro of the header has this value.
fn constant(source: &mut String, name: &str, value: u64) {
    let _ = writeln!(source, "_Static_assert({name} == {value}u, \"value\");");
}

fn assertions() -> String {
    let mut source = String::from("#include \"seg_plugin.h\"\n");
    layout!(source, SegStr = "seg_str", [ptr, len]);
    layout!(source, SegBytes = "seg_bytes", [ptr, len]);
    layout!(source, SegBuf = "seg_buf", [ptr, len, release, private_data]);
    layout!(source, SegError = "seg_error", [struct_size, code, message, detail_json]);
    layout!(
        source,
        SegHost = "seg_host",
        [struct_size, abi_version, features, ctx, log_enabled, log, poll, mem_reserve, mem_release, metric]
    );
    layout!(
        source,
        SegCall = "seg_call",
        [struct_size, max_threads, ctx, seed, partition, row_offset, mem_limit, timeout_ns]
    );
    layout!(
        source,
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
    );
    layout!(
        source,
        SegAbiNote = "seg_abi_note",
        [magic, note_size, abi_version, flags, name, version, target, sdk, cpu]
    );
    layout!(
        source,
        ArrowSchema = "struct ArrowSchema",
        [format, name, metadata, flags, n_children, children, dictionary, release, private_data]
    );
    layout!(
        source,
        ArrowArray = "struct ArrowArray",
        [length, null_count, offset, n_buffers, n_children, buffers, children, dictionary, release, private_data]
    );
    source
}

fn constants(source: &mut String) {
    constant(source, "SEG_ABI_VERSION", u64::from(ABI_VERSION));
    constant(source, "SEG_PLUGIN_CONCURRENT", table::CONCURRENT);
    constant(source, "SEG_PLUGIN_SERIAL", table::SERIAL);
    constant(source, "SEG_PLUGIN_RAW_ARROW", table::RAW_ARROW);
    constant(source, "SEG_PLUGIN_PROCESS_ONLY", table::PROCESS_ONLY);
    constant(source, "SEG_PLUGIN_BLOCKING", table::BLOCKING);
    constant(source, "SEG_FIT_DONE", u64::from(table::FIT_DONE));
    constant(source, "SEG_FIT_AGAIN", u64::from(table::FIT_AGAIN));
    constant(source, "SEG_E_PARAMS", SegStatus::PARAMS.0 as u64);
    constant(source, "SEG_E_MODEL", SegStatus::MODEL.0 as u64);
    constant(source, "SEG_E_PANIC", SegStatus::PANIC.0 as u64);
    constant(source, "SEG_LOG_ERROR", host::LOG_ERROR as u64);
    constant(source, "SEG_LOG_TRACE", host::LOG_TRACE as u64);
}

#[test]
fn the_header_and_the_mirror_have_one_layout() {
    if Command::new("cc").arg("--version").output().is_err() {
        println!("skipped: there is no C compiler called `cc`");
        return;
    }
    let mut source = assertions();
    constants(&mut source);
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("header.c");
    std::fs::write(&path, source).unwrap();
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/include");
    let output = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", include])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
