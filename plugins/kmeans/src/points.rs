//! Rows of numbers in one piece of memory.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::random::Random;

/// Points row by row: `dimensions` coordinates each, all finite.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Points {
    dimensions: usize,
    coordinates: Vec<f64>,
}

impl Points {
    /// Takes coordinates row by row; `dimensions` is at least 1 and divides their number.
    pub(crate) fn new(dimensions: usize, coordinates: Vec<f64>) -> Self {
        assert_eq!(coordinates.len() % dimensions, 0, "whole rows");
        Self { dimensions, coordinates }
    }

    pub(crate) fn len(&self) -> usize {
        self.coordinates.len() / self.dimensions
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(crate) fn row(&self, at: usize) -> &[f64] {
        &self.coordinates[at * self.dimensions..][..self.dimensions]
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.coordinates.chunks_exact(self.dimensions)
    }

    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f64]> {
        self.coordinates.chunks_exact_mut(self.dimensions)
    }

    pub(crate) fn column(&self, at: usize) -> impl Iterator<Item = f64> {
        self.rows().map(move |row| row[at])
    }

    /// All coordinates, row after row.
    pub(crate) fn coordinates(&self) -> &[f64] {
        &self.coordinates
    }

    /// One row, picked by chance, from each of `count` stretches of equal length; all rows when
    /// there are no more. Without the chance, rows that repeat a pattern would be picked unevenly.
    pub(crate) fn spread(&self, count: usize) -> Self {
        if count >= self.len() {
            return self.clone();
        }
        let mut random = Random::new(0, 0);
        let width = self.len() as f64 / count as f64;
        let picked = (0..count).map(|stretch| ((stretch as f64 + random.unit()) * width) as usize);
        let rows = picked.flat_map(|at| self.row(at.min(self.len() - 1)).iter().copied());
        Self::new(self.dimensions, rows.collect())
    }

    /// Number of different rows, counted up to `limit`.
    pub(crate) fn distinct_up_to(&self, limit: usize) -> usize {
        let mut seen = BTreeSet::new();
        for row in self.rows() {
            if seen.len() == limit {
                break;
            }
            seen.insert(Row(row));
        }
        seen.len()
    }
}

#[derive(PartialEq)]
struct Row<'a>(&'a [f64]);

impl Eq for Row<'_> {}

impl PartialOrd for Row<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Row<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let mut orders = self.0.iter().zip(other.0).map(|(a, b)| a.total_cmp(b));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_rows_are_counted_up_to_the_limit() {
        let points = Points::new(2, vec![1.0, 2.0, 1.0, 2.0, 2.0, 1.0, 3.0, 3.0]);
        assert_eq!(points.distinct_up_to(2), 2);
        assert_eq!(points.distinct_up_to(10), 3);
    }

    #[test]
    fn one_row_is_picked_from_each_stretch() {
        let points = Points::new(1, (0..1000).map(f64::from).collect());
        let picked = points.spread(10);
        for (stretch, value) in picked.coordinates().iter().enumerate() {
            assert_eq!((value / 100.0) as usize, stretch);
        }
        assert!(picked.coordinates().iter().any(|value| value % 100.0 > 50.0));
        assert_eq!(points.spread(1000), points);
    }
}
