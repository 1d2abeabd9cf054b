//! Segments that are drawn differently, are new or have vanished.

use std::collections::BTreeSet;

use crate::alert::{Draft, key};
use crate::facts::{ComparisonId, RunFacts, SegmentKey, SeriesKey};
use crate::findings::{Action, Alert, Cause, CauseHint, Direction, Family, Level, Rule, Trigger};
use crate::metric::{MetricId, Unit};
use crate::policy::Policy;
use crate::series::Book;

/// Alerts of every scheme whose definition changed with this run, or in which a large segment came or went.
pub(crate) fn lineage(policy: &Policy, book: &Book<'_>, ari: impl Fn(&str) -> Option<f64>) -> Vec<Draft> {
    let now = book.runs[book.current()];
    let Some(before) = book.current().checked_sub(1).map(|last| book.runs[last]) else {
        return Vec::new();
    };
    let schemes = now.labels.keys().filter(|scheme| before.labels.contains_key(*scheme));
    schemes
        .flat_map(|scheme| {
            if book.comparable_from(scheme) == book.current() {
                vec![redefined(policy, scheme, ari(scheme))]
            } else {
                came_or_went(policy, scheme, before, now)
            }
        })
        .collect()
}

fn redefined(policy: &Policy, scheme: &str, ari: Option<f64>) -> Draft {
    let series = SeriesKey { key: SegmentKey::scheme(scheme), channel: None, metric: MetricId::DefinitionAri };
    let alert = Alert {
        value: ari,
        expected: Some(1.0),
        lower: Some(policy.ari_comparable),
        upper: Some(1.0),
        cause: Cause { hint: CauseHint::DefinitionChanged, rule: Rule::DefinitionsDisagree { ari } },
        action: Action::RestartBaseline,
        ..of_series(&series, Unit::Number, Direction::Either)
    };
    Draft { alert, is_watched: false }
}

fn came_or_went(policy: &Policy, scheme: &str, before: &RunFacts, now: &RunFacts) -> Vec<Draft> {
    let n = |run: &RunFacts, segment: &str| run.labels[scheme].get(segment).copied().unwrap_or(0);
    let total = |run: &RunFacts| run.labels[scheme].values().sum::<u64>().max(1);
    let share = |run: &RunFacts, segment: &str| n(run, segment) as f64 / total(run) as f64;
    let segments: BTreeSet<&String> = before.labels[scheme].keys().chain(now.labels[scheme].keys()).collect();
    let changed = segments.into_iter().filter_map(|segment| {
        let (then, today) = (share(before, segment), share(now, segment));
        match (n(before, segment), n(now, segment)) {
            (0, 1..) if today >= policy.lineage_share => Some((segment, Direction::Up, then, today)),
            (1.., 0) if then >= policy.lineage_share => Some((segment, Direction::Down, then, today)),
            _ => None,
        }
    });
    changed.map(|(segment, direction, then, today)| segment_draft(scheme, segment, direction, then, today)).collect()
}

fn segment_draft(scheme: &str, segment: &str, direction: Direction, then: f64, today: f64) -> Draft {
    let series = SeriesKey { key: SegmentKey::of(scheme, segment), channel: None, metric: MetricId::Share };
    let rule = Rule::SegmentGoneOrNew { share: then.max(today) };
    let alert = Alert {
        value: Some(today),
        expected: Some(then),
        cause: Cause { hint: CauseHint::CustomersMoved, rule },
        action: if direction == Direction::Up { Action::ReviewSegmentation } else { Action::Retire },
        ..of_series(&series, Unit::Share, direction)
    };
    Draft { alert, is_watched: false }
}

fn of_series(series: &SeriesKey, unit: Unit, direction: Direction) -> Alert {
    Alert {
        key: key(series, Some("lineage"), ComparisonId::Previous, direction),
        level: Level::Watch,
        family: Family::Lineage,
        segment: series.key.clone(),
        metric: series.metric.clone(),
        unit,
        comparison: ComparisonId::Previous,
        direction,
        triggers: vec![Trigger::Limit],
        ..Alert::default()
    }
}
