//! Everything that can stop a scan.

use std::path::PathBuf;

use crate::accounting::Reject;
use crate::problem::{Breach, Problems, SchemaProblem};

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
