//! What other monitors get wrong, and what must hold for any profiles.

use segmenta_stats::migration::MigrationCounts;
use segmenta_stats::{CountTable, Sample, chi_square};

use super::{data_findings, drift};
use crate::facts::{ComparisonId, DataCheck, DataFinding, Movement, SegmentKey, Stage};
use crate::findings::{DriftFinding, DriftMethod, Level};
use crate::profile::{ColumnProfile, FrozenBins, NumberKind, ProfiledColumn};
use crate::series::SMALL_SEGMENTS;
use crate::{Policy, Reason, Status};

/// Numbers that look random and are the same everywhere (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Revenue in minor units, log-normal with a spread of 1.2 as customers have it.
    fn revenue(&mut self) -> f64 {
        let normal = (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos();
        (9.0 + 1.2 * normal).exp().round()
    }

    fn revenues(seed: u64, n: usize) -> Vec<Option<f64>> {
        let mut numbers = Self(seed);
        (0..n).map(|_| Some(numbers.revenue())).collect()
    }

    fn shuffle<T>(&mut self, rows: &mut [T]) {
        (1..rows.len()).rev().for_each(|place| rows.swap(place, self.below(place + 1)));
    }
}

fn freeze(rows: &[Option<f64>]) -> FrozenBins {
    FrozenBins::freeze(&rows.iter().copied().collect::<Sample>(), FrozenBins::N_BINS)
}

fn money(rows: &[Option<f64>], bins: &FrozenBins) -> ColumnProfile {
    let mut builder = ColumnProfile::numbers(NumberKind::Money, bins);
    rows.iter().for_each(|&row| builder.add(row));
    builder.finish()
}

fn labels<'a>(rows: impl IntoIterator<Item = (Option<&'a str>, u64)>) -> ColumnProfile {
    let mut builder = ColumnProfile::categories();
    rows.into_iter().for_each(|(label, n)| builder.add_label_rows(label, n));
    builder.finish()
}

fn of_total(profile: ColumnProfile) -> Vec<ProfiledColumn> {
    vec![ProfiledColumn { key: SegmentKey::total(), column: "revenue".to_owned(), profile }]
}

fn compare(before: ColumnProfile, now: ColumnProfile) -> Vec<DriftFinding> {
    drift(&Policy::default(), ComparisonId::Previous, &of_total(before), &of_total(now))
}

/// Both runs counted into the bins of the earlier one.
fn compare_money(before: &[Option<f64>], now: &[Option<f64>]) -> Vec<DriftFinding> {
    let bins = freeze(before);
    compare(money(before, &bins), money(now, &bins))
}

fn check(before: ColumnProfile, now: ColumnProfile) -> Vec<DataFinding> {
    data_findings(&Policy::default(), "customers", &of_total(before), &of_total(now))
}

fn by(rows: &[DriftFinding], method: DriftMethod) -> &DriftFinding {
    rows.iter().find(|row| row.method == method).expect("every measure has a row")
}

fn worst(rows: &[DriftFinding]) -> Level {
    rows.iter().map(|row| row.level).max().expect("there are rows")
}

fn scaled(rows: &[Option<f64>], factor: f64) -> Vec<Option<f64>> {
    rows.iter().map(|row| row.map(|value| value * factor)).collect()
}

// The seven cases.

#[test]
fn revenue_times_0_7_asks_for_action() {
    let before = Numbers::revenues(1, 5_000);
    let found = compare_money(&before, &scaled(&before, 0.7));
    let moved = by(&found, DriftMethod::W1Asinh);
    // No value moved by more than ln(1/0.7) = 0.357, and the median one by asinh(1) − asinh(0.7) = 0.229.
    assert!((0.2..0.357).contains(&moved.value.unwrap()), "{moved:?}");
    assert_eq!((moved.level, by(&found, DriftMethod::Ks).level), (Level::Act, Level::Act));
    // Two normal distributions of spread 1.2 at 0.357 from each other: (0.357/1.2)² = 0.088, below every band.
    let index = by(&found, DriftMethod::Psi);
    assert!((index.value.unwrap() - 0.088).abs() < 0.03 && index.value > index.noise_floor_99, "{index:?}");
}

