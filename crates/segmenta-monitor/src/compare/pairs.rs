//! Which profiles are compared with which.

use std::collections::{BTreeMap, BTreeSet};

use super::{category, number};
use crate::facts::{ComparisonId, SegmentKey};
use crate::findings::DriftFinding;
use crate::profile::{ColumnProfile, ProfiledColumn};
use crate::series::SMALL_SEGMENTS;
use crate::{Policy, Reason, Status};

/// Profiles of one run by segment and column.
type Side<'a> = BTreeMap<(&'a SegmentKey, &'a str), &'a ColumnProfile>;

/// Drift of every column of every segment, from an earlier run's profiles to this run's.
///
/// Each column gives a row per measure: PSI, Jensen–Shannon, total variation, L∞ and Hellinger of the bins or
/// categories; Kolmogorov–Smirnov and Wasserstein for numbers, the latter of asinh(x/s) too for money; χ² for
/// categories. Levels follow the bands of `policy`, beyond the noise floor and with enough rows; `act` still has to
/// be confirmed by a figure or the fit. χ² carries no level: its p takes the sides for independent customers.
///
/// - A segment on one side only gives one row that is `missing`, with `new_segment` or `vanished_segment`.
/// - Segments with fewer than `min_customers` rows on a side are listed without a level, and compared together as
///   `(small segments)` when they were counted into the same bins.
/// - Rows come by segment, then column, then measure.
pub fn drift(
    policy: &Policy,
    comparison: ComparisonId,
    reference: &[ProfiledColumn],
    current: &[ProfiledColumn],
) -> Vec<DriftFinding> {
    let (before, now) = (side(reference), side(current));
    let (pooled_before, pooled_now) = pooled(policy, &before, &now);
    let both: BTreeSet<_> = before.keys().chain(now.keys()).copied().collect();
    let compared = both.into_iter().flat_map(|(key, column)| {
        let row = row(comparison, key, column);
        match (before.get(&(key, column)), now.get(&(key, column))) {
            (Some(before), Some(now)) => columns(policy, &row, before, now),
            (before, _) => vec![one_sided(row, before.is_some(), &side_keys(reference), &side_keys(current))],
        }
    });
    let pooled = pooled_now.iter().zip(&pooled_before).flat_map(|(now, before)| {
        let row = row(comparison, &now.key, &now.column);
        columns(policy, &row, &before.profile, &now.profile)
    });
    compared.chain(pooled).collect()
}

fn side(columns: &[ProfiledColumn]) -> Side<'_> {
    columns.iter().map(|column| ((&column.key, column.column.as_str()), &column.profile)).collect()
}

fn side_keys(columns: &[ProfiledColumn]) -> BTreeSet<&SegmentKey> {
    columns.iter().filter(|column| column.profile.n_rows() > 0).map(|column| &column.key).collect()
}

fn row(comparison: ComparisonId, key: &SegmentKey, column: &str) -> DriftFinding {
    DriftFinding { comparison, key: key.clone(), column: column.to_owned(), ..DriftFinding::default() }
}

/// Every measure of one column.
fn columns(policy: &Policy, row: &DriftFinding, before: &ColumnProfile, now: &ColumnProfile) -> Vec<DriftFinding> {
    let row = DriftFinding {
        n_ref: before.n_rows(),
        n_cur: now.n_rows(),
        null_share_ref: before.null_share(),
        null_share_cur: now.null_share(),
        status: Status::Ok,
        ..row.clone()
    };
    match (before, now) {
        (ColumnProfile::Number(before), ColumnProfile::Number(now)) => number::measures(policy, &row, before, now),
        (ColumnProfile::Category(before), ColumnProfile::Category(now)) => {
            category::measures(policy, &row, before, now)
        }
        _ => vec![DriftFinding { status: Status::Missing, reason: Some(Reason::OtherBins), ..row }],
    }
}

/// A column of one side only: the segment is new or vanished, or the column was not observed.
fn one_sided(
    row: DriftFinding,
    is_before: bool,
    before: &BTreeSet<&SegmentKey>,
    now: &BTreeSet<&SegmentKey>,
) -> DriftFinding {
    let reason = match is_before {
        false if row.key.segment.is_some() && !before.contains(&row.key) => Reason::NewSegment,
        true if row.key.segment.is_some() && !now.contains(&row.key) => Reason::VanishedSegment,
        _ => Reason::NotObserved,
    };
    DriftFinding { status: Status::Missing, reason: Some(reason), ..row }
}

/// Sums of the columns of each scheme's small segments, on both sides, in the same order.
fn pooled(policy: &Policy, before: &Side<'_>, now: &Side<'_>) -> (Vec<ProfiledColumn>, Vec<ProfiledColumn>) {
    let mut pools: BTreeMap<(&str, &str), (ColumnProfile, ColumnProfile)> = BTreeMap::new();
    for (&(key, column), &now) in now {
        let Some(&before) = before.get(&(key, column)).filter(|_| key.segment.is_some()) else {
            continue;
        };
        if before.n_rows().min(now.n_rows()) >= policy.min_customers {
            continue;
        }
        match pools.get_mut(&(key.scheme.as_str(), column)) {
            None => drop(pools.insert((&key.scheme, column), (before.clone(), now.clone()))),
            Some(pool) => {
                // Both or neither: a column that was counted otherwise stays out of the pool.
                let (mut before_too, mut now_too) = pool.clone();
                if before_too.merge(before).and_then(|()| now_too.merge(now)).is_ok() {
                    *pool = (before_too, now_too);
                }
            }
        }
    }
    let column = |scheme: &str, column: &str, profile| ProfiledColumn {
        key: SegmentKey::of(scheme, SMALL_SEGMENTS),
        column: column.to_owned(),
        profile,
    };
    pools
        .into_iter()
        .map(|((scheme, name), (before, now))| (column(scheme, name, before), column(scheme, name, now)))
        .unzip()
}
