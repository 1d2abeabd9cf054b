//! `[monitor]`: what changed against the baseline, and which checks trip.
//!
//! A run leaves a small state (totals, label counts, bins of the watched columns), so that a later
//! run compares states and reads customers only for the migration between segments.

mod checks;
mod drift;
mod migration;
mod state;
mod tables;

pub(crate) use checks::{CheckOutcome, Outcome};
pub(crate) use drift::{Drift, DriftKind};
pub(crate) use migration::Migration;
pub(crate) use state::State;
pub(crate) use tables::tables;

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use segmenta_pipeline::model::Metric;

use crate::Result;
use crate::context::Context;
use crate::profile::Profile;
use crate::summary::Group;

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

impl Baseline {
    /// Path of its label table of one scheme.
    pub(crate) fn segments(&self, scheme: &str) -> PathBuf {
        self.directory.join(segments_path(scheme))
    }
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
}

/// Every scheme, and every criterion that a check asks the movers of.
fn moving_labels<'a>(context: &Context<'a>) -> Vec<&'a String> {
    let pipeline = context.pipeline;
    let asked = |name: &&String| {
        let moved = pipeline.monitor.checks.values().filter(|check| check.metric == Metric::Moved);
        moved.map(|check| &check.of).any(|of| of == *name)
    };
    pipeline.schemes.keys().chain(pipeline.criteria.keys().filter(asked)).collect()
}

/// Compares the profile with the baseline.
///
/// `groups`: those of every scheme, in the schemes' order.
pub(crate) fn compare(
    context: &Context<'_>,
    profile: &Profile,
    groups: &[(String, Vec<Group>)],
    baseline: Option<&Baseline>,
) -> Result<Monitoring> {
    let state = State::of(context, profile, groups)?;
    let mut drift = Vec::new();
    let mut migrations = Vec::new();
    if let Some(baseline) = baseline {
        drift = drift::compare(context, profile, &baseline.state, &state)?;
        let moved = |labels: &&String| {
            let migration = migration::between(context, profile, baseline, labels)?;
            Ok(migration.map(|migration| ((*labels).clone(), migration)))
        };
        let found: Vec<Result<_>> = moving_labels(context).par_iter().with_max_len(1).map(moved).collect();
        migrations = found.into_iter().filter_map(Result::transpose).collect::<Result<_>>()?;
    }
    let checks = checks::evaluate(context, &state, baseline, &drift, &migrations);
    Ok(Monitoring { state, drift, migrations, checks })
}