#[test]
fn one_extreme_customer_neither_hides_a_change_nor_makes_one() {
    let plain = Numbers::revenues(2, 5_000);
    let with_one: Vec<Option<f64>> = plain.iter().copied().chain([Some(1e13)]).collect();
    assert_eq!(worst(&compare_money(&plain, &with_one)), Level::Ok);
    let found = compare_money(&with_one, &scaled(&plain, 0.7));
    assert_eq!((by(&found, DriftMethod::W1Asinh).level, by(&found, DriftMethod::Ks).level), (Level::Act, Level::Act));
}

#[test]
fn a_dead_feed_shouts() {
    for (n, level) in [(5_000, Level::Act), (40, Level::Info)] {
        let before = Numbers::revenues(3, n);
        let bins = freeze(&before);
        let (alive, dead) = (money(&before, &bins), money(&vec![None; n], &bins));
        let found = compare(alive.clone(), dead.clone());
        let index = by(&found, DriftMethod::Psi);
        assert!(index.value.unwrap() > 5.0 && index.level == level, "{index:?}");
        assert_eq!((index.null_share_ref, index.null_share_cur), (Some(0.0), Some(1.0)));
        let ks = by(&found, DriftMethod::Ks);
        assert_eq!((ks.status, ks.value, ks.level), (Status::Undefined, None, Level::None));
        assert_eq!(ks.reason, Some(Reason::Statistic(segmenta_stats::Reason::EmptyCurrent)));
        let finding = &check(alive, dead)[0];
        assert_eq!((&finding.check, finding.level, finding.value), (&DataCheck::NullShare, Level::Act, Some(1.0)));
    }
}

/// p = (0.6, 0.4, 0.0001), q = (0.5, 0.38, 0.12):
/// 0.1·ln 1.2 + 0.02·ln(0.4/0.38) + 0.1199·ln 1200 = 0.018232 + 0.001026 + 0.850100.
#[test]
fn a_new_category_is_named_and_has_a_finite_distance() {
    let before = labels([(Some("mail"), 600), (Some("shop"), 400)]);
    let now = labels([(Some("mail"), 500), (Some("shop"), 380), (Some("app"), 120)]);
    let found = compare(before.clone(), now.clone());
    let index = by(&found, DriftMethod::Psi);
    assert!((index.value.unwrap() - 0.869_358_234).abs() < 1e-8);
    assert_eq!((index.level, index.bins[0].label.as_deref()), (Level::Act, Some("app")));
    let finding = check(before, now).into_iter().find(|finding| finding.check == DataCheck::UnseenCategories);
    assert_eq!(finding.map(|finding| (finding.value, finding.level)), Some((Some(0.12), Level::Watch)));
}

#[test]
fn one_row_more_than_a_thousand_changes_no_method_and_no_level() {
    for factor in [1.0, 0.7] {
        let now = scaled(&Numbers::revenues(5, 1_001), factor);
        let before = Numbers::revenues(4, 1_001);
        let (thousand, one_more) = (compare_money(&before[..1_000], &now), compare_money(&before, &now));
        assert_eq!(thousand.len(), one_more.len());
        for (left, right) in thousand.iter().zip(&one_more) {
            assert_eq!((left.method, left.level, left.status), (right.method, right.level, right.status));
            let scale = if left.method == DriftMethod::W1 { 1e-4 } else { 1.0 };
            assert!((left.value.unwrap() - right.value.unwrap()).abs() * scale < 0.01, "{left:?} {right:?}");
        }
    }
}

