//! Distances between two log-linear histograms, with their error and what sampling alone would give.

use serde::Serialize;

use super::buckets::ALPHA;
use super::histogram::LogHistogram;
use crate::ecdf::{area_between, bridge_area, largest_gap, steps};
use crate::float::finite;

/// Kolmogorov's 99 % quantile: Q(1.6276) = 0.01.
const KOLMOGOROV_99: f64 = 1.6276;

/// 99 % quantile of the magnitude of a standard normal variable.
const HALF_NORMAL_99: f64 = 2.5758;

/// A distance read from two histograms, and how far it can be from the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Approximate {
    /// The distance of the histograms.
    pub value: f64,
    /// Largest difference to the distance of the values themselves.
    pub error_bound: f64,
    /// The distance that two samples of one distribution stay below in 99 of 100 cases.
    pub noise_floor_99: f64,
}

impl LogHistogram {
    /// Kolmogorov–Smirnov distance at the bucket borders, a lower bound of the true one; `None` if a side has no
    /// value. The error is at most the mass of the fullest bucket. The noise floor is Kolmogorov's.
    pub fn ks(&self, current: &Self) -> Option<Approximate> {
        let (n, m) = self.sizes(current)?;
        let gap = largest_gap(steps(self.runs(), current.runs()), n, m);
        Some(Approximate {
            value: gap as f64 / (n as f64 * m as f64),
            error_bound: self.fullest_share().max(current.fullest_share()),
            noise_floor_99: KOLMOGOROV_99 * spread(n, m),
        })
    }

    /// Wasserstein-1 distance in units of the column; `None` if a side has no value or the distance overflows.
    /// The error is at most α·(E|X| + E|Y|).
    ///
    /// Without change √(nm/(n+m))·(F − G) is a Brownian bridge along F, so the distance is at most
    /// `|Z|·√(1/n + 1/m)·∫√(F(1 − F)) dx` with a standard normal Z; the noise floor is that for |Z| = 2.58.
    ///
    /// # Source
    /// Bobkov & Ledoux (2019), *One-dimensional empirical measures, order statistics, and Kantorovich transport
    /// distances*, for the integral.
    pub fn w1(&self, current: &Self) -> Option<Approximate> {
        let (n, m) = self.sizes(current)?;
        let error_bound = ALPHA * (1.0 + ALPHA) * (self.mean_of(f64::abs, n) + current.mean_of(f64::abs, m));
        self.moved(current, |value| value, error_bound)
    }

    /// Wasserstein-1 distance of asinh(x / `unit`): the one for money. `unit` is positive, in units of the
    /// column, and frozen with the reference: the median magnitude of its values other than 0. `None` as for
    /// [`w1`](Self::w1).
    pub fn w1_asinh(&self, current: &Self, unit: f64) -> Option<Approximate> {
        let (n, m) = self.sizes(current)?;
        // The slope of asinh at y is 1/√(1 + y²), so a relative error α of x moves asinh by α·|y|/√(1 + y²).
        let reach = |value: f64| (value / unit).abs() / (value / unit).hypot(1.0);
        let error_bound = ALPHA * (1.0 + ALPHA) * (self.mean_of(reach, n) + current.mean_of(reach, m));
        self.moved(current, |value| (value / unit).asinh(), error_bound)
    }

    /// Rows with a value of both sides, if there are any.
    fn sizes(&self, current: &Self) -> Option<(u64, u64)> {
        let (n, m) = (self.n_values(), current.n_values());
        (n > 0 && m > 0).then_some((n, m))
    }

    fn moved(&self, current: &Self, map: impl Fn(f64) -> f64, error_bound: f64) -> Option<Approximate> {
        let (n, m) = self.sizes(current)?;
        let mapped = |(value, rows)| (map(value), rows);
        let walk = || steps(self.runs().map(mapped), current.runs().map(mapped));
        Some(Approximate {
            value: finite(area_between(walk(), n, m))?,
            error_bound: finite(error_bound)?,
            noise_floor_99: finite(HALF_NORMAL_99 * spread(n, m) * bridge_area(walk(), n + m))?,
        })
    }

    /// Share of the values in the fullest bucket that is wider than one value.
    fn fullest_share(&self) -> f64 {
        let fullest = self.buckets().iter().map(|bucket| bucket.1).max();
        fullest.map_or(0.0, |n| n as f64 / self.n_values() as f64)
    }

    fn mean_of(&self, size: impl Fn(f64) -> f64, n_values: u64) -> f64 {
        self.runs().map(|(value, n)| size(value) * n as f64).sum::<f64>() / n_values as f64
    }
}

/// √(1/n + 1/m), the scale of the difference of two empirical distribution functions.
fn spread(n: u64, m: u64) -> f64 {
    (1.0 / n as f64 + 1.0 / m as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: &[f64]) -> LogHistogram {
        values.iter().map(|&value| Some(value)).collect()
    }

    #[test]
    fn distances_stay_within_their_bounds() {
        let before: Vec<f64> = (1..400).map(|k| f64::from(k * k % 977)).collect();
        let after: Vec<f64> = before.iter().map(|value| value * 0.7 - 3.0).collect();
        let (reference, current) = (sketch(&before), sketch(&after));
        let samples = (before.into_iter().collect(), after.into_iter().collect());
        let ks = reference.ks(&current).unwrap();
        let exact_ks = crate::ks::of_samples(&samples.0, &samples.1).d.unwrap();
        assert!(ks.value <= exact_ks && exact_ks <= ks.value + ks.error_bound);
        let exact = crate::wasserstein::of_samples(&samples.0, &samples.1);
        let w1 = reference.w1(&current).unwrap();
        assert!((w1.value - exact.w1.unwrap()).abs() <= w1.error_bound);
        let w1_asinh = reference.w1_asinh(&current, exact.asinh_unit.unwrap()).unwrap();
        assert!((w1_asinh.value - exact.w1_asinh.unwrap()).abs() <= w1_asinh.error_bound);
        assert!(w1_asinh.error_bound < 2.0 * ALPHA * (1.0 + ALPHA));
    }

    /// Half the values 0 and half 1: ∫√(F(1 − F)) dx = ½, so the floor is 2.5758·√(2/200)·½ = 0.12879.
    #[test]
    fn the_noise_floor_of_a_coin_by_hand() {
        let coin = sketch(&[vec![0.0; 100], vec![1.0; 100]].concat());
        let floor = coin.w1(&coin).unwrap().noise_floor_99;
        assert!((floor / (2.5758 * 0.1 * 0.5) - 1.0).abs() < 1.01 * ALPHA, "{floor}");
        assert!((coin.ks(&coin).unwrap().noise_floor_99 - 0.162_76).abs() < 1e-12);
    }

    #[test]
    fn a_side_without_values_has_no_distance() {
        let (some, none) = (sketch(&[1.0]), sketch(&[f64::NAN]));
        assert_eq!((some.ks(&none), none.w1(&some), some.w1_asinh(&none, 1.0)), (None, None, None));
    }
}
