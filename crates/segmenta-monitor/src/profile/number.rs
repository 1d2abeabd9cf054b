//! Profile of a column of numbers, money, dates or flags.

use segmenta_stats::sketch::LogCounter;
use segmenta_stats::welch::Moments;
use segmenta_stats::{BinCounts, LogHistogram};
use serde::{Deserialize, Serialize};

use super::bins::FrozenBins;
use super::column::ColumnProfile;
use super::decimal;
use crate::error::{Error, Result};

/// Magnitude, in units of the sum, from which a number is too large to be summed up.
const LIMIT: f64 = (1_u64 << 62) as f64;

/// Adding and subtracting this rounds an `f64` below 2^51 to a whole number, ties to even.
const ROUNDING: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52

/// What the numbers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// Minor units of the run's currency.
    Money,
    /// Anything else.
    #[default]
    Number,
}

/// Counts and exact sums of a column of numbers.
///
/// NaN is a null. Infinities are counted in the outermost bins and as the largest finite values, and are no part
/// of the sums; they are a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberProfile {
    kind: NumberKind,
    infinite: u64,
    /// Sum in units of 2^exponent: 0 for money, as frozen for numbers.
    #[serde(with = "decimal")]
    sum: i128,
    /// Sum of squares; the largest integer once it overflowed.
    #[serde(with = "decimal")]
    sum_of_squares: i128,
    min: Option<f64>,
    max: Option<f64>,
    frozen: FrozenBins,
    bin_counts: Vec<u64>,
    histogram: LogHistogram,
}

impl NumberProfile {
    fn empty(kind: NumberKind, frozen: &FrozenBins) -> Self {
        Self {
            kind,
            infinite: 0,
            sum: 0,
            sum_of_squares: 0,
            min: None,
            max: None,
            frozen: frozen.clone(),
            bin_counts: vec![0; frozen.bins().n_bins()],
            histogram: LogHistogram::default(),
        }
    }

    /// What the numbers are.
    pub fn kind(&self) -> NumberKind {
        self.kind
    }

    /// Rows with a value.
    pub fn n_values(&self) -> u64 {
        self.histogram.n_values()
    }

    /// Null and NaN rows.
    pub fn n_nulls(&self) -> u64 {
        self.histogram.n_nulls()
    }

    /// Rows with the value 0.
    pub fn n_zeros(&self) -> u64 {
        self.histogram.n_zeros()
    }

    /// Rows with a value below 0.
    pub fn n_negatives(&self) -> u64 {
        self.histogram.buckets().iter().take_while(|bucket| bucket.0 < 0).map(|bucket| bucket.1).sum()
    }

    /// Rows that hold plus or minus infinity.
    pub fn n_infinite(&self) -> u64 {
        self.infinite
    }

