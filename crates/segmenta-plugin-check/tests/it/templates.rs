//! Every template builds, keeps the laws, and holds its own cases.

use std::path::Path;

use segmenta_plugin_check::{Bless, Effort, Fixture, Kind, Lang, Level, Options, Report, Target, cases, check};

use crate::built;

const KINDS: [Kind; 3] = [Kind::Row, Kind::Batch, Kind::Fitted];

fn checked(project: &Path, library: &Path) -> Report {
    let fixtures = vec![Fixture::csv(project.join("fixture.csv"))];
    let options = Options { fixtures, effort: Effort::Quick, ..Options::default() };
    check(&Target::File(library.to_owned()), Level::Stress, &options)
}

fn holds(folder: &Path, name: &str, lang: Lang, kind: Kind) {
    let library = built::project(folder, name, lang, kind);
    let project = folder.join(name);
    let report = checked(&project, &library);
    assert_eq!(report.reached(), Some(Level::Stress), "{}", report.text());
    let results = cases(&Target::File(library), &project.join("cases"), Bless::No).unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(result.differences.is_empty(), "{result:?}");
    }
}

#[test]
fn every_template_in_c_is_green() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        holds(folder.path(), &format!("c_{}", kind.name()), Lang::C, kind);
    }
}

#[test]
fn every_template_in_rust_is_green_and_so_are_its_own_tests() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        holds(folder.path(), &format!("rust_{}", kind.name()), Lang::Rust, kind);
    }
    built::run(&folder.path().join("rust_fitted"), env!("CARGO"), &["test", "--offline"]);
}
