//! Why a total changed: volume, mix and rate by segment in whole minor units, and customer by customer.

use std::collections::{BTreeMap, BTreeSet};

use segmenta_stats::bridge::{SegmentTotal, VolumeMixRate, volume_mix_rate};

use crate::facts::{ComparisonId, Matched, RunFacts};
use crate::findings::{BridgeFinding, BridgeSegment};
use crate::{MetricId, Reason, Status};

/// Bridge of `metric` from the earlier run to this one, by the segments of `scheme`.
///
/// The effects of [`volume_mix_rate`] are fractions of a minor unit. Each is cut to a whole one, and the units
/// that are then missing go to the effects with the largest fractions, so that start, effects and end add up
/// exactly. [`BridgeFinding::rounded_minor`] says how many units this moved.
///
/// - In: the sums of `metric` by segment among the observations of both runs, each over its customers.
/// - A sum that was not observed on a side, another definition or another currency leaves the effects null; the
///   customer bridge stands on its own.
pub fn bridge(
    comparison: ComparisonId,
    scheme: &str,
    metric: &MetricId,
    reference: &RunFacts,
    current: &RunFacts,
    matched: Option<&Matched>,
) -> BridgeFinding {
    let (before, now) = (Side::of(reference, scheme, metric), Side::of(current, scheme, metric));
    let found = BridgeFinding {
        comparison,
        scheme: scheme.to_owned(),
        metric: metric.clone(),
        start_minor: before.total(),
        end_minor: now.total(),
        customer_bridge: matched.and_then(|matched| {
            let bridges = matched.bridges.iter();
            bridges.filter(|known| known.scheme == scheme && known.metric == *metric).map(|known| known.bridge).next()
        }),
        ..BridgeFinding::default()
    };
    let Some(reason) = incomparable(reference, current, &before, &now) else {
        return effects(found, &before, &now);
    };
    BridgeFinding { status: Status::Missing, reason: Some(reason), ..found }
}

/// Customers and sum of each segment of one run.
struct Side {
    segments: BTreeMap<String, (u64, Option<i128>)>,
}

impl Side {
    fn of(run: &RunFacts, scheme: &str, metric: &MetricId) -> Self {
        let labels = run.labels.get(scheme).into_iter().flatten();
        let mut segments: BTreeMap<String, (u64, Option<i128>)> =
            labels.filter(|(_, n)| **n > 0).map(|(segment, &n)| (segment.clone(), (n, None))).collect();
        let sums = run.observations.iter().filter(|sum| sum.key.scheme == scheme && sum.metric == *metric);
        for sum in sums.filter(|sum| sum.channel.is_none() && (sum.n > 0 || sum.sum_minor != Some(0))) {
            if let Some(segment) = &sum.key.segment {
                segments.insert(segment.clone(), (sum.n, sum.sum_minor));
            }
        }
        Self { segments }
    }

    /// Sum over all segments, unless it was not observed for one of them.
    fn total(&self) -> Option<i128> {
        if self.segments.is_empty() { None } else { self.segments.values().map(|segment| segment.1).sum() }
    }

    fn segment(&self, name: &str) -> SegmentTotal {
        let (n, sum) = self.segments.get(name).copied().unwrap_or_default();
        SegmentTotal { n, value: sum.unwrap_or_default() as f64 }
    }
}

fn incomparable(reference: &RunFacts, current: &RunFacts, before: &Side, now: &Side) -> Option<Reason> {
    if reference.currency != current.currency {
        Some(Reason::OtherCurrency)
    } else if reference.definition_version != current.definition_version {
        Some(Reason::OtherDefinition)
    } else if before.total().is_none() || now.total().is_none() {
        Some(Reason::NotObserved)
    } else {
        None
    }
}

