//! What monitoring leaves: bridges that add up over real shops, figures of two runs side by side.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::published::{Published, Table};
use crate::real_data;

/// Dates of monthly runs, the first one given.
fn months(mut year: i32, mut month: u32, n: usize) -> Vec<String> {
    let mut dates = Vec::new();
    for _ in 0..n {
        dates.push(format!("{year}-{month:02}-01"));
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    dates
}

/// A total in whole minor units, customer by customer, from the published labels.
fn total_minor(published: &Published, column: &str) -> i128 {
    let amounts = published.table("segments/value.parquet").floats(column);
    amounts.iter().map(|amount| (amount * 100.0).round() as i128).sum()
}

/// Effects of one comparison, scheme and figure, by component.
type Bridges = BTreeMap<[String; 3], BTreeMap<String, i128>>;

fn bridges(table: &Table) -> Bridges {
    let [comparison, scheme, metric, component] =
        ["comparison", "scheme", "metric", "component"].map(|name| table.texts(name));
    let mut found = Bridges::new();
    for (row, effect) in table.decimals("effect_minor").into_iter().enumerate() {
        let key = [&comparison, &scheme, &metric].map(|column| column[row].clone());
        *found.entry(key).or_default().entry(component[row].clone()).or_default() += effect;
    }
    found
}

/// Runs the pipeline for every date and adds up every bridge; gives how many there were.
fn add_up(case: &Case, folder: &str, dates: &[String]) -> usize {
    // What these shops limit is not the point here.
    for limit in [", fail = 0.25", ", fail = \"50%\"", ", fail = \"40%\""] {
        case.edit_if_there(case.pipeline(), limit, "");
    }
    let mut before = BTreeMap::new();
    let mut n_bridges = 0;
    for (run, date) in dates.iter().enumerate() {
        let Some(published) = real_data::run(case, date, folder, &[]) else { return 0 };
        let totals = BTreeMap::from(["revenue", "margin"].map(|name| (name, total_minor(&published, name))));
        let bridges = bridges(&published.table("drift/monitor_bridge.parquet"));
        assert_eq!(bridges.is_empty(), run == 0, "{date}");
        for ([comparison, scheme, metric], effects) in &bridges {
            let of = |name: &str| effects.get(name).copied().unwrap_or_default();
            let shown = format!("{date} {comparison} {scheme} {metric}: {effects:?}");
            let change = of("end") - of("start");
            assert_eq!(of("end"), totals[metric.as_str()], "{shown}");
            assert_eq!(of("volume") + of("mix") + of("rate"), change, "{shown}");
            let customers = ["new", "lost", "stay", "move_up", "move_down"].map(of);
            assert_eq!(customers.iter().sum::<i128>(), change, "{shown}");
            if comparison == "previous" {
                assert_eq!(of("start"), before[metric.as_str()], "{shown}");
            }
            n_bridges += 1;
        }
        before = totals;
    }
    n_bridges
}

/// Two schemes, two figures; 11 runs have an earlier one, which is also the baseline of the first of them.
#[test]
fn a_year_of_online_retail_adds_up_to_the_penny() {
    if real_data::data("online_retail").is_none() {
        return;
    }
    let n_bridges = add_up(&Case::shipped("online_retail.toml"), "online_retail", &months(2011, 1, 12));
    assert!(n_bridges >= 11 * 4, "{n_bridges} bridges");
}

#[test]
fn two_years_of_adventureworks_add_up_to_the_cent() {
    if real_data::data("adventureworks").is_none() {
        return;
    }
    let n_bridges = add_up(&Case::shipped("adventureworks.toml"), "adventureworks", &months(2015, 7, 24));
    assert!(n_bridges >= 23 * 4, "{n_bridges} bridges");
}

#[test]
fn two_runs_are_compared_figure_by_figure() {
    let case = Case::small();
    for as_of in ["2026-04-01", "2026-05-01"] {
        case.run(&["--as-of", as_of, "--run-id", as_of]).expect(0, "published");
    }
    let shown = case.call(&["runs", "diff", "small.toml", "2026-04-01"]);
    shown.expect(0, "revenue_per_customer");
    let json = case.call(&["runs", "diff", "small.toml", "2026-04-01", "2026-05-01", "--json"]);
    let changes: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let customers = changes
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["metric"] == "customers" && change["segment"].is_null() && change["scheme"] == "");
    assert_eq!(customers.unwrap()["now"], 40.0);
    case.call(&["runs", "diff", "small.toml", "2026-03"]).expect(1, "no run `2026-03`");
}

#[test]
fn the_page_of_a_run_is_named_and_opened() {
    let case = Case::small();
    case.call(&["report", "small.toml"]).expect(66, "nothing is published");
    case.run(&["--as-of", "2026-05-01"]).expect(0, "published");
    let page = Published::newest(&case).path("report.html");
    let shown = case.call(&["report", "small.toml"]);
    assert_eq!(shown.expect(0, "").stdout.trim(), page.display().to_string());
    let mut environment = case.environment();
    let mut open = |browser: &str| {
        environment.variables.insert("BROWSER".to_owned(), browser.to_owned());
        let words = ["segmenta", "report", "small.toml", "--open"];
        segmenta_cli::run(words, &mut Vec::new(), &mut Vec::new(), &environment)
    };
    assert_eq!((open("true"), open("false"), open("/no/such/browser")), (0, 1, 1));
}

#[test]
fn damaged_figures_of_an_earlier_run_are_named_and_missing_ones_leave_it_out() {
    let case = Case::small();
    case.run(&["--as-of", "2026-04-01"]).expect(0, "published");
    let facts = Published::newest(&case).path("monitor/facts.json");
    std::fs::write(&facts, "{\"run_id\": 3").unwrap();
    let ran = case.run(&["--as-of", "2026-05-01"]);
    ran.expect(65, "is damaged").expect(65, "restore it from a copy");
    assert_eq!(case.generations(), [1]);
    std::fs::remove_file(&facts).unwrap();
    case.run(&["--as-of", "2026-05-01"]).expect(0, "published");
    assert!(bridges(&Published::newest(&case).table("drift/monitor_bridge.parquet")).is_empty());
}
