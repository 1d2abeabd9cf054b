//! Distances between the shares of two sides.

use serde::Serialize;

use crate::error::{Result, same_length};
use crate::float::{finite, share, sum};
use crate::status::{Reason, Status};

/// How far two sets of shares are apart; each value is between 0 and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Distances {
    /// `undefined` when a side has no row.
    pub status: Status,
    /// `empty_reference` or `empty_current`, or null.
    pub reason: Option<Reason>,
    /// Jensen–Shannon divergence in bits.
    pub js_divergence: Option<f64>,
    /// Jensen–Shannon distance, the square root of the divergence.
    pub js_distance: Option<f64>,
    /// Total variation: the share of customers that would have to change category, net.
    pub tv: Option<f64>,
    /// Largest change of one share.
    pub linf: Option<f64>,
    /// Hellinger distance.
    pub hellinger: Option<f64>,
}

/// Distances between the shares of `reference` and `current`, without smoothing.
///
/// With shares p, q and m = (p+q)/2: JS divergence ½Σp·log₂(p/m) + ½Σq·log₂(q/m), total variation ½Σ|p−q|,
/// L∞ max|p−q|, Hellinger √(½Σ(√p−√q)²).
///
/// - In: rows per category, the same categories in the same order; 0 where a side lacks one.
/// - A side without rows gives `undefined`.
///
/// # Errors
/// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer) if the sides have different numbers of categories.
///
/// # Source
/// Lin (1991), *Divergence Measures Based on the Shannon Entropy*.
///
/// # Example
/// ```
/// let moved = segmenta_stats::distance::of_counts(&[50, 50], &[57, 43])?;
/// assert!((moved.tv.expect("both sides have rows") - 0.07).abs() < 1e-12);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn of_counts(reference: &[u64], current: &[u64]) -> Result<Distances> {
    same_length(("reference", reference.len()), ("current", current.len()))?;
    let (n, m) = (reference.iter().sum(), current.iter().sum());
    if n == 0 {
        return Ok(Distances { reason: Some(Reason::EmptyReference), ..Distances::default() });
    }
    if m == 0 {
        return Ok(Distances { reason: Some(Reason::EmptyCurrent), ..Distances::default() });
    }
    let shares = || reference.iter().zip(current).map(|(&r, &c)| (share(r, n), share(c, m)));
    let divergence = sum(shares().map(|(p, q)| divergence_term(p, q))).clamp(0.0, 1.0);
    let roots = sum(shares().map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)));
    Ok(Distances {
        status: Status::Ok,
        reason: None,
        js_divergence: finite(divergence),
        js_distance: finite(divergence.sqrt()),
        tv: finite(sum(shares().map(|(p, q)| (p - q).abs())) / 2.0),
        linf: finite(shares().map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)),
        hellinger: finite((roots / 2.0).sqrt()),
    })
}

/// ½·p·log₂(p/m) + ½·q·log₂(q/m), with 0·log 0 = 0.
fn divergence_term(p: f64, q: f64) -> f64 {
    let middle = f64::midpoint(p, q);
    let part = |share: f64| {
        if share > 0.0 { share * (share / middle).log2() } else { 0.0 }
    };
    f64::midpoint(part(p), part(q))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symmetric() {
        let (left, right) = ([5, 0, 7, 11], [3, 2, 9, 1]);
        assert_eq!(of_counts(&left, &right).unwrap(), of_counts(&right, &left).unwrap());
    }

    #[test]
    fn hand_calculation() {
        // p = (1, 0), q = (½, ½): m = (¾, ¼); JSD = ½·log₂(4/3) + ½·(½·log₂(2/3) + ½·log₂ 2) = 0.311278…
        let distances = of_counts(&[4, 0], &[2, 2]).unwrap();
        assert!((distances.js_divergence.unwrap() - 0.311_278_124_459_132_8).abs() < 1e-15);
        assert_eq!((distances.tv, distances.linf), (Some(0.5), Some(0.5)));
    }
}
