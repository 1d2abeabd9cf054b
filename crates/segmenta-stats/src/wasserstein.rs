//! Wasserstein-1 distance of two samples, in the column's units and without them.

use serde::Serialize;

use crate::ecdf::{area_between, steps};
use crate::float::{finite, mean, squared_deviations};
use crate::quantile;
use crate::sample::Sample;
use crate::status::{Reason, Status};

/// `w1_asinh` from which a change deserves a look.
pub const WATCH: f64 = 0.05;

/// `w1_asinh` from which a change is large.
pub const LARGE: f64 = 0.15;

/// Interquartile range of a normal distribution with standard deviation 1.
const NORMAL_IQR: f64 = 1.349;

/// Smallest standard deviation that `w1_per_std` divides by.
const SMALLEST_STD: f64 = 0.001;

/// What `w1_norm` is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ScaleKind {
    /// Interquartile range of the reference over 1.349.
    #[serde(rename = "iqr/1.349")]
    Iqr,
    /// Standard deviation of the reference, because its interquartile range is 0.
    #[serde(rename = "std")]
    Std,
    /// Nothing: the reference is constant.
    #[serde(rename = "none")]
    None,
}

/// How far the values moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Wasserstein {
    /// `undefined` when a side has no finite value.
    pub status: Status,
    /// `constant_reference` when `w1_norm` is null, `out_of_range` when the values overflow,
    /// `empty_reference` or `empty_current`, or null.
    pub reason: Option<Reason>,
    /// ∫|F − G| dx in units of the column: how far the typical value moved.
    pub w1: Option<f64>,
    /// `w1` over the spread of the middle half of the reference; no single outlier can hide a change.
    pub w1_norm: Option<f64>,
    /// The divisor of `w1_norm`, in units of the column.
    pub scale: Option<f64>,
    /// Where `scale` comes from.
    pub scale_kind: Option<ScaleKind>,
    /// Distance of asinh(x / `asinh_unit`): the one for money. About the mean absolute log change of large
    /// values; zeros and refunds keep their place.
    pub w1_asinh: Option<f64>,
    /// Median magnitude of the non-zero reference values, 1 without any.
    pub asinh_unit: Option<f64>,
    /// `w1` over the standard deviation of the reference, at least 0.001, as other tools report it. One
    /// outlier in the reference hides a real change here; never decide on it.
    pub w1_per_std: Option<f64>,
    /// Mean of the current side less mean of the reference, in units of the column.
    pub mean_shift: Option<f64>,
}

/// Wasserstein-1 distance of `current` from `reference`.
///
/// - In: finite values; nulls and infinities are left out.
/// - Out: at least 0, 0 for equal distributions; `w1` is the same when the sides are swapped.
///
/// # Source
/// Vallender (1974), *Calculation of the Wasserstein distance between probability distributions on the line*.
///
/// # Example
/// ```
/// use segmenta_stats::{Sample, wasserstein};
///
/// let (before, after) = (Sample::new(vec![1.0, 2.0]), Sample::new(vec![4.0, 5.0]));
/// assert_eq!(wasserstein::of_samples(&before, &after).w1, Some(3.0));
/// ```
pub fn of_samples(reference: &Sample, current: &Sample) -> Wasserstein {
    let (before, after) = (reference.values(), current.values());
    if before.is_empty() {
        return Wasserstein { reason: Some(Reason::EmptyReference), ..Wasserstein::default() };
    }
    if after.is_empty() {
        return Wasserstein { reason: Some(Reason::EmptyCurrent), ..Wasserstein::default() };
    }
    let (w1, std) = (distance(reference, current, |x| x), standard_deviation(before));
    let (scale, scale_kind) = scale(reference, std);
    let unit = asinh_unit(reference);
    let w1_norm = if scale_kind == ScaleKind::None { None } else { finite(w1 / scale) };
    let w1_asinh = finite(distance(reference, current, |x| (x / unit).asinh()));
    Wasserstein {
        status: Status::Ok,
        reason: reason(w1_norm, w1_asinh, scale_kind),
        w1: finite(w1),
        w1_norm,
        scale: finite(scale),
        scale_kind: Some(scale_kind),
        w1_asinh,
        asinh_unit: finite(unit),
        w1_per_std: finite(w1 / std.max(SMALLEST_STD)),
        mean_shift: finite(mean(after) - mean(before)),
    }
}

/// Distance after an increasing map of the values.
fn distance(reference: &Sample, current: &Sample, map: impl Fn(f64) -> f64) -> f64 {
    let (n, m) = (reference.values().len() as u64, current.values().len() as u64);
    let mapped = |(value, rows)| (map(value), rows);
    area_between(steps(reference.runs().map(mapped), current.runs().map(mapped)), n, m)
}

fn reason(w1_norm: Option<f64>, w1_asinh: Option<f64>, scale_kind: ScaleKind) -> Option<Reason> {
    if scale_kind == ScaleKind::None {
        Some(Reason::ConstantReference)
    } else if w1_norm.is_none() || w1_asinh.is_none() {
        Some(Reason::OutOfRange)
    } else {
        None
    }
}

fn scale(reference: &Sample, std: f64) -> (f64, ScaleKind) {
    let quartile = |q| reference.quantile(q).unwrap_or(0.0);
    let iqr = quartile(0.75) - quartile(0.25);
    if iqr > 0.0 {
        (iqr / NORMAL_IQR, ScaleKind::Iqr)
    } else if std > 0.0 {
        (std, ScaleKind::Std)
    } else {
        (0.0, ScaleKind::None)
    }
}

/// Population standard deviation of sorted values, exactly 0 for a constant.
fn standard_deviation(values: &[f64]) -> f64 {
    if values.first() == values.last() {
        return 0.0;
    }
    (squared_deviations(values, mean(values)) / values.len() as f64).sqrt()
}

/// The unit of [`Wasserstein::w1_asinh`]: median magnitude of the values other than 0, 1 without any.
pub fn asinh_unit(reference: &Sample) -> f64 {
    let values = reference.values();
    let n_negative = values.partition_point(|value| *value < 0.0);
    if n_negative == 0 {
        let n_zeros = values.partition_point(|value| *value <= 0.0);
        return quantile::of_sorted(&values[n_zeros..], 0.5).unwrap_or(1.0);
    }
    let sizes = values.iter().filter(|value| **value != 0.0).map(|value| value.abs());
    sizes.collect::<Sample>().quantile(0.5).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_moves_every_row_by_its_size() {
        let before: Sample = (0..100).map(f64::from).collect();
        let after: Sample = (0..50).map(|k| f64::from(2 * k) + 12.5).collect();
        // Even and odd values alternate, so the halved sample alone is off by half a unit: 12.5 − 0.5.
        assert!((of_samples(&before, &after).w1.unwrap() - 12.0).abs() < 1e-12);
    }

    #[test]
    fn the_sign_of_the_mean_shift_tells_the_direction() {
        let moved = of_samples(&Sample::new(vec![4.0, 6.0]), &Sample::new(vec![1.0, 3.0]));
        assert_eq!((moved.w1, moved.mean_shift), (Some(3.0), Some(-3.0)));
    }

    #[test]
    fn nothing_infinite_comes_out() {
        let lowest = Sample::new(vec![-f64::MAX, -0.9 * f64::MAX, -0.8 * f64::MAX]);
        let moved = of_samples(&lowest, &Sample::new(vec![f64::MAX]));
        assert_eq!((moved.status, moved.reason), (Status::Ok, Some(Reason::OutOfRange)));
        assert_eq!((moved.w1, moved.mean_shift), (None, None));
        assert_eq!(moved.w1_norm, None);
    }
}