fn effects(found: BridgeFinding, before: &Side, now: &Side) -> BridgeFinding {
    let names: BTreeSet<&String> = before.segments.keys().chain(now.segments.keys()).collect();
    let side = |side: &Side| names.iter().map(|name| side.segment(name)).collect::<Vec<_>>();
    let bridge = volume_mix_rate(&side(before), &side(now)).expect("both sides list the union of the segments");
    let (Some(volume), Some((start, end))) = (bridge.volume, found.start_minor.zip(found.end_minor)) else {
        return BridgeFinding { status: bridge.status, reason: bridge.reason.map(Reason::from), ..found };
    };
    let (whole, rounded_minor) = whole_parts(&parts(volume, &bridge), end - start);
    let (mix, rate) = whole[1..].split_at(names.len());
    let by_segment = names.iter().zip(mix.iter().zip(rate)).map(|(name, (&mix_minor, &rate_minor))| BridgeSegment {
        segment: (*name).clone(),
        mix_minor,
        rate_minor,
    });
    BridgeFinding {
        volume_minor: Some(whole[0]),
        mix_minor: Some(mix.iter().sum()),
        rate_minor: Some(rate.iter().sum()),
        rounded_minor: Some(rounded_minor),
        by_segment: by_segment.collect(),
        simpson: bridge.simpson,
        status: Status::Ok,
        ..found
    }
}

/// Volume, then the mix of each segment, then the rate of each segment.
fn parts(volume: f64, bridge: &VolumeMixRate) -> Vec<f64> {
    std::iter::once(volume).chain(bridge.mix_by_segment.iter().chain(&bridge.rate_by_segment).copied()).collect()
}

/// Whole numbers next to `parts` that add up to `total`, by the largest remainder, and how many units they are
/// away from plain rounding.
fn whole_parts(parts: &[f64], total: i128) -> (Vec<i128>, i128) {
    let mut whole: Vec<i128> = parts.iter().map(|part| part.floor() as i128).collect();
    let missing = total - whole.iter().sum::<i128>();
    let n_parts = parts.len() as i128;
    let (for_each, for_some) = (missing.div_euclid(n_parts), missing.rem_euclid(n_parts));
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&left, &right| fraction(parts[right]).total_cmp(&fraction(parts[left])));
    for (rank, &part) in order.iter().enumerate() {
        whole[part] += for_each + i128::from((rank as i128) < for_some);
    }
    let moved = parts.iter().zip(&whole).map(|(part, whole)| (whole - part.round() as i128).abs()).sum();
    (whole, moved)
}

fn fraction(part: f64) -> f64 {
    part - part.floor()
}

#[cfg(test)]
mod tests {
    use segmenta_stats::bridge::{CustomerBridge, Holding};

    use super::*;
    use crate::facts::{MatchedBridge, Observation, SegmentKey};

    fn run(segments: &[(&str, u64, i128)]) -> RunFacts {
        let sum = |&(name, n, sum): &(&str, u64, i128)| {
            Observation::money(SegmentKey::of("value", name), MetricId::Revenue, n, sum, 0)
        };
        RunFacts { observations: segments.iter().map(sum).collect(), ..RunFacts::default() }
    }

    fn between(before: &RunFacts, now: &RunFacts) -> BridgeFinding {
        bridge(ComparisonId::Previous, "value", &MetricId::Revenue, before, now, None)
    }

    fn assert_adds_up(found: &BridgeFinding) {
        let (volume, mix, rate) = (found.volume_minor.unwrap(), found.mix_minor.unwrap(), found.rate_minor.unwrap());
        assert_eq!(found.start_minor.unwrap() + volume + mix + rate, found.end_minor.unwrap());
        assert_eq!(found.by_segment.iter().map(|segment| segment.mix_minor).sum::<i128>(), mix);
        assert_eq!(found.by_segment.iter().map(|segment| segment.rate_minor).sum::<i128>(), rate);
    }

