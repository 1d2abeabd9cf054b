//! The passes of a fit: counting values, then, where equal customers are split, finding the keys.

use segmenta_plugin_sdk::prelude::*;

use crate::counts::{Counts, Tally};
use crate::cut::{Cut, Equal, Key, KeyRef, NO_KEY, score};
use crate::model::{AXES, Axis, AxisModel, Model};
use crate::options::Ties;
use crate::ties::{self, Border};

/// What a pass knows of its customers, per axis.
#[derive(Debug, Serialize, Deserialize)]
pub enum Partial {
    /// First pass: how often each value occurs.
    Values([Tally; 3]),
    /// Second pass: the keys of the customers with a value that a border splits.
    Keys([Vec<TiedKeys>; 3]),
}

/// What the first pass hands to the second: the borders of each axis, worst first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Carry {
    pub(crate) axes: [AxisBorders; 3],
}

/// The borders of one axis and the customers of each score between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AxisBorders {
    borders: Vec<Border>,
    customers: Vec<u64>,
}

/// The keys of the customers who share one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TiedKeys {
    value: f64,
    keys: Vec<Key>,
}

impl Partial {
    /// Of a pass that has seen nobody.
    pub(crate) fn new(carry: Option<&Carry>) -> Self {
        match carry {
            None => Self::Values(<[Tally; 3]>::default()),
            Some(carry) => Self::Keys(carry.axes.each_ref().map(AxisBorders::tied)),
        }
    }

    /// Adds customers.
    pub(crate) fn add(&mut self, customers: &[(KeyRef<'_>, [f64; 3])]) {
        match self {
            Self::Values(tallies) => {
                for (at, tally) in tallies.iter_mut().enumerate() {
                    tally.extend(customers.iter().map(|(_, values)| values[at]).collect());
                }
            }
            Self::Keys(axes) => {
                for (at, tied) in axes.iter_mut().enumerate() {
                    for (key, values) in customers {
                        tied.iter_mut().for_each(|tied| tied.add(values[at], *key));
                    }
                }
            }
        }
    }

    /// Adds what another partial of the same pass has seen.
    ///
    /// # Errors
    /// [`Error::Model`] if the two are of different passes or borders.
    pub(crate) fn merge(&mut self, other: Self) -> Result<()> {
        match (self, other) {
            (Self::Values(into), Self::Values(other)) => {
                into.iter_mut().zip(other).for_each(|(into, other)| into.absorb(other));
                Ok(())
            }
            (Self::Keys(into), Self::Keys(other)) => {
                let pairs = into.iter_mut().zip(other);
                pairs.into_iter().try_for_each(|(into, other)| merge_keys(into, other))
            }
            _ => Err(Error::model("partials of different passes cannot be merged")),
        }
    }

    /// The model, or the borders for a second pass.
    ///
    /// # Errors
    /// [`Error::Rows`] if nobody has all three values.
    pub(crate) fn finish(self, ties: Ties, bins: u8, carry: Option<&Carry>) -> Result<Step<Carry, Model>> {
        match (self, carry) {
            (Self::Values(tallies), None) => finish_values(tallies, ties, bins),
            (Self::Keys(keys), Some(carry)) => place(carry, keys).map(Step::Done),
            _ => Err(Error::model("the partial is of another pass")),
        }
    }
}

impl TiedKeys {
    /// Adds a customer if they have this value.
    fn add(&mut self, value: f64, key: KeyRef<'_>) {
        if value == self.value {
            self.keys.push(key.to_key());
        }
    }
}

fn merge_keys(into: &mut [TiedKeys], other: Vec<TiedKeys>) -> Result<()> {
    let values = |keys: &[TiedKeys]| keys.iter().map(|tied| tied.value).collect::<Vec<_>>();
    if values(into) != values(&other) {
        return Err(Error::model("partials of different borders cannot be merged"));
    }
    for (into, other) in into.iter_mut().zip(other) {
        into.keys.extend(other.keys);
    }
    Ok(())
}

fn finish_values(tallies: [Tally; 3], ties: Ties, bins: u8) -> Result<Step<Carry, Model>> {
    let counts = tallies.map(Tally::counts);
    if counts[0].customers() == 0 {
        return Err(Error::rows("no customer has recency, frequency and monetary value"));
    }
    if !ties.splits() {
        let axes = each_axis(|at, axis| value_axis(ties, bins, axis, &counts[at]));
        return Ok(Step::Done(Model { axes }));
    }
    let carry = Carry { axes: each_axis(|at, axis| rank_axis(ties, bins, axis, &counts[at])) };
    if carry.axes.iter().all(|axis| axis.tied().is_empty()) {
        return place(&carry, <[Vec<TiedKeys>; 3]>::default()).map(Step::Done);
    }
    Ok(Step::Again(carry))
}

fn each_axis<T>(of: impl Fn(usize, Axis) -> T) -> [T; 3] {
    std::array::from_fn(|at| of(at, AXES[at]))
}

fn value_axis(ties: Ties, bins: u8, axis: Axis, counts: &Counts) -> AxisModel {
    let cuts = ties::cuts(ties, bins, axis.direction, counts);
    let mut customers = vec![0; usize::from(bins)];
    for (value, count) in counts.iter() {
        customers[usize::from(score(&cuts, axis.direction, value, NO_KEY)) - 1] += count;
    }
    AxisModel { cuts, customers }
}

fn rank_axis(ties: Ties, bins: u8, axis: Axis, counts: &Counts) -> AxisBorders {
    let borders = ties::borders(ties, bins, axis.direction, counts);
    let customers = ties::group_sizes(ties, bins, counts.customers());
    AxisBorders { borders, customers }
}

impl AxisBorders {
    /// The values that a border splits, with nobody in them yet.
    fn tied(&self) -> Vec<TiedKeys> {
        let open = self.borders.iter().filter(|border| border.below < border.tied);
        let mut tied: Vec<_> = open.map(|border| TiedKeys { value: border.value, keys: Vec::new() }).collect();
        tied.dedup_by(|a, b| a.value == b.value);
        tied
    }
}

/// Turns borders into cuts by the keys of the customers they split.
fn place(carry: &Carry, mut keys: [Vec<TiedKeys>; 3]) -> Result<Model> {
    let mut axes = Vec::new();
    for (axis, tied) in carry.axes.iter().zip(&mut keys) {
        tied.iter_mut().for_each(|tied| tied.keys.sort_unstable());
        let cuts = axis.borders.iter().map(|border| cut(border, tied));
        let cuts = cuts.collect::<Result<_>>()?;
        axes.push(AxisModel { cuts, customers: axis.customers.clone() });
    }
    let axes = <[AxisModel; 3]>::try_from(axes).expect("one per axis");
    Ok(Model { axes })
}

fn cut(border: &Border, tied: &[TiedKeys]) -> Result<Cut> {
    if border.below == border.tied {
        return Ok(Cut { value: border.value, equal: Equal::Below });
    }
    let of_value = tied.iter().find(|tied| tied.value == border.value);
    let keys = of_value.map_or(&[][..], |tied| &tied.keys);
    if keys.len() as u64 != border.tied {
        return Err(Error::rows("the rows of the second pass are not those of the first"));
    }
    let last = usize::try_from(border.below - 1).expect("below the number of keys");
    Ok(Cut { value: border.value, equal: Equal::AboveAfter(keys[last].clone()) })
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