#[test]
fn a_million_rows_of_the_same_customers_raise_nothing() {
    let (before, now) = (Numbers::revenues(6, 1_000_000), Numbers::revenues(7, 1_000_000));
    let found = compare_money(&before, &now);
    assert_eq!(worst(&found), Level::Ok);
    for method in [DriftMethod::Psi, DriftMethod::Ks, DriftMethod::W1, DriftMethod::W1Asinh] {
        let row = by(&found, method);
        assert!(row.value.unwrap() <= row.noise_floor_99.unwrap(), "{row:?}");
    }
    let same = compare_money(&before, &before);
    assert!(same.iter().all(|row| row.value == Some(0.0)));
}

/// 400 pairs of 1,000 customers each, a third of them without revenue: 1 % is 4 pairs, and more than 12 come with
/// a probability of 0.0003 where the floor is right.
#[test]
fn one_pair_in_a_hundred_is_beyond_the_noise_floor() {
    let side = |seed: u64| -> Vec<Option<f64>> {
        let third = |(place, value): (usize, Option<f64>)| if place % 3 == 0 { Some(0.0) } else { value };
        Numbers::revenues(seed, 1_000).into_iter().enumerate().map(third).collect()
    };
    let pairs: Vec<Vec<DriftFinding>> =
        (0..400).map(|pair| compare_money(&side(2 * pair), &side(2 * pair + 1))).collect();
    for method in [DriftMethod::Psi, DriftMethod::Ks, DriftMethod::W1, DriftMethod::W1Asinh] {
        let beyond = |rows: &&Vec<DriftFinding>| by(rows, method).value > by(rows, method).noise_floor_99;
        let n_beyond = pairs.iter().filter(beyond).count();
        assert!(n_beyond <= 12, "{method:?}: {n_beyond}");
    }
    let n_raised = pairs.iter().filter(|rows| worst(rows) >= Level::Watch).count();
    assert!(n_raised <= 12, "{n_raised}");
}

/// 20,000 customers in four segments; 95 % stay, and 120 more go from the first to the second than come back.
/// Independent shares differ by χ² = 2·60²/4,940 + 2·60²/5,060 = 2.88, far from 7.81; the paired test has
/// 2·120²/(500 + 120 + 167 + 120) = 31.8, far beyond it.
#[test]
fn the_same_customers_are_tested_as_such() {
    let mut rows = vec![vec![83; 4]; 4];
    (0..4).for_each(|segment| rows[segment][segment] = 5_000 - 3 * 83);
    rows[0][1] += 120;
    rows[0][0] -= 120;
    let mut counts = MigrationCounts::new(4);
    counts.matched = CountTable::from_rows(&rows).unwrap();
    let (before, now) = (counts.matched.row_totals(), counts.matched.column_totals());
    assert!(chi_square::homogeneity(&before, &now).unwrap().p.unwrap() > 0.4);
    let labels = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let movement = Movement {
        scheme: "value".to_owned(),
        stage: Stage::Total,
        labels,
        counts,
        revenue_before_minor: Vec::new(),
        revenue_after_minor: Vec::new(),
    };
    let found = crate::migration::migration(&Policy::default(), ComparisonId::Previous, &movement);
    let paired = found.stuart_maxwell.unwrap();
    assert!((paired.stat - 31.8).abs() < 0.2 && paired.p < 1e-5, "{paired:?}");
    assert_eq!(found.tv_marginals, Some(120.0 / 20_000.0));
}

// What must hold for any profiles.

/// Rows of every kind: zeros, refunds, nulls, infinities, repeated and extreme values.
fn awkward(numbers: &mut Numbers, n: usize) -> Vec<Option<f64>> {
    let row = |numbers: &mut Numbers| match numbers.below(12) {
        0 => None,
        1 => Some(0.0),
        2 => Some(-numbers.revenue() / 3.0),
        3 => Some(1_990.0),
        4 if numbers.below(40) == 0 => Some(f64::INFINITY),
        5 if numbers.below(40) == 0 => Some(-1e290),
        _ => Some(numbers.revenue() / 7.0),
    };
    (0..n).map(|_| row(numbers)).collect()
}

