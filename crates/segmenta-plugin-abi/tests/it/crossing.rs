//! ABI 1.0 and one that has a member more, in a host and in a library, meet each other.

use std::path::{Path, PathBuf};
use std::process::Command;

use segmenta_plugin_abi::TARGET;
use segmenta_plugin_host::Registry;

use crate::cc::{build, exists, folder, library, scratch};
use crate::previous;

/// A folder with the header of ABI 1.0 or of the one after it.
fn header(minor: u32) -> PathBuf {
    let released = std::fs::read_to_string(folder("tests/fixtures/seg_plugin_1_0.h")).unwrap();
    let grown = released
        .replace("#define SEG_ABI_MINOR 0u", "#define SEG_ABI_MINOR 1u")
        .replace("} seg_plugin;", "  int32_t (*newer)(int32_t x);\n} seg_plugin;")
        .replace("} seg_host;", "  int32_t (*extra)(int32_t x);\n} seg_host;");
    let folder = scratch(&format!("abi_1_{minor}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("seg_plugin.h"), if minor == 0 { released } else { grown }).unwrap();
    folder
}

/// A library built against ABI 1.`built` whose note asks for 1.`asks`.
fn plugin(built: u32, asks: u32) -> PathBuf {
    let out = scratch(&format!("libcrossing_{built}_{asks}.so"));
    let asks = format!("-DASKS={}", (1 << 16) | asks);
    let target = format!("-DTARGET=\"{TARGET}\"");
    library("cc", &header(built), &[&asks, &target], &folder("tests/fixtures/crossing.c"), &out);
    out
}

/// What a host built against ABI 1.`built` prints of a library.
fn met(built: u32, library: &Path, entry: &str) -> String {
    let host = scratch(&format!("crossing_host_1_{built}_{}", library.file_stem().unwrap().display()));
    build("cc", &header(built), &["-ldl"], &folder("tests/fixtures/crossing_host.c"), &host);
    let output = Command::new(&host).arg(library).arg(entry).output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn old_and_new_meet_both_ways() {
    if !exists("cc") {
        return;
    }
    for (host, built, newer, seen) in [
        (0, 0, "whole", "host of my age"),
        (0, 1, "whole", "old host"),
        (1, 0, "no newer", "newer host"),
        (1, 1, "newer", "new host with more"),
    ] {
        let printed = met(host, &plugin(built, 0), "seg_plugin_entry_v1_crossing");
        let (first, description) = printed.split_once('\n').unwrap();
        assert_eq!(first, newer, "host 1.{host}, library 1.{built}");
        assert!(description.contains(&format!("\"summary\": \"{seen}\"")), "{description}");
    }
}

#[test]
fn this_host_takes_a_newer_library_that_asks_for_no_more() {
    if !exists("cc") {
        return;
    }
    let mut registry = Registry::default();
    registry.add_file(&plugin(1, 0)).unwrap();
    assert_eq!(registry.criterion("crossing").unwrap().summary, "old host");
    let error = Registry::default().add_file(&plugin(1, 1)).unwrap_err();
    assert_eq!(error.code(), "abi-too-new");
}

#[test]
fn a_newer_host_takes_libraries_of_the_kit() {
    if !exists("cc") {
        return;
    }
    for library in [Some(previous::current()), previous::unpacked()].into_iter().flatten() {
        let printed = met(1, &library, "seg_plugin_entry_v1_settlement");
        let (first, description) = printed.split_once('\n').unwrap();
        assert_eq!(first, "no newer", "{}", library.display());
        assert!(description.contains("\"name\":\"settlement\""), "{description}");
    }
}