    /// Premium 100 → 105 and basic 20 → 22 per customer, yet the average falls from 60 to 38.6: all mix.
    #[test]
    fn premium_and_basic() {
        let before = run(&[("premium", 500, 5_000_000), ("basic", 500, 1_000_000)]);
        let found = between(&before, &run(&[("premium", 200, 2_100_000), ("basic", 800, 1_760_000)]));
        assert_adds_up(&found);
        assert_eq!((found.volume_minor, found.mix_minor, found.rate_minor), (Some(0), Some(-2_445_000), Some(305_000)));
        assert!(found.simpson);
    }

    #[test]
    fn thirds_of_a_cent_add_up_for_many_segments() {
        let names: Vec<String> = (0..40).map(|k| format!("s{k:02}")).collect();
        for seed in 1..60_u64 {
            let side = |salt: u64| {
                let segment = |(k, name): (usize, &String)| {
                    let mixed = (k as u64 + 1).wrapping_mul(seed.wrapping_mul(2_654_435_761).wrapping_add(salt)) >> 7;
                    Observation::money(
                        SegmentKey::of("value", name),
                        MetricId::Revenue,
                        mixed % 977 + 1,
                        (mixed % 1_000_003) as i128 - 20_000,
                        0,
                    )
                };
                RunFacts { observations: names.iter().enumerate().map(segment).collect(), ..RunFacts::default() }
            };
            let found = between(&side(11), &side(1_234_567));
            assert_adds_up(&found);
            assert!(found.rounded_minor.unwrap() <= 81, "{:?}", found.rounded_minor);
        }
    }

    #[test]
    fn the_largest_fraction_gets_the_missing_unit() {
        assert_eq!(whole_parts(&[0.4, 0.35, 0.25], 1), (vec![1, 0, 0], 1));
        assert_eq!(whole_parts(&[-0.4, -0.35, -0.25], -1), (vec![-1, 0, 0], 1));
        assert_eq!(whole_parts(&[2.0, -1.0 + 1e-12, 0.0], 1), (vec![2, -1, 0], 0));
        assert_eq!(whole_parts(&[0.5, 0.5], 5), (vec![3, 2], 3));
    }

    #[test]
    fn new_and_vanished_segments_are_mix() {
        let found = between(&run(&[("a", 10, 1_000), ("old", 5, 100)]), &run(&[("a", 10, 1_000), ("new", 5, 700)]));
        assert_adds_up(&found);
        assert_eq!(found.rate_minor, Some(0));
        assert_eq!(found.mix_minor, Some(600));
    }

    #[test]
    fn a_sum_that_was_not_observed_is_said() {
        let mut now = run(&[("a", 10, 1_000)]);
        now.labels.insert("value".to_owned(), BTreeMap::from([("a".to_owned(), 10), ("b".to_owned(), 3)]));
        let found = between(&run(&[("a", 10, 900)]), &now);
        assert_eq!((found.status, found.reason), (Status::Missing, Some(Reason::NotObserved)));
        assert_eq!((found.start_minor, found.end_minor, found.mix_minor), (Some(900), None, None));
        let empty = between(&run(&[]), &run(&[]));
        assert_eq!((empty.start_minor, empty.status), (None, Status::Missing));
    }

    #[test]
    fn other_definitions_have_a_customer_bridge_only() {
        let (before, mut now) = (run(&[("a", 1, 5)]), run(&[("b", 1, 7)]));
        now.definition_version = "2".to_owned();
        let mut customers = CustomerBridge::default();
        customers.add(None, Some(Holding { segment: 0, value_minor: 2 }));
        let known = MatchedBridge { scheme: "value".to_owned(), metric: MetricId::Revenue, bridge: customers };
        let matched = Matched { bridges: vec![known], ..Matched::default() };
        let found = bridge(ComparisonId::Previous, "value", &MetricId::Revenue, &before, &now, Some(&matched));
        assert_eq!((found.mix_minor, found.reason), (None, Some(Reason::OtherDefinition)));
        assert_eq!(found.customer_bridge.map(|bridge| bridge.new), Some(2));
    }
}
