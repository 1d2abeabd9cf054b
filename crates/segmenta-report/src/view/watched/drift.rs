//! Drift of the columns: one row per column and comparison, the measures side by side.

use std::cmp::Reverse;

use segmenta_monitor::facts::ComparisonId;
use segmenta_monitor::findings::{DriftFinding, DriftMethod, Findings, Level};
use serde::Serialize;

use super::because;
use crate::chart::{Bar, Scale};
use crate::format::{Numbers, Printed};

/// PSI at which a bar is full; more is drawn full.
const FULL_BAR: f64 = 0.5;

/// Drifted columns, and those without drift to be folded.
#[derive(Debug, Serialize)]
pub(super) struct DriftView {
    drifted: Vec<Row>,
    calm: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    column: String,
    segment: Option<String>,
    comparison: ComparisonId,
    level: Level,
    psi: Printed,
    bar: Option<Bar>,
    noise: Option<Printed>,
    jeffreys: Option<Printed>,
    ks: Option<Printed>,
    w1: Option<Printed>,
    nulls_before: Option<String>,
    nulls_now: Option<String>,
}

pub(super) fn view(findings: &Findings, numbers: &Numbers) -> DriftView {
    let mut psi: Vec<&DriftFinding> = findings.drift.iter().filter(|row| row.method == DriftMethod::Psi).collect();
    psi.sort_by(|a, b| {
        let size = |row: &DriftFinding| row.value.unwrap_or(0.0);
        Reverse(a.level).cmp(&Reverse(b.level)).then_with(|| size(b).total_cmp(&size(a)))
    });
    let (drifted, calm): (Vec<_>, Vec<_>) = psi.into_iter().partition(|row| row.level >= Level::Info);
    let rows = |psi: Vec<&DriftFinding>| psi.into_iter().map(|psi| row(findings, psi, numbers)).collect();
    DriftView { drifted: rows(drifted), calm: rows(calm) }
}

fn row(findings: &Findings, psi: &DriftFinding, numbers: &Numbers) -> Row {
    let scale = Scale::over([FULL_BAR]);
    let other = |method: DriftMethod| {
        let mut rows = findings.drift.iter().filter(move |row| row.method == method);
        rows.find(|row| row.column == psi.column && row.key == psi.key && row.comparison == psi.comparison)
    };
    let distance = |method| other(method).and_then(|row| row.value);
    Row {
        column: psi.column.clone(),
        segment: psi.key.segment.clone(),
        comparison: psi.comparison,
        level: psi.level,
        psi: match psi.value {
            Some(value) => numbers.index_printed(value),
            None => Printed::missing(&because(psi.status, psi.reason)),
        },
        bar: psi.value.map(|value| Bar::new(scale, value.min(FULL_BAR), psi.noise_floor_99)),
        noise: psi.noise_floor_99.map(|noise| numbers.index_printed(noise)),
        jeffreys: psi.psi_jeffreys.map(|psi| numbers.index_printed(psi)),
        ks: distance(DriftMethod::Ks).map(|distance| numbers.index_printed(distance)),
        w1: distance(DriftMethod::W1).map(|distance| numbers.number_printed(distance)),
        nulls_before: psi.null_share_ref.map(|share| numbers.share(share)),
        nulls_now: psi.null_share_cur.map(|share| numbers.share(share)),
    }
}
