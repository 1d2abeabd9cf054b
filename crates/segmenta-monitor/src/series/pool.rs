//! Segments too small to be tested alone are tested together.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Line;
use crate::facts::{Observation, RunFacts, SegmentKey, SeriesKey};
use crate::metric::MetricId;
use crate::policy::Policy;

/// Name of what small segments are together; the brackets keep it apart from names of segments.
pub(crate) const SMALL_SEGMENTS: &str = "(small segments)";

/// Segments with some customers, but fewer than a test needs.
pub(super) fn small_segments(policy: &Policy, current: &RunFacts) -> BTreeSet<SegmentKey> {
    let segments = current.labels.iter().flat_map(|(scheme, labels)| {
        labels.iter().map(|(segment, customers)| (SegmentKey::of(scheme, segment), *customers))
    });
    segments.filter(|(_, customers)| *customers < policy.min_customers).map(|(key, _)| key).collect()
}

/// Adds the series of the small segments of each scheme together, as far as figures add up.
pub(super) fn add_pooled(lines: &mut BTreeMap<SeriesKey, Line<'_>>, small: &BTreeSet<SegmentKey>) {
    let mut pooled: BTreeMap<SeriesKey, Line<'static>> = BTreeMap::new();
    for (series, line) in lines.iter().filter(|(series, _)| small.contains(&series.key)) {
        let key = SegmentKey::of(&series.key.scheme, SMALL_SEGMENTS);
        let together = SeriesKey { key, ..series.clone() };
        let sum = pooled.entry(together.clone()).or_insert_with(|| vec![None; line.len()]);
        for (total, part) in sum.iter_mut().zip(line) {
            if let Some(part) = part {
                *total = add(total.as_deref(), part, &together.key).map(Cow::Owned);
            }
        }
    }
    lines.extend(pooled);
}

/// The figure of both together; `None` for figures that do not add up.
fn add(total: Option<&Observation>, part: &Observation, key: &SegmentKey) -> Option<Observation> {
    let is_sum = part.metric.is_sum() || part.metric == MetricId::Share;
    let is_mean = part.sum_minor.is_some() && !matches!(part.metric, MetricId::Other(_));
    if !is_sum && !is_mean && part.successes.is_none() {
        return None;
    }
    let Some(total) = total else {
        return Some(Observation { key: key.clone(), holdout: None, ..part.clone() });
    };
    let n = total.n + part.n;
    let sum_minor = total.sum_minor.zip(part.sum_minor).map(|(left, right)| left + right);
    let successes = total.successes.zip(part.successes).map(|(left, right)| left + right);
    let per_n = |sum: f64| (n > 0).then(|| sum / n as f64);
    let value = if is_sum {
        total.value.zip(part.value).map(|(left, right)| left + right)
    } else {
        per_n(successes.map_or_else(|| sum_minor.unwrap_or(0) as f64, |successes| successes as f64))
    };
    Some(Observation { n, sum_minor, sumsq_minor: None, successes, value, ..total.clone() })
}
