//! Whether the segments still suit the customers, and what became of them.

use segmenta_monitor::facts::Stage;
use segmenta_monitor::findings::{Findings, FitFinding, Level, Lineage};
use serde::Serialize;

use super::because;
use crate::format::{Numbers, Printed};

/// The fit of one scheme.
#[derive(Debug, Serialize)]
pub(super) struct FitView {
    scheme: String,
    level: Level,
    silhouette: Printed,
    silhouette_baseline: Printed,
    sampled: Printed,
    distance: Printed,
    unassigned: Printed,
    /// `None` when the definition is the same.
    definition: Option<Printed>,
    negative: Vec<String>,
    segments: Vec<Row>,
    stages: Vec<StageRow>,
}

#[derive(Debug, Serialize)]
struct Row {
    segment: String,
    lineage: Lineage,
    from: Option<String>,
    overlap: Option<Printed>,
    stayed: Option<Printed>,
    silhouette: Option<Printed>,
}

/// Moves told apart by what they come from.
#[derive(Debug, Serialize)]
struct StageRow {
    stage: Stage,
    moved: Printed,
}

pub(super) fn view(findings: &Findings, numbers: &Numbers) -> Vec<FitView> {
    findings.fit.iter().map(|fit| fit_view(findings, fit, numbers)).collect()
}

fn fit_view(findings: &Findings, fit: &FitFinding, numbers: &Numbers) -> FitView {
    let index = |value: Option<f64>| match value {
        Some(value) => numbers.index_printed(value),
        None => Printed::missing(&because(fit.status, fit.reason)),
    };
    let unassigned = fit.unassigned_share.map(|share| numbers.share_printed(share));
    FitView {
        scheme: fit.scheme.clone(),
        level: fit.level,
        silhouette: index(fit.silhouette_simplified),
        silhouette_baseline: index(fit.silhouette_baseline),
        sampled: index(fit.silhouette_sampled),
        distance: index(fit.distance_psi),
        unassigned: unassigned.unwrap_or_else(|| Printed::missing("not_observed")),
        definition: fit.ari_definition.map(|ari| numbers.index_printed(ari)),
        negative: fit.negative_segments.clone(),
        segments: rows(findings, &fit.scheme, numbers),
        stages: stages(findings, &fit.scheme, numbers),
    }
}

fn rows(findings: &Findings, scheme: &str, numbers: &Numbers) -> Vec<Row> {
    let segments = findings.segments.iter().filter(|segment| segment.key.scheme == scheme);
    let row = segments.map(|segment| Row {
        segment: segment.key.segment.clone().unwrap_or_default(),
        lineage: segment.lineage,
        from: segment.from_segment.clone(),
        overlap: segment.jaccard.map(|overlap| numbers.share_printed(overlap)),
        stayed: segment.stay_rate.map(|stayed| numbers.of_group(segment.customers, numbers.share_printed(stayed))),
        silhouette: segment.silhouette.map(|silhouette| numbers.index_printed(silhouette)),
    });
    row.collect()
}

/// Only where behaviour and definition were told apart.
fn stages(findings: &Findings, scheme: &str, numbers: &Numbers) -> Vec<StageRow> {
    let Some(split) = findings.definitions.iter().find(|split| split.scheme == scheme) else {
        return Vec::new();
    };
    let moved = |stage, share: Option<f64>| StageRow {
        stage,
        moved: match share {
            Some(share) => numbers.share_printed(share),
            None => Printed::missing(&because(split.status, split.reason)),
        },
    };
    vec![moved(Stage::Behaviour, split.behaviour_moved_share), moved(Stage::Definition, split.definition_moved_share)]
}
