//! What `plan` says, and that it writes nothing.

use crate::case::Case;

/// Everything below a directory, by path.
fn tree(root: &std::path::Path) -> Vec<(std::path::PathBuf, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            found.push((path.clone(), metadata.modified().unwrap()));
            if metadata.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_first_plan_fits_every_model_and_writes_nothing() {
    let case = Case::retail();
    let before = tree(&case.path("."));
    let ran = case.call(&["plan", "retail.toml", "--as-of", "2026-06-01", "--exit-code"]);
    assert_eq!(ran.status, 10, "{}", ran.stderr);
    insta::assert_snapshot!("plan_first", case.filtered(&ran.stdout));
    assert_eq!(tree(&case.path(".")), before);
}

#[test]
fn a_later_plan_names_what_changed() {
    let case = Case::retail();
    case.run(&["--as-of", "2026-05-01"]).expect(0, "published");
    case.edit("retail.toml", "max_share = \"40%\"", "max_share = \"45%\"");
    std::fs::copy(case.path("data/retail/touchpoints.parquet"), case.path("touchpoints.parquet")).unwrap();
    std::fs::rename(case.path("touchpoints.parquet"), case.path("data/retail/touchpoints.parquet")).unwrap();
    let before = tree(&case.path("."));
    let ran = case.call(&["plan", "retail.toml", "--as-of", "2026-06-01"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!("plan_later", case.filtered(&ran.stdout));
    assert_eq!(tree(&case.path(".")), before);
}

#[test]
fn nothing_is_to_do_when_the_run_is_published() {
    let case = Case::small();
    case.run(&["--as-of", "2026-06-01"]).expect(0, "published");
    case.call(&["plan", "small.toml", "--as-of", "2026-06-01", "--exit-code"]).expect(0, "Up to date");
    case.call(&["plan", "small.toml", "--as-of", "2026-06-02", "--exit-code"])
        .expect(10, "as_of: 2026-06-01 -> 2026-06-02");
    let ran = case.call(&["plan", "small.toml", "--as-of", "2026-06-02", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(plan["up_to_date"], serde_json::Value::Null);
    assert_eq!(plan["sources"][0]["name"], "customers");
}

#[test]
fn a_plan_finds_a_missing_file() {
    let case = Case::small();
    case.remove("orders.csv");
    case.call(&["plan", "small.toml", "--as-of", "2026-06-01"]).expect(66, "no file matches");
}
