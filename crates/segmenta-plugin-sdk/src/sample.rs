//! Samples by key: the same rows whatever the order, batches and threads.

/// Whether `key` is in the sample of `rate` for `seed`. NaN and anything up to 0 is an empty sample.
///
/// The hash of the key, mixed with the seed, is read as a number in [0, 1) and compared with the rate.
pub(crate) fn contains(seed: u64, key: &[u8], rate: f64) -> bool {
    let mixed = mix(fnv1a(key) ^ mix(seed));
    let unit = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
    unit < rate
}

/// 64-bit FNV-1a.
///
/// # Source
/// Fowler, Noll, Vo, Eastlake: "The FNV Non-Cryptographic Hash Algorithm", with its offset basis and
/// prime for 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// One step of SplitMix64 from the state `x`; every bit of the state moves half of the bits.
///
/// # Source
/// Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators".
fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_the_published_ones() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        // The first two numbers of the reference generator started at 1234567.
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
        assert_eq!(mix(1_234_567_u64.wrapping_add(0x9e37_79b9_7f4a_7c15)), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_sample_has_about_its_share_and_holds_every_smaller_one() {
        let keys: Vec<[u8; 8]> = (0..20_000_u64).map(u64::to_le_bytes).collect();
        let sampled = |seed, rate| keys.iter().filter(move |key| contains(seed, *key, rate));
        let tenth = sampled(7, 0.1).count();
        // 2,000 are expected; the standard deviation of a binomial is 42.
        assert!((1_800..2_200).contains(&tenth), "{tenth}");
        assert!(sampled(7, 0.1).all(|key| contains(7, key, 0.2)));
        assert_ne!(sampled(7, 0.1).collect::<Vec<_>>(), sampled(8, 0.1).collect::<Vec<_>>());
        let sizes = [0.0, -1.0, f64::NAN, 1.0, 2.0].map(|rate| sampled(7, rate).count());
        assert_eq!(sizes, [0, 0, 0, 20_000, 20_000]);
    }
}
