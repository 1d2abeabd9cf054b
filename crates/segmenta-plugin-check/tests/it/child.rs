//! A library that ends the process ends only a child.

use std::fs;
use std::path::Path;

use segmenta_plugin_check::{Child, Effort, Fixture, Kind, Lang, Level, Options, Outcome, Target, check, child_main};

use crate::built;

const REQUEST: &str = "SEGMENTA_CHECK_REQUEST";

/// What the child runs: this test, which is empty without a request.
#[test]
fn entry() {
    if let Some(path) = std::env::var_os(REQUEST) {
        child_main(path.as_ref()).unwrap();
    }
}

/// This test program as a child that answers requests.
fn child() -> Child {
    let tests = std::env::current_exe().unwrap();
    let script = format!("{REQUEST}=\"$0\" exec '{}' --exact child::entry", tests.display());
    Child { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()] }
}

fn options(project: &Path) -> Options {
    let fixtures = vec![Fixture::csv(project.join("fixture.csv"))];
    Options { fixtures, effort: Effort::Quick, child: Some(child()), ..Options::default() }
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
