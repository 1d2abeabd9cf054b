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
