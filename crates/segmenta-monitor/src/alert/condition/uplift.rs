//! Treatments whose effect cannot be shown.

use segmenta_stats::proportion::{self, Proportion};

use crate::alert::{Draft, key};
use crate::facts::{ComparisonId, Observation, SeriesKey};
use crate::findings::{Action, Alert, Cause, CauseHint, Direction, Family, Level, Rule, Trigger};
use crate::metric::{MetricId, Unit};
use crate::policy::Policy;
use crate::series::Book;

/// An alert for every treatment with a random hold-out whose uplift was not above 0 in enough runs in a row.
pub(crate) fn uplift(policy: &Policy, book: &Book<'_>) -> Vec<Draft> {
    let treated = book.lines().filter(|(series, _)| book.now(series).is_some_and(|now| now.holdout.is_some()));
    treated.filter_map(|(series, _)| of_series(policy, book, series)).collect()
}

fn of_series(policy: &Policy, book: &Book<'_>, series: &SeriesKey) -> Option<Draft> {
    let effect = |run: usize| effect(policy, book.at(series, run)?);
    let (value, lower, upper) = effect(book.current())?;
    let is_without = |run: &usize| effect(*run).is_some_and(|(_, lower, _)| lower <= 0.0);
    let runs = (0..=book.current()).rev().take_while(is_without).count() as u32;
    if runs < policy.no_uplift_runs {
        return None;
    }
    let measured = SeriesKey { metric: MetricId::Uplift, ..series.clone() };
    let alert = Alert {
        key: key(&measured, Some(series.metric.as_str()), ComparisonId::Baseline, Direction::Either),
        level: Level::Watch,
        family: Family::Channel,
        segment: series.key.clone(),
        channel: series.channel.clone(),
        metric: MetricId::Uplift,
        unit: Unit::Share,
        comparison: ComparisonId::Baseline,
        value: Some(value),
        lower: Some(lower),
        upper: Some(upper),
        triggers: vec![Trigger::Limit],
        cause: Cause { hint: CauseHint::NoEffect, rule: Rule::NoUplift { runs, lower } },
        action: Action::StopOrChangeTreatment,
        ..Alert::default()
    };
    Some(Draft { alert, is_watched: false })
}

/// Response of the treated less response of the held out, with its 95 % interval; `None` without a random hold-out
/// or with too few answers to tell.
fn effect(policy: &Policy, observation: &Observation) -> Option<(f64, f64, f64)> {
    let holdout = observation.holdout.filter(|holdout| holdout.is_random)?;
    let treated = Proportion { n_yes: observation.successes?, n: observation.n };
    let left_alone = Proportion { n_yes: holdout.successes, n: holdout.n };
    let has_answers = |arm: Proportion| arm.n_yes.min(arm.n.saturating_sub(arm.n_yes)) >= policy.min_answers;
    if !has_answers(treated) || !has_answers(left_alone) {
        return None;
    }
    let change = proportion::compare(left_alone, treated).ok()?;
    let (lower, upper) = change.newcombe_diff?;
    Some((change.diff?, lower, upper))
}
