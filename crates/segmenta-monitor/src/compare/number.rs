//! Measures of a numeric column.

use segmenta_stats::sketch::Approximate;
use segmenta_stats::{BinCounts, BinKind, Bins, distance, psi};

use super::bands::{Bands, is_enough};
use crate::findings::{DriftBin, DriftBinKind, DriftFinding, DriftMethod, Level};
use crate::profile::{NumberKind, NumberProfile};
use crate::{Policy, Reason, Status};

/// Rows of all measures; `row` has the column, the segment and the sizes.
pub(super) fn measures(
    policy: &Policy,
    row: &DriftFinding,
    before: &NumberProfile,
    now: &NumberProfile,
) -> Vec<DriftFinding> {
    let mut rows = binned(policy, row, before, now);
    rows.push(ks(policy, row, before, now));
    rows.push(moved(row, DriftMethod::W1, before, now, before.histogram().w1(now.histogram())));
    if before.kind() == NumberKind::Money && now.kind() == NumberKind::Money {
        let unit = before.frozen().asinh_unit();
        let distance = before.histogram().w1_asinh(now.histogram(), unit);
        let bands = Bands { watch: policy.w1_asinh_watch, act: policy.w1_asinh_act };
        let row = moved(row, DriftMethod::W1Asinh, before, now, distance);
        rows.push(bands.judge(row, is_enough(before.n_values(), now.n_values())));
    }
    rows
}

fn binned(policy: &Policy, row: &DriftFinding, before: &NumberProfile, now: &NumberProfile) -> Vec<DriftFinding> {
    if !before.is_like(now) {
        return vec![DriftFinding { status: Status::Missing, reason: Some(Reason::OtherBins), ..row.clone() }];
    }
    let (reference, current) = BinCounts::aligned(&before.bin_counts(), &now.bin_counts());
    let bins = bins(before.frozen().bins(), &reference, &current);
    of_counts(policy, row, &reference, &current, bins)
}

/// Rows of the measures that binned numbers and categories share.
pub(super) fn of_counts(
    policy: &Policy,
    row: &DriftFinding,
    reference: &[u64],
    current: &[u64],
    bins: Vec<DriftBin>,
) -> Vec<DriftFinding> {
    let index = psi::of_counts(reference, current).expect("both sides were counted into the same bins");
    let shares = distance::of_counts(reference, current).expect("both sides were counted into the same bins");
    let bands = Bands { watch: policy.psi_watch, act: policy.psi_act };
    let psi = DriftFinding {
        method: DriftMethod::Psi,
        value: index.psi,
        psi_jeffreys: index.psi_jeffreys,
        noise_floor_99: index.noise_floor_99,
        p: index.p_null,
        bins,
        status: index.status,
        reason: index.reason.map(Reason::from),
        ..row.clone()
    };
    let of_shares = |method, value| DriftFinding {
        method,
        value,
        status: shares.status,
        reason: shares.reason.map(Reason::from),
        ..row.clone()
    };
    vec![
        bands.judge(psi, bands.is_above_noise(index.noise_floor_99)),
        of_shares(DriftMethod::Js, shares.js_distance),
        of_shares(DriftMethod::Tv, shares.tv),
        of_shares(DriftMethod::Linf, shares.linf),
        of_shares(DriftMethod::Hellinger, shares.hellinger),
    ]
}

fn ks(policy: &Policy, row: &DriftFinding, before: &NumberProfile, now: &NumberProfile) -> DriftFinding {
    let distance = before.histogram().ks(now.histogram());
    let bands = Bands { watch: policy.ks_watch, act: policy.ks_act };
    let row = moved(row, DriftMethod::Ks, before, now, distance);
    bands.judge(row, is_enough(before.n_values(), now.n_values()))
}

/// Row of a distance between two histograms; undefined where a side has no value.
fn moved(
    row: &DriftFinding,
    method: DriftMethod,
    before: &NumberProfile,
    now: &NumberProfile,
    distance: Option<Approximate>,
) -> DriftFinding {
    let is_money = before.kind() == NumberKind::Money && method == DriftMethod::W1;
    let row = DriftFinding { method, unit: is_money.then(|| "money_minor".to_owned()), ..row.clone() };
    let Some(distance) = distance else {
        let reason = match (before.n_values(), now.n_values()) {
            (0, _) => segmenta_stats::Reason::EmptyReference,
            (_, 0) => segmenta_stats::Reason::EmptyCurrent,
            _ => segmenta_stats::Reason::OutOfRange,
        };
        return DriftFinding { status: Status::Undefined, reason: Some(reason.into()), level: Level::None, ..row };
    };
    DriftFinding {
        value: Some(distance.value),
        error_bound: Some(distance.error_bound),
        noise_floor_99: Some(distance.noise_floor_99),
        ..row
    }
}

fn bins(bins: &Bins, reference: &[u64], current: &[u64]) -> Vec<DriftBin> {
    let kinds = bins.bins().into_iter().map(|bin| {
        let kind = match bin.kind {
            BinKind::Open => DriftBinKind::Open,
            BinKind::Atom => DriftBinKind::Atom,
            BinKind::RightClosed => DriftBinKind::RightClosed,
            BinKind::Tail => DriftBinKind::Tail,
        };
        DriftBin { lo: bin.lo, hi: bin.hi, kind, ..DriftBin::default() }
    });
    let null = std::iter::once(DriftBin { kind: DriftBinKind::Null, ..DriftBin::default() });
    let counted = kinds.chain(null).zip(reference.iter().zip(current));
    counted.map(|(bin, (&reference, &current))| DriftBin { reference, current, ..bin }).collect()
}
