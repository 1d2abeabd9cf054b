//! Why a figure is null or was not tested.

use serde::{Deserialize, Serialize};

/// Why a figure is null, or why its status is not `ok`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The segment has no customers on the earlier side.
    NewSegment,
    /// The segment has no customers on the current side.
    VanishedSegment,
    /// Fewer customers than a test needs.
    TooFewCustomers,
    /// Fewer matched customers or movers than a test needs.
    TooFewMovers,
    /// The earlier run used another definition of the segments.
    OtherDefinition,
    /// The earlier run is in another currency.
    OtherCurrency,
    /// There is no earlier run of this kind.
    NoSuchRun,
    /// The earlier run did not observe this.
    NotObserved,
    /// Fewer than two seasonal cycles, so the change is shown without a level.
    FewerThanTwoCycles,
    /// Nobody was held out at random, so the difference is a correlation and not an effect.
    NoRandomHoldout,
    /// No target was set.
    NoTarget,
    /// Customers of both sides could not be joined.
    NotMatched,
    /// A figure of this kind has no sampling interval, and no test against one earlier run.
    NoInterval,
    /// The column was of another kind, or counted into other bins.
    OtherBins,
    /// Categories were counted in hash buckets, so which ones are new cannot be told.
    HashedCategories,
    /// A reason of the statistic itself.
    #[serde(untagged)]
    Statistic(segmenta_stats::Reason),
}

impl From<segmenta_stats::Reason> for Reason {
    fn from(reason: segmenta_stats::Reason) -> Self {
        Self::Statistic(reason)
    }
}
