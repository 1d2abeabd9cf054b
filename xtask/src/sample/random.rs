//! A small random generator whose numbers are the same on every machine.
//!
//! Only integer arithmetic: the sample files must not depend on a mathematics library.

/// SplitMix64: 64 bits of state, every output once per period.
///
/// # Source
/// Steele, Lea and Flood (2014), *Fast Splittable Pseudorandom Number Generators*.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Stream number `stream` of `seed`; streams do not influence each other, so that a new column
    /// in one table leaves the other tables as they were.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut mixer = Self { state: seed };
        let base = mixer.next();
        Self { state: base ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93) }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number in `0..bound`; `bound` is at least 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).expect("the upper half of a 128-bit number has 64 bits")
    }

    /// A whole number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let values = high.abs_diff(low) + 1;
        low.checked_add_unsigned(self.below(values)).expect("at most `high`")
    }

    /// The sum of three draws: a bell around the middle of `low..=high`.
    pub(crate) fn around_middle(&mut self, low: i64, high: i64) -> i64 {
        let third = |random: &mut Self| random.between(0, (high - low) / 3);
        low + third(self) + third(self) + third(self)
    }

    /// True in `per_mille` of 1,000 cases.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of several values, all equally likely.
    pub(crate) fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.index(values.len())]
    }

    /// One of several values, each as likely as its weight.
    pub(crate) fn pick_weighted<T: Copy>(&mut self, values: &[(T, u64)]) -> T {
        let total = values.iter().map(|(_, weight)| weight).sum();
        let mut left = self.below(total);
        for (value, weight) in values {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        unreachable!("a draw lies below the sum of the weights")
    }

    /// `0..length` in random order.
    pub(crate) fn permutation(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        for last in (1..length).rev() {
            let other = self.index(last + 1);
            order.swap(last, other);
        }
        order
    }

    fn index(&mut self, length: usize) -> usize {
        let bound = u64::try_from(length).expect("a length fits 64 bits");
        usize::try_from(self.below(bound)).expect("below a length")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_first_numbers_of_seed_zero() {
        // Reference output of SplitMix64 for the state 0.
        let mut random = Random { state: 0 };
        assert_eq!(random.next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(random.next(), 0x6E78_9E6A_A1B9_65F4);
        assert_eq!(random.next(), 0x06C4_5D18_8009_454F);
    }

    #[test]
    fn stays_within_its_bounds_and_reaches_both() {
        let mut random = Random::new(7, 1);
        let drawn: Vec<i64> = (0..1_000).map(|_| random.between(-2, 2)).collect();
        assert_eq!(drawn.iter().min(), Some(&-2));
        assert_eq!(drawn.iter().max(), Some(&2));
    }

    #[test]
    fn a_permutation_holds_every_number_once() {
        let mut order = Random::new(7, 1).permutation(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
