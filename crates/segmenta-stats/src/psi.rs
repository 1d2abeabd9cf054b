//! Population stability index.

use serde::{Deserialize, Serialize};

use crate::bins::{Bin, BinCounts, Bins};
use crate::distribution::{chi_square_tail, chi_square_upper};
use crate::error::{Result, same_length};
use crate::float::{finite, share, sum};
use crate::sample::Sample;
use crate::status::{Reason, Status};

/// Smallest share that enters the formula; an empty bin counts as this.
pub const EMPTY_SHARE: f64 = 1e-4;

/// PSI from which a change is called moderate.
pub const MODERATE: f64 = 0.1;

/// PSI from which a change is called major.
pub const MAJOR: f64 = 0.25;

/// The bands of credit risk practice: a convention without statistical basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Below 0.10.
    Stable,
    /// From 0.10 to below 0.25.
    Moderate,
    /// From 0.25.
    Major,
}

/// PSI of one column, with what sampling alone would give.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Psi {
    /// `undefined` when a side has no row.
    pub status: Status,
    /// `empty_reference` or `empty_current`, or null.
    pub reason: Option<Reason>,
    /// The index in nats, at least 0.
    pub psi: Option<f64>,
    /// What each bin adds to the index, in the order of the counts.
    pub terms: Vec<f64>,
    /// The index with ½ added to each count instead of a smallest share: fairer below 1,000 rows.
    pub psi_jeffreys: Option<f64>,
    /// Bins with a row on either side.
    pub bins_used: usize,
    /// Band of `psi`, whatever the number of rows.
    pub band: Option<Band>,
    /// 99 % quantile of the index between two samples of the same customers' distribution.
    pub noise_floor_99: Option<f64>,
    /// Probability of an index at least this large without any change.
    pub p_null: Option<f64>,
}

impl Psi {
    /// True if sampling alone explains an index of this size, whatever its band.
    pub fn is_within_noise(&self) -> bool {
        self.psi.zip(self.noise_floor_99).is_some_and(|(psi, floor)| psi <= floor)
    }

    fn undefined(reason: Reason) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }
}

/// Population stability index of `current` against `reference`.
///
/// `PSI = Σᵢ (qᵢ − pᵢ)·ln(qᵢ / pᵢ)` with the shares `pᵢ = max(rᵢ/n, 1e-4)` and `qᵢ = max(cᵢ/m, 1e-4)`, not
/// renormalised. Without change PSI ≈ (1/n + 1/m)·χ² with one degree of freedom less than there are used bins.
///
/// - In: rows per bin or category, the same bins in the same order.
/// - Out: nats, at least 0, 0 for equal shares, the same when the sides are swapped.
/// - A side without rows gives `undefined`.
///
/// # Errors
/// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer) if the sides have different numbers of bins.
///
/// # Source
/// Yurdakul (2018), *Statistical Properties of Population Stability Index*.
///
/// # Example
/// ```
/// let psi = segmenta_stats::psi::of_counts(&[50, 50], &[60, 40])?; // 0.1·ln 1.2 − 0.1·ln 0.8
/// assert!((psi.psi.expect("both sides have rows") - 0.040_547).abs() < 1e-6);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn of_counts(reference: &[u64], current: &[u64]) -> Result<Psi> {
    same_length(("reference", reference.len()), ("current", current.len()))?;
    let (n, m) = (reference.iter().sum(), current.iter().sum());
    if n == 0 {
        return Ok(Psi::undefined(Reason::EmptyReference));
    }
    if m == 0 {
        return Ok(Psi::undefined(Reason::EmptyCurrent));
    }
    let pairs = || reference.iter().zip(current).map(|(&r, &c)| (r, c));
    let terms: Vec<f64> = pairs().map(|(r, c)| term(floored(r, n), floored(c, m))).collect();
    let psi = sum(terms.iter().copied());
    let bins_used = pairs().filter(|(r, c)| r + c > 0).count();
    let scale = 1.0 / n as f64 + 1.0 / m as f64;
    let dof = bins_used as u64 - 1;
    Ok(Psi {
        status: Status::Ok,
        reason: None,
        psi: finite(psi),
        psi_jeffreys: finite(jeffreys(pairs(), n, m, bins_used)),
        bins_used,
        band: Some(band(psi)),
        noise_floor_99: finite(chi_square_upper(0.01, dof) * scale),
        p_null: finite(chi_square_tail(psi / scale, dof)),
        terms,
    })
}

