//! What is frozen about a numeric column when a baseline is accepted.

use segmenta_stats::{BinCounts, Bins, Sample, wasserstein};
use serde::{Deserialize, Serialize};

/// Binary places kept below the largest magnitude of the reference.
const SUM_BITS: i32 = 40;

/// Bins and units of a numeric column, from the reference; every later run counts with the same ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenBins {
    bins: Bins,
    asinh_unit: f64,
    sum_exponent: i32,
}

impl FrozenBins {
    /// Bins of the policy for a reference of at least 500 rows.
    pub const N_BINS: usize = 10;

    /// Freezes the bins of a reference; one without values gets a single bin.
    pub fn freeze(reference: &Sample, n_bins: usize) -> Self {
        let values = reference.values();
        let largest =
            values.first().into_iter().chain(values.last()).fold(0.0_f64, |size, value| size.max(value.abs()));
        Self {
            bins: Bins::from_reference(reference, n_bins).unwrap_or_else(Bins::whole),
            asinh_unit: wasserstein::asinh_unit(reference),
            sum_exponent: exponent(largest) - SUM_BITS,
        }
    }

    /// The bins, without the one for nulls.
    pub fn bins(&self) -> &Bins {
        &self.bins
    }

    /// Median magnitude of the values other than 0, the unit of asinh: 1 without any.
    pub fn asinh_unit(&self) -> f64 {
        self.asinh_unit
    }

    /// Numbers are summed up as multiples of 2 to this power: at least twelve digits of the largest value of the
    /// reference, and all digits of whole numbers up to 2^40.
    pub fn sum_exponent(&self) -> i32 {
        self.sum_exponent
    }

    /// Counts a whole sorted sample: what the baseline itself has in its bins.
    pub fn count_sample(&self, sample: &Sample) -> BinCounts {
        self.bins.count_sample(sample)
    }
}

/// The smallest e with `value` < 2^e, within what an `f64` can be scaled by.
fn exponent(value: f64) -> i32 {
    let field = (value.to_bits() >> 52) as i32 & 0x7ff; // 1,023 for values from 1 to below 2.
    (field - 1022).clamp(-900, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_bound_their_values() {
        for (value, bound) in [(1.0, 1), (0.75, 0), (2.0, 2), (1023.0, 10), (1024.0, 11)] {
            assert_eq!(exponent(value), bound, "{value}");
        }
        assert_eq!((exponent(0.0), exponent(f64::MAX)), (-900, 1000));
    }

    #[test]
    fn frozen_bins_read_back_bit_for_bit() {
        let thirds: Sample = (-50..50).map(|k| f64::from(k) / 3.0).collect();
        for reference in [thirds, Sample::default(), Sample::new(vec![0.0; 9])] {
            let bins = FrozenBins::freeze(&reference, 10);
            let text = serde_json::to_string(&bins).unwrap();
            assert_eq!(serde_json::from_str::<FrozenBins>(&text).unwrap(), bins);
        }
    }

    #[test]
    fn a_reference_without_values_has_one_bin() {
        let bins = FrozenBins::freeze(&Sample::default(), 10);
        assert_eq!((bins.bins().n_bins(), bins.asinh_unit()), (1, 1.0));
    }
}
