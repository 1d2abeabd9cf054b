//! What a source can have wrong without a file being broken: its schema, and what is expected of it.

use std::fmt;

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
    pub(crate) fn hint(&self) -> Option<String> {
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

/// Several problems in one phrase.
pub(crate) struct Problems<'a>(pub(crate) &'a [SchemaProblem]);

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
