//! Sums of floating-point numbers that do not depend on the order of the terms.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Binary places after the point.
const FRACTION_BITS: u64 = 60;

/// Magnitude from which a value cannot be held, 2^67.
const LIMIT: f64 = (1_u128 << 67) as f64;

/// The value of one unit in the last place, 2^-60.
const UNIT: f64 = 1.0 / (1_u64 << FRACTION_BITS) as f64;

/// Magnitude from which every `f64` is a multiple of the unit, 2^-8.
const WHOLE_FROM: f64 = 1.0 / 256.0;

/// Exponent field of the `f64` values from [`WHOLE_FROM`] on, below which their significand is cut.
const WHOLE_EXPONENT: u64 = 1075 - FRACTION_BITS;

/// An exact, order-independent sum: the same bits for every order, partition and merge tree.
///
/// Each value is rounded once, when it is added, to a multiple of 2^-60 (about 8.7e-19, ties to even);
/// values of at least 2^-8 in magnitude are multiples already and lose nothing. From then on everything
/// is integer arithmetic. [`to_f64`](Self::to_f64) rounds a second time, to the nearest `f64`.
///
/// - Range: the total must stay within ±2^67 (about 1.5e20); partial sums may leave it, because the wraps
///   of the 128-bit accumulator are counted and cancel.
/// - A NaN, an infinity or a value of 2^67 and more makes the sum an overflow, whatever the order.
/// - Empty: the sum is 0.
///
/// # Example
/// ```
/// use segmenta_stats::ExactSum;
///
/// let sum: ExactSum = [0.25, 1e16, 0.5, -1e16].into_iter().collect();
/// assert_eq!(sum.to_f64(), Ok(0.75)); // floating point, left to right, gives 0.0
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactSum {
    /// The sum in units of 2^-60, modulo 2^128.
    units: i128,
    /// How often `units` wrapped upwards, less how often it wrapped downwards.
    wraps: i32,
    /// Values that cannot be held.
    n_rejected: u32,
    /// Values added, those that cannot be held included.
    n_terms: u64,
}

impl ExactSum {
    /// Length of [`to_bytes`](Self::to_bytes).
    pub const N_BYTES: usize = 32;

    /// The sum of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value.
    pub fn add(&mut self, value: f64) {
        self.n_terms += 1;
        if value.abs() < LIMIT {
            self.add_units(to_units(value));
        } else {
            self.n_rejected = self.n_rejected.saturating_add(1);
        }
    }

    /// Adds everything that another sum holds.
    pub fn merge(&mut self, other: &Self) {
        self.add_units(other.units);
        self.wraps = self.wraps.saturating_add(other.wraps);
        self.n_rejected = self.n_rejected.saturating_add(other.n_rejected);
        self.n_terms += other.n_terms;
    }

    /// How many values were added.
    pub fn n_terms(&self) -> u64 {
        self.n_terms
    }

    /// The sum, rounded to the nearest `f64`.
    ///
    /// # Errors
    /// [`Error::SumOverflow`] if the total is outside of ±2^67 or a value could not be held.
    pub fn to_f64(&self) -> Result<f64> {
        if self.wraps != 0 || self.n_rejected != 0 {
            return Err(Error::SumOverflow);
        }
        Ok(self.units as f64 * UNIT)
    }

    /// The accumulator as bytes, little-endian, for a state that travels between threads or machines.
    pub fn to_bytes(&self) -> [u8; Self::N_BYTES] {
        let mut bytes = [0; Self::N_BYTES];
        bytes[..16].copy_from_slice(&self.units.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.wraps.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.n_rejected.to_le_bytes());
        bytes[24..].copy_from_slice(&self.n_terms.to_le_bytes());
        bytes
    }

