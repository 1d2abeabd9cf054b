//! What becomes of each row of one batch.

use arrow::array::{Array, ArrayRef};
use arrow::buffer::BooleanBuffer;

use crate::rule::{CellFailure, Rule};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Filtered,
    Bad,
}

/// The fates of a batch's rows. The first claim on a row stands. Nothing is allocated while every row
/// is kept.
#[derive(Debug)]
pub(crate) struct Fates<'a> {
    rows: usize,
    fates: Vec<Fate>,
    failures: &'a [CellFailure],
    bad: Vec<CellFailure>,
}

impl<'a> Fates<'a> {
    /// `failures` are cells that could not be read: their slots are null without being null.
    pub(crate) fn new(rows: usize, failures: &'a [CellFailure]) -> Self {
        Self { rows, fates: Vec::new(), failures, bad: Vec::new() }
    }

    fn claim(&mut self, row: usize, fate: Fate) -> bool {
        if self.fates.is_empty() {
            self.fates.resize(self.rows, Fate::Kept);
        }
        let free = self.fates[row] == Fate::Kept;
        if free {
            self.fates[row] = fate;
        }
        free
    }

    /// Filters the given rows; returns how many were still kept.
    pub(crate) fn filter(&mut self, failing: Option<BooleanBuffer>) -> u64 {
        let Some(failing) = failing else { return 0 };
        failing.set_indices().filter(|&row| self.claim(row, Fate::Filtered)).count() as u64
    }

    /// Filters the rows that are null in a column, but not those whose cell could not be read.
    pub(crate) fn filter_nulls(&mut self, place: Option<usize>, column: Option<&ArrayRef>) -> u64 {
        let (Some(place), Some(column)) = (place, column) else {
            return 0;
        };
        if column.null_count() == 0 {
            return 0;
        }
        let mut null: Vec<bool> = (0..self.rows).map(|row| column.is_null(row)).collect();
        for failure in self.failures.iter().filter(|failure| failure.column == place) {
            null[failure.row] = false;
        }
        let nulls = (0..self.rows).filter(|&row| null[row]);
        nulls.filter(|&row| self.claim(row, Fate::Filtered)).count() as u64
    }

    /// Marks the rows whose cell of one column could not be read.
    pub(crate) fn unreadable(&mut self, column: usize) {
        let failures = self.failures;
        for failure in failures.iter().filter(|failure| failure.column == column) {
            if self.claim(failure.row, Fate::Bad) {
                self.bad.push(*failure);
            }
        }
    }

    /// Marks rows that break a rule.
    pub(crate) fn breaks(&mut self, failing: Option<BooleanBuffer>, column: usize, rule: Rule) {
        let Some(failing) = failing else { return };
        for row in failing.set_indices() {
            if self.claim(row, Fate::Bad) {
                self.bad.push(CellFailure { row, column, rule });
            }
        }
    }

    /// The rows to keep, `None` for all of them, and those that break a rule.
    pub(crate) fn into_parts(self) -> (Option<BooleanBuffer>, Vec<CellFailure>) {
        let kept = (!self.fates.is_empty()).then(|| self.fates.iter().map(|&fate| fate == Fate::Kept).collect());
        (kept, self.bad)
    }
}
