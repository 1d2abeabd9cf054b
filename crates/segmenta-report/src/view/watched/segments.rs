//! What changed in each segment, by what the change is worth.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use segmenta_monitor::MetricId;
use segmenta_monitor::facts::ComparisonId;
use segmenta_monitor::findings::{Action, Findings, Level, Lineage, SegmentFinding, TargetStatus};
use serde::Serialize;

use super::{SPARK, delta, of_metric, relative_change, spark, value};
use crate::chart::Spark;
use crate::format::{Numbers, Printed};

/// The segments of one scheme.
#[derive(Debug, Serialize)]
pub(super) struct SchemeChanges {
    scheme: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    segment: String,
    lineage: Lineage,
    customers: Printed,
    share_change: Printed,
    revenue_change: Printed,
    per_customer: Printed,
    retention: Printed,
    target: TargetStatus,
    money: Printed,
    spark: Option<Spark>,
    level: Level,
    recommendation: Action,
}

pub(super) fn view(findings: &Findings, numbers: &Numbers) -> Vec<SchemeChanges> {
    let mut by_scheme: BTreeMap<&str, Vec<&SegmentFinding>> = BTreeMap::new();
    for segment in &findings.segments {
        by_scheme.entry(&segment.key.scheme).or_default().push(segment);
    }
    let scheme = |(scheme, mut segments): (&str, Vec<&SegmentFinding>)| {
        segments.sort_by_key(|segment| Reverse(effect(findings, segment).map_or(0, i128::abs)));
        let rows = segments.into_iter().map(|segment| row(findings, segment, numbers)).collect();
        SchemeChanges { scheme: scheme.to_owned(), rows }
    };
    by_scheme.into_iter().map(scheme).collect()
}

/// Mix and rate of the segment's revenue against the previous run.
fn effect(findings: &Findings, segment: &SegmentFinding) -> Option<i128> {
    let mut bridges = findings.bridges.iter();
    let bridge = bridges.find(|bridge| {
        bridge.comparison == ComparisonId::Previous
            && bridge.metric == MetricId::Revenue
            && bridge.scheme == segment.key.scheme
    })?;
    let name = segment.key.segment.as_ref()?;
    let row = bridge.by_segment.iter().find(|row| row.segment == *name)?;
    Some(row.mix_minor.saturating_add(row.rate_minor))
}

fn row(findings: &Findings, segment: &SegmentFinding, numbers: &Numbers) -> Row {
    let metric = |metric| of_metric(&segment.metrics, &metric);
    let of_group = |printed| numbers.of_group(segment.customers, printed);
    let revenue = metric(MetricId::Revenue);
    let no_figure = || Printed::missing("not_observed");
    let share = metric(MetricId::Share).and_then(|share| delta(share, ComparisonId::Previous)).and_then(|d| d.abs);
    let points = |change: f64| Printed::full(numbers.points(change)).sorted_by(change);
    let effect = effect(findings, segment).map_or_else(no_figure, |amount| numbers.signed_money(amount));
    let targets = segment.metrics.iter().map(|finding| finding.target_status);
    Row {
        segment: segment.key.segment.clone().unwrap_or_default(),
        lineage: segment.lineage,
        customers: numbers.people_printed(segment.customers),
        share_change: of_group(share.map_or_else(no_figure, points)),
        revenue_change: of_group(relative_change(revenue, numbers)),
        per_customer: of_group(relative_change(metric(MetricId::RevenuePerCustomer), numbers)),
        retention: of_group(metric(MetricId::Retention).map_or_else(no_figure, |finding| value(finding, numbers))),
        target: targets.min_by_key(|status| urgency(*status)).unwrap_or_default(),
        money: of_group(effect),
        spark: revenue.filter(|_| !numbers.is_small(segment.customers)).and_then(|finding| spark(finding, SPARK)),
        level: segment.level,
        recommendation: segment.recommendation,
    }
}

/// The target that needs most attention comes first.
fn urgency(status: TargetStatus) -> u8 {
    match status {
        TargetStatus::Missed => 0,
        TargetStatus::Open => 1,
        TargetStatus::Met => 2,
        TargetStatus::NoTarget => 3,
    }
}
