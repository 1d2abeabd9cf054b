//! Measures of a column of categories.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use segmenta_stats::chi_square;

use super::number::of_counts;
use crate::findings::{DriftBin, DriftBinKind, DriftFinding, DriftMethod};
use crate::profile::{Categories, CategoryProfile};
use crate::{Policy, Reason, Status};

/// Categories that are listed; the others are listed together, without a name.
const MOST_LISTED: usize = 40;

/// Rows of all measures; `row` has the column, the segment and the sizes.
///
/// Over hash buckets distances are lower bounds, and the rows say `hashed_categories`.
pub(super) fn measures(
    policy: &Policy,
    row: &DriftFinding,
    before: &CategoryProfile,
    now: &CategoryProfile,
) -> Vec<DriftFinding> {
    let aligned = Aligned::of(before, now);
    let mut rows = of_counts(policy, row, &aligned.reference, &aligned.current, aligned.bins());
    rows.push(chi_square(row, &aligned));
    if aligned.names.is_none() {
        rows.iter_mut().filter(|row| row.reason.is_none()).for_each(|row| row.reason = Some(Reason::HashedCategories));
    }
    rows
}

/// Rows of both sides by category, nulls last when either side has some.
struct Aligned {
    /// Names of the categories, null for nulls; none at all for hash buckets.
    names: Option<Vec<Option<String>>>,
    reference: Vec<u64>,
    current: Vec<u64>,
}

impl Aligned {
    fn of(before: &CategoryProfile, now: &CategoryProfile) -> Self {
        let mut aligned = match (before.counts(), now.counts()) {
            (Categories::Named(before), Categories::Named(now)) => Self::named(before, now),
            (before, now) => Self { names: None, reference: before.hashed(), current: now.hashed() },
        };
        if before.n_nulls() + now.n_nulls() > 0 {
            aligned.reference.push(before.n_nulls());
            aligned.current.push(now.n_nulls());
            aligned.names.iter_mut().for_each(|names| names.push(None));
        }
        aligned
    }

    fn named(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Self {
        let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let counts = |side: &BTreeMap<String, u64>| {
            names.iter().map(|name| side.get(*name).copied().unwrap_or_default()).collect()
        };
        let (reference, current) = (counts(before), counts(now));
        Self { names: Some(names.into_iter().cloned().map(Some).collect()), reference, current }
    }

    /// Categories by name, those that changed most when there are many; nothing for hash buckets.
    fn bins(&self) -> Vec<DriftBin> {
        let counted = self.reference.iter().zip(&self.current);
        let bins = self.names.iter().flatten().zip(counted).map(|(name, (&reference, &current))| DriftBin {
            kind: if name.is_some() { DriftBinKind::Category } else { DriftBinKind::Null },
            label: name.clone(),
            reference,
            current,
            ..DriftBin::default()
        });
        let mut bins: Vec<DriftBin> = bins.collect();
        if bins.len() > MOST_LISTED {
            let others = self.others(&mut bins);
            bins.push(others);
        }
        bins
    }

    /// Takes the categories that changed least out of `bins`, and sums them up; nulls stay.
    fn others(&self, bins: &mut Vec<DriftBin>) -> DriftBin {
        let (n, m): (u64, u64) = (self.reference.iter().sum(), self.current.iter().sum());
        // |r/n − c/m| in units of 1/(n·m)
        let change = |bin: &DriftBin| {
            (u128::from(bin.reference) * u128::from(m)).abs_diff(u128::from(bin.current) * u128::from(n))
        };
        bins.sort_by_key(|bin| (bin.kind != DriftBinKind::Null, Reverse(change(bin))));
        let mut others = DriftBin { kind: DriftBinKind::Category, ..DriftBin::default() };
        for bin in bins.drain(MOST_LISTED - 1..) {
            others.reference += bin.reference;
            others.current += bin.current;
        }
        bins.sort_by(|left, right| (left.label.is_none(), &left.label).cmp(&(right.label.is_none(), &right.label)));
        others
    }
}

/// χ² with the rarest categories pooled until the expected counts are large enough.
fn chi_square(row: &DriftFinding, aligned: &Aligned) -> DriftFinding {
    let row = DriftFinding { method: DriftMethod::Chi2, ..row.clone() };
    let mut counts: Vec<(u64, u64)> = aligned
        .reference
        .iter()
        .copied()
        .zip(aligned.current.iter().copied())
        .filter(|pair| pair.0 + pair.1 > 0)
        .collect();
    counts.sort_unstable_by_key(|&(reference, current)| Reverse(reference + current));
    let test = loop {
        let (reference, current): (Vec<u64>, Vec<u64>) = counts.iter().copied().unzip();
        let test = chi_square::homogeneity(&reference, &current).expect("both sides have the same categories");
        if test.small_expected != Some(true) {
            break test;
        }
        if counts.len() <= 2 {
            let (status, reason) = (Status::InsufficientData, Some(Reason::TooFewCustomers));
            return DriftFinding { status, reason, ..row };
        }
        let rarest = counts.pop().expect("there are more than two");
        let last = counts.last_mut().expect("there are two left");
        *last = (last.0 + rarest.0, last.1 + rarest.1);
    };
    let reason = test.reason.map(Reason::from);
    DriftFinding { value: test.chi2, p: test.p, status: test.status, reason, ..row }
}
