//! How the segments of one scheme changed: who moved, who performs differently, whether all do.

use std::collections::{BTreeMap, BTreeSet};

use segmenta_stats::bridge::{self, SegmentTotal};

use super::{Scene, sign};
use crate::facts::{ComparisonId, SegmentKey, SeriesKey, Stage};
use crate::findings::{Alert, Rule};
use crate::metric::{MetricId, Unit};
use crate::policy::Policy;
use crate::series::Book;

/// Segments move together if the one that moves least still moves this part of the median.
const TOGETHER: f64 = 0.25;

/// Changes of the segments of one scheme against the baseline.
pub(crate) struct Shape {
    metric: MetricId,
    unit: Unit,
    parts: Vec<Part>,
    /// Mix effect on the total.
    mix: f64,
    /// Total variation between the segments' shares.
    tv: f64,
}

/// One segment.
struct Part {
    segment: String,
    /// Mean of its shares of the customers.
    share: f64,
    /// Change of its share.
    share_change: f64,
    /// Change of its value per customer, in units and relatively.
    rate_change: f64,
    rate_rel: Option<f64>,
    /// Relative change of its total.
    total_rel: Option<f64>,
    /// What the changed value per customer adds to the total, and the change of its own total.
    rate: f64,
    total_change: f64,
}

impl Shape {
    /// The shape of a metric; of the revenue for the sizes of segments. `None` if it is not observed by segment.
    pub(crate) fn of(book: &Book<'_>, scheme: &str, metric: &MetricId, comparison: ComparisonId) -> Option<Self> {
        let basis = |metric: &MetricId| Self::of_basis(book, scheme, metric, comparison);
        if is_size(metric) {
            return [MetricId::Revenue, MetricId::Margin, MetricId::Orders].iter().find_map(basis);
        }
        basis(metric)
    }

    fn of_basis(book: &Book<'_>, scheme: &str, metric: &MetricId, comparison: ComparisonId) -> Option<Self> {
        let runs = book.reference_runs(scheme, comparison);
        let series =
            |segment: &str| SeriesKey { key: SegmentKey::of(scheme, segment), channel: None, metric: metric.clone() };
        let segments: BTreeSet<&String> = runs
            .iter()
            .chain([&book.current()])
            .filter_map(|&run| book.runs[run].labels.get(scheme))
            .flat_map(BTreeMap::keys)
            .collect();
        let unit = segments.iter().find_map(|segment| book.now(&series(segment)))?.unit;
        let weight = |run: usize, segment: &str| -> SegmentTotal {
            let total = book.at(&series(segment), run).and_then(|found| Some((found.n, found.value?)));
            match total {
                Some((n, value)) if metric.is_sum() => SegmentTotal { n, value },
                Some((n, value)) => SegmentTotal { n, value: value * n as f64 },
                None => SegmentTotal::default(),
            }
        };
        // Sums over the baseline runs against as many times this run, so that nothing is rounded.
        let k = runs.len() as u64;
        let before: Vec<SegmentTotal> =
            segments.iter().map(|segment| sum(runs.iter().map(|&run| weight(run, segment)))).collect();
        let now: Vec<SegmentTotal> = segments
            .iter()
            .map(|segment| weight(book.current(), segment))
            .map(|total| SegmentTotal { n: total.n * k, value: total.value * k as f64 })
            .collect();
        let bridge = bridge::volume_mix_rate(&before, &now).ok()?;
        let (all_before, all_now) = (sum(before.iter().copied()).n as f64, sum(now.iter().copied()).n as f64);
        let parts: Vec<Part> = segments
            .iter()
            .zip(before.iter().zip(&now).zip(&bridge.rate_by_segment))
            .map(|(segment, ((before, now), &rate))| part(segment, *before, *now, (all_before, all_now), rate))
            .collect();
        let tv = parts.iter().map(|part| part.share_change.abs()).sum::<f64>() / 2.0;
        Some(Self { metric: metric.clone(), unit, mix: bridge.mix?, tv, parts })
    }

