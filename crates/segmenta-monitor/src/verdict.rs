//! One level, one headline, at most three actions.

use crate::facts::SegmentKey;
use crate::findings::{
    Action, Alert, CauseHint, Family, Headline, Level, MetricFinding, RecommendedAction, Rule, TargetGap, TargetStatus,
    Verdict, VerdictLevel,
};

/// Most actions that a page recommends.
const MOST_ACTIONS: usize = 3;

/// The verdict from the alerts of this run, which are sorted, worst first.
///
/// Alerts that a finding about the input explains have no say. Without alerts the verdict is `ok` only if some figure
/// has enough history to be judged.
pub(crate) fn verdict(alerts: &[Alert], totals: &[MetricFinding], has_history: bool) -> Verdict {
    let open: Vec<&Alert> = alerts.iter().filter(|alert| alert.explained_by.is_none()).collect();
    let level = match open.iter().map(|alert| alert.level).max() {
        Some(Level::Act) => VerdictLevel::Act,
        Some(Level::Watch) => VerdictLevel::Watch,
        _ if !has_history => VerdictLevel::NoVerdict,
        _ => VerdictLevel::Ok,
    };
    let n_of = |level: Level| open.iter().filter(|alert| alert.level == level).count() as u64;
    let counts = Headline {
        target: target_gap(totals),
        n_act: n_of(Level::Act),
        n_watch: n_of(Level::Watch),
        n_explained: (alerts.len() - open.len()) as u64,
        ..Headline::default()
    };
    let subject = open.first().filter(|alert| alert.level >= Level::Watch);
    let headline = subject.map_or(counts.clone(), |alert| about(alert, counts));
    Verdict { level, headline, actions: actions(&open) }
}

fn about(alert: &Alert, counts: Headline) -> Headline {
    Headline {
        alert_key: Some(alert.key.clone()),
        key: alert.segment.clone(),
        channel: alert.channel.clone(),
        metric: Some(alert.metric.clone()),
        rel_change: alert.rel_change,
        money_effect_minor: alert.money_effect_minor,
        cause: alert.cause.hint,
        rule: alert.cause.rule.clone(),
        ..counts
    }
}

/// The total whose target is missed by most; an open one only if none is missed.
fn target_gap(totals: &[MetricFinding]) -> Option<TargetGap> {
    let distance = |total: &MetricFinding| total.attainment.map_or(0.0, |share| (share - 1.0).abs());
    let of = |status: TargetStatus| {
        let behind = totals.iter().filter(|total| total.target_status == status);
        behind.max_by(|left, right| distance(left).total_cmp(&distance(right)))
    };
    of(TargetStatus::Missed).or_else(|| of(TargetStatus::Open)).map(|total| TargetGap {
        key: total.key.clone(),
        metric: total.metric.clone(),
        attainment: total.attainment,
        status: total.target_status,
    })
}

/// Worst first: the level, then findings about the input, then what it is worth, then the broader figure.
pub(crate) fn sort(alerts: &mut [Alert]) {
    alerts.sort_by(|left, right| {
        let rank = |alert: &Alert| {
            let worth = alert.money_effect_minor.map_or(0, i128::unsigned_abs);
            let is_data = alert.family == Family::Data;
            (alert.explained_by.is_none(), alert.level, is_data, worth)
        };
        rank(right).cmp(&rank(left)).then_with(|| left.family.cmp(&right.family)).then_with(|| left.key.cmp(&right.key))
    });
}

/// One action per reason and place, from alerts whose cause is known; those that ask for action first.
fn actions(alerts: &[&Alert]) -> Vec<RecommendedAction> {
    let mut actions: Vec<RecommendedAction> = Vec::new();
    let asking = alerts.iter().filter(|alert| alert.level >= Level::Watch && alert.action != Action::Keep);
    for alert in asking {
        let found = recommended(alert);
        let same = actions
            .iter_mut()
            .find(|known| (known.action, &known.key, &known.channel) == (found.action, &found.key, &found.channel));
        match same {
            Some(known) => join(known, found),
            None => actions.push(found),
        }
    }
    // The sort is stable: within a level the order of the alerts stays.
    actions.sort_by_key(|action| (std::cmp::Reverse(action.level), action.action == Action::RestartBaseline));
    actions.truncate(MOST_ACTIONS);
    actions
}

fn join(known: &mut RecommendedAction, found: RecommendedAction) {
    let worth = |effect: Option<i128>| effect.map_or(0, i128::unsigned_abs);
    if worth(found.money_effect_minor) > worth(known.money_effect_minor) {
        known.money_effect_minor = found.money_effect_minor;
    }
    if found.consecutive_runs > known.consecutive_runs {
        known.consecutive_runs = found.consecutive_runs;
        known.since_run = found.since_run;
    }
    known.level = known.level.max(found.level);
    known.alert_keys.extend(found.alert_keys);
}

/// The action of one alert, at the place its rule names.
fn recommended(alert: &Alert) -> RecommendedAction {
    let scheme = SegmentKey::scheme(&alert.segment.scheme);
    let (key, channel) = match &alert.cause.rule {
        Rule::RateInFewSegments { segments, .. } if segments.len() == 1 && !alert.segment.scheme.is_empty() => {
            (SegmentKey::of(&alert.segment.scheme, &segments[0]), None)
        }
        Rule::ChannelInEverySegment { channel, .. } => (SegmentKey::total(), Some(channel.clone())),
        Rule::AllSegmentsTogether { .. } => (SegmentKey::total(), None),
        Rule::MixDominates { .. } => (scheme, None),
        _ => (alert.segment.clone(), alert.channel.clone()),
    };
    RecommendedAction {
        action: alert.action,
        level: alert.level,
        key,
        channel,
        cause: alert.cause.hint,
        rule: alert.cause.rule.clone(),
        money_effect_minor: alert.money_effect_minor,
        since_run: alert.first_seen_run.clone(),
        consecutive_runs: alert.consecutive_runs,
        alert_keys: vec![alert.key.clone()],
    }
}

/// The worst level and what to do, of the alerts that are about one segment or figure.
pub(crate) fn worst<'a>(alerts: impl Iterator<Item = &'a Alert>) -> (Level, Action) {
    let own = alerts.filter(|alert| alert.explained_by.is_none());
    own.fold((Level::Ok, Action::Keep), |(level, action), alert| {
        let is_worse = alert.level > level || (action == Action::Keep && alert.level >= Level::Watch);
        (level.max(alert.level), if is_worse && alert.cause.hint != CauseHint::Unknown { alert.action } else { action })
    })
}
