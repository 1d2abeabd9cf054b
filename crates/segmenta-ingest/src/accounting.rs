//! What became of every row of a source.

use std::collections::BTreeMap;
use std::fmt;

use segmenta_pipeline::model::{BadRowAction, BadRows, Expect};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::problem::Breach;
use crate::rule::Rule;

/// Text of a rejected record is cut to this many bytes.
pub const MAX_REJECT_TEXT_BYTES: usize = 64 * 1024;

/// One row that is not accepted because it breaks the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The file, relative to the source's path.
    pub file: String,
    /// From 1: the line on which the record starts in text (a header counts), the row elsewhere.
    pub row: u64,
    /// The column; null when the record as a whole cannot be read.
    pub column: Option<String>,
    /// What it breaks.
    pub rule: Rule,
    /// The record as found, at most [`MAX_REJECT_TEXT_BYTES`]; JSON for formats that are not text.
    pub text: String,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` row {}", self.file, self.row)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": breaks `{}`: ", self.rule)?;
        let shown: String = self.text.chars().take(SHOWN_CHARS).collect();
        let rest = if shown.len() < self.text.len() { "…" } else { "" };
        write!(f, "\"{}{rest}\"", shown.escape_debug())
    }
}

/// Characters of a rejected row's text that a message shows.
const SHOWN_CHARS: usize = 160;

/// How many rows break one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadCount {
    /// The column; null when records as a whole cannot be read.
    pub column: Option<String>,
    /// What they break.
    pub rule: Rule,
    /// Rows.
    pub rows: u64,
}

/// How many rows one filter removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilterCount {
    /// `event_time`, `window`, `known_at`, `validity`, `duplicate`, or a name from `filters`.
    pub name: String,
    /// Rows it removed, after the filters before it.
    pub removed: u64,
    /// Rows that fail it whatever the other named filters say; equals `removed` for the built-in ones.
    pub matched: u64,
}

/// The books of one source: `found = accepted + bad + filtered + blank`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accounting {
    /// Rows in the files, counted without the decoder.
    pub found: u64,
    /// Rows handed on.
    pub accepted: u64,
    /// Rows that break the contract, by column and rule in contract order.
    pub bad: Vec<BadCount>,
    /// Whether bad rows were kept.
    pub action: BadRowAction,
    /// Rows removed by filters, in the order in which the filters are tried.
    pub filtered: Vec<FilterCount>,
    /// Empty lines.
    pub blank: u64,
    /// Newest `event_time` of an accepted row, microseconds UTC.
    pub newest_event_us: Option<i64>,
    /// Columns of the files that the contract does not name.
    pub ignored_columns: Vec<String>,
}

impl Accounting {
    /// Rows that break the contract.
    pub fn bad_rows(&self) -> u64 {
        self.bad.iter().map(|count| count.rows).sum()
    }

    /// Rows removed by filters.
    pub fn filtered_rows(&self) -> u64 {
        self.filtered.iter().map(|count| count.removed).sum()
    }

    /// Everything that has a known fate.
    pub fn accounted(&self) -> u64 {
        self.accepted + self.bad_rows() + self.filtered_rows() + self.blank
    }

    pub(crate) fn check_identity(&self, source_name: &str) -> Result<()> {
        let (found, accounted) = (self.found, self.accounted());
        if found == accounted {
            return Ok(());
        }
        Err(Error::Unaccounted { source_name: source_name.to_owned(), found, accounted })
    }

    pub(crate) fn check_bad_share(&self, source_name: &str, bad_rows: &BadRows) -> Result<()> {
        let Some(fail_above) = bad_rows.fail_above else {
            return Ok(());
        };
        let bad = self.bad_rows();
        if bad as f64 <= fail_above * self.found as f64 {
            return Ok(());
        }
        Err(Error::TooManyBadRows { source_name: source_name.to_owned(), bad, found: self.found, fail_above })
    }

    pub(crate) fn check_expectations(
        &self,
        source_name: &str,
        expect: &Expect,
        oldest_allowed_us: Option<i64>,
    ) -> Result<()> {
        let accepted = self.accepted;
        let too_few = expect.rows_min.filter(|&min| accepted < min).map(|min| Breach::TooFewRows { accepted, min });
        let too_many = expect.rows_max.filter(|&max| accepted > max).map(|max| Breach::TooManyRows { accepted, max });
        let newest_us = self.newest_event_us;
        let stale = oldest_allowed_us
            .filter(|&oldest| newest_us.is_none_or(|newest| newest < oldest))
            .map(|oldest_allowed_us| Breach::Stale { newest_us, oldest_allowed_us });
        match too_few.or(too_many).or(stale) {
            None => Ok(()),
            Some(breach) => Err(Error::Expectation { source_name: source_name.to_owned(), breach }),
        }
    }
}

/// A reject before its file and column are spelled out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RejectAt {
    pub(crate) file: usize,
    pub(crate) row: u64,
    pub(crate) column: Option<usize>,
    pub(crate) rule: Rule,
    /// `None` until it is read again, for formats whose rows have no text.
    pub(crate) text: Option<String>,
}

/// Counts of one unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) found: u64,
    pub(crate) accepted: u64,
    pub(crate) blank: u64,
    pub(crate) bad: BTreeMap<(Option<usize>, Rule), u64>,
    /// Parallel to the scan's filter names.
    pub(crate) removed: Vec<u64>,
    pub(crate) matched: Vec<u64>,
    pub(crate) rejects: Vec<RejectAt>,
    pub(crate) newest_event_us: Option<i64>,
}

impl Tally {
    pub(crate) fn new(filters: usize) -> Self {
        Self { removed: vec![0; filters], matched: vec![0; filters], ..Self::default() }
    }

    pub(crate) fn remove(&mut self, filter: usize, rows: u64) {
        self.removed[filter] += rows;
        self.matched[filter] += rows;
    }

    /// Adds another unit's counts, rejects left out.
    pub(crate) fn add(&mut self, other: &Self) {
        self.found += other.found;
        self.accepted += other.accepted;
        self.blank += other.blank;
        for (key, rows) in &other.bad {
            *self.bad.entry(*key).or_default() += rows;
        }
        for (sum, rows) in self.removed.iter_mut().zip(&other.removed) {
            *sum += rows;
        }
        for (sum, rows) in self.matched.iter_mut().zip(&other.matched) {
            *sum += rows;
        }
        self.newest_event_us = self.newest_event_us.max(other.newest_event_us);
    }
}

/// Cuts to at most [`MAX_REJECT_TEXT_BYTES`] on a character border; bytes that are not UTF-8 are shown as `�`.
pub(crate) fn bounded_text(record: &[u8]) -> String {
    let cut = &record[..record.len().min(MAX_REJECT_TEXT_BYTES)];
    let mut text = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < record.len() {
        while text.ends_with(char::REPLACEMENT_CHARACTER) {
            text.pop();
        }
    }
    text.truncate(text.floor_char_boundary(MAX_REJECT_TEXT_BYTES));
    text
}
