//! How often each value of one input occurs: what a fit remembers of its customers.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Distinct values in ascending order, each with the number of customers who have it.
///
/// Finite values only; `-0.0` is kept as `0.0`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    values: Vec<f64>,
    customers: Vec<u64>,
}

impl Counts {
    /// Counts `values`, which may be in any order.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        for value in &mut values {
            *value += 0.0; // -0.0 becomes 0.0, so that both are one value
        }
        values.sort_unstable_by(f64::total_cmp);
        let mut counts = Self::default();
        for value in values {
            counts.add(value, 1);
        }
        counts
    }

    /// Number of distinct values.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Number of customers.
    pub(crate) fn customers(&self) -> u64 {
        self.customers.iter().sum()
    }

    /// Values with their customers, ascending.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (f64, u64)> + '_ {
        self.values.iter().copied().zip(self.customers.iter().copied())
    }

    /// Appends customers with a value not below the last one.
    fn add(&mut self, value: f64, customers: u64) {
        match (self.values.last(), self.customers.last_mut()) {
            (Some(last), Some(count)) if *last == value => *count += customers,
            _ => {
                self.values.push(value);
                self.customers.push(customers);
            }
        }
    }

    fn merged(&self, other: &Self) -> Self {
        let mut merged = Self::default();
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some((a, _)), Some((b, _))) if a.total_cmp(b) == Ordering::Greater => right.next(),
                (Some(_), _) => left.next(),
                (None, _) => right.next(),
            };
            match next {
                Some((value, customers)) => merged.add(value, customers),
                None => return merged,
            }
        }
    }

    /// Whether the values are finite and ascending, as they are when this code wrote them.
    fn is_sound(&self) -> bool {
        self.values.len() == self.customers.len()
            && self.values.iter().all(|value| value.is_finite())
            && self.values.windows(2).all(|pair| pair[0] < pair[1])
    }
}

/// [`Counts`] under construction: adding is cheap, and the result does not depend on the order in
/// which customers or other tallies came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Counts", into = "Counts")]
pub struct Tally {
    /// Each at least twice as long as the next, so that merging stays `n log n`.
    runs: Vec<Counts>,
}

impl Tally {
    /// Adds one customer per value.
    pub(crate) fn extend(&mut self, values: Vec<f64>) {
        self.push(Counts::of(values));
    }

    /// Adds everything `other` has counted.
    pub(crate) fn absorb(&mut self, other: Self) {
        for run in other.runs {
            self.push(run);
        }
    }

    /// All that was counted.
    pub(crate) fn counts(self) -> Counts {
        let mut runs = self.runs;
        while runs.len() > 1 {
            merge_last_two(&mut runs);
        }
        runs.pop().unwrap_or_default()
    }

    fn push(&mut self, run: Counts) {
        if run.len() == 0 {
            return;
        }
        self.runs.push(run);
        while let [.., left, right] = self.runs.as_slice()
            && left.len() < 2 * right.len()
        {
            merge_last_two(&mut self.runs);
        }
    }
}

fn merge_last_two(runs: &mut Vec<Counts>) {
    if let (Some(right), Some(left)) = (runs.pop(), runs.pop()) {
        runs.push(left.merged(&right));
    }
}

impl From<Tally> for Counts {
    fn from(tally: Tally) -> Self {
        tally.counts()
    }
}

impl TryFrom<Counts> for Tally {
    type Error = &'static str;

    fn try_from(counts: Counts) -> Result<Self, Self::Error> {
        if !counts.is_sound() {
            return Err("value counts are not finite and ascending");
        }
        let mut tally = Self::default();
        tally.push(counts);
        Ok(tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_counted_together_and_zero_has_one_sign() {
        let counts = Counts::of(vec![3.0, 0.0, 3.0, -0.0, -1.5]);
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(-1.5, 1), (0.0, 2), (3.0, 2)]);
        assert_eq!(counts.customers(), 5);
    }

    #[test]
    fn any_grouping_and_order_of_merges_gives_the_same_counts() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * 7919 % 101)).collect();
        let whole = Counts::of(values.clone());
        for size in [1, 7, 64, 999] {
            let mut forwards = Tally::default();
            let mut backwards = Tally::default();
            for chunk in values.chunks(size) {
                forwards.extend(chunk.to_vec());
            }
            for chunk in values.rchunks(size) {
                let mut one = Tally::default();
                one.extend(chunk.to_vec());
                backwards.absorb(one);
            }
            assert_eq!(forwards.counts(), whole);
            assert_eq!(backwards.counts(), whole);
        }
    }

    #[test]
    fn counts_out_of_order_are_refused() {
        let wrong = Counts { values: vec![2.0, 1.0], customers: vec![1, 1] };
        assert!(Tally::try_from(wrong).is_err());
    }
}
