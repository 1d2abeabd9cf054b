//! χ² test of homogeneity.

use serde::Serialize;

use crate::distribution::chi_square_tail;
use crate::error::{Result, same_length};
use crate::float::{finite, sum};
use crate::status::{Reason, Status};

/// Expected count below which a cell is small.
const SMALL_CELL: f64 = 5.0;

/// Whether two sides draw from the same shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ChiSquare {
    /// `degenerate` with p = 1 when only one category has rows, `undefined` when a side has none.
    pub status: Status,
    /// `single_category`, `empty_reference` or `empty_current`, or null.
    pub reason: Option<Reason>,
    /// The statistic, at least 0.
    pub chi2: Option<f64>,
    /// Degrees of freedom: categories with a row, less one.
    pub dof: Option<u64>,
    /// Probability of a statistic at least this large without any change.
    pub p: Option<f64>,
    /// Cramér's V, the size of the effect, 0 to 1.
    pub cramers_v: Option<f64>,
    /// Smallest expected count.
    pub min_expected: Option<f64>,
    /// More than 20 % of the expected counts are below 5, or one is below 1: pool rare categories first.
    pub small_expected: Option<bool>,
}

/// χ² test of homogeneity of two sides, without Yates' correction.
///
/// It takes the rows of the two sides for independent. For the segments of the *same customers* at two dates
/// use the Stuart–Maxwell test of [`migration`](crate::migration): this one then misses nearly every shift.
///
/// - In: rows per category, the same categories in the same order; categories without rows are dropped.
///
/// # Errors
/// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer) if the sides have different numbers of categories.
///
/// # Source
/// Pearson (1900); Cochran (1954) for small expected counts.
///
/// # Example
/// ```
/// let test = segmenta_stats::chi_square::homogeneity(&[30, 70], &[45, 55])?;
/// // All expected counts are 37.5 or 62.5, all differences 7.5: 2·56.25/37.5 + 2·56.25/62.5 = 4.8
/// assert!((test.chi2.expect("two categories have rows") - 4.8).abs() < 1e-12);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn homogeneity(reference: &[u64], current: &[u64]) -> Result<ChiSquare> {
    same_length(("reference", reference.len()), ("current", current.len()))?;
    let (n, m) = (reference.iter().sum::<u64>() as f64, current.iter().sum::<u64>() as f64);
    if n == 0.0 {
        return Ok(ChiSquare { reason: Some(Reason::EmptyReference), ..ChiSquare::default() });
    }
    if m == 0.0 {
        return Ok(ChiSquare { reason: Some(Reason::EmptyCurrent), ..ChiSquare::default() });
    }
    let cells: Vec<(f64, f64)> = reference
        .iter()
        .zip(current)
        .filter(|(r, c)| **r + **c > 0)
        .flat_map(|(&r, &c)| {
            let share = (r + c) as f64 / (n + m);
            [(r as f64, share * n), (c as f64, share * m)]
        })
        .collect();
    if cells.len() == 2 {
        return Ok(single_category());
    }
    Ok(test(&cells, n + m))
}

/// The test over `(observed, expected)` cells of at least two categories.
fn test(cells: &[(f64, f64)], total: f64) -> ChiSquare {
    let chi2 = sum(cells.iter().map(|(observed, expected)| (observed - expected).powi(2) / expected));
    let dof = (cells.len() / 2 - 1) as u64;
    let min_expected = cells.iter().map(|cell| cell.1).fold(f64::INFINITY, f64::min);
    let n_small = cells.iter().filter(|cell| cell.1 < SMALL_CELL).count();
    ChiSquare {
        status: Status::Ok,
        reason: None,
        chi2: finite(chi2),
        dof: Some(dof),
        p: finite(chi_square_tail(chi2, dof)),
        cramers_v: finite((chi2 / total).sqrt()),
        min_expected: finite(min_expected),
        small_expected: Some(n_small * 5 > cells.len() || min_expected < 1.0),
    }
}

fn single_category() -> ChiSquare {
    ChiSquare {
        status: Status::Degenerate,
        reason: Some(Reason::SingleCategory),
        chi2: Some(0.0),
        dof: Some(0),
        p: Some(1.0),
        cramers_v: Some(0.0),
        ..ChiSquare::default()
    }
}
