//! The options of a `[criteria.*]` table with `plugin = "kmeans"`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of a `[criteria.*]` table with `plugin = "kmeans"`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Number of clusters, the k of k-means, 2 to 100.
    #[schemars(range(min = 2, max = 100))]
    pub clusters: u16,
    /// What makes features comparable before distances are taken.
    #[serde(default)]
    pub scale: ScaleKind,
    /// Independent starts, 1 to 1,000; the one with the smallest inertia is kept.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 1000))]
    pub starts: u16,
    /// Most iterations of one start, 1 to 10,000.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_iterations: u32,
    /// A start ends when the squared moves of all centroids add up to at most this share of the
    /// mean variance of the scaled features; 0 to 1.
    #[serde(default = "one_in_ten_thousand")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: f64,
    /// Starts with the same seed and customers are the same.
    #[serde(default)]
    pub seed: u64,
}

/// What makes features comparable before distances are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScaleKind {
    /// Values as they are: the feature with the largest numbers decides.
    None,
    /// `(value - mean) / standard deviation` (population).
    #[default]
    Standard,
    /// `standard` of `ln(1 + max(value, 0))`, for counts and money with a long tail; negative
    /// values count as 0.
    #[serde(rename = "log1p_standard")]
    Log1pStandard,
    /// `(value - smallest) / (largest - smallest)`.
    Minmax,
    /// `(value - median) / (third quartile - first quartile)`; the standard deviation where the
    /// quartiles are equal.
    Robust,
}

fn ten() -> u16 {
    10
}

fn hundred() -> u32 {
    100
}

fn one_in_ten_thousand() -> f64 {
    1e-4
}
