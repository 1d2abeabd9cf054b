//! Two-sample Kolmogorov–Smirnov distance.

use std::f64::consts::PI;

use serde::Serialize;

use crate::ecdf::{largest_gap, steps};
use crate::float::finite;
use crate::sample::Sample;
use crate::status::{Reason, Status};

/// Distance from which a change deserves a look.
pub const WATCH: f64 = 0.05;

/// Distance from which a change is large.
pub const LARGE: f64 = 0.10;

/// Most cells of the exact computation, n·m.
const EXACT_CELLS: u64 = 4_000_000;

/// Distance between two distributions and what chance would give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct KolmogorovSmirnov {
    /// `undefined` when a side has no finite value.
    pub status: Status,
    /// `empty_reference` or `empty_current`, or null.
    pub reason: Option<Reason>,
    /// sup|F − G|, between 0 and 1. At a million rows every change is significant, so this carries the verdict.
    pub d: Option<f64>,
    /// Finite values of the reference.
    pub n_reference: u64,
    /// Finite values of the current side.
    pub n_current: u64,
    /// Exact p for values without ties, conservative with ties; null above 4 million pairs of rows.
    pub p_exact: Option<f64>,
    /// Asymptotic p. Both p take the sides for independent, which two dates of the same customers are not.
    pub p_kolmogorov: Option<f64>,
}

/// Kolmogorov–Smirnov distance of two samples.
///
/// `D = sup|F_ref − F_cur|` over the pooled values with right-continuous distribution functions. The exact p is
/// the share of lattice paths from (0,0) to (n,m) that touch `|i·m − j·n| ≥ D·n·m`; the asymptotic one is
/// `Q(D·√(nm/(n+m)))`, `Q(x) = 2Σ(−1)^(k−1)·exp(−2k²x²)`.
///
/// - In: finite values; nulls and infinities are left out.
///
/// # Source
/// Hodges (1957), *The significance probability of the Smirnov two-sample test*.
///
/// # Example
/// ```
/// use segmenta_stats::{Sample, ks};
///
/// let (before, after) = (Sample::new(vec![1.0, 2.0, 3.0]), Sample::new(vec![4.0, 5.0]));
/// let test = ks::of_samples(&before, &after);
/// assert_eq!((test.d, test.p_exact), (Some(1.0), Some(0.2))); // 2 of the 10 orders separate 3 from 2
/// ```
pub fn of_samples(reference: &Sample, current: &Sample) -> KolmogorovSmirnov {
    let (n, m) = (reference.values().len() as u64, current.values().len() as u64);
    let undefined = KolmogorovSmirnov { n_reference: n, n_current: m, ..KolmogorovSmirnov::default() };
    if n == 0 {
        return KolmogorovSmirnov { reason: Some(Reason::EmptyReference), ..undefined };
    }
    if m == 0 {
        return KolmogorovSmirnov { reason: Some(Reason::EmptyCurrent), ..undefined };
    }
    let gap = largest_gap(steps(reference.runs(), current.runs()), n, m);
    let pairs = n as f64 * m as f64;
    let d = gap as f64 / pairs;
    let is_small = n.checked_mul(m).is_some_and(|cells| cells <= EXACT_CELLS);
    KolmogorovSmirnov {
        status: Status::Ok,
        d: finite(d),
        p_exact: if is_small { finite(exact_p(gap as u64, n, m)) } else { None },
        p_kolmogorov: finite(kolmogorov_tail(d * (pairs / (n as f64 + m as f64)).sqrt())),
        ..undefined
    }
}

/// Probability that a random lattice path to (n, m) reaches `gap`, counted forwards and without
/// subtraction, so that small probabilities keep their digits.
fn exact_p(gap: u64, n: u64, m: u64) -> f64 {
    let mut row = vec![0.0_f64; m as usize + 1];
    for i in 0..=n {
        for j in 0..=m {
            let touches = (i * m).abs_diff(j * n) >= gap;
            let from_left = if j > 0 { row[j as usize - 1] } else { 0.0 };
            row[j as usize] =
                if touches { 1.0 } else { (j as f64 * from_left + i as f64 * row[j as usize]) / (i + j).max(1) as f64 };
        }
    }
    row[m as usize]
}

/// Tail of Kolmogorov's distribution, by the series that converges fast on either side of 1.18.
fn kolmogorov_tail(x: f64) -> f64 {
    if x <= 0.04 {
        return 1.0; // The complement is below 1e-300.
    }
    if x < 1.18 {
        let exponent = |k: f64| -((2.0 * k - 1.0) * PI / x).powi(2) / 8.0;
        let below: f64 = (1..=4).map(|k| exponent(f64::from(k)).exp()).sum();
        return 1.0 - (2.0 * PI).sqrt() / x * below;
    }
    let term = |k: f64| (-2.0 * (k * x).powi(2)).exp();
    2.0 * (term(1.0) - term(2.0) + term(3.0) - term(4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance at which the exact p of all small cases is found by listing every order of the rows.
    fn p_by_listing(gap: u64, n: u64, m: u64) -> f64 {
        let orders: Vec<u64> = (0_u64..1 << (n + m)).filter(|mask| u64::from(mask.count_ones()) == n).collect();
        let reaches = |mask: &&u64| {
            let (mut i, mut j) = (0, 0);
            (0..n + m).any(|bit| {
                if **mask >> bit & 1 == 1 {
                    i += 1
                } else {
                    j += 1
                }
                (i * m).abs_diff(j * n) >= gap
            })
        };
        orders.iter().filter(reaches).count() as f64 / orders.len() as f64
    }

    #[test]
    fn exact_p_equals_counting_every_order() {
        for (n, m) in [(3, 4), (5, 5), (2, 7)] {
            for gap in 1..=n * m {
                assert!((exact_p(gap, n, m) - p_by_listing(gap, n, m)).abs() < 1e-14, "{gap} {n} {m}");
            }
        }
    }

    #[test]
    fn both_series_agree_where_they_meet() {
        assert!((kolmogorov_tail(1.18 - 1e-12) - kolmogorov_tail(1.18)).abs() < 1e-11);
        assert_eq!(kolmogorov_tail(0.0), 1.0);
        // Smirnov's table: Q(1.36) = 0.0495
        assert!((kolmogorov_tail(1.36) - 0.0495).abs() < 5e-5);
    }

    #[test]
    fn swapping_the_sides_changes_nothing() {
        let (left, right) = (Sample::new(vec![1.0, 2.5, 2.5, 9.0]), Sample::new(vec![0.0, 2.5, 3.0]));
        let (there, back) = (of_samples(&left, &right), of_samples(&right, &left));
        assert_eq!((there.d, there.p_kolmogorov), (back.d, back.p_kolmogorov));
        assert!((there.p_exact.unwrap() - back.p_exact.unwrap()).abs() < 1e-15);
    }
}
