//! Monitoring, outputs and schedule.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::Name;

/// `[monitor]`.
#[derive(Debug, Clone, Serialize)]
pub struct Monitor {
    /// Which run is the reference.
    pub baseline: Baseline,
    /// Numeric profile columns watched with PSI.
    pub features: Vec<String>,
    /// Checks by name, in file order.
    pub checks: IndexMap<Name, Check>,
    /// Targets by name; `[monitor.targets]` is refused in this version, so there are none.
    pub targets: BTreeMap<Name, f64>,
}

/// `baseline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The last run a person accepted, else the first published.
    Accepted,
    /// The last published run.
    Previous,
}

/// `[monitor.checks]`.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What is measured.
    pub metric: Metric,
    /// Scheme, criterion or column it is measured of.
    pub of: String,
    /// Trips above.
    pub warn: Option<f64>,
    /// Trips above and holds the run.
    pub fail: Option<f64>,
    /// Trips below.
    pub warn_below: Option<f64>,
    /// Trips below and holds the run.
    pub fail_below: Option<f64>,
}

/// Metrics a check can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Population stability index of a scheme's or criterion's labels, or of a watched feature.
    Psi,
    /// Total variation of labels.
    Tv,
    /// Share of matched entities whose label changed.
    Moved,
    /// Share of entities without a value.
    NullRate,
    /// Absolute relative change of a value total (`margin`, `revenue`, or a numeric column).
    Change,
    /// Number of entities.
    Customers,
}

/// `[outputs]`.
#[derive(Debug, Clone, Serialize)]
pub struct Outputs {
    /// Root of everything the pipeline publishes.
    pub path: PathBuf,
    /// Generations kept.
    pub keep_runs: Option<u64>,
    /// Datasets to write.
    pub write: Vec<Dataset>,
}

/// Datasets a run can publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// One row per entity and scheme.
    Segments,
    /// One row per scheme and segment.
    SegmentSummary,
    /// One row per entity: its terms.
    Actions,
    /// Whom to contact, ranked.
    Worklist,
    /// Comparison with the baseline.
    Drift,
    /// `report.html` and `report.json`.
    Report,
    /// Rejected rows.
    Quarantine,
}

/// `[report]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Language of the page; its numbers, dates and money follow.
    pub language: Language,
    /// Fewest people that a published figure of a group may be about; 1 publishes everything.
    pub smallest_group: u64,
}

/// `language`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English, as in Europe.
    #[default]
    En,
    /// Hungarian.
    Hu,
    /// Polish.
    Pl,
}

/// `[schedule]`.
#[derive(Debug, Clone, Serialize)]
pub struct Schedule {
    /// Five cron fields.
    pub cron: String,
    /// IANA zone; UTC when not given.
    pub timezone: String,
    /// `latest`, `all` or `none`.
    pub catch_up: String,
    /// `skip`, `wait` or `fail`.
    pub overlap: String,
}
