//! The memory in which rows cross: who can write it, what a plugin may keep of it, how much there is.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch, StringArray};
use segmenta_plugin_host::process::Settings;
use segmenta_plugin_host::{Error, Instance};
use serde_json::json;

use super::{alone, deed, leftovers, log, settings};
use crate::integers;

fn keeper(deed_of_rows: &str, settings: &Settings) -> Arc<Instance> {
    deed("keeper", &json!({ "deed": deed_of_rows }), settings).unwrap()
}

/// `n` numbers from `first` on.
fn rows(first: i64, n: i64) -> RecordBatch {
    integers("x", (first..first + n).map(Some).collect())
}

/// Fails unless `labels` are the numbers from `first` on.
fn assert_numbers(labels: &RecordBatch, first: i64, n: i64) {
    let expected: StringArray = (first..first + n).map(|x| Some(x.to_string())).collect();
    assert!(labels.column(0).as_ref() == &expected as &dyn Array, "{n} rows from {first}");
}

#[test]
fn rows_that_a_plugin_keeps_stay_as_they_were() {
    let _alone = alone();
    for n in [3, 1_000, 100_000] {
        let instance = keeper("label the first", &settings());
        for call in 0..5 {
            let labels = instance.apply(None, &rows(call * 1_000_000, n)).unwrap();
            assert_numbers(&labels, 0, n);
        }
        let instance = keeper("label the last", &settings());
        for call in 0..5 {
            let labels = instance.apply(None, &rows(call * 1_000_000, n)).unwrap();
            assert_numbers(&labels, call * 1_000_000, n);
        }
    }
    leftovers::assert_none();
}

#[test]
fn rows_cannot_be_written_by_a_plugin() {
    let _alone = alone();
    for n in [3, 100_000] {
        let batch = rows(0, n);
        let error = keeper("write", &settings()).apply(None, &batch).unwrap_err();
        assert_eq!(error.code(), "crash");
        assert!(error.to_string().contains("SIGSEGV"), "{error}");
        log::start();
        let labels = keeper("make writable", &settings()).apply(None, &batch).unwrap();
        assert!(log::has("mprotect gave -1"), "{:?}", log::lines());
        assert_numbers(&labels, 0, n);
        assert_eq!(batch, rows(0, n));
    }
    leftovers::assert_none();
}

#[test]
fn calls_of_any_size_follow_each_other() {
    let _alone = alone();
    let instance = keeper("", &settings());
    for (call, n) in [1, 10, 8_192, 8_193, 300_000, 0, 3, 16_384, 100_000, 1, 600_000, 5].into_iter().enumerate() {
        let first = call as i64 * 10_000_000;
        assert_numbers(&instance.apply(None, &rows(first, n)).unwrap(), first, n);
    }
    drop(instance);
    leftovers::assert_none();
}

#[test]
fn memory_does_not_grow_with_calls_and_shrinks_after_large_ones() {
    let _alone = alone();
    let instance = keeper("", &settings());
    let call = |n: i64| assert_eq!(instance.apply(None, &rows(1_000_000, n)).unwrap().num_rows() as i64, n);
    (0..20).for_each(|_| call(8_192));
    let (shared, resident) = (shared_bytes(), resident_bytes());
    (0..1_000).for_each(|at| call(if at % 2 == 0 { 1_024 } else { 8_192 }));
    assert_eq!(shared_bytes(), shared);
    let grown = resident_bytes().saturating_sub(resident);
    assert!(grown < 8 << 20, "{grown} bytes more after 1,000 calls");

    call(1_000_000);
    // 8 bytes of each number, and at least as many of each label.
    assert!(shared_bytes() > 16_000_000, "{}", shared_bytes());
    (0..200).for_each(|_| call(8_192));
    assert!(shared_bytes() <= 2 * shared, "{} bytes, before it were {shared}", shared_bytes());
    drop(instance);
    leftovers::assert_none();
}

#[test]
fn rows_that_are_kept_count_as_memory_of_the_plugin() {
    let _alone = alone();
    let settings = Settings { memory: 64 << 20, ..settings() };
    let instance = keeper("keep all", &settings);
    // 1 MiB each.
    let batch = rows(0, 131_072);
    let failed = (1..=200).find_map(|call| instance.apply(None, &batch).err().map(|error| (call, error)));
    let (call, error) = failed.expect("64 MiB are less than 200 MiB");
    assert_eq!(error.code(), "resource", "{error}");
    assert!((20..100).contains(&call), "after {call} calls");
    drop(instance);
    leftovers::assert_none();
}

#[test]
fn a_crash_is_no_lack_of_memory_because_the_runner_is_large() {
    const RUN: &str = "SEGMENTA_TEST_LARGE";
    if std::env::var_os(RUN).is_some() {
        drop(std::hint::black_box(vec![1_u8; 400 << 20]));
        let settings = Settings { memory: 64 << 20, ..settings() };
        let ends = |what: &str| -> Error {
            let instance = deed("deed", &json!({ "deed": what }), &settings).unwrap();
            instance.apply(None, &rows(0, 3)).unwrap_err()
        };
        assert_eq!(ends("apply abort").code(), "crash");
        assert_eq!(ends("apply grow").code(), "resource");
        assert_eq!(ends("apply allocate").code(), "resource");
        return;
    }
    let _alone = alone();
    // What a process once had is known of it until it ends, so this is one of its own.
    let name = "process::memory::a_crash_is_no_lack_of_memory_because_the_runner_is_large";
    let told = std::process::Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(RUN, "1")
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    leftovers::assert_none();
}

/// Memory of rows that this process has mapped or open, in bytes.
fn shared_bytes() -> u64 {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mapped = maps.lines().filter(|line| line.contains("memfd:segmenta-rows")).map(|line| {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        u64::from_str_radix(end, 16).unwrap() - u64::from_str_radix(start, 16).unwrap()
    });
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|entry| {
        let link = fs::read_link(entry.path()).ok()?.display().to_string();
        link.contains("memfd:segmenta-rows").then(|| fs::metadata(entry.path()).unwrap().blocks() * 512)
    });
    mapped.sum::<u64>() + open.sum::<u64>()
}

/// Memory of this process and of the plugins that it started, in bytes.
fn resident_bytes() -> u64 {
    let own = std::process::id().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        entry.file_name().to_str() == Some(&own) || parent == Some(&own)
    });
    let pages = |entry: fs::DirEntry| {
        let statm = fs::read_to_string(entry.path().join("statm")).unwrap_or_default();
        statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0)
    };
    processes.map(pages).sum::<u64>() * 4_096
}
