//! The checks, the failed ones first.

use serde::Serialize;

use crate::Report;
use crate::format::{Numbers, Printed};
use crate::model::{Check, Outcome};

/// The section on checks.
#[derive(Debug, Serialize)]
pub(crate) struct Checks {
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    metric: String,
    of: String,
    value: Printed,
    warn: Option<String>,
    fail: Option<String>,
    warn_below: Option<String>,
    fail_below: Option<String>,
    outcome: Outcome,
    text: String,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Checks {
    let mut checks: Vec<&Check> = report.checks.iter().collect();
    checks.sort_by_key(|check| rank(check.outcome));
    Checks { rows: checks.into_iter().map(|check| row(check, numbers)).collect() }
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Warn => 1,
        Outcome::NotMeasured => 2,
        Outcome::NoBaseline => 3,
        Outcome::Pass => 4,
    }
}

fn row(check: &Check, numbers: &Numbers) -> Row {
    let threshold = |value: Option<f64>| value.map(|value| numbers.threshold(value, check.unit));
    Row {
        name: check.name.clone(),
        metric: check.metric.clone(),
        of: check.of.clone(),
        value: Printed::figure(&check.value, |value| numbers.in_unit(*value, check.unit)),
        warn: threshold(check.warn),
        fail: threshold(check.fail),
        warn_below: threshold(check.warn_below),
        fail_below: threshold(check.fail_below),
        outcome: check.outcome,
        text: check.text.clone(),
    }
}
