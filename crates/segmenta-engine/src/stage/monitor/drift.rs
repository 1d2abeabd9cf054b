//! Distances between this run and the baseline.

use segmenta_stats::psi::{self, Psi};
use segmenta_stats::{Bin, BinCounts, BinKind, distance};

use super::state::{FeatureState, Labels, State, floats};
use crate::Result;
use crate::context::Context;
use crate::profile::Profile;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DriftKind {
    Scheme,
    Criterion,
    Feature,
}

/// One compared column.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    pub(crate) column: String,
    pub(crate) kind: DriftKind,
    pub(crate) psi: Psi,
    /// Total variation, 0 to 1; `None` when a side has no rows.
    pub(crate) tv: Option<f64>,
    pub(crate) null_share_reference: f64,
    pub(crate) null_share_current: f64,
    /// Label or range of the bin, rows in the baseline, rows now.
    pub(crate) bins: Vec<(String, u64, u64)>,
}

/// Every scheme, criterion and watched column that the baseline has too.
pub(super) fn compare(
    context: &Context<'_>,
    profile: &Profile,
    reference: &State,
    current: &State,
) -> Result<Vec<Drift>> {
    let mut rows = Vec::new();
    let schemes = context.pipeline.schemes.keys().map(|name| (name, DriftKind::Scheme));
    let criteria = context.pipeline.criteria.keys().map(|name| (name, DriftKind::Criterion));
    for (name, kind) in schemes.chain(criteria) {
        if let (Some(reference), Some(current)) = (reference.labels.get(name), current.labels.get(name)) {
            rows.push(of_labels(name, kind, reference, current)?);
        }
    }
    for name in &context.pipeline.monitor.features {
        if let Some(reference) = reference.features.get(name) {
            rows.push(of_feature(profile, name, reference)?);
        }
    }
    Ok(rows)
}

fn of_labels(name: &str, kind: DriftKind, reference: &Labels, current: &Labels) -> Result<Drift> {
    let bins: Vec<(String, u64, u64)> = Labels::aligned(reference, current)
        .into_iter()
        .map(|(label, reference, current)| (label.unwrap_or("(none)").to_owned(), reference, current))
        .collect();
    drift(name, kind, bins, (reference.n_nulls, current.n_nulls))
}

/// Counts this run's values in the baseline's bins.
fn of_feature(profile: &Profile, name: &str, reference: &FeatureState) -> Result<Drift> {
    let values = floats(profile, name)?;
    let (counts, labels) = match &reference.bins {
        Some(bins) => (bins.count(values), bins.bins().iter().map(range).collect()),
        None => {
            let n_nulls = values.iter().filter(|value| value.is_none()).count() as u64;
            (BinCounts { counts: vec![values.len() as u64 - n_nulls], n_nulls }, vec!["any value".to_owned()])
        }
    };
    let mut reference = reference.counts.clone();
    reference.counts.resize(counts.counts.len(), 0);
    let (before, now) = BinCounts::aligned(&reference, &counts);
    let labels = labels.into_iter().chain(std::iter::once("no value".to_owned()));
    let bins = labels.zip(before).zip(now).map(|((label, before), now)| (label, before, now)).collect();
    drift(name, DriftKind::Feature, bins, (reference.n_nulls, counts.n_nulls))
}

/// The values of a bin, as a reader would write them.
fn range(bin: &Bin) -> String {
    let number =
        |value: Option<f64>| value.map(|value| ((value * 100.0).round() / 100.0).to_string()).unwrap_or_default();
    let (lo, hi) = (number(bin.lo), number(bin.hi));
    match bin.kind {
        BinKind::Atom => format!("exactly {hi}"),
        BinKind::Tail if bin.lo.is_none() => "any value".to_owned(),
        BinKind::Tail => format!("above {lo}"),
        BinKind::Open if bin.lo.is_none() => format!("below {hi}"),
        BinKind::Open => format!("above {lo}, below {hi}"),
        BinKind::RightClosed if bin.lo.is_none() => format!("up to {hi}"),
        BinKind::RightClosed => format!("above {lo} up to {hi}"),
    }
}