/// Any order and any split of the rows gives the same bytes, of the profile and of the comparison.
#[test]
fn order_and_split_of_the_rows_change_no_byte() {
    let mut numbers = Numbers(11);
    for round in 0..12 {
        let before = awkward(&mut numbers, 700);
        let mut now = awkward(&mut numbers, 900);
        let bins = freeze(&before);
        let build = |rows: &[Option<f64>]| {
            let kind = if round % 2 == 0 { NumberKind::Money } else { NumberKind::Number };
            let mut builder = ColumnProfile::numbers(kind, &bins);
            rows.iter().for_each(|&row| builder.add(row));
            builder.finish()
        };
        let text = |profile: &ColumnProfile| serde_json::to_string(profile).unwrap();
        let whole = build(&now);
        numbers.shuffle(&mut now);
        let n_parts = 1 + numbers.below(9);
        let mut parts: Vec<ColumnProfile> = now.chunks(now.len().div_ceil(n_parts)).map(build).collect();
        numbers.shuffle(&mut parts);
        let mut merged = parts.pop().unwrap();
        parts.iter().for_each(|part| merged.merge(part).unwrap());
        assert_eq!(text(&merged), text(&whole));
        let stored: ColumnProfile = serde_json::from_str(&text(&merged)).unwrap();
        assert_eq!(stored, whole);
        let compared = |now| serde_json::to_string(&compare(build(&before), now)).unwrap();
        assert_eq!(compared(stored), compared(whole));
    }
}

#[test]
fn every_null_has_a_status_and_a_reason() {
    let bins = freeze(&Numbers::revenues(8, 100));
    let rows: [&[Option<f64>]; 7] = [
        &[],
        &[None, None],
        &[Some(0.0)],
        &[Some(f64::INFINITY), None],
        &[Some(5.0); 30],
        &[Some(f64::MAX), Some(-f64::MAX)],
        &[Some(3.0), Some(1e7), None],
    ];
    for before in rows {
        for now in rows {
            for row in compare(money(before, &bins), money(now, &bins)) {
                assert!(row.value.is_some() || row.reason.is_some() && row.status != Status::Ok, "{row:?}");
                let numbers = [row.value, row.noise_floor_99, row.p, row.error_bound, row.psi_jeffreys];
                assert!(numbers.into_iter().flatten().all(f64::is_finite), "{row:?}");
            }
        }
    }
    for (before, now) in [(labels([]), labels([(Some("a"), 3)])), (labels([(None, 2)]), labels([]))] {
        let found = compare(before, now);
        assert!(found.iter().all(|row| row.value.is_some() || row.reason.is_some()));
    }
}

#[test]
fn columns_that_were_counted_otherwise_keep_the_distances_of_their_values() {
    let rows = Numbers::revenues(9, 500);
    let found = compare(money(&rows, &freeze(&rows)), money(&rows, &freeze(&rows[..50])));
    assert_eq!(
        (found[0].method, found[0].status, found[0].reason),
        (DriftMethod::Psi, Status::Missing, Some(Reason::OtherBins))
    );
    assert_eq!(by(&found, DriftMethod::Ks).value, Some(0.0));
    let mixed = compare(money(&rows, &freeze(&rows)), labels([(Some("a"), 1)]));
    assert_eq!((mixed.len(), mixed[0].reason), (1, Some(Reason::OtherBins)));
}

