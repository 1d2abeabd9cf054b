//! Why a criterion could not do its work.

use std::fmt;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in terms that the runner can show beside the pipeline file.
///
/// Phrases are lower case and end without a period.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An option of the criterion was refused.
    Param {
        /// The option's name, or a JSON pointer into a nested one; empty if none is to blame alone.
        param: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The columns bound to the inputs do not fit.
    Schema {
        /// The plugin's own name of the input.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value cannot be processed.
    Data {
        /// The plugin's own name of the input.
        column: String,
        /// Row within the batch, counted from 0.
        row: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The rows as a whole cannot be fitted: none of them usable, fewer than the clusters asked for.
    Rows {
        /// What is wrong with them.
        problem: String,
    },
    /// Model or partial bytes that cannot be read.
    Model {
        /// What is wrong with them.
        problem: String,
    },
    /// A call in the wrong order.
    State {
        /// What was expected.
        problem: String,
    },
    /// The criterion does not offer this.
    Unsupported {
        /// What was asked for.
        what: String,
    },
    /// Memory or another budget was refused.
    Resource {
        /// What was.
        problem: String,
    },
    /// The runner asked to stop.
    Cancelled,
    /// The runner's time budget is used up.
    TimedOut,
    /// A mistake of the plugin itself.
    Internal {
        /// What happened.
        problem: String,
    },
    /// A panic of the plugin, caught before it left the library.
    Panicked {
        /// The panic's message.
        message: String,
        /// File, line and column, if known.
        location: Option<String>,
        /// The call stack, if it was recorded.
        backtrace: Option<String>,
    },
}

impl Error {
    /// The option `param` was refused: `Error::param("bands", "must ascend")`.
    pub fn param(param: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Param { param: param.into(), problem: problem.into() }
    }

    /// The columns bound to input `column` do not fit.
    pub fn schema(column: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Schema { column: column.into(), problem: problem.into() }
    }

    /// The value of input `column` in `row` (from 0, within the batch) cannot be processed.
    pub fn data(column: impl Into<String>, row: usize, problem: impl Into<String>) -> Self {
        Self::Data { column: column.into(), row: row as u64, problem: problem.into() }
    }

    /// The rows as a whole cannot be fitted.
    pub fn rows(problem: impl Into<String>) -> Self {
        Self::Rows { problem: problem.into() }
    }

    /// Model or partial bytes cannot be read.
    pub fn model(problem: impl Into<String>) -> Self {
        Self::Model { problem: problem.into() }
    }

    /// A mistake of the plugin itself.
    pub fn internal(problem: impl Into<String>) -> Self {
        Self::Internal { problem: problem.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Param { param, problem } if param.is_empty() => f.write_str(problem),
            Self::Param { param, problem } => write!(f, "option `{param}` {problem}"),
            Self::Schema { column, problem } => write!(f, "input `{column}` {problem}"),
            Self::Data { column, row, problem } => {
                write!(f, "input `{column}`, row {row} of the batch: {problem}")
            }
            Self::Rows { problem } | Self::Model { problem } => f.write_str(problem),
            Self::State { problem } | Self::Resource { problem } => f.write_str(problem),
            Self::Unsupported { what } => write!(f, "{what} is not offered"),
            Self::Cancelled => f.write_str("the run was cancelled"),
            Self::TimedOut => f.write_str("the time budget is used up"),
            Self::Internal { problem } => f.write_str(problem),
            Self::Panicked { message, .. } => write!(f, "panicked: {message}"),
        }
    }
}

impl std::error::Error for Error {}
