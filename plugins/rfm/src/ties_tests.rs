use super::*;
use crate::cut::{NO_KEY, score};

const HIGH: Direction = Direction::HigherIsBetter;
const LOW: Direction = Direction::LowerIsBetter;

fn counts(values: &[f64]) -> Counts {
    Counts::of(values.to_vec())
}

fn scores(ties: Ties, bins: u8, direction: Direction, values: &[f64]) -> Vec<u8> {
    let cuts = cuts(ties, bins, direction, &counts(values));
    values.iter().map(|value| score(&cuts, direction, *value, NO_KEY)).collect()
}

#[test]
fn five_different_customers_get_five_scores() {
    let values = [10.0, 20.0, 30.0, 40.0, 50.0];
    for ties in [Ties::StrictlyBelow, Ties::AtOrBelow] {
        assert_eq!(scores(ties, 5, HIGH, &values), [1, 2, 3, 4, 5]);
        assert_eq!(scores(ties, 5, LOW, &values), [5, 4, 3, 2, 1]);
    }
}

#[test]
fn a_majority_of_equal_customers_takes_the_end_of_its_range_that_the_rule_names() {
    // Six of ten bought once: strictly below, 0 % are worse; at or below, 60 % are, and 5 · 0.6 = 3.
    let values = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0];
    assert_eq!(scores(Ties::StrictlyBelow, 5, HIGH, &values)[5..], [1, 4, 4, 5, 5]);
    assert_eq!(scores(Ties::AtOrBelow, 5, HIGH, &values)[5..], [3, 4, 4, 5, 5]);
}

#[test]
fn scores_follow_the_shares_of_the_definition() {
    let values: Vec<f64> = (0..997).map(|i| f64::from(i * i % 83 / 3)).collect();
    let n = values.len();
    for bins in 2..=10 {
        for direction in [HIGH, LOW] {
            let worse = |a: f64, b: f64| if direction == HIGH { a < b } else { a > b };
            let strict = scores(Ties::StrictlyBelow, bins, direction, &values);
            let equal = scores(Ties::AtOrBelow, bins, direction, &values);
            for (at, value) in values.iter().enumerate() {
                let below = values.iter().filter(|other| worse(**other, *value)).count();
                let at_or_below = n - values.iter().filter(|other| worse(*value, **other)).count();
                let bins = usize::from(bins);
                assert_eq!(usize::from(strict[at]), 1 + bins * below / n);
                assert_eq!(usize::from(equal[at]), (bins * at_or_below).div_ceil(n));
            }
        }
    }
}

#[test]
fn a_value_nobody_had_falls_between_its_neighbours() {
    let values = [10.0, 20.0, 30.0, 40.0, 50.0];
    for ties in [Ties::StrictlyBelow, Ties::AtOrBelow] {
        let cuts = cuts(ties, 5, HIGH, &counts(&values));
        // Of 25, two of five are worse: 1 + floor(5 · 0.4) and ceil(5 · 0.4).
        let expected = if ties == Ties::StrictlyBelow { 3 } else { 2 };
        assert_eq!(score(&cuts, HIGH, 25.0, NO_KEY), expected);
        assert_eq!(score(&cuts, HIGH, 5.0, NO_KEY), 1);
        assert_eq!(score(&cuts, HIGH, 99.0, NO_KEY), 5);
    }
}

#[test]
fn quantile_edges_are_interpolated_and_belong_to_the_lower_bin_of_values() {
    // Type 7 quartiles of 1, 2, 3, 4, 6: positions 1, 2, 3.
    let values = [1.0, 2.0, 3.0, 4.0, 6.0];
    assert_eq!(scores(Ties::QuantileEdges, 4, HIGH, &values), [1, 1, 2, 3, 4]);
    assert_eq!(scores(Ties::QuantileEdges, 4, LOW, &values), [4, 4, 3, 2, 1]);
    // Terciles of 1, 2, 4, 8 are at positions 1 and 2; the median at 1.5.
    let cuts = cuts(Ties::QuantileEdges, 2, HIGH, &counts(&[1.0, 2.0, 4.0, 8.0]));
    assert_eq!(cuts, [Cut { value: 3.0, equal: Equal::Below }]);
}

#[test]
fn ntile_gives_the_first_groups_one_customer_more() {
    // NTILE(3) of eight: 3, 3, 2. The border after three falls into the four ones.
    let values = [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0];
    let borders = borders(Ties::Ntile, 3, HIGH, &counts(&values));
    let border = |value, below, tied| Border { value, below, tied };
    assert_eq!(borders, [border(1.0, 3, 4), border(2.0, 2, 2)]);
    assert_eq!(group_sizes(Ties::Ntile, 3, 8), [3, 3, 2]);
    assert_eq!(group_sizes(Ties::Ntile, 5, 3), [1, 1, 1, 0, 0]);
}

#[test]
fn rank_first_cuts_ranks_where_pandas_does() {
    // pandas.qcut of ranks 1..=6 into four: edges at 2.25, 3.5, 4.75.
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let borders = borders(Ties::RankFirst, 4, LOW, &counts(&values));
    let ends: Vec<f64> = borders.iter().map(|border| border.value).collect();
    assert_eq!(ends, [5.0, 4.0, 3.0]);
    assert_eq!(group_sizes(Ties::RankFirst, 4, 6), [2, 1, 1, 2]);
    assert_eq!(group_sizes(Ties::RankFirst, 5, 1), [1, 0, 0, 0, 0]);
}

#[test]
fn without_customers_there_are_no_cuts() {
    for ties in [Ties::StrictlyBelow, Ties::AtOrBelow, Ties::QuantileEdges] {
        assert_eq!(cuts(ties, 5, HIGH, &Counts::default()), []);
    }
    assert_eq!(borders(Ties::Ntile, 5, HIGH, &Counts::default()), []);
}
