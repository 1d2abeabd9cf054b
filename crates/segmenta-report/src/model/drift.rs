//! How far the columns of this run are from the baseline's.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// One column compared with the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftRow {
    /// Column of the profile, or the scheme or criterion whose labels are compared.
    pub column: String,
    /// What kind of column it is.
    pub kind: DriftKind,
    /// How the distance is measured.
    pub method: DriftMethod,
    /// The distance; its unit follows from the method.
    pub value: Figure<f64>,
    /// What the distance means.
    pub band: DriftBand,
    /// Distance that unchanged columns stay below in 99 of 100 runs.
    pub noise_floor_99: Figure<f64>,
    /// Share of customers without a value in the baseline, 0 to 1.
    pub null_share_reference: f64,
    /// Share of customers without a value now, 0 to 1.
    pub null_share_current: f64,
    /// Counts per bin, both runs over the same bins.
    pub bins: Vec<DriftBin>,
}

/// What a drift row compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// Segment shares of a scheme.
    Scheme,
    /// Label shares of a criterion.
    Criterion,
    /// A numeric column of the profile.
    Feature,
}

/// Distances between two distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftMethod {
    /// Population stability index, 0 and up.
    Psi,
    /// Total variation, 0 to 1.
    Tv,
    /// Jensen-Shannon distance in base 2, 0 to 1.
    Js,
    /// Kolmogorov-Smirnov distance, 0 to 1.
    Ks,
    /// Largest change of one share, 0 to 1.
    Linf,
    /// Wasserstein-1 distance in the column's unit.
    W1,
    /// Wasserstein-1 distance on the asinh scale.
    W1Asinh,
}

/// What a distance means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftBand {
    /// No change worth a look.
    Stable,
    /// Not distinguishable from chance, whatever its size.
    WithinNoise,
    /// Worth a look.
    Moderate,
    /// Large.
    Major,
    /// Not measured.
    Undefined,
}

/// One bin of a compared column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftBin {
    /// Label of the category, or the bin's range.
    pub label: String,
    /// Customers in it in the baseline.
    pub reference: u64,
    /// Customers in it now.
    pub current: u64,
}
