//! Alerts over the runs: repeated quietly, closed after enough runs inside.

use super::judge::Judged;
use super::{Draft, gate, key};
use crate::cause::action;
use crate::facts::OpenAlert;
use crate::findings::{Alert, AlertState, CauseHint, Level};
use crate::policy::Policy;

/// Compares drafts with the alerts that the last run left open.
///
/// Returns the alerts of this run, with those that are on the way back inside, and what to leave for the next run.
pub(crate) fn follow(
    policy: &Policy,
    drafts: Vec<Draft>,
    judged: &[Judged],
    before: &[OpenAlert],
    run_id: &str,
) -> (Vec<Alert>, Vec<OpenAlert>) {
    let mut alerts = Vec::new();
    let mut open = Vec::new();
    for old in before.iter().filter(|old| drafts.iter().all(|draft| draft.alert.key != old.key)) {
        if old.inside_runs + 1 >= policy.close_after {
            continue;
        }
        open.push(OpenAlert {
            consecutive_runs: 0,
            inside_runs: old.inside_runs + 1,
            watched: pushed(policy, &old.watched, false),
            ..old.clone()
        });
        alerts.extend(recovering(old, judged));
    }
    for Draft { alert, is_watched } in drafts {
        let old = before.iter().find(|old| old.key == alert.key);
        let alert = continued(alert, old, run_id);
        open.push(OpenAlert {
            key: alert.key.clone(),
            level: old.map_or(alert.level, |old| old.level.max(alert.level)),
            cause: alert.cause.clone(),
            direction: alert.direction,
            first_seen_run: alert.first_seen_run.clone(),
            consecutive_runs: alert.consecutive_runs,
            inside_runs: 0,
            watched: pushed(policy, old.map_or(&[], |old| &old.watched), is_watched && alert.explained_by.is_none()),
        });
        alerts.push(alert);
    }
    open.sort_by(|left, right| left.key.cmp(&right.key));
    (alerts, open)
}

fn continued(mut alert: Alert, old: Option<&OpenAlert>, run_id: &str) -> Alert {
    if let Some(old) = old.filter(|_| alert.cause.hint == CauseHint::Unknown) {
        alert.cause = old.cause.clone();
        alert.action = action(old.cause.hint);
    }
    let state = match old {
        Some(old) if old.level >= alert.level => AlertState::Repeated,
        _ => AlertState::New,
    };
    Alert {
        state,
        first_seen_run: old.map_or(run_id, |old| &old.first_seen_run).to_owned(),
        consecutive_runs: old.map_or(0, |old| old.consecutive_runs) + 1,
        ..alert
    }
}

/// The alert of a figure that is back inside; `None` for those that are not judged by an interval.
fn recovering(old: &OpenAlert, judged: &[Judged]) -> Option<Alert> {
    let is_its =
        |test: &&Judged| test.value.is_some() && key(&test.series, None, test.comparison, old.direction) == old.key;
    let test = judged.iter().find(is_its)?;
    let draft = gate::draft(test, old.direction, Level::Info, Vec::new());
    Some(Alert {
        state: AlertState::Recovering,
        first_seen_run: old.first_seen_run.clone(),
        consecutive_runs: 0,
        cause: old.cause.clone(),
        ..draft.alert
    })
}

/// As many of the latest runs as the rule of persistence looks back on.
fn pushed(policy: &Policy, watched: &[bool], now: bool) -> Vec<bool> {
    let all: Vec<bool> = watched.iter().copied().chain([now]).collect();
    all[all.len().saturating_sub(policy.persistence_window - 1)..].to_vec()
}
