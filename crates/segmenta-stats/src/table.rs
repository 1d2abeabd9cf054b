//! Tables of counts: customers by segment on one side and on the other.

use serde::Serialize;

use crate::error::{Error, Result, same_length};

/// Counts with one row per segment of the first side and one column per segment of the second.
///
/// # Example
/// ```
/// use segmenta_stats::CountTable;
///
/// let table = CountTable::from_rows(&[vec![90, 25], vec![10, 75]])?;
/// assert_eq!(table.row_totals(), [115, 85]);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountTable {
    n_rows: usize,
    n_columns: usize,
    counts: Vec<u64>,
}

impl CountTable {
    /// A table of zeros.
    pub fn new(n_rows: usize, n_columns: usize) -> Self {
        Self { n_rows, n_columns, counts: vec![0; n_rows * n_columns] }
    }

    /// A table from its rows.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] if the rows differ in length.
    pub fn from_rows(rows: &[Vec<u64>]) -> Result<Self> {
        let n_columns = rows.first().map_or(0, Vec::len);
        for row in rows {
            same_length(("first row", n_columns), ("row", row.len()))?;
        }
        Ok(Self { n_rows: rows.len(), n_columns, counts: rows.concat() })
    }

    /// Adds `n` to one cell.
    ///
    /// # Errors
    /// [`Error::UnknownSegment`] for a row or column outside of the table.
    pub fn add(&mut self, row: usize, column: usize, n: u64) -> Result<()> {
        check_index(row, self.n_rows)?;
        check_index(column, self.n_columns)?;
        self.counts[row * self.n_columns + column] += n;
        Ok(())
    }

    /// Adds another table of the same shape.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] if the shapes differ.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        same_length(("rows", self.n_rows), ("other rows", other.n_rows))?;
        same_length(("columns", self.n_columns), ("other columns", other.n_columns))?;
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        Ok(())
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// One cell; panics outside of the table.
    pub fn get(&self, row: usize, column: usize) -> u64 {
        self.row(row)[column]
    }

    /// One row; panics outside of the table.
    pub fn row(&self, row: usize) -> &[u64] {
        &self.counts[row * self.n_columns..][..self.n_columns]
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        (0..self.n_rows).map(|row| self.row(row))
    }

    /// Sum of each row.
    pub fn row_totals(&self) -> Vec<u64> {
        self.rows().map(|row| row.iter().sum()).collect()
    }

    /// Sum of each column.
    pub fn column_totals(&self) -> Vec<u64> {
        (0..self.n_columns).map(|column| self.rows().map(|row| row[column]).sum()).collect()
    }

    /// Sum of all cells.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All cells, row by row.
    pub(crate) fn cells(&self) -> &[u64] {
        &self.counts
    }

    /// The number of segments of a square table.
    pub(crate) fn square(&self) -> Result<usize> {
        if self.n_rows == self.n_columns {
            return Ok(self.n_rows);
        }
        Err(Error::NotSquare { n_rows: self.n_rows, n_columns: self.n_columns })
    }
}

/// [`Error::UnknownSegment`] unless `index` is below `n_segments`.
pub(crate) fn check_index(index: usize, n_segments: usize) -> Result<()> {
    if index < n_segments { Ok(()) } else { Err(Error::UnknownSegment { index, n_segments }) }
}
