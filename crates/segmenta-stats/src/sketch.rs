//! Log-linear histogram: a small, mergeable profile of a numeric column.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ecdf::{area_between, largest_gap, steps};
use crate::float::finite;

/// Largest relative error of a value read from a [`LogHistogram`]: 2⁻⁸, about 0.39 %.
pub const ALPHA: f64 = 1.0 / 256.0;

/// Bits of an `f64` that do not decide about its bucket: 128 buckets per power of two are left.
const DROPPED_BITS: u32 = 45;

/// Counts of a column's values in buckets of constant relative width.
///
/// A bucket is the sign and the leading bits of the number, so there is no logarithm and every platform gives
/// the same counts. Merging is integer addition: the bytes do not depend on order, threads or files.
///
/// - NaN is a null, infinities count as the largest finite values, zero has a bucket of its own.
/// - Values are read back at the middle of their bucket, within [`ALPHA`] of the true one; magnitudes below
///   1e-305 have no such bound.
///
/// # Example
/// ```
/// use segmenta_stats::LogHistogram;
///
/// let spend: LogHistogram = [Some(10.0), None, Some(0.0), Some(1000.0)].into_iter().collect();
/// let largest = spend.quantile(1.0).expect("there are values");
/// assert!((largest / 1000.0 - 1.0).abs() <= segmenta_stats::sketch::ALPHA);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHistogram {
    n_nulls: u64,
    n_zeros: u64,
    buckets: BTreeMap<i32, u64>,
}

/// A distance read from two histograms, and how far it can be from the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Approximate {
    /// The distance of the histograms.
    pub value: f64,
    /// Largest difference to the distance of the values themselves.
    pub error_bound: f64,
}

impl LogHistogram {
    /// Counts one row.
    pub fn add(&mut self, value: Option<f64>) {
        match value {
            Some(0.0) => self.n_zeros += 1,
            Some(value) if !value.is_nan() => *self.buckets.entry(key(value)).or_default() += 1,
            _ => self.n_nulls += 1,
        }
    }

    /// Adds the counts of another part of the column.
    pub fn merge(&mut self, other: &Self) {
        self.n_nulls += other.n_nulls;
        self.n_zeros += other.n_zeros;
        for (&key, &n) in &other.buckets {
            *self.buckets.entry(key).or_default() += n;
        }
    }

    /// Rows with a value.
    pub fn n_values(&self) -> u64 {
        self.n_zeros + self.buckets.values().sum::<u64>()
    }

    /// Null and NaN rows.
    pub fn n_nulls(&self) -> u64 {
        self.n_nulls
    }

    /// Value at the 0-based rank `floor(q·(n − 1))`, within [`ALPHA`]; `q` is clamped to 0 to 1, `None` without
    /// values.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.n_values().checked_sub(1)?;
        let rank = ((last as f64 * q.clamp(0.0, 1.0)) as u64).min(last);
        let mut up_to = 0;
        self.runs().find_map(|(value, n)| {
            up_to += n;
            (up_to > rank).then_some(value)
        })
    }

    /// Kolmogorov–Smirnov distance at the bucket borders, a lower bound of the true one; `None` if a side has no
    /// value. The error is at most the mass of the fullest bucket.
    pub fn ks(&self, current: &Self) -> Option<Approximate> {
        let (n, m) = (self.n_values(), current.n_values());
        if n == 0 || m == 0 {
            return None;
        }
        let gap = largest_gap(steps(self.runs(), current.runs()), n, m);
        let error_bound = self.fullest_share().max(current.fullest_share());
        Some(Approximate { value: gap as f64 / (n as f64 * m as f64), error_bound })
    }

    /// Wasserstein-1 distance in units of the column; `None` if a side has no value or the distance overflows.
    /// The error is at most α·(E|X| + E|Y|).
    pub fn w1(&self, current: &Self) -> Option<Approximate> {
        let (n, m) = (self.n_values(), current.n_values());
        if n == 0 || m == 0 {
            return None;
        }
        let value = finite(area_between(steps(self.runs(), current.runs()), n, m))?;
        let error_bound = finite(ALPHA * (1.0 + ALPHA) * (self.mean_size() + current.mean_size()))?;
        Some(Approximate { value, error_bound })
    }

    /// Middle and rows of each bucket, ascending.
    fn runs(&self) -> impl Iterator<Item = (f64, u64)> {
        let bucket = |(&key, &n): (&i32, &u64)| (middle(key), n);
        let zeros = (self.n_zeros > 0).then_some((0.0, self.n_zeros));
        self.buckets.range(..0).map(bucket).chain(zeros).chain(self.buckets.range(0..).map(bucket))
    }

    /// Share of the values in the fullest bucket that is wider than one value.
    fn fullest_share(&self) -> f64 {
        self.buckets.values().max().map_or(0.0, |&n| n as f64 / self.n_values() as f64)
    }

    fn mean_size(&self) -> f64 {
        self.runs().map(|(value, n)| value.abs() * n as f64).sum::<f64>() / self.n_values() as f64
    }
}

