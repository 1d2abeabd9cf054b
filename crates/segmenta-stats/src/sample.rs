//! One numeric column of one side of a comparison, sorted once for all statistics that need it.

use rayon::slice::ParallelSliceMut;

use crate::{float, quantile};

/// From this many values on, sorting on all cores is faster.
const PARALLEL_FROM: usize = 1 << 15;

/// Sorted finite values, with the missing and the infinite ones counted apart.
///
/// NaN is a null. Infinities count in the outermost bins of a
/// [`Bins`](crate::Bins) and nowhere else; a caller that finds [`n_infinite`](Self::n_infinite) above 0 has a
/// finding to report. The order in which values arrive does not matter.
///
/// # Example
/// ```
/// use segmenta_stats::Sample;
///
/// let spend: Sample = [Some(3.0), None, Some(1.0), Some(f64::NAN)].into_iter().collect();
/// assert_eq!(spend.values(), [1.0, 3.0]);
/// assert_eq!((spend.n_rows(), spend.n_nulls()), (4, 2));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    values: Vec<f64>,
    n_nulls: u64,
    n_below: u64,
    n_above: u64,
}

impl Sample {
    /// Sorts the values of a column; NaN counts as a null.
    pub fn new(mut values: Vec<f64>) -> Self {
        let mut sample = Self::default();
        values.retain_mut(|value| {
            *value += 0.0; // -0.0 and 0.0 are one value
            sample.note(*value)
        });
        if values.len() < PARALLEL_FROM {
            values.sort_unstable_by(f64::total_cmp);
        } else {
            values.par_sort_unstable_by(f64::total_cmp);
        }
        sample.values = values;
        sample
    }

    /// Finite values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Rows of the column, with the null ones.
    pub fn n_rows(&self) -> u64 {
        self.values.len() as u64 + self.n_nulls + self.n_infinite()
    }

    /// Null and NaN rows.
    pub fn n_nulls(&self) -> u64 {
        self.n_nulls
    }

    /// Rows that hold plus or minus infinity.
    pub fn n_infinite(&self) -> u64 {
        self.n_below + self.n_above
    }

    /// Rows that hold minus infinity, and rows that hold plus infinity.
    pub(crate) fn n_outside(&self) -> (u64, u64) {
        (self.n_below, self.n_above)
    }

    /// Mean of the finite values; `None` without any.
    pub fn mean(&self) -> Option<f64> {
        if self.values.is_empty() { None } else { float::finite(float::mean(&self.values)) }
    }

    /// Type 7 quantile of the finite values at `q`, clamped to 0 to 1; `None` without any value.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        quantile::of_sorted(&self.values, q)
    }

    /// Distinct values, ascending, each with its number of rows.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (f64, u64)> {
        self.values.chunk_by(|left, right| left == right).map(|run| (run[0], run.len() as u64))
    }

    /// Counts a value that is not finite; true for one that is.
    fn note(&mut self, value: f64) -> bool {
        if value.is_nan() {
            self.n_nulls += 1;
        } else if value == f64::INFINITY {
            self.n_above += 1;
        } else if value == f64::NEG_INFINITY {
            self.n_below += 1;
        }
        value.is_finite()
    }
}

impl FromIterator<Option<f64>> for Sample {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(values: I) -> Self {
        Self::new(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self::new(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_not_finite() {
        let sample = Sample::new(vec![2.0, f64::INFINITY, f64::NAN, -1.0, f64::NEG_INFINITY, -0.0]);
        assert_eq!(sample.values(), [-1.0, 0.0, 2.0]);
        assert_eq!((sample.n_rows(), sample.n_nulls(), sample.n_infinite()), (6, 1, 2));
        assert_eq!(sample.values()[1].to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn the_order_of_the_rows_changes_nothing() {
        for n in [100, PARALLEL_FROM as u32 + 100] {
            let rows: Vec<f64> = (0..n).map(|k| f64::from(k * 7919 % 10_007) / 7.0).collect();
            let backwards = rows.iter().rev().copied().collect::<Sample>();
            assert_eq!(Sample::new(rows), backwards);
        }
    }

    #[test]
    fn runs_join_equal_values() {
        let sample = Sample::new(vec![3.0, 1.0, 3.0, 3.0]);
        assert_eq!(sample.runs().collect::<Vec<_>>(), [(1.0, 1), (3.0, 3)]);
    }
}
