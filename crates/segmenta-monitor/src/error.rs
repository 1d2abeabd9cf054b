//! The mistakes of a caller. What the figures themselves do not allow is a [`Status`](crate::Status).

/// Why profiles cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The parts are of different kinds, or were counted into different bins.
    #[error("the profiles were not counted into the same bins")]
    OtherBins,
}

/// Result of an operation with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
