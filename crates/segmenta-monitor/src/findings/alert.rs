//! Alerts: what is unusual, on which evidence, why, and what to do about it.

use serde::{Deserialize, Serialize};

use super::Level;
use crate::facts::{ComparisonId, DataCheck, SegmentKey};
use crate::metric::{MetricId, Unit};

/// Which way a figure went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It rose.
    Up,
    /// It fell.
    Down,
    /// It has no direction: a distance, a structure, a check.
    #[default]
    Either,
}

/// Tests that are adjusted together. The first four are opened top-down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Figures of all customers.
    #[default]
    Total,
    /// Figures by segment.
    SegmentKpi,
    /// Figures by channel.
    Channel,
    /// Columns.
    Feature,
    /// Moves between segments.
    Migration,
    /// Fit of the segments.
    Fit,
    /// New, vanished and redefined segments.
    Lineage,
    /// The input.
    Data,
}

/// What raised an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Outside of the prediction interval of the baseline.
    Interval,
    /// Significant among all tests of its family.
    Adjusted,
    /// Outside in two of the last three runs, the same way.
    Persistent,
    /// The moving average left its limits.
    Ewma,
    /// The cumulative sum left its limit.
    Cusum,
    /// The baseline has no spread, so that only the size of the change counts.
    ConstantBaseline,
    /// A distance beyond its band and the noise floor.
    Distance,
    /// A fixed limit of the policy: silhouette, size of a new segment, agreement of definitions, uplift.
    Limit,
    /// A check of the input.
    Check,
}

/// Whether an alert is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Raised by this run for the first time, or raised to a higher level.
    #[default]
    New,
    /// Raised before and again.
    Repeated,
    /// Raised before and now back inside; closes if the next run is inside too.
    Recovering,
}

/// What the pattern of changes points to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseHint {
    /// The input is not as expected.
    DataIssue,
    /// Customers are in other segments than before.
    CustomersMoved,
    /// One or two segments perform differently.
    SegmentPerformsDifferently,
    /// All segments move together.
    MarketWide,
    /// One channel moves in every segment.
    Channel,
    /// Customers are no longer like the segments.
    SegmentsNoLongerFit,
    /// The segments are drawn differently.
    DefinitionChanged,
    /// A treatment shows no effect.
    NoEffect,
    /// The same happened last year.
    Seasonal,
    /// No pattern fits.
    #[default]
    Unknown,
}

/// What to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Look at the input before anything else.
    InvestigateData,
    /// Let budget and targets follow the customers.
    AdjustTargeting,
    /// Change offer, price or channel of the segment.
    AdjustServing,
    /// Compare with last year and update the target.
    UpdateTarget,
    /// Repair the channel.
    FixChannel,
    /// Fit the segments anew.
    ReviewSegmentation,
    /// Stop the treatment or try another one.
    StopOrChangeTreatment,
    /// Give the segment up.
    Retire,
    /// Nothing but to let the baselines start again.
    RestartBaseline,
    /// Nothing; go on as before.
    #[default]
    Keep,
}

/// The rule that led to a cause hint, with the numbers that made it fire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Rule {
    /// A check of the input failed.
    DataCheckFailed {
        /// The check.
        check: DataCheck,
        /// Source or table.
        input: String,
        /// Its column.
        column: Option<String>,
    },
    /// Two thirds or more of the change per customer are mix, and the moves are significant.
    MixDominates {
        /// Mix over mix and rate, in magnitudes.
        mix_share: f64,
        /// Probability of such moves without any change.
        p_stuart_maxwell: Option<f64>,
        /// Largest net loss of customers.
        from_segment: Option<String>,
        /// Largest net gain.
        to_segment: Option<String>,
    },
    /// Rate dominates, in one or two segments, with stable shares.
    RateInFewSegments {
        /// Those segments.
        segments: Vec<String>,
        /// Their part of the rate effect, in magnitudes.
        rate_share: f64,
        /// Total variation of the shares.
        tv: Option<f64>,
    },
    /// The rates of all segments move the same way.
    AllSegmentsTogether {
        /// Segments with at least 5 % of the customers.
        segments: u64,
        /// Their common relative change per customer, the median.
        rel_change: f64,
    },
    /// One channel moves the same way in every segment.
    ChannelInEverySegment {
        /// The channel.
        channel: String,
        /// Segments it was observed in.
        segments: u64,
    },
    /// Columns drift and the segments fit worse.
    FitFell {
        /// Columns whose PSI is high.
        columns: Vec<String>,
        /// Fall of the silhouette.
        silhouette_fall: Option<f64>,
        /// PSI of the distance to the own centroid.
        distance_psi: Option<f64>,
        /// Rise of the share in no segment.
        unassigned_rise: Option<f64>,
    },
    /// Old and new definition disagree while the customers behave as usual.
    DefinitionsDisagree {
        /// Agreement of the definitions; null when they were not scored side by side.
        ari: Option<f64>,
    },
    /// The lower limit of the uplift was not above 0 in so many runs.
    NoUplift {
        /// Runs in a row.
        runs: u32,
        /// Lower limit of this run.
        lower: f64,
    },
    /// The figure is where it was in the same period last year.
    AsLastYear {
        /// Relative change against last year.
        rel_change: f64,
    },
    /// A segment is new, vanished or dissolved.
    SegmentGoneOrNew {
        /// Share of the customers it has or had.
        share: f64,
    },
    /// No rule fired.
    #[default]
    None,
}

/// Why, as far as the pattern tells: a hint, and the rule that gave it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// The hint.
    pub hint: CauseHint,
    /// The rule that fired.
    pub rule: Rule,
}

/// Something unusual that passed the gates of its level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alert {
    /// Identity over the runs.
    pub key: String,
    /// How much attention it asks for.
    pub level: Level,
    /// Tests it belongs to.
    pub family: Family,
    /// Whose figure it is.
    pub segment: SegmentKey,
    /// The channel.
    pub channel: Option<String>,
    /// The column, for drift and checks of the input.
    pub column: Option<String>,
    /// Which figure.
    pub metric: MetricId,
    /// Its unit.
    pub unit: Unit,
    /// Compared with what.
    pub comparison: ComparisonId,
    /// Which way it went.
    pub direction: Direction,
    /// The figure.
    pub value: Option<f64>,
    /// What was expected.
    pub expected: Option<f64>,
    /// Lower limit of what was expected.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// Relative change against what was expected.
    pub rel_change: Option<f64>,
    /// What the change is worth, in minor units; null where that is unknown.
    pub money_effect_minor: Option<i128>,
    /// Probability of such a distance without any change.
    pub p: Option<f64>,
    /// The same, adjusted for the number of tests.
    pub q: Option<f64>,
    /// What raised it, strongest last.
    pub triggers: Vec<Trigger>,
    /// Whether it is new.
    pub state: AlertState,
    /// Run in which it was raised first.
    pub first_seen_run: String,
    /// Runs in a row in which it was raised, this one included; 0 while it is back inside.
    pub consecutive_runs: u32,
    /// Why, as far as the pattern tells.
    pub cause: Cause,
    /// What to do.
    pub action: Action,
    /// Key of the alert about the input that explains this one; explained alerts are folded.
    pub explained_by: Option<String>,
}
