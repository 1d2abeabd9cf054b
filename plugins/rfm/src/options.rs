//! The options of a `[criteria.*]` table with `plugin = "rfm"`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of a `[criteria.*]` table with `plugin = "rfm"`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Scores per axis, 2 to 10; the highest is the best.
    #[serde(default = "five")]
    #[schemars(range(min = 2, max = 10))]
    pub bins: u8,
    /// How customers with equal values are scored.
    #[serde(default)]
    pub ties: Ties,
    /// Allows `ties = "ntile"`, which gives equal customers different scores by their key alone.
    #[serde(default)]
    #[schemars(extend("x-seg-apply-only" = true))]
    pub allow_split_ties: bool,
    /// How scores become labels. `standard` when `bins = 5`, else `codes`; not used together with
    /// `segments`.
    #[serde(default)]
    #[schemars(extend("x-seg-apply-only" = true))]
    pub names: Option<Names>,
    /// Own segments as bounds on the scores, tried in order; the first that holds names the
    /// customer.
    #[serde(default)]
    #[schemars(extend("x-seg-apply-only" = true))]
    pub segments: Vec<SegmentBounds>,
    /// Label of the codes that no segment covers; required when there are any.
    #[serde(default)]
    #[schemars(extend("x-seg-apply-only" = true))]
    pub other: Option<String>,
}

fn five() -> u8 {
    5
}

/// How customers with equal values are scored.
///
/// With n customers and b bins; "worse" means more days for recency and less for the other two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// `min(b, 1 + floor(b · share of customers strictly worse))`: a large group of equal
    /// customers gets the lowest score of its range. Equal customers share a score.
    #[default]
    StrictlyBelow,
    /// `ceil(b · share of customers equal or worse)`: a large group of equal customers gets the
    /// highest score of its range. Equal customers share a score.
    AtOrBelow,
    /// `1 +` the number of quantiles (linear, type 7, at 1/b, 2/b, …) strictly below the value;
    /// for recency `b + 1 -` that. Equal customers share a score.
    QuantileEdges,
    /// The convention of `pandas.qcut(rank(method = "first"))`: customers are ranked worst first,
    /// equal ones by key, and the ranks are cut at `1 + (n - 1)·s/b`. Splits equal customers; needs
    /// the input `key`.
    RankFirst,
    /// SQL's `NTILE(b)` over customers worst first, equal ones by key. Splits equal customers;
    /// needs the input `key` and `allow_split_ties = true`.
    Ntile,
}

impl Ties {
    /// Whether equal customers can get different scores, decided by their keys.
    pub(crate) fn splits(self) -> bool {
        matches!(self, Self::RankFirst | Self::Ntile)
    }

    /// The word used in the file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::StrictlyBelow => "strictly_below",
            Self::AtOrBelow => "at_or_below",
            Self::QuantileEdges => "quantile_edges",
            Self::RankFirst => "rank_first",
            Self::Ntile => "ntile",
        }
    }
}

/// Published tables from scores to names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// Eleven names over all 125 codes of three scores; needs `bins = 5`.
    Standard,
    /// Ten names over the recency and frequency scores; needs `bins = 5`.
    TenSegments,
    /// PyMC-Marketing's five names over 46 of the 64 codes; needs `bins = 4` and `other`.
    Pymc,
    /// The code itself, such as `545`; `10-4-5` with ten bins.
    Codes,
}

/// One of `segments`: bounds on the scores, both ends included.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentBounds {
    /// The label.
    pub name: String,
    /// Lowest and highest recency score; any when not given.
    #[serde(default)]
    pub r: Option<[u8; 2]>,
    /// Lowest and highest frequency score; any when not given.
    #[serde(default)]
    pub f: Option<[u8; 2]>,
    /// Lowest and highest monetary score; any when not given.
    #[serde(default)]
    pub m: Option<[u8; 2]>,
}
