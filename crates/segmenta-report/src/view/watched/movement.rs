//! Stability over the runs, whether the moves have a direction, and the moves that cost most.

use segmenta_monitor::MetricId;
use segmenta_monitor::facts::{ComparisonId, Stage};
use segmenta_monitor::findings::{Findings, MigrationFinding, MovedValue};
use serde::Serialize;

use super::spark;
use crate::chart::Spark;
use crate::format::{Numbers, Printed};

/// Size of the stability chart.
const CHART: (f64, f64) = (460.0, 120.0);

/// The movement of one scheme against the previous run.
#[derive(Debug, Serialize)]
pub(super) struct MovementView {
    scheme: String,
    chart: Option<Chart>,
    /// Probability of such a direction without any change, with its sign: `= 0.012`; `one_way` when it is below 5 %.
    p: Option<String>,
    one_way: bool,
    losses: Vec<Loss>,
}

#[derive(Debug, Serialize)]
struct Chart {
    shape: Spark,
    value: String,
    usual: Option<(String, String)>,
}

#[derive(Debug, Serialize)]
struct Loss {
    from: String,
    to: String,
    customers: Printed,
    change: Printed,
}

pub(super) fn view(findings: &Findings, numbers: &Numbers) -> Vec<MovementView> {
    let shown = |migration: &&MigrationFinding| {
        migration.comparison == ComparisonId::Previous && migration.stage == Stage::Total
    };
    findings.migrations.iter().filter(shown).map(|migration| movement(findings, migration, numbers)).collect()
}

fn movement(findings: &Findings, migration: &MigrationFinding, numbers: &Numbers) -> MovementView {
    let p = migration.stuart_maxwell.map(|test| test.p);
    MovementView {
        scheme: migration.scheme.clone(),
        chart: chart(findings, &migration.scheme, numbers),
        p: p.map(|p| if p < 0.001 { numbers.probability(p) } else { format!("= {}", numbers.probability(p)) }),
        one_way: p.is_some_and(|p| p < 0.05),
        losses: migration.losses.iter().map(|loss| loss_view(loss, numbers)).collect(),
    }
}

fn chart(findings: &Findings, scheme: &str, numbers: &Numbers) -> Option<Chart> {
    let mut stability = findings.totals.iter().filter(|finding| finding.metric == MetricId::StabilityIndex);
    let stability = stability.find(|finding| finding.key.scheme == scheme)?;
    let usual = stability.usual.lower.zip(stability.usual.upper);
    Some(Chart {
        shape: spark(stability, CHART)?,
        value: numbers.share(stability.value?),
        usual: usual.map(|(lower, upper)| (numbers.share(lower), numbers.share(upper))),
    })
}

fn loss_view(loss: &MovedValue, numbers: &Numbers) -> Loss {
    let change = loss.revenue_after_minor.saturating_sub(loss.revenue_before_minor);
    Loss {
        from: loss.from_segment.clone(),
        to: loss.to_segment.clone(),
        customers: numbers.people_printed(loss.customers),
        change: numbers.of_group(loss.customers, numbers.signed_money(change)),
    }
}
