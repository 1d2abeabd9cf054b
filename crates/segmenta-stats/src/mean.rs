//! One mean: its interval, and whether it differs from 0 (the paired test, when the values are differences).

use serde::Serialize;

use crate::distribution::{student_two_sided, student_two_sided_upper};
use crate::float::finite;
use crate::status::{Reason, Status};
use crate::welch::Moments;

/// A mean with its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Mean {
    /// `undefined` with fewer than two values, `degenerate` when all are equal.
    pub status: Status,
    /// `n<2`, `zero_variance` or `out_of_range`, or null.
    pub reason: Option<Reason>,
    /// The mean, in units of the values; null without a value.
    pub mean: Option<f64>,
    /// The mean in its standard errors.
    pub t: Option<f64>,
    /// Degrees of freedom, n − 1.
    pub df: Option<u64>,
    /// Two-sided probability of such a t when the mean is 0: the paired test, when the values are differences.
    pub p: Option<f64>,
    /// 95 % interval of the mean.
    pub ci95: Option<(f64, f64)>,
}

/// Student's interval and test of one mean.
///
/// Given each customer's current value less the earlier one this is the paired t-test, the one for the same
/// customers at two dates.
///
/// - Out: equal values give `degenerate`, with the mean and no interval.
///
/// # Source
/// Student (1908), *The probable error of a mean*.
///
/// # Example
/// ```
/// use segmenta_stats::{mean, welch::Moments};
///
/// // Differences 1, 2, 3: mean 2, standard error 1/√3.
/// let test = mean::of_moments(Moments::from_minor(3, 6, 14));
/// assert!((test.t.expect("they vary") - 12.0_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn of_moments(moments: Moments) -> Mean {
    let mean = if moments.n() == 0 { None } else { finite(moments.mean()) };
    if moments.n() < 2 {
        return Mean { reason: Some(Reason::FewerThanTwo), mean, ..Mean::default() };
    }
    let (error, df) = (moments.standard_error(), moments.n() - 1);
    if error == 0.0 {
        return Mean { status: Status::Degenerate, reason: Some(Reason::ZeroVariance), mean, ..Mean::default() };
    }
    let (t, reach) = (moments.mean() / error, student_two_sided_upper(0.05, df as f64) * error);
    if !t.is_finite() || !reach.is_finite() {
        return Mean { reason: Some(Reason::OutOfRange), mean, ..Mean::default() };
    }
    Mean {
        status: Status::Ok,
        reason: None,
        mean,
        t: Some(t),
        df: Some(df),
        p: finite(student_two_sided(t, df as f64)),
        ci95: finite(moments.mean() - reach).zip(finite(moments.mean() + reach)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Student (1908), additional hours of sleep, drug 2 less drug 1: mean 1.58, t = 4.0621, p = 0.00283, interval
    /// 0.7001 to 2.4599.
    #[test]
    fn students_sleep() {
        let tenths = [12_i128, 24, 13, 13, 0, 10, 18, 8, 46, 14];
        let moments = Moments::from_minor(10, tenths.iter().sum(), tenths.iter().map(|hours| hours * hours).sum());
        let test = of_moments(moments);
        assert!((test.mean.unwrap() - 15.8).abs() < 1e-12 && (test.t.unwrap() - 4.0621).abs() < 5e-5);
        assert!((test.p.unwrap() - 0.002_833).abs() < 5e-7);
        let (low, high) = test.ci95.unwrap();
        assert!((low - 7.001).abs() < 5e-4 && (high - 24.599).abs() < 5e-4);
    }

    #[test]
    fn few_and_equal_values_have_no_interval() {
        let one = of_moments(Moments::from_minor(1, 7, 49));
        assert_eq!((one.status, one.reason, one.mean), (Status::Undefined, Some(Reason::FewerThanTwo), Some(7.0)));
        let equal = of_moments(Moments::from_minor(3, 21, 147));
        assert_eq!((equal.status, equal.mean, equal.ci95), (Status::Degenerate, Some(7.0), None));
        assert_eq!(of_moments(Moments::default()).mean, None);
    }
}
