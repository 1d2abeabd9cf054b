//! The four numbers a manager looks at first, each with its past and its usual range.

use segmenta_monitor::MetricId;
use segmenta_monitor::facts::ComparisonId;
use segmenta_monitor::findings::{Findings, MetricFinding, TargetStatus};
use serde::Serialize;

use super::{SPARK, figures, spark, value};
use crate::chart::Spark;
use crate::format::{Numbers, Printed};

/// One number.
#[derive(Debug, Serialize)]
pub(super) struct TileView {
    /// Key of its heading in the catalogue.
    name: &'static str,
    value: Printed,
    previous: Option<String>,
    last_year: Option<String>,
    usual: Option<(String, String)>,
    target: Option<Target>,
    spark: Option<Spark>,
}

#[derive(Debug, Serialize)]
struct Target {
    attainment: String,
    value: String,
    status: TargetStatus,
}

/// Revenue, customers, movement and retention; the margin stands in where retention is not known.
pub(super) fn view(findings: &Findings, main_scheme: &str, numbers: &Numbers) -> Vec<TileView> {
    let total = |metric: MetricId| {
        let of_all = |finding: &&MetricFinding| finding.key.segment.is_none() && finding.channel.is_none();
        let mut found = findings.totals.iter().filter(of_all).filter(move |finding| finding.metric == metric);
        found.find(|finding| finding.key.scheme.is_empty() || finding.key.scheme == main_scheme)
    };
    let retention = total(MetricId::Retention).filter(|finding| finding.value.is_some());
    let fourth = match retention {
        Some(finding) => Some(tile("retention", finding, numbers)),
        None => total(MetricId::Margin).map(|finding| tile("margin", finding, numbers)),
    };
    let tiles = [
        total(MetricId::Revenue).map(|finding| tile("revenue", finding, numbers)),
        total(MetricId::Customers).map(|finding| tile("customers", finding, numbers)),
        total(MetricId::StabilityIndex).map(|finding| tile("moved", &moved(finding), numbers)),
        fourth,
    ];
    tiles.into_iter().flatten().collect()
}

fn tile(name: &'static str, finding: &MetricFinding, numbers: &Numbers) -> TileView {
    let usual = finding.usual.lower.zip(finding.usual.upper);
    let change = |comparison| figures::change(finding, comparison, numbers).map(|change| change.text);
    let print = |value: f64| numbers.measured(value, finding.unit).text;
    TileView {
        name,
        value: value(finding, numbers),
        previous: change(ComparisonId::Previous),
        last_year: change(ComparisonId::SamePeriodLastYear),
        usual: usual.map(|(lower, upper)| (print(lower), print(upper))),
        target: target(finding, numbers),
        spark: spark(finding, SPARK),
    }
}

fn target(finding: &MetricFinding, numbers: &Numbers) -> Option<Target> {
    let (target, attainment) = finding.target.zip(finding.attainment)?;
    Some(Target {
        attainment: numbers.share(attainment),
        value: numbers.measured(target, finding.unit).text,
        status: finding.target_status,
    })
}

/// Those who moved, from the figures of those who stayed.
fn moved(stability: &MetricFinding) -> MetricFinding {
    let mut moved = stability.clone();
    let rest = |share: f64| (1.0 - share).max(0.0);
    moved.value = stability.value.map(rest);
    moved.history = stability.history.iter().map(|value| value.map(rest)).collect();
    moved.usual.lower = stability.usual.upper.map(rest);
    moved.usual.upper = stability.usual.lower.map(rest);
    for delta in &mut moved.deltas {
        delta.abs = delta.abs.map(|change| -change);
    }
    moved
}
