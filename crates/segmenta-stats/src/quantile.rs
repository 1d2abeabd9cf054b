//! Quantiles by linear interpolation (R type 7).

use serde::Serialize;

use crate::error::{Result, check_share};
use crate::sample::Sample;
use crate::status::{Reason, Status};

/// Quantiles of one column.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// `undefined` when the column has no finite value.
    pub status: Status,
    /// `empty`, or null.
    pub reason: Option<Reason>,
    /// One value per requested share, in the same order; empty when undefined.
    pub quantiles: Vec<f64>,
}

/// Quantiles of the finite values of `sample` at the shares `q`, each between 0 and 1.
///
/// `h = (n−1)·q`, then linear between the neighbours of rank `h`: the default of R (type 7) and of numpy.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) for a share outside of 0 to 1.
///
/// # Source
/// Hyndman & Fan (1996), *Sample Quantiles in Statistical Packages*, definition 7.
///
/// # Example
/// ```
/// use segmenta_stats::{Sample, quantile};
///
/// let spend = Sample::new(vec![10.0, 20.0]);
/// assert_eq!(quantile::quantiles(&spend, &[0.25])?.quantiles, [12.5]);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn quantiles(sample: &Sample, q: &[f64]) -> Result<Quantiles> {
    q.iter().try_for_each(|&share| check_share("q", share))?;
    if sample.values().is_empty() {
        return Ok(Quantiles { reason: Some(Reason::Empty), ..Quantiles::default() });
    }
    let quantiles = q.iter().filter_map(|&share| sample.quantile(share)).collect();
    Ok(Quantiles { status: Status::Ok, reason: None, quantiles })
}

/// Type 7 quantile of ascending values; `None` for no values.
pub(crate) fn of_sorted(values: &[f64], q: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let rank = last as f64 * q.clamp(0.0, 1.0);
    let lower = (rank as usize).min(last);
    Some(between(values, lower, rank - lower as f64))
}

/// The value at `fraction` of the way from rank `lower` to the next, also where their distance overflows.
pub(crate) fn between(values: &[f64], lower: usize, fraction: f64) -> f64 {
    let low = values[lower];
    let Some(&high) = values.get(lower + 1).filter(|_| fraction > 0.0) else {
        return low;
    };
    let step = high - low;
    if step.is_finite() { low + fraction * step } else { low * (1.0 - fraction) + high * fraction }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_between_ranks() {
        assert_eq!(of_sorted(&[1.0, 2.0, 10.0], 0.75), Some(6.0));
        assert_eq!(of_sorted(&[1.0, 2.0, 10.0], 1.0), Some(10.0));
        assert_eq!(of_sorted(&[], 0.5), None);
    }

    #[test]
    fn the_ends_of_the_number_range_do_not_overflow() {
        assert_eq!(of_sorted(&[-f64::MAX, f64::MAX], 0.5), Some(0.0));
    }

    #[test]
    fn a_share_outside_is_refused() {
        let sample = Sample::new(vec![1.0]);
        assert!(quantiles(&sample, &[1.5]).is_err());
        assert!(quantiles(&sample, &[f64::NAN]).is_err());
    }
}
