//! Files that are no libraries, or libraries that change while they are read.

use std::fs;
use std::path::{Path, PathBuf};

use segmenta_plugin_host::{LibraryFile, Registry, Terms};
use serde_json::json;

use crate::cases::build;
use crate::{assert_still_works, bound, integers};

fn good() -> Vec<u8> {
    fs::read(build::library("good", "good", &[]).library).unwrap()
}

/// Code of the error that loading a file of `bytes` ends in.
fn code(directory: &Path, bytes: &[u8]) -> &'static str {
    let path = directory.join("libbad.so");
    fs::write(&path, bytes).unwrap();
    of_path(&path)
}

fn of_path(path: &Path) -> &'static str {
    let error = Registry::default().add_file(path).unwrap_err();
    assert!(error.hint().is_some(), "{error} has no hint");
    assert_still_works();
    error.code()
}

#[test]
fn what_is_no_file_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("liblink.so");
    std::os::unix::fs::symlink(directory.path().join("nowhere"), &link).unwrap();
    assert_eq!(of_path(&link), "read");
    assert_eq!(of_path(Path::new("/dev/zero")), "read");
    assert_eq!(of_path(directory.path()), "read");
    let secret = directory.path().join("libsecret.so");
    fs::write(&secret, good()).unwrap();
    fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o0)).unwrap();
    // The superuser reads everything.
    if fs::read(&secret).is_err() {
        assert_eq!(of_path(&secret), "read");
    }
}

#[test]
fn a_sparse_file_of_4_gib_is_too_large() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("libsparse.so");
    fs::File::create(&path).unwrap().set_len(4 << 30).unwrap();
    assert_eq!(of_path(&path), "read");
}

#[test]
fn broken_headers_are_no_library() {
    if !build::has_compiler() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let good = good();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    // Offsets of the section and program headers, beyond the file.
    for at in [40, 32] {
        let code = code(directory.path(), &with(at, &u64::MAX.to_le_bytes()));
        assert!(["not-a-library", "no-note"].contains(&code), "{code}");
    }
    // Numbers of sections and of program headers.
    for at in [60, 56] {
        let code = code(directory.path(), &with(at, &u16::MAX.to_le_bytes()));
        assert!(["not-a-library", "no-note", "bad-note"].contains(&code), "{code}");
    }
    for end in [5, 64, 400, good.len() / 2, good.len() - 1] {
        let code = code(directory.path(), &good[..end]);
        assert!(["not-a-library", "no-note", "bad-note"].contains(&code), "{end}: {code}");
    }
}

#[test]
fn libraries_for_other_machines_and_systems_are_named() {
    if !build::has_compiler() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let good = good();
    let with = |at: usize, byte: u8| {
        let mut changed = good.clone();
        changed[at] = byte;
        changed
    };
    assert_eq!(code(directory.path(), &with(18, 183)), "wrong-machine"); // AArch64
    assert_eq!(code(directory.path(), &with(7, 9)), "wrong-machine"); // FreeBSD
    assert_eq!(code(directory.path(), b"MZ\x90\0 and so on"), "wrong-machine");
    assert_eq!(code(directory.path(), b"\xcf\xfa\xed\xfe and so on"), "wrong-machine");
    assert_eq!(code(directory.path(), b"!<arch>\nlibx.o/"), "not-a-library");
    let error = Registry::default().add_file(&std::env::current_exe().unwrap()).unwrap_err();
    assert!(error.to_string().ends_with("it is a program"), "{error}");
    // Class 1 is 32 bits; the headers are then of other sizes.
    let code = code(directory.path(), &with(4, 1));
    assert!(["wrong-machine", "not-a-library"].contains(&code), "{code}");
}

#[test]
fn a_newer_c_library_is_asked_for_by_version() {
    if !build::has_compiler() {
        return;
    }
    let mut bytes = good();
    let version = bytes.windows(12).position(|found| found == b"GLIBC_2.2.5\0").unwrap();
    bytes[version..version + 11].copy_from_slice(b"GLIBC_9.2.5");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("libnew.so");
    fs::write(&path, bytes).unwrap();
    let error = Registry::default().add_file(&path).unwrap_err();
    assert_eq!(error.code(), "needs-glibc");
    assert!(error.to_string().contains("needs glibc 9.2, this system has 2."), "{error}");
}

#[test]
fn libraries_with_equal_symbols_use_their_own() {
    if !build::has_compiler() {
        return;
    }
    let build = |plugin: &str, value: &str| {
        build::library(plugin, "shared-value", &[&format!("-DPLUGIN={plugin}"), &format!("-DSHARED_VALUE={value}")])
    };
    let mut registry = Registry::default();
    for (plugin, value) in [("one", 1), ("two", 2)] {
        registry.add_file(&build(plugin, &value.to_string()).library).unwrap();
    }
    for (plugin, value) in [("two", 2), ("one", 1)] {
        let rows = integers("x", vec![Some(7)]);
        let written = bound(&registry, plugin, &json!({}), &rows).unwrap().apply(None, &rows).unwrap();
        let score = arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Int64Type>(written.column(1));
        assert_eq!(score.value(0), value, "{plugin}");
    }
}

#[test]
fn sixty_four_libraries_live_in_one_process_and_two_versions_do_not() {
    if !build::has_compiler() {
        return;
    }
    let mut registry = Registry::default();
    for number in 0..64 {
        let plugin = format!("many{number}");
        registry.add_file(&build::library(&plugin, "good", &[&format!("-DPLUGIN={plugin}")]).library).unwrap();
    }
    assert_eq!(registry.plugins().len(), 64);
    let newer = build::library("many0", "good", &["-DPLUGIN=many0", "-DVERSION=\"2.0.0\""]);
    let error = registry.add_file(&newer.library).unwrap_err();
    assert_eq!(error.code(), "duplicate-plugin");
    assert!(error.to_string().contains("libmany0.so"), "{error}");
    assert_eq!(registry.plugins().len(), 64);
}

#[test]
fn what_was_read_is_what_runs() {
    if !build::has_compiler() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let [good, bad] = ["good", "segv"].map(|name| build::library(name, name, &["-DPLUGIN=swapped"]).library);
    let path: PathBuf = directory.path().join("libswapped.so");
    // A link that points elsewhere after the bytes were read.
    std::os::unix::fs::symlink(&good, &path).unwrap();
    let read = LibraryFile::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&bad, &path).unwrap();
    let mut registry = Registry::default();
    let plugin = registry.add_library(&read, Terms::default()).unwrap();
    assert_eq!(plugin.sha256(), LibraryFile::read(&good).unwrap().sha256());
    let rows = integers("x", vec![Some(1)]);
    bound(&registry, "swapped", &json!({}), &rows).unwrap().apply(None, &rows).unwrap();
}
