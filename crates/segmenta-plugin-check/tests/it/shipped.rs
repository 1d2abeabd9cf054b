//! The plugins that are part of the program keep to the contract at every level.

use std::path::PathBuf;
use std::time::Instant;

use segmenta_plugin_check::{
    Child, Effort, Finding, Fixture, Launcher, Level, Linked, Options, Outcome, Report, Target, bench, check,
};
use serde_json::{Value, json};

/// Every plugin, with the options that it cannot do without.
pub(crate) fn shipped() -> [(Linked, Value); 8] {
    [
        (abc::linked(), json!({})),
        (age_band::linked(), json!({})),
        (company_size::linked(), json!({})),
        (kmeans::linked(), json!({"clusters": 3, "starts": 2})),
        (nace_section::linked(), json!({})),
        (needs::linked(), json!({})),
        (rfm::linked(), json!({})),
        (settlement::linked(), json!({"cuts": {"rural": 20, "town": 50}})),
    ]
}

/// The library file of a shipped plugin, which Cargo builds beside these tests.
fn library(plugin: &Linked) -> PathBuf {
    let name = format!("lib{}.so", name(plugin));
    let tests = std::env::current_exe().unwrap();
    let beside = tests.ancestors().skip(1).take(2).map(|folder| folder.join(&name));
    beside.into_iter().find(|path| path.is_file()).expect("Cargo builds the library with the tests")
}

/// The name in a plugin's note.
pub(crate) fn name(plugin: &Linked) -> String {
    let name = plugin.note.name;
    String::from_utf8_lossy(&name[..name.iter().position(|byte| *byte == 0).unwrap()]).into_owned()
}

#[test]
fn every_library_is_green_at_every_level() {
    assert_green(Effort::Quick);
}

#[test]
#[ignore = "takes minutes: all flips, leaves and rounds that the levels promise"]
fn every_library_is_green_with_all_effort() {
    assert_green(Effort::Full);
}

fn assert_green(effort: Effort) {
    let program = env!("CARGO_BIN_EXE_segmenta-plugin-child");
    let mut broken = String::new();
    for (plugin, params) in shipped() {
        let (name, fixtures) = (name(&plugin), vec![Fixture::params(params)]);
        let launcher = Some(Launcher { program: program.into(), ..Launcher::default() });
        let child = Some(Child { program: program.into(), arguments: vec!["check".into()] });
        let options = Options { fixtures, effort, launcher, child, ..Options::default() };
        let started = Instant::now();
        let report = check(&Target::File(library(&plugin)), Level::Bench, &options);
        eprintln!("{name}: {:.1} s, {} rules", started.elapsed().as_secs_f64(), report.findings.len());
        assert_eq!(report.plugin, name);
        let missing: Vec<Level> = Level::ALL.into_iter().filter(|level| !seen(&report, *level)).collect();
        // What needs no model has no laws of fitting, and that is all that may be left out.
        assert!(missing.iter().all(|level| *level == Level::Fit), "{name}: {missing:?}\n{}", report.text());
        if report.reached() != Some(Level::Bench) {
            broken += &report.text();
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

/// Whether anything of a level was looked at.
fn seen(report: &Report, level: Level) -> bool {
    let passed = |finding: &Finding| finding.level == level && matches!(finding.outcome, Outcome::Passed { .. });
    report.findings.iter().any(passed)
}

#[test]
fn a_linked_plugin_passes_what_its_library_passes() {
    let target = Target::Linked(settlement::linked());
    let fixtures = vec![Fixture::params(json!({"cuts": {"rural": 20, "town": 50}}))];
    let options = Options { fixtures, effort: Effort::Quick, ..Options::default() };
    let report = check(&target, Level::Stress, &options);
    assert_eq!(report.reached(), Some(Level::Stress), "{}", report.text());
    let bench = &bench(&target, &options).unwrap()[0];
    assert_eq!(bench.threads.iter().map(|one| one.threads).collect::<Vec<_>>(), [1, 2, 4, 8]);
    assert!(bench.apply.iter().all(|speed| speed.ns_per_row > 0.0) && bench.border_share > 0.0, "{bench:?}");
}