    /// Smallest and largest finite value; null without any.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.min.zip(self.max)
    }

    /// Sum of the finite values, in units of 2 to the power [`sum_exponent`](Self::sum_exponent).
    pub fn sum(&self) -> i128 {
        self.sum
    }

    /// Sum of their squares, in squares of that unit; null when it overflowed.
    pub fn sum_of_squares(&self) -> Option<i128> {
        Some(self.sum_of_squares).filter(|sum| *sum < i128::MAX)
    }

    /// Binary exponent of the unit of the sums: 0 for money, which is summed up in whole minor units.
    pub fn sum_exponent(&self) -> i32 {
        match self.kind {
            NumberKind::Money => 0,
            NumberKind::Number => self.frozen.sum_exponent(),
        }
    }

    /// Number, mean and spread of the finite values in units of 2 to the power
    /// [`sum_exponent`](Self::sum_exponent); null when a sum overflowed.
    pub fn moments(&self) -> Option<Moments> {
        let squares = self.sum_of_squares()?;
        Some(Moments::from_minor(self.n_values() - self.infinite, self.sum, squares))
    }

    /// Mean of the finite values in units of the column; null without any or when a sum overflowed.
    pub fn mean(&self) -> Option<f64> {
        let moments = self.moments().filter(|moments| moments.n() > 0)?;
        Some(moments.mean() * power_of_two(self.sum_exponent())).filter(|mean| mean.is_finite())
    }

    /// Population standard deviation of the finite values in units of the column; null as the mean.
    pub fn standard_deviation(&self) -> Option<f64> {
        let moments = self.moments().filter(|moments| moments.n() > 0)?;
        Some(moments.standard_deviation() * power_of_two(self.sum_exponent())).filter(|std| std.is_finite())
    }

    /// The bins and units it was counted with.
    pub fn frozen(&self) -> &FrozenBins {
        &self.frozen
    }

    /// Rows per frozen bin, and nulls.
    pub fn bin_counts(&self) -> BinCounts {
        BinCounts { counts: self.bin_counts.clone(), n_nulls: self.n_nulls() }
    }

    /// The histogram for quantiles and distances.
    pub fn histogram(&self) -> &LogHistogram {
        &self.histogram
    }

    /// Whether rows were counted the same way.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let n_bins = self.frozen.bins().n_bins();
        self.kind == other.kind
            && self.frozen == other.frozen
            && [&self.bin_counts, &other.bin_counts].iter().all(|counts| counts.len() == n_bins)
    }

    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        if !self.is_like(other) {
            return Err(Error::OtherBins);
        }
        self.infinite += other.infinite;
        self.sum += other.sum;
        self.sum_of_squares = self.sum_of_squares.saturating_add(other.sum_of_squares);
        self.min = [self.min, other.min].into_iter().flatten().reduce(f64::min);
        self.max = [self.max, other.max].into_iter().flatten().reduce(f64::max);
        self.bin_counts.iter_mut().zip(&other.bin_counts).for_each(|(count, more)| *count += more);
        self.histogram.merge(&other.histogram);
        Ok(())
    }
}

/// Counts rows into a [`NumberProfile`], a few dozen instructions for each.
#[derive(Clone, Debug)]
pub struct NumberBuilder {
    profile: NumberProfile,
    counter: LogCounter,
    /// 1 over the unit of the sums.
    scale: f64,
    min: f64,
    max: f64,
}

impl NumberBuilder {
    pub(super) fn new(kind: NumberKind, frozen: &FrozenBins) -> Self {
        let profile = NumberProfile::empty(kind, frozen);
        Self {
            scale: power_of_two(-profile.sum_exponent()),
            profile,
            counter: LogCounter::default(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }

    /// Counts a row of numbers; for money, minor units that are rounded to whole ones in the sums.
    pub fn add(&mut self, value: Option<f64>) {
        match value {
            Some(value) if !value.is_nan() => {
                self.count(value + 0.0); // -0.0 and 0.0 are one value.
                if value.is_finite() {
                    self.sum_up(value);
                } else {
                    self.profile.infinite += 1;
                }
            }
            _ => self.counter.add_null(),
        }
    }

    /// Counts a row of whole numbers, such as minor units, without rounding.
    pub fn add_minor(&mut self, value: Option<i64>) {
        let Some(whole) = value else {
            return self.counter.add_null();
        };
        self.count(whole as f64);
        if self.profile.kind == NumberKind::Money {
            self.add_units(whole);
        } else {
            self.sum_up(whole as f64);
        }
    }

    /// The profile of all rows so far.
    pub fn finish(self) -> ColumnProfile {
        let mut profile = self.profile;
        profile.histogram = self.counter.finish();
        (profile.min, profile.max) = if self.min <= self.max { (Some(self.min), Some(self.max)) } else { (None, None) };
        ColumnProfile::Number(profile)
    }

    fn count(&mut self, value: f64) {
        self.counter.add(value);
        let bin = self.profile.frozen.bins().bin_of(value);
        self.profile.bin_counts[bin] += 1;
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        }
    }

    fn sum_up(&mut self, value: f64) {
        let units = value * self.scale;
        if units.abs() < LIMIT {
            let is_small = units.abs() < ROUNDING / 4.0;
            self.add_units(if is_small { (units + ROUNDING) - ROUNDING } else { units } as i64);
        } else {
            self.profile.sum_of_squares = i128::MAX; // Stays there, whatever is added.
        }
    }

    fn add_units(&mut self, units: i64) {
        let units = i128::from(units);
        self.profile.sum += units;
        self.profile.sum_of_squares = self.profile.sum_of_squares.saturating_add(units * units);
    }
}

/// 2^exponent for the exponents of normal numbers, which those of frozen bins are.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent.clamp(-1022, 1023) + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use segmenta_stats::Sample;

