//! All mistakes of a file at once.

use std::time::{Duration, Instant};

use crate::case::Case;

/// Ten mistakes, each a small slip of an author, in the sample pipeline.
fn ten_mistakes() -> Case {
    let case = Case::retail();
    let slips = [
        ("bins   = 5", "bin    = 5"),
        ("from    = \"orders\"", "from    = \"order\""),
        ("fail_above = \"0.5%\"", "fail_above = 5"),
        ("age in ('<25', '25-34')", "age in ('<25', '25-43')"),
        ("\"${params.clusters}\"", "\"${params.cluster}\""),
        ("timeless = true ", "timeles = true "),
        ("plugin = \"settlement\"", "plugin = \"setlement\""),
        (
            "features = [\"days_since_last\", \"orders_total\", \"spend_total\", \"income\"]",
            "features = [\"days_since_last\", \"orders_totl\"]",
        ),
        ("metric = \"psi\"", "metric = \"pis\""),
        ("household_size >= 3", "household_size >= 3 and signup_date < now()"),
    ];
    for (right, wrong) in slips {
        case.edit("retail.toml", right, wrong);
    }
    case
}

#[test]
fn ten_mistakes_are_reported_at_once() {
    let case = ten_mistakes();
    let started = Instant::now();
    let ran = case.call(&["validate", "retail.toml"]);
    let took = started.elapsed();
    ran.expect(78, "retail: 10 errors");
    insta::assert_snapshot!("ten_mistakes", ran.stderr);
    // Generous: the program was built without optimisation, and other tests run beside this one.
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn mistakes_are_told_to_programs_too() {
    let case = ten_mistakes();
    let ran = case.call(&["validate", "retail.toml", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let file = &report["files"][0];
    assert_eq!(
        file["errors"].as_u64().unwrap(),
        file["diagnostics"].as_array().unwrap().len() as u64 - file["warnings"].as_u64().unwrap()
    );
    let unknown = file["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "S201").unwrap();
    assert_eq!(unknown["labels"][0]["line"], 65);
    assert_eq!(unknown["labels"][0]["column"], 11);
    assert_eq!((ran.status, ran.stderr.as_str()), (78, ""));
}

#[test]
fn warnings_fail_only_when_they_are_denied() {
    let case = Case::small();
    case.edit("small.toml", "timeless = true\n", "");
    case.call(&["validate", "small.toml"]).expect(0, "small: 1 warning").expect(0, "warning[S420]");
    case.call(&["validate", "small.toml", "--deny-warnings"]).expect(78, "small: 1 warning");
    case.call(&["validate", "small.toml", "--quiet"]).expect(0, "");
}

#[test]
fn a_directory_means_its_pipelines() {
    let case = Case::small();
    case.write("notes.toml", "[notes]\na = 1\n");
    case.call(&["validate"]).expect(0, "small: ok");
    std::fs::create_dir(case.path("pipelines")).unwrap();
    case.call(&["validate"]).expect(78, "there is no pipeline file in `pipelines`");
    case.call(&["validate", "."]).expect(0, "small: ok");
}

#[test]
fn the_shipped_pipelines_have_no_mistake() {
    let pipelines = concat!(env!("CARGO_MANIFEST_DIR"), "/../pipelines");
    let ran = Case::small().call(&["validate", "--deny-warnings", pipelines]);
    ran.expect(0, "retail: ok");
}

#[test]
fn colors_are_used_only_when_asked_for() {
    let case = ten_mistakes();
    let plain = case.call(&["validate", "retail.toml"]).stderr;
    assert!(!plain.contains('\u{1b}'));
    let colored = case.call(&["validate", "retail.toml", "--color", "always"]).stderr;
    assert!(colored.contains('\u{1b}'));
    let mut environment = case.environment();
    environment.stderr_is_terminal = true;
    environment.variables.insert("NO_COLOR".to_owned(), "1".to_owned());
    let mut stderr = Vec::new();
    segmenta_cli::run(["segmenta", "validate", "retail.toml"], &mut Vec::new(), &mut stderr, &environment);
    assert_eq!(String::from_utf8(stderr).unwrap(), plain);
}
