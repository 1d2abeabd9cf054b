//! A library that ends the process ends only a child.

use std::fs;
use std::path::Path;

use segmenta_plugin_check::{Child, Effort, Fixture, Kind, Lang, Launcher, Level, Options, Outcome, Target, check};

use crate::built;

/// The program that stands for `segmenta` here.
const PROGRAM: &str = env!("CARGO_BIN_EXE_segmenta-plugin-child");

fn child() -> Child {
    Child { program: PROGRAM.into(), arguments: vec!["check".into()] }
}

fn options(project: &Path) -> Options {
    let fixtures = vec![Fixture::csv(project.join("fixture.csv"))];
    let launcher = Some(Launcher { program: PROGRAM.into(), ..Launcher::default() });
    Options { fixtures, effort: Effort::Quick, child: Some(child()), launcher, ..Options::default() }
}

#[test]
fn a_library_that_aborts_when_loaded_is_found() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = built::project(folder.path(), "calm", Lang::C, Kind::Row);
    let project = folder.path().join("calm");
    let report = check(&Target::File(library.clone()), Level::Contract, &options(&project));
    assert_eq!(report.reached(), Some(Level::Contract), "{}", report.text());
    assert_eq!((report.plugin.as_str(), report.sha256.len()), ("calm", 64));

    let source = project.join("calm.c");
    let angry =
        fs::read_to_string(&source).unwrap() + "\n__attribute__((constructor)) static void end(void) { abort(); }\n";
    fs::write(&source, angry).unwrap();
    built::run(&project, "make", &[]);
    let report = check(&Target::File(library), Level::Contract, &options(&project));
    assert_eq!(report.reached(), Some(Level::Static), "{}", report.text());
    let found = report.failed("survives").unwrap();
    let Outcome::Failed(difference) = &found.outcome else { unreachable!("it failed") };
    assert!(difference.came.contains("signal 6"), "{difference:?}");
}

#[test]
fn a_library_gives_the_same_in_a_process_of_its_own() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = built::project(folder.path(), "apart", Lang::C, Kind::Fitted);
    let target = Target::File(library);
    let report = check(&target, Level::Process, &options(&folder.path().join("apart")));
    assert_eq!(report.reached(), Some(Level::Process), "{}", report.text());
    for rule in ["same-model", "cancelled", "no-time"] {
        assert!(report.findings.iter().any(|finding| finding.rule == rule), "{rule}");
    }
    let without = Options { launcher: None, ..options(&folder.path().join("apart")) };
    let report = check(&target, Level::Process, &without);
    assert_eq!(report.reached(), Some(Level::Stress), "{}", report.text());
}
