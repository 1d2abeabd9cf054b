//! Levels of series: what may be watched, and what asks for action.

use super::family::{Parent, Tier, is_open};
use super::judge::Judged;
use super::{Draft, key};
use crate::facts::OpenAlert;
use crate::findings::{Action, Alert, Cause, CauseHint, Direction, Level, Rule, Trigger};
use crate::policy::Policy;

/// Drafts of everything unusual, tier by tier from the top.
pub(crate) fn drafts(policy: &Policy, judged: &[Judged], open: &[OpenAlert]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut parent = Parent::Untested;
    for tier in Tier::ALL {
        let tests: Vec<&Judged> = judged.iter().filter(|test| Tier::of(test.family) == tier).collect();
        let may_act = is_open(policy, judged, tier, parent);
        let found: Vec<Draft> = tests.iter().filter_map(|test| of_series(policy, test, open, may_act)).collect();
        let is_alarmed = found.iter().any(|draft| draft.alert.level >= Level::Watch);
        if is_alarmed {
            parent = Parent::Alarmed;
        } else if tests.iter().any(|test| test.is_tested(policy)) {
            parent = Parent::Quiet;
        }
        drafts.extend(found);
    }
    drafts
}

fn of_series(policy: &Policy, test: &Judged, open: &[OpenAlert], may_act: bool) -> Option<Draft> {
    let direction = test.direction();
    let unusual = unusual(test, direction);
    if !test.is_tested(policy) {
        return None;
    }
    if let Some(rel_change) = test.as_last_year.filter(|_| !unusual.is_empty()) {
        let cause = Cause { hint: CauseHint::Seasonal, rule: Rule::AsLastYear { rel_change } };
        let info = draft(test, direction, Level::Info, unusual);
        return Some(Draft { alert: Alert { cause, action: Action::Keep, ..info.alert }, ..info });
    }
    let is_watched = !unusual.is_empty() && test.is_material;
    // Among many true alarms the adjustment admits values that are where they are expected: those are none.
    let is_significant =
        may_act && is_watched && test.is_outside && test.q.is_some_and(|q| q <= policy.false_discovery_rate);
    let is_persistent = is_watched && is_persistent(policy, test, direction, open);
    let has_history = test.n_runs >= policy.runs_to_act;
    let asks = is_significant || is_persistent || (test.is_off_constant && test.is_material);
    let level = match (has_history && asks, is_watched, unusual.is_empty()) {
        (true, ..) => Level::Act,
        (_, true, _) => Level::Watch,
        // A chart beyond its limit because of earlier runs is no news about a value that is where it should be.
        (.., false) if test.is_outside || test.is_off_constant => Level::Info,
        _ => return None,
    };
    let more = [(is_significant, Trigger::Adjusted), (is_persistent, Trigger::Persistent)];
    let triggers = unusual.into_iter().chain(more.into_iter().filter(|more| more.0).map(|more| more.1)).collect();
    let is_watched = is_watched && (test.is_outside || test.is_off_constant);
    Some(Draft { is_watched, ..draft(test, direction, level, triggers) })
}

/// What makes the value unusual, whether it is material or not.
fn unusual(test: &Judged, direction: Direction) -> Vec<Trigger> {
    let chart = test.beyond.filter(|(_, way)| *way == direction).map(|(chart, _)| chart);
    let outside = test.is_outside.then_some(Trigger::Interval);
    let off = test.is_off_constant.then_some(Trigger::ConstantBaseline);
    [outside, off, chart].into_iter().flatten().collect()
}

/// Watched this time, by interval or chart, and outside of the interval often enough in the runs before. Two runs of
/// a chart alone are no persistence, since a chart remembers.
fn is_persistent(policy: &Policy, test: &Judged, direction: Direction, open: &[OpenAlert]) -> bool {
    let key = key(&test.series, None, test.comparison, direction);
    let before = open.iter().find(|alert| alert.key == key);
    before.is_some_and(|alert| alert.was_watched(policy))
}

impl OpenAlert {
    /// Whether one more watched run makes it persistent.
    pub(crate) fn was_watched(&self, policy: &Policy) -> bool {
        let recent = self.watched.iter().rev().take(policy.persistence_window - 1);
        recent.filter(|watched| **watched).count() + 1 >= policy.persistence_runs
    }
}

/// An alert about a series, without a cause yet.
pub(crate) fn draft(test: &Judged, direction: Direction, level: Level, triggers: Vec<Trigger>) -> Draft {
    let alert = Alert {
        key: key(&test.series, None, test.comparison, direction),
        level,
        family: test.family,
        segment: test.series.key.clone(),
        channel: test.series.channel.clone(),
        metric: test.series.metric.clone(),
        unit: test.unit,
        comparison: test.comparison,
        direction,
        value: test.value,
        expected: test.expected,
        lower: test.lower,
        upper: test.upper,
        rel_change: test.rel,
        money_effect_minor: test.money_minor,
        p: test.p,
        q: test.q,
        triggers,
        ..Alert::default()
    };
    Draft { alert, is_watched: false }
}