/// [`of_counts`] for a numeric column counted into frozen bins, with nulls as a bin of their own.
///
/// # Errors
/// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer) if the counts belong to different bins.
pub fn of_bin_counts(reference: &BinCounts, current: &BinCounts) -> Result<Psi> {
    let (reference, current) = BinCounts::aligned(reference, current);
    of_counts(&reference, &current)
}

/// PSI of a numeric column, with the bins that were cut for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NumericPsi {
    /// The index and its status.
    #[serde(flatten)]
    pub psi: Psi,
    /// Bins of the non-null values, ascending.
    pub bins: Vec<Bin>,
    /// Whether the counts end with a bin for nulls.
    pub null_bin: bool,
    /// Rows of the reference per bin.
    pub reference_counts: Vec<u64>,
    /// Rows of the current side per bin.
    pub current_counts: Vec<u64>,
}

/// PSI of a numeric column in one step: cuts `n_bins` bins from the reference and counts both sides.
///
/// A reference without finite values gives `undefined`; a current side of nulls only gives a large index,
/// since a feed that died is a change.
pub fn of_samples(reference: &Sample, current: &Sample, n_bins: usize) -> NumericPsi {
    let Some(bins) = Bins::from_reference(reference, n_bins) else {
        return NumericPsi { psi: Psi::undefined(Reason::EmptyReference), ..NumericPsi::default() };
    };
    let sides = (bins.count_sample(reference), bins.count_sample(current));
    let (reference_counts, current_counts) = BinCounts::aligned(&sides.0, &sides.1);
    let psi = of_counts(&reference_counts, &current_counts).expect("both sides were counted into the same bins");
    let null_bin = reference_counts.len() > bins.n_bins();
    NumericPsi { psi, bins: bins.bins(), null_bin, reference_counts, current_counts }
}

/// Band of an index.
pub fn band(psi: f64) -> Band {
    if psi < MODERATE {
        Band::Stable
    } else if psi < MAJOR {
        Band::Moderate
    } else {
        Band::Major
    }
}

fn floored(count: u64, total: u64) -> f64 {
    share(count, total).max(EMPTY_SHARE)
}

fn term(p: f64, q: f64) -> f64 {
    (q - p) * (q / p).ln()
}

/// The index over the used bins with ½ added to each count.
fn jeffreys(pairs: impl Iterator<Item = (u64, u64)>, n: u64, m: u64, bins_used: usize) -> f64 {
    let half_bins = bins_used as f64 / 2.0;
    let smoothed = |count: u64, total: u64| (count as f64 + 0.5) / (total as f64 + half_bins);
    sum(pairs.filter(|(r, c)| r + c > 0).map(|(r, c)| term(smoothed(r, n), smoothed(c, m))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapping_the_sides_changes_nothing() {
        let (left, right) = ([310, 200, 0, 90], [280, 230, 40, 70]);
        let there = of_counts(&left, &right).unwrap();
        let back = of_counts(&right, &left).unwrap();
        assert!((there.psi.unwrap() - back.psi.unwrap()).abs() < 1e-15);
        assert_eq!(there.noise_floor_99, back.noise_floor_99);
    }

    #[test]
    fn equal_shares_give_zero() {
        assert_eq!(of_counts(&[10, 20, 0], &[100, 200, 0]).unwrap().psi, Some(0.0));
    }

    #[test]
    fn the_99_percent_bounds_of_the_literature() {
        // Yurdakul's χ² with 9 degrees of freedom: 21.666 · 2/n.
        for (n, bound) in [(10, 0.433), (100, 0.0433)] {
            let psi = of_counts(&[n; 10], &[n; 10]).unwrap();
            assert!((psi.noise_floor_99.unwrap() - bound).abs() < 5e-4);
            assert!(psi.is_within_noise());
        }
    }

    #[test]
    fn bins_must_agree() {
        assert!(of_counts(&[1, 2], &[1, 2, 3]).is_err());
    }
}
