//! Segments of this run, and those of the last one that are gone.

use std::collections::BTreeSet;

use super::figures::Figures;
use super::{Found, runs};
use crate::facts::{ComparisonId, SegmentKey, Stage};
use crate::findings::{Alert, Level, Lineage, SegmentFinding};
use crate::lineage::{LineageFinding, Relation, lineage};
use crate::verdict;

/// Every segment of every scheme, by scheme and name.
pub(super) fn segments(found: &Found<'_>, figures: &Figures<'_>, alerts: &[Alert]) -> Vec<SegmentFinding> {
    let schemes = found.evidence.current.labels.keys();
    schemes.flat_map(|scheme| of_scheme(found, figures, alerts, scheme)).collect()
}

fn of_scheme(found: &Found<'_>, figures: &Figures<'_>, alerts: &[Alert], scheme: &str) -> Vec<SegmentFinding> {
    let now = &found.evidence.current.labels[scheme];
    let before = found.evidence.history.iter().rev().find_map(|run| run.labels.get(scheme));
    let redefined = runs::definition_moves(found.evidence).find(|moves| moves.scheme == scheme).map(lineage);
    let names: BTreeSet<&String> = now.keys().chain(before.into_iter().flat_map(|labels| labels.keys())).collect();
    let all: u64 = now.values().sum();
    let fit = found.evidence.fit.iter().find(|fit| fit.scheme == *scheme);
    let segment = |name: &&String| {
        let name = name.as_str();
        let n = |labels: &std::collections::BTreeMap<String, u64>| labels.get(name).copied().unwrap_or(0);
        let customers = n(now);
        let (lineage, from_segment, jaccard) = match &redefined {
            Some(relations) => relation(relations, name, customers),
            None => by_name(name, before.map_or(customers, n), customers),
        };
        let key = SegmentKey::of(scheme, name);
        let (worst, recommendation) = verdict::worst(alerts.iter().filter(|alert| alert.segment == key));
        let metrics = figures.of(&key);
        let is_judged = worst > Level::Ok || metrics.iter().any(|metric| metric.level != Level::None);
        SegmentFinding {
            lineage,
            from_segment,
            jaccard,
            customers,
            share: (all > 0).then(|| customers as f64 / all as f64),
            stay_rate: stay_rate(found, scheme, name),
            silhouette: fit.and_then(|fit| fit.silhouette_by_segment.get(name).copied()),
            metrics,
            level: if is_judged { worst } else { Level::None },
            recommendation,
            key,
        }
    };
    names.iter().map(segment).collect()
}

/// What the overlaps after a refit say.
fn relation(relations: &[LineageFinding], name: &str, customers: u64) -> (Lineage, Option<String>, Option<f64>) {
    let continues = relations
        .iter()
        .find(|found| found.relation == Relation::Continues && found.to_segment.as_deref() == Some(name));
    match continues {
        Some(found) => (Lineage::Continues, found.from_segment.clone(), found.jaccard),
        None if customers > 0 => (Lineage::New, None, None),
        None => (Lineage::Vanished, None, None),
    }
}

/// Under the same definition a segment continues the one of its name.
fn by_name(name: &str, before: u64, now: u64) -> (Lineage, Option<String>, Option<f64>) {
    match (before, now) {
        (1.., 0) => (Lineage::Vanished, None, None),
        (0, 1..) => (Lineage::New, None, None),
        _ => (Lineage::Continues, Some(name.to_owned()), None),
    }
}

fn stay_rate(found: &Found<'_>, scheme: &str, name: &str) -> Option<f64> {
    let moves = found.migrations.iter().find(|moves| {
        moves.comparison == ComparisonId::Previous && moves.scheme == scheme && moves.stage != Stage::Definition
    })?;
    let position = moves.labels.iter().position(|label| label == name)?;
    moves.stay_rate.get(position).copied().flatten()
}
