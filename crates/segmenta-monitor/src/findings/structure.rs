//! Comparisons, segments, bridges, migrations, drift and fit.

use segmenta_stats::bridge::CustomerBridge;
use segmenta_stats::migration::TableTest;
use serde::{Deserialize, Serialize};

use super::{Action, Level, MetricFinding};
use crate::Status;
use crate::facts::{ComparisonId, SegmentKey, Stage};
use crate::metric::MetricId;
use crate::reason::Reason;

/// An earlier run that was compared with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComparisonFinding {
    /// Its role.
    pub id: ComparisonId,
    /// Its identifier; null if there is no such run.
    pub run_id: Option<String>,
    /// Its business date.
    pub as_of: Option<String>,
    /// Its customers.
    pub customers: Option<u64>,
    /// Customers of both runs.
    pub matched_customers: Option<u64>,
    /// Its version of the definition.
    pub definition_version: Option<String>,
    /// Whether segments mean the same on both sides.
    pub is_comparable: bool,
    /// Why not, or null.
    pub reason: Option<Reason>,
}

/// What became of a segment after a refit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lineage {
    /// It is the same segment as before.
    #[default]
    Continues,
    /// It continues none.
    New,
    /// None continues it.
    Vanished,
}

/// One segment with its figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SegmentFinding {
    /// Scheme and name.
    pub key: SegmentKey,
    /// What became of it.
    pub lineage: Lineage,
    /// The segment it continues.
    pub from_segment: Option<String>,
    /// Overlap with that one, 0 to 1.
    pub jaccard: Option<f64>,
    /// Customers.
    pub customers: u64,
    /// Share of all customers.
    pub share: Option<f64>,
    /// Share of its earlier customers who are still in it.
    pub stay_rate: Option<f64>,
    /// Mean simplified silhouette.
    pub silhouette: Option<f64>,
    /// Its figures, without those by channel.
    pub metrics: Vec<MetricFinding>,
    /// Worst level of its alerts that nothing explains; `none` while too short a past judges none of its figures.
    pub level: Level,
    /// What to do about it: `keep` when nothing speaks against it.
    pub recommendation: Action,
}

/// Effects of one segment on a total.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BridgeSegment {
    /// The segment.
    pub segment: String,
    /// Customers moved into or out of it, in minor units.
    pub mix_minor: i128,
    /// Its customers are worth more or less, in minor units.
    pub rate_minor: i128,
}

/// Why a total changed. The effects are whole minor units and add up to the change exactly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BridgeFinding {
    /// Compared with which run.
    pub comparison: ComparisonId,
    /// The scheme whose segments it tells apart.
    pub scheme: String,
    /// Revenue or margin.
    pub metric: MetricId,
    /// Total before.
    pub start_minor: Option<i128>,
    /// Total now.
    pub end_minor: Option<i128>,
    /// More or fewer customers.
    pub volume_minor: Option<i128>,
    /// Customers in better or worse segments.
    pub mix_minor: Option<i128>,
    /// Customers of the same segment worth more or less.
    pub rate_minor: Option<i128>,
    /// Minor units that rounding the effects moved between them.
    pub rounded_minor: Option<i128>,
    /// Effects by segment, in the scheme's order; their sums are `mix_minor` and `rate_minor`.
    pub by_segment: Vec<BridgeSegment>,
    /// The same change customer by customer; null if customers could not be joined.
    pub customer_bridge: Option<CustomerBridge>,
    /// The average went one way and every larger segment the other.
    pub simpson: bool,
    /// `ok`, or why numbers are null.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// Customers of one cell of a migration and their worth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MovedValue {
    /// Segment before.
    pub from_segment: String,
    /// Segment now.
    pub to_segment: String,
    /// Customers.
    pub customers: u64,
    /// Their revenue before.
    pub revenue_before_minor: i128,
    /// Their revenue now.
    pub revenue_after_minor: i128,
}

