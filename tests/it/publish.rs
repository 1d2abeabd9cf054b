//! Publishing, holding, releasing, discarding, looking at what is there.

use serde_json::Value;

use crate::case::Case;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A case with a published run, then a run held by its check: most customers move when the orders of
/// the last months count too.
fn held() -> (Case, String) {
    let case = Case::small();
    case.run(&["--as-of", "2026-02-01"]).expect(0, "generation 1");
    let ran = case.run(&["--as-of", "2026-06-01", "--json"]);
    ran.expect(65, "held small at 2026-06-01: nothing was published").expect(65, "movers: ");
    let run_id = json(&ran.stdout)["run_id"].as_str().unwrap().to_owned();
    assert_eq!(case.generations(), [1]);
    (case, run_id)
}

#[test]
fn a_failed_check_holds_the_run_until_it_is_released() {
    let (case, run_id) = held();
    case.call(&["show", "small.toml", "segment_summary"]).expect(0, "segment");
    case.call(&["show", "small.toml", "drift/checks", "--run", &run_id]).expect(0, "movers");
    case.call(&["release", "small.toml", &run_id]).expect(0, "as generation 2");
    assert_eq!(case.generations(), [1, 2]);
    let record = json(&case.call(&["runs", "show", "small.toml", &run_id, "--json"]).stdout);
    assert_eq!((&record["status"], &record["decided_by"]), (&"published".into(), &"ada".into()));
    case.call(&["release", "small.toml", &run_id]).expect(78, "is not held");
}

#[test]
fn a_held_run_can_be_discarded() {
    let (case, run_id) = held();
    case.call(&["discard", "out", &run_id]).expect(0, "discarded");
    assert_eq!(case.generations(), [1]);
    case.call(&["runs", "list", "out"]).expect(0, "discarded");
    case.call(&["release", "out", &run_id]).expect(78, "is not held");
    case.call(&["accept", "out", &run_id]).expect(78, "is not published");
}

#[test]
fn later_runs_are_compared_with_the_accepted_one() {
    let (case, run_id) = held();
    case.call(&["release", "out", &run_id]).expect(0, "released");
    // Still compared with the first run: the same customers have moved.
    case.run(&["--as-of", "2026-06-02"]).expect(65, "movers: ");
    case.call(&["accept", "out", &run_id]).expect(0, "accepted");
    case.run(&["--as-of", "2026-06-03"]).expect(0, "published");
}

#[test]
fn the_same_run_again_is_up_to_date() {
    let case = Case::small();
    let options = ["--as-of", "2026-06-01"];
    case.run(&options).expect(0, "published");
    case.run(&options).expect(0, "up to date: small at 2026-06-01 is published as generation 1");
    assert_eq!(case.generations(), [1]);
    case.run(&["--as-of", "2026-06-01", "--force"]).expect(0, "generation 2");
    case.edit("small.toml", "orders_total > 0", "orders_total > 1");
    case.run(&options).expect(0, "generation 3");
}

#[test]
fn a_run_can_be_looked_at_before_it_is_published() {
    let case = Case::small();
    case.run(&["--as-of", "2026-06-01", "--no-publish"]).expect(65, "asked for with --no-publish");
    assert_eq!(case.generations(), [0; 0]);
    case.call(&["show", "small.toml", "actions"]).expect(66, "nothing is published");
}

#[test]
fn rows_are_filtered_limited_and_printed_as_json() {
    let case = Case::small();
    case.run(&["--as-of", "2026-06-01"]).expect(0, "published");
    let shown = case.call(&["show", "small.toml", "segments/value", "--where", "segment = 'inactive'", "--json"]);
    let rows = json(&shown.stdout);
    // Customers whose id is divisible by 5 have no orders.
    let ids: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [5, 10, 15, 20, 25, 30, 35, 40]);
    let two = case.call(&["show", "small.toml", "segments", "--limit", "2", "--json"]);
    assert_eq!(json(&two.stdout).as_array().unwrap().len(), 2);
    case.call(&["show", "small.toml", "segment"]).expect(66, "it has actions, drift");
    case.call(&["show", "small.toml", "drift"]).expect(1, "name one of drift/");
    case.call(&["show", "small.toml", "actions", "--where", "colour = 1"]).expect(78, "colour");
}

#[test]
fn the_report_and_the_record_are_there() {
    let case = Case::small();
    let ran = case.run(&["--as-of", "2026-06-01", "--json"]);
    let outcome = json(&ran.stdout);
    let directory = std::path::Path::new(outcome["directory"].as_str().unwrap());
    let report = std::fs::read_to_string(directory.join("report.html")).unwrap();
    assert!(report.contains("small"));
    assert!(ran.stderr.contains("report.html"));
    let run_id = outcome["run_id"].as_str().unwrap();
    let record = json(&case.call(&["runs", "show", "small.toml", run_id, "--json"]).stdout);
    assert_eq!(record["status"], "published");
    let orders = &record["accounting"]["orders"];
    assert_eq!((orders["found"].as_u64(), orders["accepted"].as_u64()), (Some(80), Some(80)));
    case.call(&["runs", "show", "small.toml", "ffff"]).expect(1, "no run `ffff`");
}

#[test]
fn progress_lines_can_be_read_by_programs() {
    let case = Case::small();
    let ran = case.run(&["--as-of", "2026-06-01", "--log-format", "json"]);
    let lines: Vec<Value> = ran.stderr.lines().filter(|line| line.starts_with('{')).map(json).collect();
    let stages: Vec<&str> = lines.iter().filter_map(|line| line["stage"].as_str()).collect();
    assert_eq!(stages, ["sources", "groups", "value", "valuation", "strategy", "monitor", "publish"]);
    assert_eq!(case.run(&["--as-of", "2026-06-02", "--quiet"]).stderr, "");
}
