//! The report model: everything that is on the page, and nothing that is not.

mod check;
mod concentration;
mod criterion;
mod drift;
mod figure;
mod migration;
mod money;
mod monitoring;
mod provenance;
mod run;
mod scheme;
mod source;
mod strategy;

pub use check::{Check, Outcome, Unit};
pub use concentration::{Concentration, CurvePoint, TopShare, WhaleCurve};
pub use criterion::{Cell, Criterion, LabelCount, ModelTable};
pub use drift::{DriftBand, DriftBin, DriftKind, DriftMethod, DriftRow};
pub use figure::{Compared, Figure};
pub use migration::Migration;
pub use money::{Currency, MinorUnits};
pub use monitoring::Monitoring;
pub use provenance::{InputFile, OutputFile, Param, PluginUsed, Provenance, StageTiming};
pub use run::{Action, Baseline, Level, Run, RunStatus, Totals, Verdict};
pub use scheme::{LimitFinding, Scheme, SchemeKind, Segment, SegmentBaseline, Terms};
pub use source::{BadRows, Filtered, Rejected, Source};
pub use strategy::{
    CapacityCheck, Channel, Exceptions, Guardrails, MarginFloor, RuleHits, Strategy, WorkItem, Worklist,
};

use serde::{Deserialize, Serialize};

use crate::Locale;

/// Version of the model as `report.json` carries it: major for changes that break a reader.
pub const SCHEMA_VERSION: &str = "1.0";

/// One run as its readers see it; `report.json` is this, `report.html` is drawn from it.
///
/// Shares are 0 to 1, money is in minor units of `currency`, instants are ISO 8601 text. No
/// number is NaN or infinite: what cannot be computed is a [`Figure::Missing`] with its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: String,
    /// Language and number format of the page.
    pub language: Locale,
    /// Which run of which pipeline.
    pub run: Run,
    /// The run it is compared with; missing in a first run.
    pub baseline: Figure<Baseline>,
    /// Is anything wrong, and what should be done.
    pub verdict: Verdict,
    /// Currency of every amount; `None` when the pipeline values nothing.
    pub currency: Option<Currency>,
    /// Totals over every customer.
    pub totals: Totals,
    /// Segmentations, the strategic one first.
    pub schemes: Vec<Scheme>,
    /// How unevenly value is spread; missing when the pipeline values nothing.
    pub concentration: Figure<Concentration>,
    /// Columns compared with the baseline; empty without one.
    pub drift: Vec<DriftRow>,
    /// Checks and how they went.
    pub checks: Vec<Check>,
    /// How each group is served.
    pub strategy: Figure<Strategy>,
    /// How the groups are made.
    pub criteria: Vec<Criterion>,
    /// What was read.
    pub sources: Vec<Source>,
    /// What the run was made of.
    pub provenance: Provenance,
    /// What changed since earlier runs, whether it matters, and why; `None` when that was not
    /// examined.
    #[serde(default)]
    pub monitoring: Option<Monitoring>,
    /// Smallest number of customers that is printed as such; smaller groups show `< 10`, say, and
    /// none of their figures. `None` prints every number.
    #[serde(default)]
    pub smallest_group: Option<u64>,
}

impl Report {
    /// The strategic scheme, or the first one.
    pub fn main_scheme(&self) -> Option<&Scheme> {
        let strategic = self.schemes.iter().find(|scheme| scheme.kind == SchemeKind::Strategic);
        strategic.or_else(|| self.schemes.first())
    }
}
