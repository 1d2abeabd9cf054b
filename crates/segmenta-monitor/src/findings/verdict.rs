//! The verdict: one level, the parts of one sentence, at most three actions.

use serde::{Deserialize, Serialize};

use super::{Action, CauseHint, Level, Rule, TargetStatus};
use crate::facts::SegmentKey;
use crate::metric::MetricId;

/// Level of the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictLevel {
    /// Too little history to judge anything.
    #[default]
    NoVerdict,
    /// Judged, and nothing is wrong.
    Ok,
    /// Look again after the next run.
    Watch,
    /// Decide something.
    Act,
}

/// A target that is not reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetGap {
    /// Whose target.
    pub key: SegmentKey,
    /// Which figure.
    pub metric: MetricId,
    /// Value over target.
    pub attainment: Option<f64>,
    /// `missed` or `open`.
    pub status: TargetStatus,
}

/// The parts of the first sentence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Headline {
    /// What the sentence is about: the alert that weighs most; null when there is nothing to say.
    pub alert_key: Option<String>,
    /// Whose figure.
    pub key: SegmentKey,
    /// Of which channel.
    pub channel: Option<String>,
    /// Which figure; null when there is nothing to say.
    pub metric: Option<MetricId>,
    /// How far it is from what was expected, relatively.
    pub rel_change: Option<f64>,
    /// What that is worth.
    pub money_effect_minor: Option<i128>,
    /// Why, as far as the pattern tells.
    pub cause: CauseHint,
    /// The rule that says so, with its numbers.
    pub rule: Rule,
    /// The total whose target is missed worst, if one is.
    pub target: Option<TargetGap>,
    /// Alerts that ask for action and nothing explains.
    pub n_act: u64,
    /// Alerts to watch that nothing explains.
    pub n_watch: u64,
    /// Alerts that findings about the input explain.
    pub n_explained: u64,
}

/// One thing to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecommendedAction {
    /// What.
    pub action: Action,
    /// How urgent it is: the worst level behind it.
    pub level: Level,
    /// Where; the total when it concerns all segments.
    pub key: SegmentKey,
    /// Over which channel.
    pub channel: Option<String>,
    /// Why.
    pub cause: CauseHint,
    /// The rule that says so.
    pub rule: Rule,
    /// What the alerts behind it are worth at most, in minor units.
    pub money_effect_minor: Option<i128>,
    /// Run since which it stands.
    pub since_run: String,
    /// Runs in a row in which it stood.
    pub consecutive_runs: u32,
    /// The alerts behind it.
    pub alert_keys: Vec<String>,
}

/// The verdict on a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// How much attention the run asks for.
    pub level: VerdictLevel,
    /// The parts of the first sentence.
    pub headline: Headline,
    /// What to do, most urgent first, at most three; empty is a valid answer.
    pub actions: Vec<RecommendedAction>,
}
