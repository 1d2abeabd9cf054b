//! CDNOW: concentration of spend and the eleven names of RFM.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{close, run, vectors};
use crate::case::Case;
use crate::published::Published;

/// Largest difference of a share or a Gini coefficient from a figure with ten digits.
const TOLERANCE: f64 = 1e-9;

fn share(report: &Value, top: f64) -> f64 {
    let shares = report["concentration"]["value"]["top_shares"].as_array().unwrap();
    let share = shares.iter().find(|share| share["top"] == top).unwrap_or_else(|| panic!("no top {top}"));
    share["share"].as_f64().unwrap()
}

fn gini(report: &Value) -> f64 {
    report["concentration"]["value"]["gini"]["value"].as_f64().unwrap()
}

/// Share of the total that the smallest `percent` of the customers hold.
fn lorenz(report: &Value, percent: usize) -> f64 {
    report["concentration"]["value"]["lorenz"]["value"][percent]["value"].as_f64().unwrap()
}

/// Spend in minor units.
fn revenue(report: &Value) -> &Value {
    &report["totals"]["revenue"]["current"]["value"]
}

/// Compares Gini, top shares and Lorenz deciles with those of `concentration` in `rfm.json`.
fn assert_concentration(published: &Published, expected: &Value) {
    let report = published.report();
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!(report["concentration"]["value"]["customers"], expected["n"]);
    assert!(close(number(revenue(&report)), 100.0 * number(&expected["total"])), "{}", revenue(&report));
    assert!((gini(&report) - number(&expected["gini"])).abs() < TOLERANCE, "{}", gini(&report));
    for (name, top) in [("1pct", 0.01), ("5pct", 0.05), ("10pct", 0.10), ("20pct", 0.20)] {
        let found = share(&report, top);
        assert!((found - number(&expected["top_share"][name])).abs() < TOLERANCE, "{name} {found}");
    }
    for (decile, expected) in (1..).zip(expected["lorenz_deciles"].as_array().unwrap()) {
        let found = lorenz(&report, 10 * decile);
        assert!((found - number(expected)).abs() < TOLERANCE, "decile {decile}: {found}");
    }
}

/// Customers per label of the criterion `rfm`, by name.
fn names(published: &Published) -> BTreeMap<String, u64> {
    let mut names = BTreeMap::new();
    for name in published.table("segments/value.parquet").texts("rfm") {
        *names.entry(name).or_default() += 1;
    }
    names
}

fn counts(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|&(name, count)| (name.to_owned(), count)).collect()
}

/// Customers per score from 1 to 5.
fn per_score(published: &Published, column: &str) -> Vec<usize> {
    let scores = published.table("segments/value.parquet").integers(column);
    (1..=5).map(|score| scores.iter().filter(|&&found| found == score).count()).collect()
}

#[test]
fn concentration_of_the_whole_file_over_78_weeks() {
    let Some(expected) = vectors("rfm.json") else { return };
    let case = Case::shipped("cdnow.toml");
    let Some(published) = run(&case, "1998-07-01", "cdnow", &[]) else { return };
    assert_concentration(&published, &expected["concentration"]["cdnow_full_dollars"]);
    let Some(facts) = vectors("ingest.json") else { return };
    assert_eq!(published.accounting("purchases")["found"], facts["checks"]["cdnow"]["master"]["rows"]);
    assert_eq!(published.accounting("purchases")["accepted"], facts["checks"]["cdnow"]["master"]["rows"]);
}

#[test]
fn concentration_of_the_sample_over_78_weeks() {
    let Some(expected) = vectors("rfm.json") else { return };
    let case = Case::shipped("cdnow_sample.toml");
    let Some(published) = run(&case, "1998-07-01", "cdnow", &[]) else { return };
    assert_concentration(&published, &expected["concentration"]["cdnow_sample_dollars"]);
    assert_eq!(revenue(&published.report()), 24_409_194);
}

/// Figures with the digits in which they were written down: the first 39 weeks of the sample.
#[test]
fn concentration_of_the_sample_over_39_weeks() {
    let case = Case::shipped("cdnow_sample.toml");
    let Some(published) = run(&case, "1997-10-01", "cdnow", &[]) else { return };
    let report = published.report();
    assert_eq!(revenue(&report), 17_311_555);
    assert!((gini(&report) - 0.5853).abs() < 5e-5, "{}", gini(&report));
    for (top, percent) in [(0.01, 14.72), (0.05, 33.58), (0.10, 46.90), (0.20, 63.35)] {
        assert!((100.0 * share(&report, top) - percent).abs() < 5e-3, "{top}");
    }
    // The larger half holds what the smaller half does not.
    assert!((100.0 * (1.0 - lorenz(&report, 50)) - 86.82).abs() < 5e-3);
}

#[test]
fn names_under_both_value_rules_for_ties() {
    let case = Case::shipped("cdnow_sample.toml");
    let Some(published) = run(&case, "1998-07-01", "cdnow", &["ties=strictly_below"]) else { return };
    let expected = [
        ("champions", 533),
        ("loyal", 158),
        ("potential_loyalist", 179),
        ("new_customers", 147),
        ("promising", 95),
        ("need_attention", 165),
        ("about_to_sleep", 197),
        ("at_risk", 55),
        ("cannot_lose_them", 176),
        ("hibernating", 333),
        ("lost", 319),
    ];
    assert_eq!(names(&published), counts(&expected));
    assert_eq!(per_score(&published, "rfm_f"), [1218, 0, 403, 358, 378]);

    let published = run(&case, "1998-07-01", "cdnow", &["ties=at_or_below"]).unwrap();
    let expected = [
        ("champions", 615),
        ("loyal", 220),
        ("potential_loyalist", 155),
        ("need_attention", 167),
        ("about_to_sleep", 284),
        ("at_risk", 247),
        ("cannot_lose_them", 5),
        ("hibernating", 513),
        ("lost", 151),
    ];
    assert_eq!(names(&published), counts(&expected));
    assert_eq!(per_score(&published, "rfm_f"), [0, 0, 1218, 612, 527]);
}

#[test]
fn scores_of_the_whole_file_under_the_other_rules_for_ties() {
    let Some(expected) = vectors("rfm.json") else { return };
    let case = Case::shipped("cdnow.toml");
    for (ties, name) in [("rank_first", "rank_first_qcut"), ("quantile_edges", "quantile_edges")] {
        let Some(published) = run(&case, "1998-07-01", "cdnow", &[&format!("ties={ties}")]) else { return };
        let expected = &expected["cdnow_full"]["scores"][name];
        for axis in ["r", "f", "m"] {
            let found = per_score(&published, &format!("rfm_{axis}"));
            assert_eq!(serde_json::json!(found), expected[format!("{axis}_counts_1_to_5")], "{ties} {axis}");
        }
        let codes = published.table("segments/value.parquet").integers("rfm_code");
        for code in [111, 555] {
            let found = codes.iter().filter(|&&found| found == code).count();
            assert_eq!(serde_json::json!(found), expected[format!("cells_{code}")], "{ties} {code}");
        }
    }
}
