//! Many tests at once: adjusted within families, and families opened from the top.

use std::collections::BTreeMap;

use segmenta_stats::bh;

use super::judge::Judged;
use crate::facts::ComparisonId;
use crate::findings::{DriftFinding, DriftMethod, Family};
use crate::policy::Policy;

/// Families that are adjusted together, from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// Totals, moves and fit: figures of all customers.
    Global,
    /// Segments.
    Segment,
    /// Segments by channel.
    Channel,
}

impl Tier {
    pub(crate) const ALL: [Self; 3] = [Self::Global, Self::Segment, Self::Channel];

    pub(crate) fn of(family: Family) -> Self {
        match family {
            Family::SegmentKpi => Self::Segment,
            Family::Channel => Self::Channel,
            _ => Self::Global,
        }
    }
}

/// Sets q of every tested series: Benjamini–Hochberg within tier and comparison.
pub(crate) fn adjust(policy: &Policy, judged: &mut [Judged]) {
    let mut tests: BTreeMap<(Tier, ComparisonId), Vec<usize>> = BTreeMap::new();
    for (position, test) in judged.iter().enumerate() {
        if test.p.is_some() && test.is_tested(policy) {
            tests.entry((Tier::of(test.family), test.comparison)).or_default().push(position);
        }
    }
    for positions in tests.into_values() {
        let p: Vec<Option<f64>> = positions.iter().map(|&position| judged[position].p).collect();
        let adjusted = bh::adjust(&p, policy.false_discovery_rate).expect("probabilities and a share");
        for (position, q) in positions.into_iter().zip(adjusted.q) {
            judged[position].q = q;
        }
    }
}

/// Whether significance in this run alone may ask for action: the tier above shows something or tested nothing,
/// or a test of this tier is beyond doubt.
pub(crate) fn is_open(policy: &Policy, judged: &[Judged], tier: Tier, parent: Parent) -> bool {
    let beyond_doubt = |test: &&Judged| test.q.is_some_and(|q| q <= policy.open_family_q);
    parent != Parent::Quiet
        || judged.iter().filter(|test| Tier::of(test.family) == tier).any(|test| beyond_doubt(&test))
}

/// What the tier above found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// It had nothing to test, or there is none.
    Untested,
    /// It tested and found nothing.
    Quiet,
    /// It shows watch or act.
    Alarmed,
}

/// Upper bound of the `act` alerts that chance alone raises in one run, in the mean, if nothing changed.
///
/// Each family that may act adds its false discovery rate when it is open: the top always, the others when the
/// tier above shows something by chance or a test is beyond doubt. Each series adds the chance of being unusual
/// in two of three runs. Materiality, which lowers both, is left out.
pub(crate) fn expected_false_act(policy: &Policy, judged: &[Judged]) -> f64 {
    let mut expected = 0.0;
    let mut chance_above = 1.0;
    for tier in Tier::ALL {
        let may_act = |test: &&Judged| test.is_tested(policy) && test.n_runs >= policy.runs_to_act;
        let tests: Vec<&Judged> = judged.iter().filter(|test| Tier::of(test.family) == tier).filter(may_act).collect();
        if tests.is_empty() {
            continue;
        }
        let opened =
            (policy.open_family_q + policy.false_discovery_rate * chance_above).min(policy.false_discovery_rate);
        expected += opened + tests.iter().map(|test| chance_of_persistence(test.n_runs)).sum::<f64>();
        chance_above = (tests.len() as f64 * policy.alpha).min(1.0);
    }
    expected
}

/// Chance of one series without change to be outside of its 99 % interval, or its chart beyond the limit, in this
/// run and outside the same way in one of the two before. It is larger than for independent runs, since all are
/// compared with one baseline.
///
/// Simulated: 400,000 normal baselines of 12, 24 and 52 runs with 12 runs each after them.
fn chance_of_persistence(n_runs: usize) -> f64 {
    match n_runs {
        ..24 => 2.3e-3,
        24.. => 1.5e-3,
    }
}

/// Sets q of the rows of drift that have a p: Benjamini–Hochberg over the columns, within comparison and measure.
pub(crate) fn adjust_drift(policy: &Policy, drift: &mut [DriftFinding]) {
    let mut tests: BTreeMap<(ComparisonId, DriftMethod), Vec<usize>> = BTreeMap::new();
    for (position, row) in drift.iter().enumerate().filter(|(_, row)| row.p.is_some()) {
        tests.entry((row.comparison, row.method)).or_default().push(position);
    }
    for positions in tests.into_values() {
        let p: Vec<Option<f64>> = positions.iter().map(|&position| drift[position].p).collect();
        let adjusted = bh::adjust(&p, policy.false_discovery_rate).expect("probabilities and a share");
        for (position, q) in positions.into_iter().zip(adjusted.q) {
            drift[position].q = q;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;

    fn test(family: Family, p: f64) -> Judged {
        let (value, expected) = (Some(1.0), Some(1.0));
        Judged { family, value, expected, n_runs: 12, p: Some(p), status: Status::Ok, ..Judged::default() }
    }

    #[test]
    fn families_are_adjusted_apart_and_untested_series_do_not_count() {
        let policy = Policy::default();
        let mut judged = vec![
            test(Family::Total, 0.03),
            test(Family::SegmentKpi, 0.01),
            test(Family::SegmentKpi, 0.04),
            Judged { n_runs: 5, ..test(Family::SegmentKpi, 0.001) },
        ];
        adjust(&policy, &mut judged);
        let q: Vec<Option<f64>> = judged.iter().map(|test| test.q).collect();
        assert_eq!(q, [Some(0.03), Some(0.02), Some(0.04), None]);
    }

    #[test]
    fn a_family_below_a_quiet_one_needs_a_test_beyond_doubt() {
        let policy = Policy::default();
        let open = |q: f64, parent| {
            let judged = [Judged { q: Some(q), ..test(Family::SegmentKpi, q) }];
            is_open(&policy, &judged, Tier::Segment, parent)
        };
        assert!(open(0.03, Parent::Alarmed) && open(0.03, Parent::Untested));
        assert!(!open(0.03, Parent::Quiet) && open(0.009, Parent::Quiet));
    }

    #[test]
    fn false_alarms_are_expected_by_hand() {
        // One total: 5 % + 0.23 %. Two segments: opened by 1 % + 5 % · 1 %, and twice 0.23 %.
        let judged = [test(Family::Total, 0.5), test(Family::SegmentKpi, 0.5), test(Family::SegmentKpi, 0.5)];
        let expected = expected_false_act(&Policy::default(), &judged);
        assert!((expected - (0.05 + 0.0023 + 0.0105 + 0.0046)).abs() < 1e-12, "{expected}");
    }
}
