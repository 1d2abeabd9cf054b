//! The first screen: run facts, actions, tiles, trust strip.

use serde::Serialize;

use crate::Report;
use crate::format::{Numbers, Printed};
use crate::model::{Compared, Figure, Level, Outcome};

/// At most this many actions are shown; a list of twenty is no answer to "what should I do".
const MOST_ACTIONS: usize = 3;

/// The first screen.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    as_of: String,
    baseline_as_of: Option<String>,
    actions: Vec<ActionView>,
    tiles: Vec<Tile>,
    with_purchases: Printed,
    with_purchases_share: Option<String>,
    trust: Trust,
}

#[derive(Debug, Serialize)]
struct ActionView {
    segment: Option<String>,
    text: String,
    worth: Option<Printed>,
    since: Option<String>,
}

/// One of the four numbers a manager looks at first.
#[derive(Debug, Serialize)]
struct Tile {
    /// Key of its heading in the catalogue.
    name: &'static str,
    value: Printed,
    /// Against the baseline: `+3.2%`; `None` when there is nothing to compare with.
    change: Option<String>,
    /// The baseline's value.
    before: Option<Printed>,
    /// A second number, for a sentence of its own.
    note: Option<String>,
}

/// May the numbers be trusted.
#[derive(Debug, Serialize)]
struct Trust {
    complete: Complete,
    comparable: Comparable,
    checks: CheckCounts,
}

#[derive(Debug, Serialize)]
struct Complete {
    level: Level,
    found: String,
    quarantined: String,
    quarantined_share: String,
    /// Sources whose rows do not add up.
    broken: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Comparable {
    level: Level,
    reason: Option<String>,
    as_of: Option<String>,
    definition_before: Option<String>,
}

#[derive(Debug, Serialize)]
struct CheckCounts {
    level: Level,
    all: String,
    passed: String,
    warned: usize,
    failed: usize,
    unmeasured: usize,
    /// Checks that need a baseline in a run without one.
    waiting: usize,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Summary {
    let totals = &report.totals;
    let share = |with: &u64| totals.customers.current.known().map(|all| ratio(*with, *all));
    Summary {
        as_of: numbers.date(&report.run.as_of),
        baseline_as_of: report.baseline.known().map(|baseline| numbers.date(&baseline.as_of)),
        actions: actions(report, numbers),
        tiles: tiles(report, numbers),
        with_purchases: Printed::figure(&totals.with_purchases.current, |value| Printed::full(numbers.count(*value))),
        with_purchases_share: totals.with_purchases.current.known().and_then(share).map(|share| numbers.share(share)),
        trust: Trust {
            complete: complete(report, numbers),
            comparable: comparable(report, numbers),
            checks: check_counts(report, numbers),
        },
    }
}

fn actions(report: &Report, numbers: &Numbers) -> Vec<ActionView> {
    let shown = report.verdict.actions.iter().take(MOST_ACTIONS);
    let action = shown.map(|action| ActionView {
        segment: action.segment.clone(),
        text: action.text.clone(),
        worth: action.worth.known().map(|worth| numbers.money_printed(*worth)),
        since: action.since.as_deref().map(|since| numbers.date(since)),
    });
    action.collect()
}

fn tiles(report: &Report, numbers: &Numbers) -> Vec<Tile> {
    let totals = &report.totals;
    let count = |value: &u64| Printed::full(numbers.count(*value));
    let money = |value: &i64| numbers.money_printed(*value);
    let margin_rate = match (totals.margin.current.known(), totals.revenue.current.known()) {
        (Some(margin), Some(revenue)) if *revenue > 0 => Some(numbers.share(*margin as f64 / *revenue as f64)),
        _ => None,
    };
    vec![
        tile("customers", &totals.customers, |value| *value as f64, count, numbers),
        tile("revenue", &totals.revenue, |value| *value as f64, money, numbers),
        Tile { note: margin_rate, ..tile("margin", &totals.margin, |value| *value as f64, money, numbers) },
        moved(report, numbers),
    ]
}

fn tile<T>(
    name: &'static str,
    figure: &Compared<T>,
    size: impl Fn(&T) -> f64,
    print: impl Fn(&T) -> Printed,
    numbers: &Numbers,
) -> Tile {
    let change = match (figure.current.known(), figure.baseline.known()) {
        (Some(now), Some(before)) => numbers.relative_change(size(now), size(before)),
        _ => None,
    };
    Tile {
        name,
        value: Printed::figure(&figure.current, &print),
        change,
        before: figure.baseline.known().map(&print),
        note: None,
    }
}

/// Customers of the main scheme who changed their segment.
fn moved(report: &Report, numbers: &Numbers) -> Tile {
    let migration = match report.main_scheme() {
        Some(scheme) => scheme.migration.as_ref(),
        None => Figure::missing("no scheme"),
    };
    let value = Printed::figure(&migration, |migration| {
        Printed::figure(&migration.moved_share, |share| numbers.share_printed(*share))
    });
    let matched = migration.known().map(|migration| migration.matched_customers());
    let moved = migration.known().map(|migration| migration.moved_customers());
    Tile {
        name: "moved",
        value,
        change: None,
        before: matched.map(|matched| Printed::full(numbers.count(matched))),
        note: moved.map(|moved| numbers.count(moved)),
    }
}

fn complete(report: &Report, numbers: &Numbers) -> Complete {
    let found: u64 = report.sources.iter().map(|source| source.found).sum();
    let quarantined: u64 = report.sources.iter().map(|source| source.quarantined_rows()).sum();
    let broken: Vec<String> =
        report.sources.iter().filter(|source| !source.ties_out).map(|source| source.name.clone()).collect();
    let level = match (report.sources.is_empty(), broken.is_empty()) {
        (true, _) => Level::NoVerdict,
        (false, true) => Level::Ok,
        (false, false) => Level::Act,
    };
    Complete {
        level,
        found: numbers.count(found),
        quarantined: numbers.count(quarantined),
        quarantined_share: numbers.share(ratio(quarantined, found)),
        broken,
    }
}

fn comparable(report: &Report, numbers: &Numbers) -> Comparable {
    let baseline = report.baseline.known();
    let changed = baseline.filter(|before| before.definition_version != report.run.definition_version);
    let level = match (baseline, changed) {
        (None, _) => Level::NoVerdict,
        (Some(_), Some(_)) => Level::Watch,
        (Some(_), None) => Level::Ok,
    };
    Comparable {
        level,
        reason: report.baseline.reason().map(str::to_owned),
        as_of: baseline.map(|before| numbers.date(&before.as_of)),
        definition_before: changed.map(|before| before.definition_version.clone()),
    }
}

fn check_counts(report: &Report, numbers: &Numbers) -> CheckCounts {
    let count = |outcome| report.checks.iter().filter(|check| check.outcome == outcome).count();
    let (passed, warned, failed) = (count(Outcome::Pass), count(Outcome::Warn), count(Outcome::Fail));
    let unmeasured = count(Outcome::NotMeasured);
    let level = match report.checks.len() {
        _ if failed > 0 => Level::Act,
        _ if warned > 0 || unmeasured > 0 => Level::Watch,
        all if all > 0 && passed > 0 => Level::Ok,
        _ => Level::NoVerdict,
    };
    CheckCounts {
        level,
        all: numbers.count(report.checks.len() as u64),
        passed: numbers.count(passed as u64),
        warned,
        failed,
        unmeasured,
        waiting: count(Outcome::NoBaseline),
    }
}

/// `part / whole`, 0 when there is no whole.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