#[test]
fn segments_of_one_side_are_missing_and_small_ones_compared_together() {
    let column = |segment: &str, n: u64| ProfiledColumn {
        key: SegmentKey::of("value", segment),
        column: "channel".to_owned(),
        profile: labels([(Some("mail"), n / 2), (Some("shop"), n - n / 2)]),
    };
    let before = [column("gone", 50), column("large", 900), column("tiny", 9), column("wee", 8)];
    let now = [column("fresh", 50), column("large", 900), column("tiny", 7), column("wee", 40)];
    let found = drift(&Policy::default(), ComparisonId::Baseline, &before, &now);
    let row = |segment: &str| found.iter().find(|row| row.key.segment.as_deref() == Some(segment)).unwrap();
    assert_eq!((row("fresh").status, row("fresh").reason), (Status::Missing, Some(Reason::NewSegment)));
    assert_eq!(row("gone").reason, Some(Reason::VanishedSegment));
    assert_eq!((row("tiny").n_ref, row("wee").n_cur, row("large").level), (9, 40, Level::Ok));
    assert_eq!((row(SMALL_SEGMENTS).n_ref, row(SMALL_SEGMENTS).n_cur), (17, 47));
    assert!(row("tiny").level <= Level::Info);
}

#[test]
fn rare_categories_are_pooled_for_the_test_and_only_for_it() {
    let many = |n: u64| (0..60).map(move |k| (format!("c{k:02}"), n + 40 * u64::from(k < 3)));
    let side = |n: u64| {
        let names: Vec<(String, u64)> = many(n).collect();
        labels(names.iter().map(|(name, n)| (Some(name.as_str()), *n)))
    };
    let found = compare(side(1), side(2));
    let test = by(&found, DriftMethod::Chi2);
    assert_eq!((test.status, test.level), (Status::Ok, Level::None));
    assert!(test.p.is_some() && by(&found, DriftMethod::Psi).bins.len() == 40);
    let listed: u64 = by(&found, DriftMethod::Psi).bins.iter().map(|bin| bin.reference).sum();
    assert_eq!(listed, 180, "what is not listed is in the last row");
    let few = compare(labels([(Some("a"), 2), (Some("b"), 1)]), labels([(Some("a"), 1)]));
    assert_eq!(by(&few, DriftMethod::Chi2).status, Status::InsufficientData);
}

#[test]
fn hashed_categories_are_compared_from_below() {
    let names: Vec<String> = (0..12_000).map(|k| format!("c{k}")).collect();
    let side = |names: &[String]| labels(names.iter().map(|name| (Some(name.as_str()), 10)));
    let found = compare(side(&names), side(&names[..9_000]));
    let tv = by(&found, DriftMethod::Tv);
    assert_eq!(tv.reason, Some(Reason::HashedCategories));
    assert!(tv.value.unwrap() <= 0.25 + 1e-12 && tv.value.unwrap() > 0.05, "{tv:?}");
    assert!(by(&found, DriftMethod::Psi).bins.is_empty());
    assert!(check(side(&names), side(&names)).iter().all(|finding| finding.check != DataCheck::UnseenCategories));
}

#[test]
fn a_few_more_nulls_are_an_accident_and_many_are_not() {
    let level = |n: u64, before: u64, now: u64| {
        let side = |nulls: u64| labels([(Some("a"), n - nulls), (None, nulls)]);
        check(side(before), side(now))[0].level
    };
    assert_eq!(level(50, 0, 4), Level::Ok);
    assert_eq!(
        [level(5_000, 100, 300), level(5_000, 100, 400), level(5_000, 100, 1_200)],
        [Level::Ok, Level::Watch, Level::Act]
    );
    assert_eq!(level(5_000, 1_200, 100), Level::Ok);
}

#[test]
fn lost_columns_and_infinities_are_findings() {
    let rows = [Some(1.0), Some(f64::INFINITY)];
    let bins = freeze(&rows);
    let found = data_findings(&Policy::default(), "customers", &of_total(money(&rows, &bins)), &[]);
    assert_eq!((&found[0].check, found[0].level), (&DataCheck::Other("missing_column".to_owned()), Level::Act));
    let found = check(money(&rows, &bins), money(&rows, &bins));
    assert_eq!(
        (&found[1].check, found[1].value, found[1].level),
        (&DataCheck::InfiniteValues, Some(1.0), Level::Watch)
    );
}
