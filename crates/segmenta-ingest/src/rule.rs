//! Names of the reasons why a row is not accepted.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a bad row breaks. The order is that in which the rules of one column are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Bytes that are not text in the declared encoding.
    Encoding,
    /// A quote that is not closed, or is followed by more text.
    Quote,
    /// Not one JSON object.
    Json,
    /// Too few or too many fields.
    Fields,
    /// Text or value that is not of the declared type.
    Type,
    /// NaN or an infinity.
    NotANumber,
    /// Null in a column that has none.
    Null,
    /// Not one of the allowed values.
    In,
    /// Below the smallest allowed value.
    Min,
    /// Above the largest allowed value.
    Max,
    /// Does not match the pattern.
    Matches,
    /// Not a key of the referenced source.
    References,
    /// A value an earlier row has.
    Unique,
}

impl Rule {
    /// The rule as it is written in contracts and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::Quote => "quote",
            Self::Json => "json",
            Self::Fields => "fields",
            Self::Type => "type",
            Self::NotANumber => "not_a_number",
            Self::Null => "null",
            Self::In => "in",
            Self::Min => "min",
            Self::Max => "max",
            Self::Matches => "matches",
            Self::References => "references",
            Self::Unique => "unique",
        }
    }

    /// What to do about a row that breaks the rule.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Null => "declare the column nullable (`\"type?\"`), or set `bad_rows`",
            Self::Type => "correct the value, or declare `nulls`, `format`, `strip` or another type",
            Self::NotANumber => "correct the value, or list its spelling in `nulls`",
            Self::In | Self::Min | Self::Max | Self::Matches => {
                "correct the value or the column's contract, or set `bad_rows`"
            }
            Self::Unique => "remove the repeated row, or set `bad_rows` to keep the first",
            Self::References => "add the missing row to the referenced source, or set `bad_rows`",
            Self::Fields => "quote values that hold the delimiter, or set `bad_rows`",
            Self::Quote => "close or double the quote, or set `quote` to none",
            Self::Encoding => "set `encoding` to that of the file",
            Self::Json => "write one JSON object per line, or set `bad_rows`",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A cell that could not be read; its slot in the batch is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellFailure {
    /// Place of the row in its batch.
    pub(crate) row: usize,
    /// Place of the column in the contract.
    pub(crate) column: usize,
    /// What it breaks.
    pub(crate) rule: Rule,
}