fn drift(name: &str, kind: DriftKind, bins: Vec<(String, u64, u64)>, n_nulls: (u64, u64)) -> Result<Drift> {
    let reference: Vec<u64> = bins.iter().map(|bin| bin.1).collect();
    let current: Vec<u64> = bins.iter().map(|bin| bin.2).collect();
    let share = |n: u64, of: &[u64]| n as f64 / of.iter().sum::<u64>().max(1) as f64;
    Ok(Drift {
        column: name.to_owned(),
        kind,
        psi: psi::of_counts(&reference, &current)?,
        tv: distance::of_counts(&reference, &current)?.tv,
        null_share_reference: share(n_nulls.0, &reference),
        null_share_current: share(n_nulls.1, &current),
        bins,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::profile;
    use arrow::array::Float64Array;
    use segmenta_stats::{Bins, Sample};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn now(values: &[Option<f64>]) -> Profile {
        profile(vec![("spend", Arc::new(values.iter().copied().collect::<Float64Array>()))])
    }

    fn before(values: &[f64], n_bins: usize) -> FeatureState {
        let sample = Sample::new(values.to_vec());
        let bins = Bins::from_reference(&sample, n_bins).unwrap();
        FeatureState { counts: bins.count_sample(&sample), bins: Some(bins) }
    }

    /// Quartiles of 0, 0, 0, 4, 8 are 0, 0, 4: 0 is an atom.
    #[test]
    fn this_runs_values_are_counted_in_the_bins_of_the_baseline() {
        let reference = before(&[0.0, 0.0, 0.0, 4.0, 8.0], 4);
        let drift = of_feature(&now(&[Some(0.0), Some(3.0), None, Some(9.0)]), "spend", &reference).unwrap();
        let expected =
            [("below 0", 0, 0), ("exactly 0", 3, 1), ("above 0 up to 4", 1, 1), ("above 4", 1, 1), ("no value", 0, 1)];
        assert_eq!(drift.bins, expected.map(|(bin, before, now)| (bin.to_owned(), before, now)));
        assert_eq!((drift.null_share_reference, drift.null_share_current), (0.0, 0.25));
        // ½ (|3/5 − 1/4| + |1/5 − 1/4| + |1/5 − 1/4| + 1/4) = 0.35
        assert!((drift.tv.unwrap() - 0.35).abs() < 1e-12);
    }

    #[test]
    fn ranges_read_as_they_hold() {
        let bin = |lo, hi, kind| range(&Bin { lo, hi, kind });
        assert_eq!(bin(None, None, BinKind::Tail), "any value");
        assert_eq!(bin(None, Some(2.5), BinKind::RightClosed), "up to 2.5");
        assert_eq!(bin(Some(1.0), Some(2.0), BinKind::Open), "above 1, below 2");
        assert_eq!(bin(Some(2.0 / 3.0), None, BinKind::Tail), "above 0.67");
    }

    #[test]
    fn a_column_that_had_no_value_has_one_bin() {
        let reference = FeatureState { bins: None, counts: BinCounts { counts: Vec::new(), n_nulls: 3 } };
        let drift = of_feature(&now(&[Some(1.0), None]), "spend", &reference).unwrap();
        assert_eq!(drift.bins, [("any value".to_owned(), 0, 1), ("no value".to_owned(), 3, 1)]);
        assert_eq!(drift.tv, Some(0.5));
    }

    /// PSI with a floor of 1e-4 on every share: (0.4 − 0.5) ln 0.8 + (0.6 − 0.5) ln 1.2 = 0.0405465.
    #[test]
    fn labels_of_both_runs_are_compared_with_nulls_last() {
        let labels = |counts: &[(&str, u64)], n_nulls| Labels {
            counts: counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<BTreeMap<_, _>>(),
            n_nulls,
        };
        let same = |n_a, n_b| labels(&[("a", n_a), ("b", n_b)], 0);
        let drift = of_labels("value", DriftKind::Scheme, &same(50, 50), &same(40, 60)).unwrap();
        assert!((drift.psi.psi.unwrap() - 0.040_546_510_810_816_44).abs() < 1e-12);
        let drift = of_labels("value", DriftKind::Scheme, &labels(&[("a", 1)], 0), &labels(&[("c", 1)], 1)).unwrap();
        let names: Vec<&str> = drift.bins.iter().map(|bin| bin.0.as_str()).collect();
        assert_eq!(names, ["a", "c", "(none)"]);
        assert_eq!((drift.tv, drift.null_share_current), (Some(1.0), 0.5));
    }
}
