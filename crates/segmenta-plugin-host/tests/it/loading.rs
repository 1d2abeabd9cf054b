//! Library files, good and bad.

use std::fs;
use std::path::{Path, PathBuf};

use segmenta_plugin_host::{Origin, Registry};
use serde_json::json;

use crate::cases::build;
use crate::{assert_still_works, bound, integers};

/// The library of `plugins/settlement`, which Cargo builds beside these tests.
fn library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let beside = tests.ancestors().skip(1).take(2).map(|dir| dir.join("libsettlement.so"));
    beside.into_iter().find(|path| path.is_file()).expect("Cargo builds the library with the tests")
}

/// Code of the error that loading `bytes` ends in.
fn refused(directory: &Path, bytes: &[u8]) -> (String, &'static str) {
    let path = directory.join("libbad.so");
    fs::write(&path, bytes).unwrap();
    let error = Registry::default().add_file(&path).unwrap_err();
    assert_still_works();
    (error.to_string(), error.code())
}

/// Overwrites bytes of the note, `at` bytes behind its magic.
fn with_note(library: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let magic = library.windows(8).rposition(|bytes| bytes == b"SEGPLUG\0").unwrap();
    let mut changed = library.to_vec();
    changed[magic + at..magic + at + new.len()].copy_from_slice(new);
    changed
}

#[test]
fn a_loaded_plugin_gives_the_bytes_of_the_linked_one() {
    let mut loaded = Registry::default();
    let plugin = loaded.add_file(&library()).unwrap();
    assert_eq!(plugin.origin(), &Origin::File { path: library() });
    let linked = Registry::new(&[settlement::linked()]).unwrap();
    let batch = integers("population", vec![Some(0), Some(4_999), Some(5_000), None, Some(50_000)]);
    let params = json!({"cuts": {"town": 50_000, "rural": 5_000}});
    let apply = |registry: &Registry| {
        let instance = bound(registry, "settlement", &params, &batch).unwrap();
        assert_eq!(instance.labels().unwrap(), ["rural", "town", "city"]);
        instance.apply(None, &batch).unwrap()
    };
    assert_eq!(apply(&loaded), apply(&linked));
    let infos = [&loaded, &linked].map(|registry| registry.criterion("settlement").unwrap());
    assert_eq!(infos[0], infos[1]);
}

#[test]
fn one_file_is_one_plugin_and_two_builds_are_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("libcopy.so");
    fs::copy(library(), &copy).unwrap();
    let mut registry = Registry::default();
    registry.add_file(&library()).unwrap();
    registry.add_file(&copy).unwrap();
    assert_eq!(registry.plugins().len(), 1);
    let mut linked = Registry::new(&[settlement::linked()]).unwrap();
    assert_eq!(linked.add_file(&library()).unwrap_err().code(), "duplicate-plugin");
    assert_eq!(linked.plugins().len(), 1);
}

#[test]
fn a_second_build_of_a_plugin_is_refused_before_any_of_it_runs() {
    if !build::has_compiler() {
        return;
    }
    let first = build::library("first", "first", &[]);
    let second = build::library("second", "second", &["-DVERSION=\"1.0.1\""]);
    second.forget_mark();
    let mut registry = Registry::default();
    registry.add_file(&first.library).unwrap();
    let error = registry.add_file(&second.library).unwrap_err();
    let settings = segmenta_plugin_host::process::Settings::default();
    let file = segmenta_plugin_host::LibraryFile::read(&second.library).unwrap();
    let apart = registry.add_isolated(&file, &settings).unwrap_err();
    assert_eq!([error.code(), apart.code()], ["duplicate-plugin"; 2]);
    assert!(error.to_string().contains("libfirst.so") && error.to_string().contains("libsecond.so"), "{error}");
    assert!(!second.has_run());
    assert_eq!(registry.plugins().len(), 1);
}

