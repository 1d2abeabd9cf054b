//! Figures, what they are compared with, and their past.

use serde::{Deserialize, Serialize};

use super::Level;
use crate::Status;
use crate::facts::{ComparisonId, SegmentKey};
use crate::metric::{MetricId, Unit};
use crate::reason::Reason;

/// A figure compared with an earlier one, with the baseline, or with its target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delta {
    /// What it is compared with.
    pub comparison: ComparisonId,
    /// The earlier figure, the mean of the baseline, or the target.
    pub value: Option<f64>,
    /// Now less then.
    pub abs: Option<f64>,
    /// Relative change, a share.
    pub rel: Option<f64>,
    /// Lower limit: of the change for one earlier run, of the figure for the baseline.
    pub lower: Option<f64>,
    /// Upper limit, likewise.
    pub upper: Option<f64>,
    /// Probability of such a difference without any change.
    pub p: Option<f64>,
    /// The same, adjusted for the number of tests of the family; null where the difference is not judged.
    pub q: Option<f64>,
    /// `none` where the difference is shown but not judged.
    pub level: Level,
    /// `ok`, or why numbers are null or not judged.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// Whether a target is reached, decided by the interval and not by the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetStatus {
    /// The whole interval is on the good side.
    Met,
    /// The whole interval is on the bad side.
    Missed,
    /// The interval holds the target.
    Open,
    /// There is no target; never to be read as "0 % reached".
    #[default]
    NoTarget,
}

/// Where the next run of a series is expected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usual {
    /// Baseline runs behind it.
    pub n_runs: usize,
    /// Their mean.
    pub mean: Option<f64>,
    /// Lower limit of the 99 % prediction interval.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// `insufficient_history` below three runs, `degenerate` when all are equal.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// Charts for slow drift over the runs after the baseline, this run last, in standard deviations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlowDrift {
    /// Exponentially weighted moving average; null for runs without a value.
    pub ewma: Vec<Option<f64>>,
    /// Its limit on either side of 0.
    pub ewma_limit: Vec<Option<f64>>,
    /// Cumulative sum of rises.
    pub cusum_up: Vec<f64>,
    /// Cumulative sum of falls.
    pub cusum_down: Vec<f64>,
    /// Limit of both sums.
    pub cusum_limit: f64,
    /// Whether a chart is beyond its limit in this run.
    pub is_beyond: bool,
}

/// One figure with its interval, target, changes and past.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricFinding {
    /// Whose figure it is.
    pub key: SegmentKey,
    /// The channel, for figures by channel.
    pub channel: Option<String>,
    /// Which figure.
    pub metric: MetricId,
    /// Its unit.
    pub unit: Unit,
    /// The figure.
    pub value: Option<f64>,
    /// Customers, orders or contacts behind it.
    pub n: Option<u64>,
    /// Lower limit of its 95 % interval; null where none is known.
    pub ci_low: Option<f64>,
    /// Upper limit.
    pub ci_high: Option<f64>,
    /// What it is meant to reach by now.
    pub target: Option<f64>,
    /// Value over target.
    pub attainment: Option<f64>,
    /// Whether it does.
    pub target_status: TargetStatus,
    /// Changes, one per comparison that exists.
    pub deltas: Vec<Delta>,
    /// Its values in the latest runs, this run last; null where a run has none.
    pub history: Vec<Option<f64>>,
    /// Where it was expected.
    pub usual: Usual,
    /// Charts for slow drift; null before there is a run after the baseline with six runs.
    pub slow_drift: Option<SlowDrift>,
    /// Worst level of its alerts that nothing explains.
    pub level: Level,
    /// `ok`, or why there is no value.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// Responses of one segment over one channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelFinding {
    /// The segment, or all customers.
    pub key: SegmentKey,
    /// The channel.
    pub channel: String,
    /// Which rate: response or conversion.
    pub metric: MetricId,
    /// Customers contacted.
    pub contacts: u64,
    /// Those who responded.
    pub responses: u64,
    /// Responses over contacts.
    pub rate: Option<f64>,
    /// Lower limit of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper limit.
    pub ci_high: Option<f64>,
    /// Customers held out.
    pub holdout_contacts: Option<u64>,
    /// Those of them who responded anyway.
    pub holdout_responses: Option<u64>,
    /// Rate of the contacted less rate of the held out.
    pub uplift: Option<f64>,
    /// Lower limit of its 95 % interval.
    pub uplift_low: Option<f64>,
    /// Upper limit.
    pub uplift_high: Option<f64>,
    /// Whether the difference is an effect; without a random hold-out it is a correlation.
    pub uplift_is_effect: bool,
    /// Change of the rate against the previous run.
    pub delta: Delta,
    /// Worst level of its alerts that nothing explains.
    pub level: Level,
    /// `ok`, or why there is no rate or uplift.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}
