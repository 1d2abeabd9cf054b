//! `[monitor]`: what changed against the baseline, and which checks trip.
//!
//! A run leaves a small state (totals, label counts, bins of the watched columns), so that a later
//! run compares states and reads customers only for the migration between segments.

mod checks;
mod customers;
mod drift;
mod facts;
mod found;
mod matched;
mod migration;
mod past;
mod profiles;
mod state;
mod tables;

pub(crate) use checks::{CheckOutcome, Outcome};
pub(crate) use drift::{Drift, DriftKind};
pub(crate) use migration::Migration;
pub use past::run_facts;
pub(crate) use past::{FACTS_FILE, Past};
pub(crate) use state::State;
pub(crate) use tables::tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use segmenta_monitor::facts::{Comparison, ComparisonId, Evidence, Matched, Observation};
use segmenta_monitor::{Findings, Policy, RunFacts};
use segmenta_pipeline::model::Metric;

use crate::Result;
use crate::context::Context;
use crate::profile::Profile;
use crate::summary::Group;

use customers::Customers;
use matched::Join;

/// The run that this one is compared with.
#[derive(Debug, Clone)]
pub(crate) struct Baseline {
    pub(crate) run_id: String,
    pub(crate) as_of: String,
    pub(crate) definition_version: String,
    pub(crate) state: State,
    /// Directory of its files.
    pub(crate) directory: PathBuf,
}

/// Path of the monitoring state inside a run's directory.
pub(crate) const STATE_FILE: &str = "monitor/state.json";

/// Path of a scheme's label table inside a run's directory.
pub(crate) fn segments_path(scheme: &str) -> PathBuf {
    Path::new("segments").join(format!("{scheme}.parquet"))
}

/// Everything that was compared.
#[derive(Debug, Clone)]
pub(crate) struct Monitoring {
    pub(crate) state: State,
    pub(crate) drift: Vec<Drift>,
    /// By scheme or criterion, in file order; empty without a baseline.
    pub(crate) migrations: Vec<(String, Migration)>,
    pub(crate) checks: Vec<CheckOutcome>,
    /// What this run leaves for later ones to be compared with.
    pub(crate) facts: RunFacts,
    /// What the comparison with all earlier runs has found.
    pub(crate) findings: Findings,
}

/// Label of entities without a segment.
pub(crate) const UNASSIGNED: &str = "(none)";

/// Every scheme, and every criterion that a check asks the movers of.
fn moving_labels<'a>(context: &Context<'a>) -> Vec<&'a String> {
    let pipeline = context.pipeline;
    let asked = |name: &&String| {
        let moved = pipeline.monitor.checks.values().filter(|check| check.metric == Metric::Moved);
        moved.map(|check| &check.of).any(|of| of == *name)
    };
    pipeline.schemes.keys().chain(pipeline.criteria.keys().filter(asked)).collect()
}

/// The runs that this one is compared with.
pub(crate) struct Earlier<'a> {
    /// What the checks compare with.
    pub(crate) baseline: Option<&'a Baseline>,
    /// What alerts are judged by.
    pub(crate) past: &'a Past,
}

/// Compares the profile with the baseline and with all earlier runs.
///
/// `groups`: those of every scheme, in the schemes' order.
pub(crate) fn compare(
    context: &Context<'_>,
    profile: &Profile,
    groups: &[(String, Vec<Group>)],
    earlier: &Earlier<'_>,
    definition_version: &str,
) -> Result<Monitoring> {
    let state = State::of(context, profile, groups)?;
    let labels = moving_labels(context);
    let customers = Customers::of(context, profile, &labels)?;
    let joined = joined(context, &customers, earlier, &labels)?;
    let (mut drift, mut migrations) = (Vec::new(), Vec::new());
    if let Some(baseline) = earlier.baseline {
        drift = drift::compare(context, profile, &baseline.state, &state)?;
        migrations = joined.get(&baseline.run_id).map(|known| known.migrations()).unwrap_or_default();
    }
    let checks = checks::evaluate(context, &state, earlier.baseline, &drift, &migrations);
    let mut facts = facts::facts(context, &customers, definition_version);
    facts.profiles = profiles::profiles(context, profile, earlier.past)?;
    let findings = examine(context, &mut facts, earlier.past, &joined);
    Ok(Monitoring { state, drift, migrations, checks, facts, findings })
}

/// What two runs have in common.
struct Joined {
    matched: Matched,
    observations: Vec<Observation>,
}

impl Joined {
    /// By scheme or criterion.
    fn migrations(&self) -> Vec<(String, Migration)> {
        let movements = self.matched.movements.iter();
        movements.map(|movement| (movement.scheme.clone(), Migration::of(movement))).collect()
    }
}

/// The customers of this run beside those of every run it is compared with, by run; runs whose customers
/// cannot be joined are left out.
fn joined(
    context: &Context<'_>,
    now: &Customers,
    earlier: &Earlier<'_>,
    labels: &[&String],
) -> Result<BTreeMap<String, Joined>> {
    let roles = earlier.past.roles(context.as_of.date());
    let mut runs: BTreeMap<&str, &Path> = BTreeMap::new();
    runs.extend(roles.iter().map(|(_, run)| (run.run_id.as_str(), run.directory.as_path())));
    runs.extend(earlier.baseline.map(|baseline| (baseline.run_id.as_str(), baseline.directory.as_path())));
    let mut joined = BTreeMap::new();
    for (run_id, directory) in runs {
        let Some(before) = Customers::read(context, (run_id, directory), labels)? else {
            continue;
        };
        if let Some(join) = Join::of(&before, now)? {
            let matched = join.matched();
            let observations = join.observations(&matched.movements);
            joined.insert(run_id.to_owned(), Joined { matched, observations });
        }
    }
    Ok(joined)
}

/// Judges this run by all earlier ones, and completes its facts.
fn examine(context: &Context<'_>, facts: &mut RunFacts, past: &Past, joined: &BTreeMap<String, Joined>) -> Findings {
    let mut comparisons = Vec::new();
    for (id, run) in past.roles(context.as_of.date()) {
        let known = joined.get(&run.run_id);
        if id == ComparisonId::Previous {
            facts.observations.extend(known.into_iter().flat_map(|known| known.observations.clone()));
        }
        let matched = known.map(|known| known.matched.clone());
        comparisons.push(Comparison { id, run_id: run.facts.run_id.clone(), matched });
    }
    let evidence = Evidence {
        current: facts.clone(),
        history: past.runs.iter().map(|run| run.facts.clone()).collect(),
        comparisons,
        ..Evidence::default()
    };
    let findings = segmenta_monitor::examine(&evidence, &Policy::default());
    facts.open_alerts.clone_from(&findings.open_alerts);
    facts.is_accepted = findings.joins_baseline;
    findings
}
