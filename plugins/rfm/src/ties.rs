//! The tie rules: from the values of the fitted customers to cuts.

use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::cut::{Cut, Direction, Equal};
use crate::options::Ties;

/// The border between two groups of ranked customers; inside a group of equal customers when
/// `below < tied`, so that keys must decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Border {
    /// Value of the last customer below the border.
    pub(crate) value: f64,
    /// How many customers with this value are below, from the earliest key; at least 1.
    pub(crate) below: u64,
    /// How many customers have this value.
    pub(crate) tied: u64,
}

/// The `bins - 1` cuts of a rule that keeps equal customers together, worst first.
///
/// Empty without customers. Rules that split ties are answered by [`borders`].
pub(crate) fn cuts(ties: Ties, bins: u8, direction: Direction, counts: &Counts) -> Vec<Cut> {
    match ties {
        Ties::QuantileEdges => quantile_cuts(bins, direction, counts),
        Ties::AtOrBelow => share_cuts(bins, direction, counts, Equal::Above),
        Ties::StrictlyBelow => share_cuts(bins, direction, counts, Equal::Below),
        Ties::RankFirst | Ties::Ntile => Vec::new(),
    }
}

/// Cut j of b is the first value, worst first, at which the share of customers equal or worse
/// reaches j/b (exceeds it, when the customers at the cut belong above).
///
/// A value is then above cut j exactly when the share strictly worse than it (equal or worse) is
/// at least (more than) j/b, which holds for values that no fitted customer had, too.
fn share_cuts(bins: u8, direction: Direction, counts: &Counts, equal: Equal) -> Vec<Cut> {
    let (bins, customers) = (u128::from(bins), u128::from(counts.customers()));
    let mut cuts = Vec::new();
    let (mut at_or_worse, mut next) = (0, 1);
    for (value, count) in worst_first(direction, counts) {
        at_or_worse += u128::from(count);
        let reached = |j| match equal {
            Equal::Below => at_or_worse * bins >= j * customers,
            _ => at_or_worse * bins > j * customers,
        };
        while next < bins && reached(next) {
            cuts.push(Cut { value, equal: equal.clone() });
            next += 1;
        }
    }
    cuts
}

/// Cuts at the type 7 quantiles 1/b, 2/b, …: a value equal to one is in the lower bin of values.
fn quantile_cuts(bins: u8, direction: Direction, counts: &Counts) -> Vec<Cut> {
    let Some(last) = counts.customers().checked_sub(1) else {
        return Vec::new();
    };
    let ordered = Ordered::new(counts);
    let cut = |j: u8| {
        let position = u128::from(last) * u128::from(j);
        let index = u64::try_from(position / u128::from(bins)).expect("below the customers");
        let remainder = u8::try_from(position % u128::from(bins)).expect("below the bins");
        let (low, high) = (ordered.at(index), ordered.at((index + 1).min(last)));
        let share = f64::from(remainder) / f64::from(bins);
        let value = if remainder == 0 { low } else { low + (high - low) * share };
        let equal = match direction {
            Direction::LowerIsBetter => Equal::Above,
            Direction::HigherIsBetter => Equal::Below,
        };
        Cut { value, equal }
    };
    let mut cuts: Vec<Cut> = (1..bins).map(cut).collect();
    if direction == Direction::LowerIsBetter {
        cuts.reverse();
    }
    cuts
}

/// Values by their 0-based position among all customers in ascending order.
struct Ordered {
    values: Vec<f64>,
    ends: Vec<u64>,
}

impl Ordered {
    fn new(counts: &Counts) -> Self {
        let (values, customers): (Vec<_>, Vec<_>) = counts.iter().unzip();
        let mut end = 0;
        let ends = customers.iter().map(|count| {
            end += count;
            end
        });
        Self { ends: ends.collect(), values }
    }

    fn at(&self, position: u64) -> f64 {
        self.values[self.ends.partition_point(|end| *end <= position)]
    }
}

/// The borders of a rule that ranks customers worst first, ties by key; worst first.
///
/// There are fewer than `bins - 1` of them when there are fewer customers than bins.
pub(crate) fn borders(ties: Ties, bins: u8, direction: Direction, counts: &Counts) -> Vec<Border> {
    let ends = group_ends(ties, bins, counts.customers());
    let mut borders = Vec::new();
    let (mut ends, mut worse) = (ends.into_iter().peekable(), 0);
    for (value, tied) in worst_first(direction, counts) {
        while let Some(end) = ends.next_if(|end| *end <= worse + tied) {
            borders.push(Border { value, below: end - worse, tied });
        }
        worse += tied;
    }
    borders
}

/// The rank, from 1, of the last customer of each group but the best.
fn group_ends(ties: Ties, bins: u8, customers: u64) -> Vec<u64> {
    if customers == 0 {
        return Vec::new();
    }
    let groups = u64::from(bins);
    let end = |j: u64| match ties {
        Ties::Ntile => j * (customers / groups) + j.min(customers % groups),
        _ => {
            let position = u128::from(customers - 1) * u128::from(j) / u128::from(groups);
            u64::try_from(position).expect("below the customers") + 1
        }
    };
    (1..groups).map(end).filter(|end| *end < customers).collect()
}

/// How many customers each score gets, the lowest score first.
pub(crate) fn group_sizes(ties: Ties, bins: u8, customers: u64) -> Vec<u64> {
    let mut sizes = vec![0; usize::from(bins)];
    let mut start = 0;
    let ends = group_ends(ties, bins, customers);
    for (score, end) in ends.iter().copied().chain([customers]).enumerate() {
        sizes[score] = end - start;
        start = end;
    }
    sizes
}

fn worst_first(direction: Direction, counts: &Counts) -> Box<dyn Iterator<Item = (f64, u64)> + '_> {
    match direction {
        Direction::LowerIsBetter => Box::new(counts.iter().rev()),
        Direction::HigherIsBetter => Box::new(counts.iter()),
    }
}

#[cfg(test)]
#[path = "ties_tests.rs"]
mod tests;
