//! Which bucket a number falls into: its sign and leading bits.

/// Largest relative error of a value read from a [`LogHistogram`](super::LogHistogram): 2⁻⁸, about 0.39 %.
pub const ALPHA: f64 = 1.0 / 256.0;

/// Bits of an `f64` that do not decide about its bucket: 128 buckets per power of two are left.
const DROPPED_BITS: u32 = 45;

/// Buckets of one sign: 2,048 powers of two with 128 buckets each.
pub(super) const N_SIZES: usize = 1 << (63 - DROPPED_BITS);

/// Rank of a magnitude among the buckets of its sign, below [`N_SIZES`]; infinities count as the largest number.
pub(super) fn size_rank(value: f64) -> usize {
    (value.abs().min(f64::MAX).to_bits() >> DROPPED_BITS) as usize
}

/// Key of the bucket with this rank among those of its sign: from 1 upwards for positive values and from −1
/// downwards for negative ones.
pub(super) fn signed(rank: usize, is_negative: bool) -> i32 {
    let key = rank as i32 + 1; // A rank has 18 bits.
    if is_negative { -key } else { key }
}

/// The value in the middle of a bucket.
pub(super) fn middle(key: i32) -> f64 {
    let bits = u64::from(key.unsigned_abs() - 1) << DROPPED_BITS | 1 << (DROPPED_BITS - 1);
    f64::from_bits(bits).copysign(f64::from(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: f64) -> i32 {
        signed(size_rank(value), value < 0.0)
    }

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
        assert!(size_rank(f64::MAX) < N_SIZES);
    }

    #[test]
    fn keys_ascend_with_values() {
        let values = [f64::NEG_INFINITY, -3.0, -1.0, -1e-9, 1e-9, 1.0, 1.01, 3.0, f64::MAX];
        assert!(values.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
    }
}
