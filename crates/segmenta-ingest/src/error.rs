//! Everything that can stop a scan.

use std::fmt;
use std::path::PathBuf;

use crate::accounting::Reject;
use crate::rule::Rule;

/// Why a source cannot be read, or must not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {operation} `{}`", .path.display())]
    Io {
        /// What was tried: `open`, `read`, `list`, `inspect`.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The path names no file.
    #[error("source `{source_name}`: no file matches `{pattern}`")]
    NoFiles {
        /// The source.
        source_name: String,
        /// The path as given.
        pattern: String,
    },
    /// The glob cannot be understood.
    #[error("source `{source_name}`: `{pattern}` is not a valid glob")]
    Glob {
        /// The source.
        source_name: String,
        /// The path as given.
        pattern: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// A text source declares no columns, so there is nothing to read it by.
    #[error("source `{source_name}`: a text format needs declared columns")]
    ContractRequired {
        /// The source.
        source_name: String,
    },
    /// A contract option cannot be used.
    #[error("source `{source_name}`, column `{column}`: `{option}` cannot be `{value}`")]
    Option {
        /// The source.
        source_name: String,
        /// The column it belongs to.
        column: String,
        /// The key in the pipeline file.
        option: &'static str,
        /// What was given.
        value: String,
    },
    /// `event_time`, `known_at`, `validity`, a filter or a projection names a column that is not there.
    #[error("source `{source_name}`: `{option}` names column `{column}`, which it does not have")]
    UnknownColumn {
        /// The source.
        source_name: String,
        /// The key in the pipeline file.
        option: &'static str,
        /// The name.
        column: String,
    },
    /// The files do not hold the declared columns.
    #[error("source `{source_name}` does not match its contract: {}", Problems(.problems))]
    Schema {
        /// The source.
        source_name: String,
        /// Everything found wrong, in file and column order.
        problems: Vec<SchemaProblem>,
    },
    /// A file breaks its own format.
    #[error("`{}` is damaged: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A record or declared size is beyond what is read.
    #[error("`{}`: {what} exceeds the limit of {limit}", .path.display())]
    Limit {
        /// The file.
        path: PathBuf,
        /// What is too large, and where.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// A row breaks the contract of a source with `bad_rows = "fail"`.
    #[error("source `{source_name}`: {reject}")]
    BadRow {
        /// The source.
        source_name: String,
        /// The row.
        reject: Box<Reject>,
    },
    /// More rows break the contract than `fail_above` allows.
    #[error("source `{source_name}`: {bad} of {found} rows break the contract, more than `fail_above` = {fail_above}")]
    TooManyBadRows {
        /// The source.
        source_name: String,
        /// Rows that break it.
        bad: u64,
        /// Rows found.
        found: u64,
        /// The declared share.
        fail_above: f64,
    },
    /// Quarantine would not fit in memory.
    #[error("source `{source_name}`: more than {limit} rows would be quarantined")]
    QuarantineFull {
        /// The source.
        source_name: String,
        /// Rows kept at most.
        limit: u64,
    },
    /// The independent count and what became of the rows differ: a defect of this program.
    #[error("source `{source_name}`: {found} rows found, but {accounted} accounted for")]
    Unaccounted {
        /// The source.
        source_name: String,
        /// Counted without the decoder.
        found: u64,
        /// Accepted, bad, filtered and blank together.
        accounted: u64,
    },
    /// Some units were not read to their end.
    #[error("source `{source_name}`: {unread} of {units} units were not read to the end")]
    Incomplete {
        /// The source.
        source_name: String,
        /// Units without a result.
        unread: usize,
        /// All units.
        units: usize,
    },
    /// A file is not the one that was found when the run started.
    #[error("`{}` changed while it was read", .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// `expect` does not hold.
    #[error("source `{source_name}`: {breach}")]
    Expectation {
        /// The source.
        source_name: String,
        /// What does not hold.
        breach: Breach,
    },
    /// Rows were asked for before the keys they refer to were given.
    #[error("source `{source_name}`, column `{column}`: the keys of `{references}` are not known yet")]
    KeysMissing {
        /// The source.
        source_name: String,
        /// The referring column.
        column: String,
        /// The source it refers to.
        references: String,
    },
    /// A column and the key it refers to cannot be compared.
    #[error("source `{source_name}`, column `{column}`: its type differs from the key of `{references}`")]
    KeyType {
        /// The source.
        source_name: String,
        /// The referring column.
        column: String,
        /// The source it refers to.
        references: String,
    },
    /// A row filter failed to evaluate.
    #[error("source `{source_name}`: filter `{filter}` failed: {reason}")]
    Filter {
        /// The source.
        source_name: String,
        /// The filter's name.
        filter: String,
        /// Why.
        reason: String,
    },
    /// There is no such unit.
    #[error("source `{source_name}` has {units} units, not a unit {unit}")]
    NoSuchUnit {
        /// The source.
        source_name: String,
        /// The one asked for, from 0.
        unit: usize,
        /// How many there are.
        units: usize,
    },
    /// Arrow refused an operation.
    #[error("columns cannot be built")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// What ingestion returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What the user can do about it, when there is something to say beyond the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::BadRow { reject, .. } => Some(reject.rule.remedy().to_owned()),
            Self::TooManyBadRows { .. } => {
                Some("look at the quarantined rows, correct the file or its contract, or raise `fail_above`".into())
            }
            Self::QuarantineFull { .. } => {
                Some("correct the contract, set `fail_above`, or use `bad_rows = \"drop\"`".into())
            }
            Self::Schema { problems, .. } => problems.iter().find_map(SchemaProblem::hint),
            Self::Changed { .. } => Some("let the writer finish, then run again".into()),
            Self::Damaged { .. } => Some("fetch the file again; no part of it was used".into()),
            _ => None,
        }
    }
}

