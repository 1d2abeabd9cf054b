//! Difference of two means with unequal spreads.

use serde::Serialize;

use crate::distribution::{student_two_sided, student_two_sided_upper};
use crate::float::finite;
use crate::status::{Reason, Status};

/// Number, mean and spread of one side's values, from sums that add up over parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    squared_deviations: f64,
}

impl Moments {
    /// From the number of values, their sum and their sum of squares.
    pub fn from_sums(n: u64, sum: f64, sum_of_squares: f64) -> Self {
        let mean = if n == 0 { 0.0 } else { sum / n as f64 };
        Self { n, mean, squared_deviations: (sum_of_squares - sum * mean).max(0.0) }
    }

    /// From exact sums of whole numbers, such as minor units: no digit is lost however large the mean is.
    pub fn from_minor(n: u64, sum: i128, sum_of_squares: i128) -> Self {
        if n == 0 {
            return Self::default();
        }
        let (quotient, rest) = (sum / i128::from(n), sum % i128::from(n));
        // Σ(x − x̄)² = Σx² − q·(Σx + r) − r²/n with Σx = q·n + r
        let whole = sum_of_squares - quotient * (sum + rest);
        let fraction = rest as f64 * rest as f64 / n as f64;
        let mean = quotient as f64 + rest as f64 / n as f64;
        Self { n, mean, squared_deviations: (whole as f64 - fraction).max(0.0) }
    }

    /// Number of values.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Mean of the values, 0 without any.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Population standard deviation, divisor n; 0 without a value.
    pub fn standard_deviation(&self) -> f64 {
        if self.n == 0 { 0.0 } else { (self.squared_deviations / self.n as f64).sqrt() }
    }

    /// Standard error of the mean, divisor n − 1; not finite below two values.
    pub(crate) fn standard_error(&self) -> f64 {
        self.squared_error().sqrt()
    }

    /// Squared standard error of the mean, divisor n − 1.
    fn squared_error(&self) -> f64 {
        let n = self.n as f64;
        self.squared_deviations / (n - 1.0) / n
    }
}

/// A mean compared with an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MeanChange {
    /// `undefined` when a side has fewer than two values, `degenerate` when both are constant.
    pub status: Status,
    /// `n<2`, `zero_variance` or `out_of_range`, or null.
    pub reason: Option<Reason>,
    /// Mean of the reference.
    pub mean_reference: Option<f64>,
    /// Mean of the current side.
    pub mean_current: Option<f64>,
    /// Current mean less reference mean.
    pub diff: Option<f64>,
    /// Difference in standard errors.
    pub t: Option<f64>,
    /// Degrees of freedom after Welch and Satterthwaite.
    pub df: Option<f64>,
    /// Two-sided probability of such a t without any change.
    pub p: Option<f64>,
    /// 95 % interval of the difference.
    pub ci95: Option<(f64, f64)>,
}

/// Welch's t-test of two independent sides.
///
/// For the same customers on both sides, test the mean of their differences instead: this one then misses most
/// changes.
///
/// # Source
/// Welch (1947), *The generalization of "Student's" problem when several different population variances are
/// involved*.
///
/// # Example
/// ```
/// use segmenta_stats::welch::{Moments, compare};
///
/// let (before, after) = (Moments::from_sums(5, 50.0, 510.0), Moments::from_sums(5, 60.0, 730.0));
/// assert_eq!(compare(before, after).t, Some(2.0)); // variances 2.5: standard error √(0.5 + 0.5)
/// ```
pub fn compare(reference: Moments, current: Moments) -> MeanChange {
    if reference.n < 2 || current.n < 2 {
        return MeanChange { reason: Some(Reason::FewerThanTwo), ..MeanChange::default() };
    }
    let diff = current.mean - reference.mean;
    let means = MeanChange {
        mean_reference: finite(reference.mean),
        mean_current: finite(current.mean),
        diff: finite(diff),
        ..MeanChange::default()
    };
    let (before, after) = (reference.squared_error(), current.squared_error());
    let error = (before + after).sqrt();
    if error == 0.0 {
        return MeanChange { status: Status::Degenerate, reason: Some(Reason::ZeroVariance), ..means };
    }
    let (n, m) = (reference.n as f64, current.n as f64);
    // Shares of the error, so that no square under- or overflows.
    let (part, rest) = (before / (before + after), after / (before + after));
    let df = 1.0 / (part * part / (n - 1.0) + rest * rest / (m - 1.0));
    let t = diff / error;
    if !t.is_finite() || !df.is_finite() {
        return MeanChange { reason: Some(Reason::OutOfRange), ..means };
    }
    let reach = student_two_sided_upper(0.05, df) * error;
    MeanChange {
        status: Status::Ok,
        t: Some(t),
        df: Some(df),
        p: finite(student_two_sided(t, df)),
        ci95: finite(diff - reach).zip(finite(diff + reach)),
        ..means
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_keep_every_digit() {
        // 1e12 + (0, 1, 2): Σ(x − x̄)² = 2, far below the last digit of Σx² in floating point.
        let values = [1_000_000_000_000_i128, 1_000_000_000_001, 1_000_000_000_002];
        let moments = Moments::from_minor(3, values.iter().sum(), values.iter().map(|x| x * x).sum());
        assert_eq!((moments.mean, moments.squared_deviations), (1e12 + 1.0, 2.0));
        let negative = Moments::from_minor(2, -3, 5); // −1, −2
        assert_eq!((negative.mean, negative.squared_deviations), (-1.5, 0.5));
    }

    #[test]
    fn both_constructors_agree() {
        let (floats, whole) = (Moments::from_sums(4, 10.0, 30.0), Moments::from_minor(4, 10, 30));
        assert_eq!(floats, whole);
    }
}
