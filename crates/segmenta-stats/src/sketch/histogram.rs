//! The stored, merged and compared form of a log-linear histogram.

use serde::{Deserialize, Serialize};

use super::buckets::middle;
use super::counter::LogCounter;
use super::stored::StoredHistogram;

/// Counts of a column's values in buckets of constant relative width.
///
/// A bucket is the sign and the leading bits of the number, so there is no logarithm and every platform gives
/// the same counts. Merging is integer addition: the bytes do not depend on order, threads or files.
///
/// - NaN is a null, infinities count as the largest finite values, zero has a bucket of its own.
/// - Values are read back at the middle of their bucket, within [`ALPHA`](super::ALPHA) of the true one;
///   magnitudes below 1e-305 have no such bound.
/// - Serialized, keys are written as steps from one filled bucket to the next: about five bytes per bucket.
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
#[serde(try_from = "StoredHistogram", into = "StoredHistogram")]
pub struct LogHistogram {
    n_nulls: u64,
    n_zeros: u64,
    /// Filled buckets, ascending.
    buckets: Vec<(i32, u64)>,
}

impl LogHistogram {
    /// From filled buckets by ascending key.
    pub(super) fn from_parts(n_nulls: u64, n_zeros: u64, buckets: Vec<(i32, u64)>) -> Self {
        Self { n_nulls, n_zeros, buckets }
    }

    /// Counts one row. Where there are many, [`LogCounter`] is faster.
    pub fn add(&mut self, value: Option<f64>) {
        self.merge(&[value].into_iter().collect());
    }

    /// Adds the counts of another part of the column.
    pub fn merge(&mut self, other: &Self) {
        self.n_nulls += other.n_nulls;
        self.n_zeros += other.n_zeros;
        let (ours, theirs) = (std::mem::take(&mut self.buckets), &other.buckets);
        self.buckets.reserve(ours.len() + theirs.len());
        let mut rest = theirs.iter().copied().peekable();
        for (key, n) in ours {
            while let Some(bucket) = rest.next_if(|bucket| bucket.0 < key) {
                self.buckets.push(bucket);
            }
            let more = rest.next_if(|bucket| bucket.0 == key).map_or(0, |bucket| bucket.1);
            self.buckets.push((key, n + more));
        }
        self.buckets.extend(rest);
        self.buckets.shrink_to_fit();
    }

    /// Rows with a value.
    pub fn n_values(&self) -> u64 {
        self.n_zeros + self.buckets.iter().map(|bucket| bucket.1).sum::<u64>()
    }

    /// Null and NaN rows.
    pub fn n_nulls(&self) -> u64 {
        self.n_nulls
    }

    /// Rows with the value 0.
    pub fn n_zeros(&self) -> u64 {
        self.n_zeros
    }

    /// Key and rows of the filled buckets, ascending; negative keys for negative values, without 0.
    pub fn buckets(&self) -> &[(i32, u64)] {
        &self.buckets
    }

    /// Value at the 0-based rank `floor(q·(n − 1))`, within [`ALPHA`](super::ALPHA); `q` is clamped to 0 to 1,
    /// `None` without values.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.n_values().checked_sub(1)?;
        let rank = ((last as f64 * q.clamp(0.0, 1.0)) as u64).min(last);
        let mut up_to = 0;
        self.runs().find_map(|(value, n)| {
            up_to += n;
            (up_to > rank).then_some(value)
        })
    }

    /// Middle and rows of each bucket, ascending.
    pub(super) fn runs(&self) -> impl Iterator<Item = (f64, u64)> {
        let bucket = |&(key, n): &(i32, u64)| (middle(key), n);
        let n_negative = self.buckets.partition_point(|bucket| bucket.0 < 0);
        let (negative, positive) = self.buckets.split_at(n_negative);
        let zeros = (self.n_zeros > 0).then_some((0.0, self.n_zeros));
        negative.iter().map(bucket).chain(zeros).chain(positive.iter().map(bucket))
    }
}

impl FromIterator<Option<f64>> for LogHistogram {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(values: I) -> Self {
        let mut counter = LogCounter::default();
        values.into_iter().for_each(|value| counter.add(value.unwrap_or(f64::NAN)));
        counter.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let rows = (0..4).flat_map(|part| (0..50).map(move |k| (k % 7 > 0).then_some(f64::from(k * part) - 20.0)));
        assert_eq!(merge([2, 3, 1, 0]), rows.collect());
    }

    #[test]
    fn buckets_ascend_over_both_signs() {
        let mut spend = LogHistogram::default();
        [4.0, -2.0, 0.0, -1e9, 4.04, 1e-9].into_iter().for_each(|value| spend.add(Some(value)));
        assert!(spend.buckets().is_sorted_by(|left, right| left.0 < right.0));
        let values: Vec<f64> = spend.runs().map(|run| run.0).collect();
        assert!(values.is_sorted_by(|left, right| left < right));
        assert_eq!((spend.n_values(), spend.n_zeros(), values.len()), (6, 1, 6));
    }

    #[test]
    fn stored_counts_read_back() {
        let spend: LogHistogram = (-40..40).map(|k| (k % 9 != 0).then_some(f64::from(k).powi(5) / 7.0)).collect();
        let text = serde_json::to_string(&spend).unwrap();
        assert_eq!(serde_json::from_str::<LogHistogram>(&text).unwrap(), spend);
    }
}