/// One difference between a file and the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaProblem {
    /// The file, relative to the source's path.
    pub file: String,
    /// The contract's column.
    pub column: String,
    /// What is wrong.
    pub kind: SchemaProblemKind,
}

/// What can be wrong with a column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaProblemKind {
    /// The file has no column of that name.
    Missing {
        /// The name looked for.
        expected: String,
        /// Like names the file does have, best first.
        near: Vec<String>,
    },
    /// The file has several columns of that name.
    Ambiguous,
    /// The file's type cannot become the declared one without loss.
    Retyped {
        /// The file's type.
        found: String,
        /// The declared type.
        declared: String,
    },
    /// A fixed-width column declares no byte range.
    NoRange,
    /// The files of a source without contract have different schemas.
    Differs,
}

impl SchemaProblem {
    fn hint(&self) -> Option<String> {
        match &self.kind {
            SchemaProblemKind::Missing { near, .. } => {
                near.first().map(|name| format!("did you mean `{name}`? `from` names the file's column"))
            }
            SchemaProblemKind::Retyped { found, .. } => Some(format!("declare a type that holds every {found}")),
            _ => None,
        }
    }
}

impl fmt::Display for SchemaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, column, kind } = self;
        match kind {
            SchemaProblemKind::Missing { expected, near } => {
                write!(f, "`{file}` has no column `{expected}`")?;
                if !near.is_empty() {
                    write!(f, " (it has `{}`)", near.join("`, `"))?;
                }
                Ok(())
            }
            SchemaProblemKind::Ambiguous => {
                write!(f, "`{file}` has several columns for `{column}`")
            }
            SchemaProblemKind::Retyped { found, declared } => {
                write!(f, "`{file}` holds `{column}` as {found}, which {declared} cannot hold without loss")
            }
            SchemaProblemKind::NoRange => write!(f, "column `{column}` needs a byte `range`"),
            SchemaProblemKind::Differs => {
                write!(f, "`{file}` has other columns than the first file")
            }
        }
    }
}

struct Problems<'a>(&'a [SchemaProblem]);

impl fmt::Display for Problems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// Fewer accepted rows than `rows.min`.
    TooFewRows {
        /// Accepted.
        accepted: u64,
        /// Expected at least.
        min: u64,
    },
    /// More accepted rows than `rows.max`.
    TooManyRows {
        /// Accepted.
        accepted: u64,
        /// Expected at most.
        max: u64,
    },
    /// The newest `event_time` is older than `fresh_within` allows; `None` without any row.
    Stale {
        /// Newest accepted instant, microseconds UTC.
        newest_us: Option<i64>,
        /// It must be at or after this instant, microseconds UTC.
        oldest_allowed_us: i64,
    },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewRows { accepted, min } => {
                write!(f, "{accepted} accepted rows, expected at least {min}")
            }
            Self::TooManyRows { accepted, max } => {
                write!(f, "{accepted} accepted rows, expected at most {max}")
            }
            Self::Stale { newest_us: None, .. } => f.write_str("no accepted row shows how fresh it is"),
            Self::Stale { newest_us: Some(newest), oldest_allowed_us } => write!(
                f,
                "the newest row is of {}, expected {} or later",
                Instant(*newest),
                Instant(*oldest_allowed_us)
            ),
        }
    }
}

struct Instant(i64);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
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

impl Rule {
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
