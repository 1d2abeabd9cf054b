//! What comes out: figures with levels and reasons, alerts with causes, and one verdict.
//!
//! No number is NaN or infinite, and every null has a status and a reason beside it. Money is in minor units. What
//! an older version did not write reads as empty.

mod alert;
mod metric;
mod structure;
mod verdict;

pub use alert::{Action, Alert, AlertState, Cause, CauseHint, Direction, Family, Rule, Trigger};
pub use metric::{ChannelFinding, Delta, MetricFinding, SlowDrift, TargetStatus, Usual};
pub use structure::{
    BridgeFinding, BridgeSegment, ComparisonFinding, DriftBin, DriftBinKind, DriftFinding, DriftMethod, FitFinding,
    Lineage, MigrationFinding, MovedValue, SegmentFinding,
};
pub use verdict::{Headline, RecommendedAction, TargetGap, Verdict, VerdictLevel};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{DataFinding, OpenAlert};
use crate::lineage::{DefinitionSplit, LineageFinding};
use crate::policy::Policy;

/// How much something asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not judged.
    #[default]
    None,
    /// Judged, and as usual.
    Ok,
    /// Unusual but immaterial, or material without enough history to judge.
    Info,
    /// Look at it again after the next run.
    Watch,
    /// Decide something.
    Act,
}

/// Everything found about one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// The earlier runs that were compared with.
    pub comparisons: Vec<ComparisonFinding>,
    /// Level, headline, at most three actions.
    pub verdict: Verdict,
    /// Figures of all customers, without those by channel.
    pub totals: Vec<MetricFinding>,
    /// Segments, by scheme and name; those that vanished too.
    pub segments: Vec<SegmentFinding>,
    /// Why totals changed.
    pub bridges: Vec<BridgeFinding>,
    /// Who moved between segments.
    pub migrations: Vec<MigrationFinding>,
    /// Responses by segment and channel.
    pub channels: Vec<ChannelFinding>,
    /// Every figure by channel.
    pub channel_metrics: Vec<MetricFinding>,
    /// What became of the segments of each scheme whose definition changed, against the previous run.
    pub lineage: BTreeMap<String, Vec<LineageFinding>>,
    /// How much of the moves is behaviour and how much definition, by scheme, against the previous run.
    pub definitions: Vec<DefinitionSplit>,
    /// Drift of columns.
    pub drift: Vec<DriftFinding>,
    /// Fit of the segments, by scheme.
    pub fit: Vec<FitFinding>,
    /// What was found about the input.
    pub data_quality: Vec<DataFinding>,
    /// Alerts: open ones and those that are on the way back, worst first; explained ones after the others.
    pub alerts: Vec<Alert>,
    /// What to store in [`RunFacts::open_alerts`](crate::RunFacts::open_alerts) of this run.
    pub open_alerts: Vec<OpenAlert>,
    /// Whether this run is fit to be accepted into the baseline without being asked: the baseline of some scheme has
    /// fewer runs than it takes to ask for action, and this run asks for none. Later runs are accepted on purpose only.
    pub joins_baseline: bool,
    /// The thresholds in force.
    pub thresholds: Policy,
    /// Series and columns that were tested.
    pub tests_run: u64,
    /// Those that could not be, for lack of history, customers or a comparable definition.
    pub tests_skipped: u64,
    /// Upper bound of the `act` alerts that chance alone raises in such a run, in the mean.
    pub expected_false_act: f64,
}
