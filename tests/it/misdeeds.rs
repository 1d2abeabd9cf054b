//! What a plugin can do to a run: each deed ends it, or is contained; nothing is published by halves and
//! nothing of the plugin is left.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::case::Case;
use crate::child;

/// A shop whose only criterion does what it is told.
const PIPELINE: &str = r#"
[pipeline]
name    = "misdeeds"
edition = "2026"

[params]
deed      = "nothing"
isolation = "process"
patience  = "60 seconds"

[plugins.deeds]
path      = "libdeeds.so"
isolation = "${params.isolation}"
timeout   = { create = "20 seconds", apply = "${params.patience}" }
memory    = "256MiB"

[entity]
name   = "customer"
source = "customers"
key    = "id"

[sources.customers]
path     = "customers.csv"
timeless = true

[sources.customers.columns]
id = { type = "int64", unique = true }

[criteria.tier]
plugin = "deed"
inputs = { x = "id" }
deed   = "${params.deed}"

[schemes.value]
kind = "strategic"
goal = "Decide terms"
by   = "tier"

[outputs]
path = "out"
"#;

/// Forty customers in a directory with the library; none where Cargo did not build the library.
#[expect(clippy::print_stderr, reason = "the only trace of a test that was skipped")]
fn shop() -> Option<Case> {
    let library = std::env::current_exe().unwrap().ancestors().nth(2)?.join("examples/libdeeds.so");
    if !library.is_file() {
        eprintln!("skipped: `cargo build -p segmenta-plugin-host --example deeds` builds the library");
        return None;
    }
    let case = Case::bare();
    fs::copy(library, case.path("libdeeds.so")).unwrap();
    case.write("misdeeds.toml", PIPELINE);
    let ids: Vec<String> = (1..=40).map(|id: u32| id.to_string()).collect();
    case.write("customers.csv", &format!("id\n{}\n", ids.join("\n")));
    Some(case)
}

/// The program in a process of its own, to its end; its plugin processes, directories and memory are gone.
fn ran(case: &Case, deed: &str, isolation: &str) -> Output {
    let (deed, isolation) = (format!("deed={deed}"), format!("isolation={isolation}"));
    // Only what never ends is waited for in vain.
    let patience = if deed.ends_with("loop") { "patience=1 second" } else { "patience=60 seconds" };
    let params = [deed.as_str(), &isolation, patience].into_iter().flat_map(|param| ["--param", param]);
    let fixed = ["run", "misdeeds.toml", "--as-of", "2026-06-01", "-v", "--force"];
    let arguments: Vec<&str> = fixed.into_iter().chain(params).collect();
    let mut command = child::command(case, &arguments);
    let program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = program.id();
    let output = program.wait_with_output().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while let Some(left) = left_by(pid) {
        assert!(Instant::now() < until, "{deed} left {left}");
        std::thread::sleep(Duration::from_millis(20));
    }
    output
}

/// A directory of a plugin process of the program, or a process that works in one or is the program's.
fn left_by(pid: u32) -> Option<String> {
    let mark = format!("-{pid}-");
    let is_plugins = |name: &str| name.starts_with("segmenta-plugin-") && name.contains(&mark);
    let temporary = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let mut names = temporary.map(|entry| entry.file_name().to_string_lossy().into_owned());
    if let Some(name) = names.find(|name| is_plugins(name)) {
        return Some(name);
    }
    let mut processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let process = processes.find(|process| {
        let works_in = fs::read_link(process.join("cwd")).unwrap_or_default();
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        let is_child = status.lines().any(|line| line == format!("PPid:\t{pid}"));
        is_child || works_in.iter().any(|part| is_plugins(&part.to_string_lossy()))
    });
    process.map(|process| process.display().to_string())
}

#[test]
fn a_deed_that_ends_its_process_ends_the_run_and_publishes_nothing() {
    let Some(case) = shop() else { return };
    let crash = |how: &str| format!("crashed in `apply` in rows 0..40: {how}");
    let deeds = [
        ("panic", "no rows today".to_owned()),
        ("abort", crash("it was ended by SIGABRT")),
        ("segfault", crash("it was ended by SIGSEGV")),
        ("overflow", crash("it was ended by SIG")),
        ("exit", crash("it ended by itself with code 0")),
        ("_exit", crash("it ended by itself with code 0")),
        ("loop", "longer than it may".to_owned()),
        ("allocate", "memory".to_owned()),
        ("grow", "memory".to_owned()),
        ("close", crash("it ended by itself")),
    ];
    for (deed, words) in deeds {
        let output = ran(&case, &format!("apply {deed}"), "process");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(70), "{deed}: {said}");
        for words in [words.as_str(), "deeds", "customer 1 to 40", &format!("deed {deed}")] {
            assert!(said.contains(words), "{deed}: {words} is not in\n{said}");
        }
        assert_eq!(case.generations(), [0; 0], "{deed}");
    }
    // The next run is as if nothing had been.
    assert!(ran(&case, "nothing", "process").status.success());
    assert_eq!(case.generations(), [1]);
}

/// A child may not start processes, and its lines are counted.
#[test]
fn a_deed_that_hurts_only_its_process_is_logged_and_the_run_goes_on() {
    let Some(case) = shop() else { return };
    for (generation, (deed, line)) in
        (1..).zip([("fork", "fork gave -1"), ("flood", "lines were dropped"), ("binary", r"\u{1b}[2J")])
    {
        let output = ran(&case, &format!("apply {deed}"), "process");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{deed}: {said}");
        assert!(said.contains(line), "{deed}: {said:.4000}");
        assert!(output.stdout.len() < 4_000, "the plugin's lines are in the program's output");
        assert_eq!(case.generations().last(), Some(&generation), "{deed}");
    }
}

/// Without a process of its own a plugin takes the run with it, but it cannot make it look like a success.
#[test]
fn in_the_runner_a_deed_ends_the_program_with_a_report() {
    let Some(case) = shop() else { return };
    for (deed, words) in [
        ("panic", "no rows today"),
        ("abort", "deeds 0.1.0"),
        ("segfault", "deeds 0.1.0"),
        ("exit", "deeds 0.1.0"),
        ("loop", "deeds 0.1.0"),
    ] {
        let output = ran(&case, &format!("apply {deed}"), "in-process");
        let said = String::from_utf8_lossy(&output.stderr);
        let failed = output.status.code().map_or(output.status.signal().is_some(), |code| code != 0);
        assert!(failed, "{deed}: {} {said}", output.status);
        assert!(said.contains(words) && said.contains("apply"), "{deed}: {said}");
        assert_eq!(case.generations(), [0; 0], "{deed}");
    }
    assert!(ran(&case, "nothing", "in-process").status.success());
}
