//! The random numbers of the starts: the same on every machine and for any number of threads.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The numbers of one start. Different seeds and starts give unrelated numbers.
    pub(crate) fn new(seed: u64, start: u64) -> Self {
        Self { state: mix(seed).wrapping_add(mix(!start)) }
    }

    /// The next number in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        (mix(self.state) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next number in `0..below`.
    pub(crate) fn index(&mut self, below: usize) -> usize {
        ((self.unit() * below as f64) as usize).min(below - 1)
    }
}

/// Spreads the bits of `x` over the whole word; one to one.
pub(crate) fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs of SplitMix64 with state 1234567, as given with the reference code.
        let mut state = 1_234_567_u64;
        let mut next = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            mix(state)
        };
        assert_eq!([next(), next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn numbers_are_spread_evenly() {
        let mut random = Random::new(0, 0);
        let mut counts = [0; 10];
        (0..100_000).for_each(|_| counts[random.index(10)] += 1);
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
    }
}
