//! What a decoder hands to the judge.

use arrow::array::{ArrayRef, RecordBatch};

use crate::accounting::bounded_text;
use crate::error::Result;
use crate::rule::{CellFailure, Rule};

/// Reads one part of a unit: a file, or a row group of one.
pub(crate) trait Decoder: Send {
    /// The next rows, about `rows` of them; `None` at the end.
    fn next(&mut self, rows: usize) -> Result<Option<Decoded>>;

    /// Rows of the part, counted without decoding them; known at the end.
    fn found(&self) -> u64;

    /// The text of rows by number, ascending, for batches with [`Texts::Later`].
    fn row_texts(&mut self, _rows: &[u64]) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// A batch before it is judged.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The wanted columns, in contract order.
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) rows: usize,
    pub(crate) numbers: Numbers,
    pub(crate) texts: Texts,
    /// Cells that could not be read.
    pub(crate) failures: Vec<CellFailure>,
    /// Records that gave no row.
    pub(crate) broken: Vec<BrokenRecord>,
    /// Empty lines.
    pub(crate) blank: u64,
}

/// A record that could not be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BrokenRecord {
    pub(crate) row: u64,
    pub(crate) rule: Rule,
    pub(crate) text: String,
}

/// Numbers of a batch's rows in their file, from 1.
#[derive(Debug)]
pub(crate) enum Numbers {
    /// Consecutive.
    From(u64),
    /// One per row.
    Each(Vec<u64>),
}

impl Numbers {
    pub(crate) fn at(&self, row: usize) -> u64 {
        match self {
            Self::From(first) => first + row as u64,
            Self::Each(numbers) => numbers[row],
        }
    }
}

/// Where the original text of a batch's rows is.
#[derive(Debug)]
pub(crate) enum Texts {
    /// Records one after the other, and where each ends.
    Records { bytes: Vec<u8>, ends: Vec<usize> },
    /// Formats without text: the columns as found.
    Columns(RecordBatch),
    /// To be asked of the decoder.
    Later,
    /// Nobody wants it.
    Unwanted,
}

impl Texts {
    /// The text of one row; `None` when it must be asked for later.
    pub(crate) fn at(&self, row: usize) -> Option<String> {
        match self {
            Self::Records { bytes, ends } => {
                let start = if row == 0 { 0 } else { ends[row - 1] };
                Some(bounded_text(&bytes[start..ends[row]]))
            }
            Self::Columns(batch) => Some(crate::columnar::row_text(batch, row)),
            Self::Later => None,
            Self::Unwanted => Some(String::new()),
        }
    }
}