    /// Two thirds of the change per customer are mix, or the alert is about sizes, and the moves are significant.
    pub(crate) fn mix(&self, scene: &Scene<'_>, scheme: &str, alert: &Alert) -> Option<Rule> {
        let policy = scene.policy;
        let rate = self.parts.iter().map(|part| part.rate).sum::<f64>();
        let mix_share = self.mix.abs() / (self.mix.abs() + rate.abs());
        let is_mix = match (&alert.segment.segment, &alert.metric) {
            (_, MetricId::StabilityIndex) => true,
            (Some(segment), metric) => {
                let grew = self.part(segment)?.share_change * sign(alert.direction) > 0.0;
                let own = is_size(metric) || (metric.is_sum() && !self.is_rate(segment, policy));
                own && grew && self.tv >= policy.stable_shares_tv
            }
            (None, metric) if is_size(metric) => false,
            (None, _) => mix_share >= policy.dominant_part && self.mix * sign(alert.direction) > 0.0,
        };
        let (p, from_segment, to_segment) = is_mix.then(|| self.moves(scene, scheme))??;
        let mix_share = if mix_share.is_finite() { mix_share } else { 0.0 };
        Some(Rule::MixDominates { mix_share, p_stuart_maxwell: p, from_segment, to_segment })
    }

    /// One or two segments have most of the rate effect.
    pub(crate) fn few(&self, policy: &Policy, alert: &Alert) -> Option<Rule> {
        if is_size(&alert.metric) || self.together(policy, alert).is_some() {
            return None;
        }
        let mut movers: Vec<&Part> = self.parts.iter().filter(|part| self.is_mover(part, policy)).collect();
        movers.sort_by(|left, right| right.rate.abs().total_cmp(&left.rate.abs()));
        let all: f64 = movers.iter().map(|part| part.rate.abs()).sum();
        // With two segments, both of them are not "a few".
        let n_few = policy.few_segments.min(self.parts.len().saturating_sub(1));
        let needed = policy.dominant_part * all;
        let n_needed =
            (1..=n_few).find(|&n| movers.iter().take(n).map(|part| part.rate.abs()).sum::<f64>() >= needed)?;
        let few = movers.get(..n_needed)?;
        let is_about_them = match &alert.segment.segment {
            Some(segment) => {
                few.iter().any(|part| part.segment == *segment && part.rate * sign(alert.direction) > 0.0)
                    && (!alert.metric.is_sum() || self.is_rate(segment, policy))
            }
            None => {
                all >= policy.dominant_part * (all + self.mix.abs())
                    && self.tv < policy.stable_shares_tv
                    && few.iter().map(|part| part.rate).sum::<f64>() * sign(alert.direction) > 0.0
            }
        };
        is_about_them.then(|| Rule::RateInFewSegments {
            segments: few.iter().map(|part| part.segment.clone()).collect(),
            rate_share: few.iter().map(|part| part.rate.abs()).sum::<f64>() / all,
            tv: Some(self.tv),
        })
    }

    /// All larger segments move the way of the alert, none of them much less than the others.
    pub(crate) fn together(&self, policy: &Policy, alert: &Alert) -> Option<Rule> {
        let is_total = self.metric.is_sum() || is_size(&alert.metric);
        let change = |part: &Part| match self.unit {
            Unit::Share => Some(part.rate_change),
            _ if is_total => part.total_rel,
            _ => part.rate_rel,
        };
        let large = self.parts.iter().filter(|part| part.share >= policy.segment_share);
        let mut changes: Vec<f64> =
            large.map(|part| change(part).map(|change| change * sign(alert.direction))).collect::<Option<_>>()?;
        changes.sort_by(f64::total_cmp);
        let median = *changes.get(changes.len() / 2)?;
        let least = if self.unit == Unit::Share { policy.material_share_change } else { policy.material_rel };
        let moves = changes.len() >= 2 && median >= least / 2.0 && changes[0] >= TOGETHER * median;
        let rel_change = median * sign(alert.direction);
        moves.then_some(Rule::AllSegmentsTogether { segments: changes.len() as u64, rel_change })
    }

