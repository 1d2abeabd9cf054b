//! `[monitor.checks]`: `warn` tells, `fail` holds the run.

use segmenta_pipeline::model::{Check, Metric};

use super::{Baseline, Drift, Migration, State};
use crate::context::Context;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pass,
    Warn,
    Fail,
    NoBaseline,
    NotMeasured,
}

/// One check with what was found.
#[derive(Debug, Clone)]
pub(crate) struct CheckOutcome {
    pub(crate) name: String,
    pub(crate) check: Check,
    /// `Err` says why there is no value.
    pub(crate) value: Result<f64, String>,
    pub(crate) outcome: Outcome,
}

const NO_BASELINE: &str = "no baseline yet";

pub(super) fn evaluate(
    context: &Context<'_>,
    state: &State,
    baseline: Option<&Baseline>,
    drift: &[Drift],
    migrations: &[(String, Migration)],
) -> Vec<CheckOutcome> {
    let measured = Measured { state, baseline, drift, migrations };
    let outcome = |(name, check): (&String, &Check)| {
        let value = measured.value(check);
        let outcome = match &value {
            Ok(value) => judge(check, *value),
            Err(reason) if reason == NO_BASELINE => Outcome::NoBaseline,
            Err(_) => Outcome::NotMeasured,
        };
        CheckOutcome { name: name.clone(), check: check.clone(), value, outcome }
    };
    context.pipeline.monitor.checks.iter().map(outcome).collect()
}

fn judge(check: &Check, value: f64) -> Outcome {
    let trips = |above: Option<f64>, below: Option<f64>| {
        above.is_some_and(|limit| value > limit) || below.is_some_and(|limit| value < limit)
    };
    if trips(check.fail, check.fail_below) {
        Outcome::Fail
    } else if trips(check.warn, check.warn_below) {
        Outcome::Warn
    } else {
        Outcome::Pass
    }
}

struct Measured<'a> {
    state: &'a State,
    baseline: Option<&'a Baseline>,
    drift: &'a [Drift],
    migrations: &'a [(String, Migration)],
}

impl Measured<'_> {
    fn value(&self, check: &Check) -> Result<f64, String> {
        match check.metric {
            Metric::Customers => Ok(self.state.customers as f64),
            Metric::NullRate => self.null_rate(&check.of),
            Metric::Psi => self.drift_of(&check.of, |drift| drift.psi.psi),
            Metric::Tv => self.drift_of(&check.of, |drift| drift.tv),
            Metric::Moved => self.moved(&check.of),
            Metric::Change => self.change(&check.of),
        }
    }

    fn null_rate(&self, of: &str) -> Result<f64, String> {
        let share = |n_nulls: u64| n_nulls as f64 / self.state.customers.max(1) as f64;
        if let Some(labels) = self.state.labels.get(of) {
            return Ok(share(labels.n_nulls));
        }
        if let Some(feature) = self.state.features.get(of) {
            return Ok(share(feature.counts.n_nulls));
        }
        Err(format!("`{of}` is no scheme, criterion or watched column"))
    }

    fn drift_of(&self, of: &str, value: impl Fn(&Drift) -> Option<f64>) -> Result<f64, String> {
        self.baseline.ok_or(NO_BASELINE)?;
        let drift = self.drift.iter().find(|drift| drift.column == of);
        drift.and_then(value).ok_or_else(|| format!("the baseline has no `{of}`"))
    }

    fn moved(&self, of: &str) -> Result<f64, String> {
        self.baseline.ok_or(NO_BASELINE)?;
        let migration = self.migrations.iter().find(|(scheme, _)| scheme == of);
        let moved = migration.and_then(|(_, migration)| migration.moved_share());
        moved.ok_or_else(|| format!("no customer of `{of}` is in both runs"))
    }

    /// |now − before| / |before|.
    fn change(&self, of: &str) -> Result<f64, String> {
        let before = self.baseline.ok_or(NO_BASELINE)?.state.totals.get(of).copied();
        let before = before.filter(|before| *before != 0.0).ok_or_else(|| format!("`{of}` was 0 or missing before"))?;
        let now = self.state.totals.get(of).ok_or_else(|| format!("`{of}` is not a value"))?;
        Ok(((now - before) / before).abs())
    }
}
