//! What a result may say besides a number: its status and the reason of every null.

use serde::{Deserialize, Serialize};

/// Whether a result's numbers can be used, and for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All numbers that can exist are given.
    Ok,
    /// The statistic has no value for this input; its numbers are null.
    #[default]
    Undefined,
    /// There is a value, but it says nothing: no spread, or one category only.
    Degenerate,
    /// Fewer past runs than the statistic needs.
    InsufficientHistory,
    /// Fewer rows than the statistic needs.
    InsufficientData,
    /// A value from so few rows that it is shown but not tested.
    LowConfidence,
    /// The comparison value is 0, so there is no relative change.
    NoBase,
    /// No target was set; never to be read as "0 % reached".
    NoTarget,
    /// One side of the comparison does not exist.
    Missing,
}

/// Why a number is null, or why a status is not `ok`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// There is no value at all.
    Empty,
    /// The reference side has no usable row.
    EmptyReference,
    /// The current side has no usable row.
    EmptyCurrent,
    /// All rows fall into one category.
    SingleCategory,
    /// The reference has one distinct value, so there is no scale to divide by.
    ConstantReference,
    /// All past runs have the same value.
    ConstantHistory,
    /// Both sides are constant.
    ZeroVariance,
    /// A side has fewer than two rows.
    #[serde(rename = "n<2")]
    FewerThanTwo,
    /// Fewer than three past runs.
    ShortHistory,
    /// The total to be shared out is zero or negative.
    NonPositiveTotal,
    /// No customer is present on both sides.
    NoMatchedCustomers,
    /// The number of clusters is not between 2 and one less than the number of points.
    #[serde(rename = "needs_2..n-1_clusters")]
    ClusterCount,
    /// The comparison value is 0.
    ZeroBase,
    /// A value to be compared is null.
    ValueMissing,
    /// A segment without customers has a value, so there is no value per customer.
    ValueWithoutCustomers,
    /// The numbers are too large for the arithmetic of the statistic.
    OutOfRange,
}