#[test]
fn a_library_that_is_overwritten_while_loaded_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("libcopy.so");
    let mut bytes = fs::read(library()).unwrap();
    // Bytes behind the last section are read by nobody, and make this another file.
    bytes.push(0);
    fs::write(&path, &bytes).unwrap();
    let mut registry = Registry::default();
    registry.add_file(&path).unwrap();
    fs::write(&path, vec![0; bytes.len()]).unwrap();
    let batch = integers("population", vec![Some(1)]);
    let params = json!({"cuts": {"rural": 5_000}});
    bound(&registry, "settlement", &params, &batch).unwrap().apply(None, &batch).unwrap();
}

#[test]
fn a_directory_answers_for_each_library_by_name() {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(library(), directory.path().join("libb.so")).unwrap();
    fs::write(directory.path().join("liba.so"), "text").unwrap();
    fs::write(directory.path().join("readme.txt"), "text").unwrap();
    let answers = Registry::default().add_directory(directory.path()).unwrap();
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.map_err(|e| e.code())).collect();
    assert_eq!(answers, [Err("not-a-library"), Ok("settlement".to_owned())]);
    let missing = directory.path().join("nowhere");
    assert_eq!(Registry::default().add_directory(&missing).unwrap_err().code(), "read");
}

#[test]
fn what_is_no_library_is_refused_before_any_of_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    let good = fs::read(library()).unwrap();
    for bytes in [b"just text, no library".as_slice(), b"", b"\x7fEL", b"#!/bin/sh\nexit 0\n"] {
        assert_eq!(refused(directory.path(), bytes).1, "not-a-library");
    }
    for end in [16, 64, 1_000, good.len() / 2] {
        let (message, code) = refused(directory.path(), &good[..end]);
        assert!(["not-a-library", "no-note", "bad-note"].contains(&code), "{end}: {message}");
    }
    let error = Registry::default().add_file(directory.path()).unwrap_err();
    assert_eq!(error.code(), "read");
    let error = Registry::default().add_file(&directory.path().join("none.so")).unwrap_err();
    assert_eq!(error.code(), "read");
}

#[test]
fn a_pipe_does_not_hang() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("libpipe.so");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(Registry::default().add_file(&path).unwrap_err().code(), "read");
}

#[test]
fn a_library_for_another_machine_is_named_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let mut other = fs::read(library()).unwrap();
    // `e_machine` of the ELF header: 8 is MIPS.
    other[18..20].copy_from_slice(&8_u16.to_le_bytes());
    let (message, code) = refused(directory.path(), &other);
    assert_eq!(code, "wrong-machine", "{message}");
}

#[test]
fn the_note_decides_before_any_code_runs() {
    let directory = tempfile::tempdir().unwrap();
    let good = fs::read(library()).unwrap();
    let changed = |at, new: &[u8]| refused(directory.path(), &with_note(&good, at, new));
    let (message, code) = changed(12, &(2_u32 << 16).to_le_bytes());
    assert_eq!(code, "abi-too-new");
    assert!(message.ends_with("needs plugin ABI 2.0, this program speaks 1.0"), "{message}");
    assert_eq!(changed(12, &((1_u32 << 16) | 99).to_le_bytes()).1, "abi-too-new");
    assert_eq!(changed(12, &7_u32.to_le_bytes()).1, "abi-too-old");
    assert_eq!(changed(0, b"segplug\0").1, "bad-note");
    assert_eq!(changed(8, &100_u32.to_le_bytes()).1, "bad-note");
    assert_eq!(changed(24, b"Settlement").1, "bad-note");
    // Another name than the one that its symbols end in.
    assert_eq!(changed(24, b"somewhere!").1, "bad-note");
    assert_eq!(changed(24, b"settlemenu").1, "no-entry");
    assert_eq!(changed(120, b"s390x-unknown-linux-gnu\0").1, "wrong-machine");
    assert_eq!(changed(248, b"warp9\0").1, "cpu");
}
