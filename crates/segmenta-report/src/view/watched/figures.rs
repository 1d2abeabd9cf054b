//! Every figure that is followed from run to run, with its interval, changes, usual range and target.

use std::collections::BTreeMap;

use segmenta_monitor::facts::{ComparisonId, DataCheck, DataFinding};
use segmenta_monitor::findings::{Findings, Level, MetricFinding, TargetStatus};
use segmenta_monitor::{MetricId, Unit};
use serde::Serialize;

use super::{SPARK, code, delta, spark, value};
use crate::chart::Spark;
use crate::format::{Numbers, Printed};

/// Figures of all customers, by channel, and by segment; and what was found about the input.
#[derive(Debug, Serialize)]
pub(super) struct FiguresView {
    totals: Vec<Row>,
    channels: Vec<Row>,
    schemes: Vec<SchemeFigures>,
    inputs: Vec<InputRow>,
}

/// Figures by segment of one scheme, to be folded.
#[derive(Debug, Serialize)]
struct SchemeFigures {
    scheme: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    segment: Option<String>,
    channel: Option<String>,
    metric: String,
    value: Printed,
    range: Option<(String, String)>,
    previous: Option<Printed>,
    last_year: Option<Printed>,
    usual: Option<(String, String)>,
    target: TargetStatus,
    attainment: Option<String>,
    spark: Option<Spark>,
    level: Level,
}

/// A check of the input.
#[derive(Debug, Serialize)]
struct InputRow {
    check: String,
    input: String,
    column: Option<String>,
    value: Option<Printed>,
    expected: Option<(String, String)>,
    level: Level,
}

pub(super) fn view(findings: &Findings, numbers: &Numbers) -> FiguresView {
    let everyone = |finding: &MetricFinding| row(finding, u64::MAX, numbers);
    let by_channel = findings.channel_metrics.iter();
    FiguresView {
        totals: findings.totals.iter().map(everyone).collect(),
        channels: by_channel.map(|finding| row(finding, finding.n.unwrap_or(u64::MAX), numbers)).collect(),
        schemes: schemes(findings, numbers),
        inputs: findings.data_quality.iter().map(|finding| input_row(finding, numbers)).collect(),
    }
}

fn schemes(findings: &Findings, numbers: &Numbers) -> Vec<SchemeFigures> {
    let mut by_scheme: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for segment in &findings.segments {
        let rows =
            segment.metrics.iter().map(|finding| Row { spark: None, ..row(finding, segment.customers, numbers) });
        by_scheme.entry(&segment.key.scheme).or_default().extend(rows);
    }
    by_scheme.into_iter().map(|(scheme, rows)| SchemeFigures { scheme: scheme.to_owned(), rows }).collect()
}

/// A figure of a group of so many customers; of a small one only that it exists.
fn row(finding: &MetricFinding, customers: u64, numbers: &Numbers) -> Row {
    let is_shown = !numbers.is_small(customers);
    let print = |value: f64| numbers.measured(value, finding.unit).text;
    let pair = |low: Option<f64>, high: Option<f64>| {
        low.zip(high).filter(|_| is_shown).map(|(low, high)| (print(low), print(high)))
    };
    let change = |comparison| change(finding, comparison, numbers).filter(|_| is_shown);
    let size = match finding.metric {
        MetricId::Customers => finding.value.map(|customers| numbers.people_printed(customers as u64)),
        _ => None,
    };
    Row {
        segment: finding.key.segment.clone(),
        channel: finding.channel.clone(),
        metric: finding.metric.as_str().to_owned(),
        value: size.unwrap_or_else(|| numbers.of_group(customers, value(finding, numbers))),
        range: pair(finding.ci_low, finding.ci_high),
        previous: change(ComparisonId::Previous),
        last_year: change(ComparisonId::SamePeriodLastYear),
        usual: pair(finding.usual.lower, finding.usual.upper),
        target: finding.target_status,
        attainment: finding.attainment.filter(|_| is_shown).map(|attainment| numbers.share(attainment)),
        spark: spark(finding, SPARK).filter(|_| is_shown),
        level: finding.level,
    }
}

/// Shares change by points, everything else relatively.
pub(super) fn change(finding: &MetricFinding, comparison: ComparisonId, numbers: &Numbers) -> Option<Printed> {
    let delta = delta(finding, comparison)?;
    match finding.unit {
        Unit::Share => delta.abs.map(|change| Printed::full(numbers.points(change)).sorted_by(change)),
        _ => delta.rel.map(|change| numbers.change_printed(change)),
    }
}

fn input_row(finding: &DataFinding, numbers: &Numbers) -> InputRow {
    let is_share = matches!(finding.check, DataCheck::NullShare | DataCheck::UnseenCategories);
    let print = |value: f64| if is_share { numbers.share_printed(value) } else { numbers.number_printed(value) };
    let expected = finding.expected_low.zip(finding.expected_high);
    InputRow {
        check: code(&finding.check),
        input: finding.input.clone(),
        column: finding.column.clone(),
        value: finding.value.map(print),
        expected: expected.map(|(low, high)| (print(low).text, print(high).text)),
        level: finding.level,
    }
}
