//! The run itself, its verdict and its totals.

use serde::{Deserialize, Serialize};

use super::figure::{Compared, Figure};
use super::money::MinorUnits;

/// Which run of which pipeline the page is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// `[pipeline] name`.
    pub pipeline: String,
    /// `[pipeline] description`.
    pub description: Option<String>,
    /// `[pipeline] owner`.
    pub owner: Option<String>,
    /// What one row of the segmentation is called in the file: `customer`, `account`.
    pub entity: String,
    /// Names the run in the store.
    pub run_id: String,
    /// Exclusive upper bound of the time the run sees; ISO 8601 date or instant.
    pub as_of: String,
    /// ISO 8601 instant, UTC.
    pub started_at: String,
    /// ISO 8601 instant, UTC; `None` when the run was cut off.
    pub finished_at: Option<String>,
    /// Version of the segmentation's definition; equal versions are comparable.
    pub definition_version: String,
    /// Version of the program.
    pub program_version: String,
    /// How the run ended.
    pub status: RunStatus,
    /// Why it was held or failed.
    pub status_reason: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Its outputs are the current ones.
    Published,
    /// A check failed; its outputs wait for `release` or `discard`.
    Held,
    /// Nothing was published.
    Failed,
}

/// The run that this one is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its name in the store.
    pub run_id: String,
    /// Its `as_of`; ISO 8601.
    pub as_of: String,
    /// Its definition version.
    pub definition_version: String,
    /// How it was chosen: `accepted`, `previous`.
    pub chosen_by: String,
}

/// The answer to "is anything wrong, and what should I do".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How urgent it is.
    pub level: Level,
    /// One sentence with the cause.
    pub headline: String,
    /// At most three are shown; empty means that nothing needs doing.
    pub actions: Vec<Action>,
}

/// Urgency of a verdict or finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing to do.
    Ok,
    /// Keep an eye on it.
    Watch,
    /// Someone must act.
    Act,
    /// There is nothing to judge by, as in a first run.
    NoVerdict,
}

/// Something to do about the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The segment it is about.
    pub segment: Option<String>,
    /// What to do, and why; one or two sentences.
    pub text: String,
    /// What it is worth.
    pub worth: Figure<MinorUnits>,
    /// The run since which it has been due; ISO 8601 date.
    pub since: Option<String>,
}

/// Totals over every customer. Money is in minor units of the report's currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Everyone who is segmented.
    pub customers: Compared<u64>,
    /// Those of them with at least one purchase.
    pub with_purchases: Compared<u64>,
    /// Net revenue.
    pub revenue: Compared<MinorUnits>,
    /// Revenue less cost of goods.
    pub cm1: Compared<MinorUnits>,
    /// CM1 less order, logistics, payment and credit cost.
    pub cm2: Compared<MinorUnits>,
    /// CM2 less cost to serve.
    pub cm3: Compared<MinorUnits>,
    /// The deepest contribution margin there is: the one the page calls margin.
    pub margin: Compared<MinorUnits>,
}