    /// The accumulator that [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8; Self::N_BYTES]) -> Self {
        let (units, rest) = bytes.split_first_chunk().expect("32 bytes hold 16");
        let (wraps, rest) = rest.split_first_chunk().expect("16 bytes hold 4");
        let (n_rejected, rest) = rest.split_first_chunk().expect("12 bytes hold 4");
        let n_terms = rest.first_chunk().expect("8 bytes are left");
        Self {
            units: i128::from_le_bytes(*units),
            wraps: i32::from_le_bytes(*wraps),
            n_rejected: u32::from_le_bytes(*n_rejected),
            n_terms: u64::from_le_bytes(*n_terms),
        }
    }

    fn add_units(&mut self, units: i128) {
        let (sum, wrapped) = self.units.overflowing_add(units);
        self.units = sum;
        if wrapped {
            self.wraps = self.wraps.saturating_add(if units > 0 { 1 } else { -1 });
        }
    }
}

impl FromIterator<f64> for ExactSum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = Self::new();
        sum.extend(values);
        sum
    }
}

impl Extend<f64> for ExactSum {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.add(value));
    }
}

/// The nearest multiple of 2^-60, ties to even, of a value below [`LIMIT`].
fn to_units(value: f64) -> i128 {
    if value.abs() < WHOLE_FROM {
        return (value / UNIT).round_ties_even() as i128; // Scaling by a power of two is exact.
    }
    let bits = value.to_bits();
    let significand = bits & ((1 << 52) - 1) | 1 << 52;
    let size = i128::from(significand) << ((bits >> 52 & 0x7ff) - WHOLE_EXPONENT);
    if value < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> ExactSum {
        values.iter().copied().collect()
    }

    #[test]
    fn cancels_what_floating_point_loses() {
        assert_eq!(sum(&[1e16, 1.0, -1e16]).to_f64(), Ok(1.0));
        assert_eq!(sum(&[0.1; 10]).to_f64(), Ok(1.0));
        assert_eq!(sum(&[]).to_f64(), Ok(0.0));
    }

    #[test]
    fn order_and_partition_leave_the_same_state() {
        let values: Vec<f64> = (0..500_i32).map(|k| f64::from(k * 7919 % 1009 - 500) * 1.1e-3).collect();
        let whole = sum(&values);
        for step in [3, 7, 11] {
            let mut shuffled = ExactSum::new();
            for start in 0..step {
                let part: Vec<f64> = values.iter().rev().skip(start).step_by(step).copied().collect();
                shuffled.merge(&sum(&part));
            }
            assert_eq!(shuffled, whole);
        }
    }

    #[test]
    fn partial_sums_may_leave_the_range_and_come_back() {
        let big = 1.4e20;
        assert_eq!(sum(&[big, big, -big, 2.5, -big]).to_f64(), Ok(2.5));
        assert_eq!(sum(&[-big, -big, big, 2.5, big]).to_f64(), Ok(2.5));
        assert_eq!(sum(&[big, big]).to_f64(), Err(Error::SumOverflow));
    }

    #[test]
    fn what_cannot_be_held_is_reported() {
        for value in [f64::NAN, f64::INFINITY, -1.5e20] {
            assert_eq!(sum(&[1.0, value]).to_f64(), Err(Error::SumOverflow), "{value}");
        }
    }

    #[test]
    fn small_values_round_to_the_unit() {
        assert_eq!(sum(&[UNIT * 0.75]).to_f64(), Ok(UNIT));
        assert_eq!(sum(&[UNIT * 0.5]).to_f64(), Ok(0.0));
    }

    #[test]
    fn both_ways_to_scale_agree() {
        let limit = 2.0_f64.powi(67).next_down();
        for value in [WHOLE_FROM, WHOLE_FROM.next_up(), 0.1, 1.0, 12.34, 1e9 + 0.01, 7e19, limit] {
            for value in [value, -value] {
                assert_eq!(to_units(value), (value / UNIT) as i128, "{value}");
            }
        }
    }

    #[test]
    fn bytes_round_trip() {
        let before = sum(&[-1.25, 3e19, f64::NAN]);
        assert_eq!(before.n_terms(), 3);
        assert_eq!(ExactSum::from_bytes(&before.to_bytes()), before);
    }
}
