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
        let of_labels = self.state.labels.get(of).map(|labels| labels.n_nulls);
        let n_nulls = of_labels.or_else(|| self.state.n_nulls.get(of).copied());
        let n_nulls = n_nulls.ok_or_else(|| format!("there is no column `{of}`"))?;
        Ok(share(n_nulls))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::monitor::state::Labels;
    use std::collections::BTreeMap;

    fn check(metric: Metric, of: &str) -> Check {
        Check { metric, of: of.into(), warn: None, fail: None, warn_below: None, fail_below: None }
    }

    #[test]
    fn a_check_trips_beyond_its_limit_and_not_at_it() {
        let above = Check { warn: Some(0.1), fail: Some(0.25), ..check(Metric::Psi, "value") };
        let found = [0.0, 0.1, 0.11, 0.25, 0.26].map(|value| judge(&above, value));
        assert_eq!(found, [Outcome::Pass, Outcome::Pass, Outcome::Warn, Outcome::Warn, Outcome::Fail]);
        let below = Check { warn_below: Some(100.0), fail_below: Some(10.0), ..check(Metric::Customers, "") };
        let found = [100.0, 99.0, 10.0, 9.0].map(|value| judge(&below, value));
        assert_eq!(found, [Outcome::Pass, Outcome::Warn, Outcome::Warn, Outcome::Fail]);
    }

    fn state(margin: f64) -> State {
        let labels = Labels { counts: BTreeMap::from([("a".to_owned(), 6)]), n_nulls: 2 };
        State {
            customers: 8,
            totals: BTreeMap::from([("margin".to_owned(), margin)]),
            labels: BTreeMap::from([("tier".to_owned(), labels)]),
            ..State::default()
        }
    }

    fn baseline(state: State) -> Baseline {
        let text = String::new;
        Baseline { run_id: text(), as_of: text(), definition_version: text(), state, directory: Default::default() }
    }

    fn value(baseline: Option<&Baseline>, metric: Metric, of: &str) -> Result<f64, String> {
        let moved = Migration {
            labels: vec!["a".into(), "b".into()],
            matched: vec![vec![5, 1], vec![2, 2]],
            new: vec![9, 0],
            gone: vec![0, 9],
        };
        let migrations = [("value".to_owned(), moved)];
        let measured = Measured { state: &state(-90.0), baseline, drift: &[], migrations: &migrations };
        measured.value(&check(metric, of))
    }

    /// Of 10 customers in both runs 3 moved; the margin went from −100 to −90, a tenth of 100.
    #[test]
    fn metrics_are_shares_of_what_they_compare() {
        let before = baseline(state(-100.0));
        let value = |metric, of| value(Some(&before), metric, of);
        assert_eq!(value(Metric::Customers, ""), Ok(8.0));
        assert_eq!(value(Metric::NullRate, "tier"), Ok(0.25));
        assert_eq!(value(Metric::Moved, "value"), Ok(0.3));
        assert_eq!(value(Metric::Change, "margin"), Ok(0.1));
    }

    #[test]
    fn a_metric_without_a_value_says_why() {
        let before = baseline(state(0.0));
        assert_eq!(value(None, Metric::Psi, "value"), Err(NO_BASELINE.to_owned()));
        assert_eq!(value(None, Metric::Change, "margin"), Err(NO_BASELINE.to_owned()));
        assert_eq!(value(None, Metric::NullRate, "tier"), Ok(0.25));
        let value = |metric, of| value(Some(&before), metric, of).unwrap_err();
        assert_eq!(value(Metric::Change, "margin"), "`margin` was 0 or missing before");
        assert_eq!(value(Metric::Psi, "value"), "the baseline has no `value`");
        assert_eq!(value(Metric::Moved, "life"), "no customer of `life` is in both runs");
    }
}