    fn part(&self, segment: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.segment == segment)
    }

    /// Whether a segment's value per customer changed by something material.
    fn is_mover(&self, part: &Part, policy: &Policy) -> bool {
        match self.unit {
            Unit::Share => part.rate_change.abs() >= policy.material_share_change,
            _ => part.rate_rel.is_some_and(|rel| rel.abs() >= policy.material_rel),
        }
    }

    /// Whether a segment's total changed because its customers are worth more or less, not because of their number.
    fn is_rate(&self, segment: &str, policy: &Policy) -> bool {
        self.part(segment).is_some_and(|part| {
            part.rate * part.total_change > 0.0 && part.rate.abs() >= policy.dominant_part * part.total_change.abs()
        })
    }

    /// Probability of the moves and the segments that lost and won most; `None` if the moves are no more than chance.
    fn moves(&self, scene: &Scene<'_>, scheme: &str) -> Option<Moves> {
        let known: Vec<_> = scene
            .migrations
            .iter()
            .filter(|found| found.scheme == scheme && found.stage != Stage::Definition && !found.net_flow.is_empty())
            .filter(|found| matches!(found.comparison, ComparisonId::Baseline | ComparisonId::Previous))
            .collect();
        if known.is_empty() {
            let by_change = |left: &&Part, right: &&Part| left.share_change.total_cmp(&right.share_change);
            let name = |part: Option<&Part>| part.map(|part| part.segment.clone());
            let (from, to) = (self.parts.iter().min_by(by_change), self.parts.iter().max_by(by_change));
            return Some((None, name(from), name(to)));
        }
        let tested = known.iter().filter_map(|found| Some((found.stuart_maxwell?.p, found)));
        let (p, found) = tested.min_by(|left, right| left.0.total_cmp(&right.0))?;
        let flow = |position: &usize| found.net_flow[*position];
        let segments = 0..found.labels.len();
        let from = segments.clone().min_by_key(flow).map(|position| found.labels[position].clone());
        let to = segments.max_by_key(flow).map(|position| found.labels[position].clone());
        (p <= scene.policy.migration_p).then_some((Some(p), from, to))
    }
}

/// Probability, segment that lost most, segment that won most.
type Moves = (Option<f64>, Option<String>, Option<String>);

fn is_size(metric: &MetricId) -> bool {
    use MetricId::{Customers, GoneCustomers, NewCustomers, Share, StabilityIndex};
    matches!(metric, Customers | Share | NewCustomers | GoneCustomers | StabilityIndex)
}

fn sum(totals: impl Iterator<Item = SegmentTotal>) -> SegmentTotal {
    totals
        .fold(SegmentTotal::default(), |sum, total| SegmentTotal { n: sum.n + total.n, value: sum.value + total.value })
}

fn part(segment: &str, before: SegmentTotal, now: SegmentTotal, all: (f64, f64), rate: f64) -> Part {
    let per_customer = |total: SegmentTotal| (total.n > 0).then(|| total.value / total.n as f64);
    let (old, new) = (per_customer(before), per_customer(now));
    let share = |n: u64, all: f64| if all > 0.0 { n as f64 / all } else { 0.0 };
    let (old_share, new_share) = (share(before.n, all.0), share(now.n, all.1));
    let relative = |before: Option<f64>, now: Option<f64>| segmenta_stats::change::relative(before, now).rel;
    Part {
        segment: segment.to_owned(),
        share: f64::midpoint(old_share, new_share),
        share_change: new_share - old_share,
        rate_change: old.zip(new).map_or(0.0, |(old, new)| new - old),
        rate_rel: relative(old, new),
        total_rel: relative(Some(before.value), Some(now.value)),
        rate,
        total_change: now.value - before.value,
    }
}
