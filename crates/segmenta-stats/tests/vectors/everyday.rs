//! Seven ordinary situations in which widely used drift reports say the wrong thing.

use segmenta_stats::{CountTable, Sample, chi_square, ks, migration, psi, wasserstein};

/// Skewed spend of `n` customers, between 2 and some 1,600, without a random generator.
fn spend(n: u32) -> Vec<f64> {
    let uniform = |k: u32| (f64::from(k * 7919 % 10_007) + 0.5) / 10_007.0;
    (0..n).map(|k| (3.5 + 1.1 * (uniform(k) / (1.0 - uniform(k))).ln() / 1.7).exp()).collect()
}

fn sample(values: &[f64]) -> Sample {
    values.iter().copied().collect()
}

fn w1_asinh(before: &[f64], after: &[f64]) -> f64 {
    wasserstein::of_samples(&sample(before), &sample(after)).w1_asinh.unwrap()
}

#[test]
fn revenue_times_seven_tenths_is_large_even_beside_an_outlier() {
    let mut before = spend(5_000);
    let mut after: Vec<f64> = before.iter().map(|value| value * 0.7).collect();
    before.push(2_000_000.0);
    after.push(1_400_000.0);
    let moved = wasserstein::of_samples(&sample(&before), &sample(&after));
    assert!(moved.w1_per_std.unwrap() < 0.1, "the usual measure sees nothing");
    assert!(moved.w1_asinh.unwrap() >= wasserstein::LARGE);
    let drift = psi::of_samples(&sample(&before), &sample(&after), 10).psi;
    assert!(!drift.is_within_noise());
}

#[test]
fn one_extreme_customer_is_one_customer() {
    let before = spend(5_000);
    let mut after = before.clone();
    after[17] = 5_000_000.0;
    let moved = wasserstein::of_samples(&sample(&before), &sample(&after));
    assert!(moved.w1_per_std.unwrap() > 1.0, "the usual measure raises an alarm");
    assert!(moved.w1_asinh.unwrap() < wasserstein::WATCH);
    assert!(ks::of_samples(&sample(&before), &sample(&after)).d.unwrap() <= 1.0 / 5_000.0 + 1e-15);
    assert!(psi::of_samples(&sample(&before), &sample(&after), 10).psi.is_within_noise());
}

#[test]
fn a_dead_feed_shouts() {
    let before = sample(&spend(5_000));
    let dead: Sample = vec![None; 5_000].into_iter().collect();
    let drift = psi::of_samples(&before, &dead, 10).psi;
    assert_eq!(drift.band, Some(psi::Band::Major));
    assert!(!drift.is_within_noise());
    let distance = ks::of_samples(&before, &dead);
    assert_eq!((distance.d, distance.reason), (None, Some(segmenta_stats::Reason::EmptyCurrent)));
}

#[test]
fn a_new_category_is_finite_and_as_large_as_its_share() {
    let reference = [4_000, 3_000, 3_000, 0];
    let psi_at = |n_new: u64| {
        let drift = psi::of_counts(&reference, &[4_000 - n_new, 3_000, 3_000, n_new]).unwrap();
        drift.psi.unwrap()
    };
    // One customer in 10,000 is not drift; the index grows with the share of the new category.
    assert!(psi_at(1) < 1e-6);
    assert!(psi_at(5) < psi_at(50) && psi_at(50) < psi_at(500));
    assert!(psi_at(500) >= psi::MAJOR);
    let test = chi_square::homogeneity(&reference, &[3_999, 3_000, 3_000, 1]).unwrap();
    assert!(test.p.unwrap() > 0.05 && test.small_expected == Some(true));
}

#[test]
fn a_thousand_rows_and_one_more_are_judged_alike() {
    let after = spend(3_000).iter().map(|value| value * 1.02).collect::<Vec<_>>();
    let at = |n: u32| {
        let before = spend(n);
        let drift = psi::of_samples(&sample(&before), &sample(&after), 10).psi;
        let distance = ks::of_samples(&sample(&before), &sample(&after));
        (drift.psi.unwrap(), drift.band, distance.d.unwrap(), w1_asinh(&before, &after))
    };
    let (short, long) = (at(1_000), at(1_001));
    assert!((short.0 - long.0).abs() < 0.002, "{} {}", short.0, long.0);
    assert_eq!(short.1, long.1);
    assert!((short.2 - long.2).abs() <= 1.0 / 1_000.0 + 1e-12);
    assert!((short.3 - long.3).abs() < 0.01);
}

#[test]
fn identical_million_row_samples_did_not_drift() {
    let row = |k: u64| (k * 104_729 % 1_000_003) as f64;
    let before: Sample = (0..1_000_000).map(row).collect();
    let after: Sample = (0..1_000_000).rev().map(row).collect();
    assert_eq!(psi::of_samples(&before, &after, 10).psi.psi, Some(0.0));
    let distance = ks::of_samples(&before, &after);
    assert_eq!((distance.d, distance.p_kolmogorov), (Some(0.0), Some(1.0)));
    let moved = wasserstein::of_samples(&before, &after);
    assert_eq!((moved.w1, moved.w1_asinh), (Some(0.0), Some(0.0)));
}

#[test]
fn a_shift_among_customers_who_mostly_stayed_is_found() {
    // 20,000 customers, 95 % stay, and as many go one way as the other.
    let mut rows =
        vec![vec![950, 12, 18, 20], vec![12, 3_800, 90, 98], vec![18, 90, 6_650, 242], vec![20, 98, 242, 7_640]];
    let unchanged = CountTable::from_rows(&rows).unwrap();
    rows[0][0] -= 48;
    rows[0][1] += 48;
    let shifted = CountTable::from_rows(&rows).unwrap();

    let independent = chi_square::homogeneity(&shifted.row_totals(), &shifted.column_totals()).unwrap();
    assert!(independent.p.unwrap() > 0.5, "the test for independent sides sees nothing");
    let paired = |table: &CountTable| migration::of_table(table).unwrap().stuart_maxwell.unwrap().p;
    assert!(paired(&shifted) < 0.01);
    assert_eq!(paired(&unchanged), 1.0);
}