/// Who moved between the segments of one scheme.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MigrationFinding {
    /// Compared with which run.
    pub comparison: ComparisonId,
    /// The scheme.
    pub scheme: String,
    /// What the moves come from.
    pub stage: Stage,
    /// Names of the segments, by row and column of `matched`.
    pub labels: Vec<String>,
    /// Customers of both runs: previous segment by row, current one by column.
    pub matched: Vec<Vec<u64>>,
    /// New customers by current segment.
    pub new: Vec<u64>,
    /// Gone customers by previous segment.
    pub gone: Vec<u64>,
    /// Share of each previous segment that stayed.
    pub stay_rate: Vec<Option<f64>>,
    /// Customers who came less customers who left.
    pub net_flow: Vec<i64>,
    /// Share of matched customers who stayed.
    pub stability_index: Option<f64>,
    /// Share of matched customers who moved.
    pub moved_share: Option<f64>,
    /// Total variation between the previous and the current shares of the matched customers.
    pub tv_marginals: Option<f64>,
    /// Mean singular value of P − I.
    pub svd_mobility: Option<f64>,
    /// Shorrocks' mobility.
    pub shorrocks: Option<f64>,
    /// Are the segments' sizes unchanged, given that the customers are the same? Null with too few movers.
    pub stuart_maxwell: Option<TableTest>,
    /// Do as many move one way as the other? Null with too few movers.
    pub bowker: Option<TableTest>,
    /// Moves that lost most revenue, at most ten, worst first.
    pub losses: Vec<MovedValue>,
    /// Worst level of the alerts about moves in this scheme.
    pub level: Level,
    /// `ok`, or why numbers are null.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// How a drift is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftMethod {
    /// Population stability index.
    #[default]
    Psi,
    /// Jensen–Shannon distance.
    Js,
    /// Total variation.
    Tv,
    /// Largest change of one share.
    Linf,
    /// Hellinger distance.
    Hellinger,
    /// Kolmogorov–Smirnov distance.
    Ks,
    /// Wasserstein distance in units of the column.
    W1,
    /// Wasserstein distance of asinh(x/s), for money.
    W1Asinh,
    /// χ² test of homogeneity.
    Chi2,
}

/// What a bin of a drift figure holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftBinKind {
    /// Between the limits, without them.
    Open,
    /// One frequent value.
    Atom,
    /// Above `lo` up to and with `hi`.
    #[default]
    RightClosed,
    /// Above `lo`.
    Tail,
    /// Missing values.
    Null,
    /// A category.
    Category,
}

/// Rows of one bin on both sides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftBin {
    /// Lower limit; null for the lowest bin, nulls and categories.
    pub lo: Option<f64>,
    /// Upper limit; null for the highest bin, nulls and categories.
    pub hi: Option<f64>,
    /// What it holds.
    pub kind: DriftBinKind,
    /// Name of the category.
    pub label: Option<String>,
    /// Rows of the earlier run.
    pub reference: u64,
    /// Rows of this run.
    pub current: u64,
}

/// How far one column moved, by one measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftFinding {
    /// The column.
    pub column: String,
    /// Within a segment, or of all customers.
    pub key: SegmentKey,
    /// Compared with which run.
    pub comparison: ComparisonId,
    /// The measure.
    pub method: DriftMethod,
    /// Its value.
    pub value: Option<f64>,
    /// A second opinion on PSI with ½ added to each count; fairer below 1,000 rows.
    pub psi_jeffreys: Option<f64>,
    /// Unit of the value, for distances in units of the column.
    pub unit: Option<String>,
    /// What sampling alone gives in 1 % of cases, for PSI; in at most 1 % for Kolmogorov–Smirnov and Wasserstein.
    pub noise_floor_99: Option<f64>,
    /// Probability of such a value by sampling alone; not used for levels.
    pub p: Option<f64>,
    /// The same, adjusted for the number of columns.
    pub q: Option<f64>,
    /// Value from which it is watched.
    pub threshold_watch: Option<f64>,
    /// Value from which it may ask for action.
    pub threshold_act: Option<f64>,
    /// Rows of the earlier run.
    pub n_ref: u64,
    /// Rows of this run.
    pub n_cur: u64,
    /// Share of nulls before.
    pub null_share_ref: Option<f64>,
    /// Share of nulls now.
    pub null_share_cur: Option<f64>,
    /// Rows by bin, for PSI.
    pub bins: Vec<DriftBin>,
    /// How far the exact value may be away, for measures of a histogram.
    pub error_bound: Option<f64>,
    /// `ok`, `watch`, or `act` before it is asked whether a KPI or the fit concurs.
    pub level: Level,
    /// `ok`, or why numbers are null or not judged.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// How well the segments of a scheme fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FitFinding {
    /// The scheme.
    pub scheme: String,
    /// Mean silhouette with distances to centroids.
    pub silhouette_simplified: Option<f64>,
    /// Its mean over the baseline runs.
    pub silhouette_baseline: Option<f64>,
    /// Mean exact silhouette over a sample.
    pub silhouette_sampled: Option<f64>,
    /// Customers of that sample.
    pub sample_size: Option<u64>,
    /// Segments whose silhouette is negative.
    pub negative_segments: Vec<String>,
    /// Population stability index of the distance to the own centroid.
    pub distance_psi: Option<f64>,
    /// Whether that is above the noise floor and to be watched.
    pub is_distance_large: bool,
    /// Agreement of the old and the new definition; null if the definition is the same.
    pub ari_definition: Option<f64>,
    /// Share of customers in no segment.
    pub unassigned_share: Option<f64>,
    /// Worst level of its alerts that nothing explains.
    pub level: Level,
    /// `ok`, or why numbers are null.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}
