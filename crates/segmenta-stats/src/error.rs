//! The mistakes of a caller. What the figures themselves do not allow is a [`Status`](crate::Status).

/// Why a statistic cannot be computed from these arguments.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two lists that describe the same things differ in length.
    #[error("`{left}` has {n_left} entries, `{right}` has {n_right}")]
    LengthsDiffer {
        /// Name of the first argument.
        left: &'static str,
        /// Its number of entries.
        n_left: usize,
        /// Name of the second argument.
        right: &'static str,
        /// Its number of entries.
        n_right: usize,
    },
    /// A table of moves needs the same segments as rows and as columns.
    #[error("the table has {n_rows} rows and {n_columns} columns, but must be square")]
    NotSquare {
        /// Rows found.
        n_rows: usize,
        /// Columns found.
        n_columns: usize,
    },
    /// An argument is outside of its range.
    #[error("`{name}` is {value}, but must be {expected}")]
    Argument {
        /// Name of the argument.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// The label of a row or a column is outside of the table.
    #[error("segment {index} is outside of a table of {n_segments} segments")]
    UnknownSegment {
        /// The index given.
        index: usize,
        /// Segments of the table.
        n_segments: usize,
    },
    /// Stored bin edges are not finite and strictly ascending.
    #[error("bin edges must be finite and strictly ascending")]
    BadEdges,
    /// Stored buckets of a [`LogHistogram`](crate::LogHistogram) are empty, unknown or out of order.
    #[error("buckets of a histogram must be filled and strictly ascending")]
    BadHistogram,
    /// A sum left the range of [`ExactSum`](crate::ExactSum), or met an infinite value.
    #[error("a sum left the range of plus or minus 2^67, or met a value that is not finite")]
    SumOverflow,
}

/// Result of a statistic with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// [`Error::LengthsDiffer`] unless both lists have the same number of entries.
pub(crate) fn same_length(
    (left, n_left): (&'static str, usize),
    (right, n_right): (&'static str, usize),
) -> Result<()> {
    if n_left == n_right {
        return Ok(());
    }
    Err(Error::LengthsDiffer { left, n_left, right, n_right })
}

/// [`Error::Argument`] unless `value` is a share: finite and within 0 to 1.
pub(crate) fn check_share(name: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::Argument { name, value, expected: "between 0 and 1" })
}