    use super::*;

    fn bins(values: &[f64]) -> FrozenBins {
        FrozenBins::freeze(&Sample::new(values.to_vec()), FrozenBins::N_BINS)
    }

    fn numbers(kind: NumberKind, frozen: &FrozenBins, values: &[Option<f64>]) -> NumberProfile {
        let mut builder = NumberBuilder::new(kind, frozen);
        values.iter().for_each(|&value| builder.add(value));
        match builder.finish() {
            ColumnProfile::Number(profile) => profile,
            ColumnProfile::Category(_) => unreachable!("a builder of numbers"),
        }
    }

    #[test]
    fn rows_are_counted_by_kind() {
        let values = [Some(0.0), None, Some(-2.5), Some(f64::NAN), Some(f64::INFINITY), Some(4.0), Some(-0.0)];
        let profile = numbers(NumberKind::Number, &bins(&[1.0, 2.0, 4.0]), &values);
        assert_eq!((profile.n_values(), profile.n_nulls(), profile.n_zeros()), (5, 2, 2));
        assert_eq!((profile.n_negatives(), profile.n_infinite()), (1, 1));
        assert_eq!(profile.range(), Some((-2.5, 4.0)));
        // 0, −2.5, 4, 0: mean 0.375, squares 22.25/4 − 0.140625
        assert_eq!(profile.mean(), Some(0.375));
        assert!((profile.standard_deviation().unwrap() - 5.421_875_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn money_is_summed_up_to_the_minor_unit() {
        let mut builder = NumberBuilder::new(NumberKind::Money, &bins(&[1e15]));
        for minor in [1_000_000_000_000_001, 1_000_000_000_000_003, -7] {
            builder.add_minor(Some(minor));
        }
        let ColumnProfile::Number(profile) = builder.finish() else { unreachable!("a builder of numbers") };
        assert_eq!(profile.sum(), 1_999_999_999_999_997);
        let squares = 1_000_000_000_000_001_i128.pow(2) + 1_000_000_000_000_003_i128.pow(2) + 49;
        assert_eq!(profile.sum_of_squares(), Some(squares));
    }

    /// 1,700,000,000 s, give or take one: the spread is far below the last digit of the squares in floating point.
    #[test]
    fn large_values_with_a_small_spread_keep_it() {
        let values: Vec<f64> = [0.0, 1.0, 2.0].map(|step| 1.7e9 + step).to_vec();
        let rows: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let profile = numbers(NumberKind::Number, &bins(&values), &rows);
        assert_eq!(profile.mean(), Some(1.7e9 + 1.0));
        assert!((profile.standard_deviation().unwrap() - (2.0_f64 / 3.0).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_summed_up_has_no_mean() {
        let profile = numbers(NumberKind::Number, &bins(&[1.0]), &[Some(1.0), Some(1e300)]);
        assert_eq!((profile.mean(), profile.n_values()), (None, 2));
        assert_eq!(profile.range(), Some((1.0, 1e300)));
        let none = numbers(NumberKind::Number, &bins(&[1.0]), &[None]);
        assert_eq!((none.mean(), none.range()), (None, None));
    }

    #[test]
    fn bins_count_what_the_histogram_counts() {
        let values: Vec<f64> = (0..300).map(|k| f64::from(k % 40)).collect();
        let frozen = bins(&values);
        let rows: Vec<Option<f64>> = values.iter().copied().map(Some).chain([None]).collect();
        let profile = numbers(NumberKind::Number, &frozen, &rows);
        assert_eq!(profile.bin_counts().counts, frozen.count_sample(&Sample::new(values)).counts);
        assert_eq!(profile.bin_counts().n_rows(), 301);
    }
}
