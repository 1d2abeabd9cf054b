//! Do the segments still fit the customers?

use crate::alert::{Draft, key};
use crate::facts::{ComparisonId, FitFacts, OpenAlert, SegmentKey, SeriesKey};
use crate::findings::{Alert, Direction, DriftFinding, Family, FitFinding, Level, Rule, Trigger};
use crate::metric::MetricId;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::series::Book;
use crate::{Status, alert};

/// Findings of every scheme that was fitted, without levels.
pub(crate) fn findings(policy: &Policy, book: &Book<'_>, facts: &[FitFacts]) -> Vec<FitFinding> {
    facts.iter().map(|facts| finding(policy, book, facts)).collect()
}

fn finding(policy: &Policy, book: &Book<'_>, facts: &FitFacts) -> FitFinding {
    let is_known = facts.silhouette_simplified.is_some();
    let negative = facts.silhouette_by_segment.iter().filter(|(_, silhouette)| **silhouette < 0.0);
    let above_noise = |psi: &f64| facts.distance_noise_floor_99.is_none_or(|floor| *psi > floor);
    let distance_psi = facts.distance_psi;
    let status = if is_known { Status::Ok } else { Status::Missing };
    FitFinding {
        scheme: facts.scheme.clone(),
        silhouette_simplified: facts.silhouette_simplified,
        silhouette_baseline: before(book, &facts.scheme, MetricId::Silhouette),
        silhouette_sampled: facts.silhouette_sampled,
        sample_size: facts.sample_size,
        negative_segments: negative.map(|(segment, _)| segment.clone()).collect(),
        distance_psi,
        is_distance_large: distance_psi.filter(above_noise).is_some_and(|psi| psi >= policy.psi_watch),
        ari_definition: facts.ari_definition,
        unassigned_share: facts.unassigned_share,
        level: if is_known { Level::Ok } else { Level::None },
        status,
        reason: (!is_known).then_some(Reason::NotObserved),
    }
}

/// Mean over the baseline runs; the latest run before them if there are none.
fn before(book: &Book<'_>, scheme: &str, metric: MetricId) -> Option<f64> {
    let series = SeriesKey { key: SegmentKey::scheme(scheme), channel: None, metric };
    let value = |run: usize| book.at(&series, run)?.value;
    let baseline: Vec<f64> = book.baseline(scheme).filter_map(value).collect();
    if baseline.is_empty() {
        return (0..book.current()).rev().find_map(value);
    }
    Some(baseline.iter().sum::<f64>() / baseline.len() as f64)
}

/// Alerts about silhouettes and distances.
///
/// A fall of the silhouette is watched, and asks for action when it persists; so does a segment whose customers
/// are nearer to another one. Distances are watched.
pub(crate) fn drafts(policy: &Policy, findings: &[FitFinding], open: &[OpenAlert]) -> Vec<Draft> {
    let of_scheme = |finding: &FitFinding| {
        let key = SegmentKey::scheme(&finding.scheme);
        let fell = silhouette_fall(policy, finding).is_some() || !finding.negative_segments.is_empty();
        let silhouette = fell.then(|| {
            let values = (finding.silhouette_simplified, finding.silhouette_baseline);
            draft(policy, &key, MetricId::Silhouette, Direction::Down, values, open)
        });
        let distance = finding.is_distance_large.then(|| {
            let values = (finding.distance_psi, Some(0.0));
            Draft { is_watched: false, ..draft(policy, &key, MetricId::DistancePsi, Direction::Up, values, &[]) }
        });
        silhouette.into_iter().chain(distance).collect::<Vec<Draft>>()
    };
    findings.iter().flat_map(of_scheme).collect()
}

fn draft(
    policy: &Policy,
    segment: &SegmentKey,
    metric: MetricId,
    direction: Direction,
    (value, expected): (Option<f64>, Option<f64>),
    open: &[OpenAlert],
) -> Draft {
    let series = SeriesKey { key: segment.clone(), channel: None, metric };
    let key = key(&series, None, ComparisonId::Baseline, direction);
    let is_persistent = open.iter().any(|alert| alert.key == key && alert.was_watched(policy));
    let persistent = is_persistent.then_some(Trigger::Persistent);
    let alert = Alert {
        key,
        level: if is_persistent { Level::Act } else { Level::Watch },
        family: Family::Fit,
        segment: segment.clone(),
        unit: series.metric.unit(),
        metric: series.metric,
        comparison: ComparisonId::Baseline,
        direction,
        value,
        expected,
        rel_change: segmenta_stats::change::relative(expected, value).rel,
        triggers: persistent.into_iter().chain([Trigger::Limit]).collect(),
        ..Alert::default()
    };
    Draft { alert, is_watched: true }
}

/// How far the silhouette is below its baseline, if that is further than it may be.
fn silhouette_fall(policy: &Policy, finding: &FitFinding) -> Option<f64> {
    let fall = finding.silhouette_baseline? - finding.silhouette_simplified?;
    (fall > policy.silhouette_fall).then_some(fall)
}

/// The rule that says that customers are no longer like the segments: at least two of drifting columns, a falling
/// silhouette, and customers far from every segment.
pub(crate) fn no_longer_fits(
    policy: &Policy,
    book: &Book<'_>,
    scheme: &str,
    findings: &[FitFinding],
    drift: &[DriftFinding],
) -> Option<Rule> {
    let finding = findings.iter().find(|finding| finding.scheme == scheme);
    let fall = finding.and_then(|finding| silhouette_fall(policy, finding));
    let distance = finding.filter(|finding| finding.is_distance_large).and_then(|finding| finding.distance_psi);
    let series = SeriesKey { key: SegmentKey::scheme(scheme), channel: None, metric: MetricId::UnassignedShare };
    let unassigned = book.now(&series).and_then(|now| now.value);
    let rise = unassigned
        .zip(before(book, scheme, MetricId::UnassignedShare))
        .map(|(now, before)| now - before)
        .filter(|rise| *rise >= policy.material_share_change);
    let columns: Vec<String> = alert::condition::by_column(drift)
        .into_iter()
        .filter(|(_, row)| row.level >= Level::Watch)
        .map(|(column, _)| column.to_owned())
        .collect();
    let signs = [!columns.is_empty(), fall.is_some(), distance.is_some() || rise.is_some()];
    (signs.iter().filter(|sign| **sign).count() >= 2).then_some(Rule::FitFell {
        columns,
        silhouette_fall: fall,
        distance_psi: distance,
        unassigned_rise: rise,
    })
}
