//! Columns compared with the baseline, the ones that drifted first.

use std::cmp::Ordering;

use serde::Serialize;

use super::summary::ratio;
use crate::Report;
use crate::chart::Pairs;
use crate::format::{Numbers, Printed};
use crate::model::{DriftBand, DriftBin, DriftKind, DriftMethod, DriftRow};

/// Bins shown per column; the rest is folded into one, so that no column can swell the page.
const MOST_BINS: usize = 24;

/// The section on drift; `reason` says why it is empty.
#[derive(Debug, Serialize)]
pub(crate) struct Drift {
    reason: Option<String>,
    rows: Vec<Row>,
    drifted: usize,
}

#[derive(Debug, Serialize)]
struct Row {
    column: String,
    kind: DriftKind,
    method: DriftMethod,
    value: Printed,
    band: DriftBand,
    noise_floor: Printed,
    null_reference: String,
    null_current: Printed,
    nulls_changed: bool,
    pairs: Pairs,
    bins: Vec<Bin>,
    largest: Option<Bin>,
}

/// A bin with its shares as text.
#[derive(Debug, Clone, Serialize)]
struct Bin {
    /// `None` for the folded rest.
    label: Option<String>,
    reference: String,
    current: String,
    change: String,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Drift {
    let mut rows: Vec<&DriftRow> = report.drift.iter().collect();
    rows.sort_by(|a, b| by_size(a, b));
    let is_drifted = |row: &&&DriftRow| matches!(row.band, DriftBand::Moderate | DriftBand::Major);
    Drift {
        reason: report.baseline.reason().map(str::to_owned),
        drifted: rows.iter().filter(is_drifted).count(),
        rows: rows.into_iter().map(|drift| row(drift, numbers)).collect(),
    }
}

/// Worst band first, then the largest value, then by name.
fn by_size(a: &DriftRow, b: &DriftRow) -> Ordering {
    let value = |row: &DriftRow| row.value.known().copied().unwrap_or(0.0);
    rank(a.band).cmp(&rank(b.band)).then_with(|| value(b).total_cmp(&value(a))).then_with(|| a.column.cmp(&b.column))
}

fn rank(band: DriftBand) -> u8 {
    match band {
        DriftBand::Major => 0,
        DriftBand::Moderate => 1,
        DriftBand::Undefined => 2,
        DriftBand::WithinNoise => 3,
        DriftBand::Stable => 4,
    }
}

fn row(drift: &DriftRow, numbers: &Numbers) -> Row {
    let folded = folded(&drift.bins);
    let reference: u64 = folded.iter().map(|bin| bin.1).sum();
    let current: u64 = folded.iter().map(|bin| bin.2).sum();
    let shares: Vec<(f64, f64)> = folded.iter().map(|bin| (ratio(bin.1, reference), ratio(bin.2, current))).collect();
    let bins: Vec<Bin> = folded.iter().zip(&shares).map(|(counts, share)| bin(*counts, *share, numbers)).collect();
    let change = |share: &(f64, f64)| (share.1 - share.0).abs();
    let widest = shares.iter().enumerate().max_by(|a, b| change(a.1).total_cmp(&change(b.1)));
    Row {
        column: drift.column.clone(),
        kind: drift.kind,
        method: drift.method,
        value: Printed::figure(&drift.value, |value| numbers.index_printed(*value)),
        band: drift.band,
        noise_floor: Printed::figure(&drift.noise_floor_99, |floor| numbers.index_printed(*floor)),
        null_reference: numbers.share(drift.null_share_reference),
        null_current: numbers.share_printed(drift.null_share_current),
        nulls_changed: drift.null_share_reference != drift.null_share_current,
        pairs: Pairs::new(&shares),
        largest: widest.map(|(index, _)| bins[index].clone()),
        bins,
    }
}

/// A bin with few customers shows that they are few and no share.
fn bin((label, before, now): (Option<&str>, u64, u64), (reference, current): (f64, f64), numbers: &Numbers) -> Bin {
    let share = |customers, share| {
        if numbers.is_small(customers) { numbers.people(customers) } else { numbers.share(share) }
    };
    let is_small = numbers.is_small(before) || numbers.is_small(now);
    Bin {
        label: label.map(str::to_owned),
        reference: share(before, reference),
        current: share(now, current),
        change: if is_small { "–".to_owned() } else { numbers.points(current - reference) },
    }
}

/// The bins as (label, reference, current), those beyond [`MOST_BINS`] added up without a label.
fn folded(bins: &[DriftBin]) -> Vec<(Option<&str>, u64, u64)> {
    if bins.len() <= MOST_BINS {
        return bins.iter().map(named).collect();
    }
    let (shown, rest) = bins.split_at(MOST_BINS - 1);
    let add = |sum: (u64, u64), bin: &DriftBin| (sum.0 + bin.reference, sum.1 + bin.current);
    let (reference, current) = rest.iter().fold((0, 0), add);
    shown.iter().map(named).chain([(None, reference, current)]).collect()
}

fn named(bin: &DriftBin) -> (Option<&str>, u64, u64) {
    (Some(&bin.label), bin.reference, bin.current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_beyond_the_limit_are_added_up() {
        let bin = |index: u64| DriftBin { label: index.to_string(), reference: 1, current: index };
        let bins: Vec<DriftBin> = (0..100).map(bin).collect();
        let folded = folded(&bins);
        assert_eq!(folded.len(), 24);
        // 77 bins are left over; 23 + 24 + … + 99 = 4,950 - 253.
        assert_eq!(folded[23], (None, 77, 4_697));
    }
}