impl FromIterator<Option<f64>> for LogHistogram {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(values: I) -> Self {
        let mut histogram = Self::default();
        values.into_iter().for_each(|value| histogram.add(value));
        histogram
    }
}

/// Bucket of a value other than 0, from 1 upwards for positive and from −1 downwards for negative ones.
fn key(value: f64) -> i32 {
    let size = value.abs().min(f64::MAX).to_bits() >> DROPPED_BITS;
    let key = size as i32 + 1; // At most 19 bits are left.
    if value < 0.0 { -key } else { key }
}

/// The value in the middle of a bucket.
fn middle(key: i32) -> f64 {
    let bits = u64::from(key.unsigned_abs() - 1) << DROPPED_BITS | 1 << (DROPPED_BITS - 1);
    f64::from_bits(bits).copysign(f64::from(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_magnitude_is_within_alpha_of_its_bucket() {
        let mut value = 1e-304;
        while value < 1e305 {
            for exact in [value, -value] {
                assert!((middle(key(exact)) - exact).abs() <= ALPHA * value, "{exact}");
            }
            value *= 1.37;
        }
        assert!(middle(key(f64::INFINITY)).is_finite());
    }

    #[test]
    fn keys_ascend_with_values() {
        let values = [f64::NEG_INFINITY, -3.0, -1.0, -1e-9, 1e-9, 1.0, 1.01, 3.0, f64::MAX];
        assert!(values.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
    }

    #[test]
    fn merging_is_order_free() {
        let parts: Vec<LogHistogram> =
            (0..4).map(|part| (0..50).map(|k| (k % 7 > 0).then_some(f64::from(k * part) - 20.0)).collect()).collect();
        let merge = |order: [usize; 4]| {
            let mut whole = LogHistogram::default();
            order.iter().for_each(|&part| whole.merge(&parts[part]));
            whole
        };
        assert_eq!(merge([0, 1, 2, 3]), merge([3, 1, 0, 2]));
    }

    #[test]
    fn distances_stay_within_their_bounds() {
        let before: Vec<f64> = (1..400).map(|k| f64::from(k * k % 977)).collect();
        let after: Vec<f64> = before.iter().map(|value| value * 0.7 - 3.0).collect();
        let sketch = |values: &[f64]| values.iter().map(|&value| Some(value)).collect::<LogHistogram>();
        let samples = (before.iter().copied().collect(), after.iter().copied().collect());
        let ks = sketch(&before).ks(&sketch(&after)).unwrap();
        let exact_ks = crate::ks::of_samples(&samples.0, &samples.1).d.unwrap();
        assert!(ks.value <= exact_ks && exact_ks <= ks.value + ks.error_bound);
        let w1 = sketch(&before).w1(&sketch(&after)).unwrap();
        let exact_w1 = crate::wasserstein::of_samples(&samples.0, &samples.1).w1.unwrap();
        assert!((w1.value - exact_w1).abs() <= w1.error_bound);
    }
}
