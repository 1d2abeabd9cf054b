//! Alerts, the ones that the input explains apart.

use segmenta_monitor::findings::{Action, Alert, AlertState, CauseHint, Level};
use serde::Serialize;

use super::rule::{self, RuleView};
use super::run_date;
use super::verdict::Subject;
use crate::format::{Numbers, Printed};
use crate::model::Monitoring;

/// All alerts of the run.
#[derive(Debug, Serialize)]
pub(super) struct AlertsView {
    open: Vec<AlertView>,
    explained: Vec<AlertView>,
}

#[derive(Debug, Serialize)]
struct AlertView {
    level: Level,
    state: AlertState,
    subject: Subject,
    value: Printed,
    expected: Printed,
    range: Option<(String, String)>,
    change: Option<Printed>,
    worth: Option<Printed>,
    q: Option<String>,
    runs: u32,
    since: String,
    cause: CauseHint,
    rule: RuleView,
    action: Action,
}

pub(super) fn view(monitoring: &Monitoring, numbers: &Numbers) -> AlertsView {
    let alerts = monitoring.findings.alerts.iter();
    let (explained, open): (Vec<&Alert>, Vec<&Alert>) = alerts.partition(|alert| alert.explained_by.is_some());
    let views = |alerts: Vec<&Alert>| alerts.into_iter().map(|alert| alert_view(alert, monitoring, numbers)).collect();
    AlertsView { open: views(open), explained: views(explained) }
}

fn alert_view(alert: &Alert, monitoring: &Monitoring, numbers: &Numbers) -> AlertView {
    let print = |value: f64| numbers.measured(value, alert.unit);
    let figure = |value: Option<f64>| value.map_or_else(|| Printed::missing("value_missing"), print);
    AlertView {
        level: alert.level,
        state: alert.state,
        subject: Subject {
            metric: alert.metric.as_str().to_owned(),
            segment: alert.segment.segment.clone(),
            channel: alert.channel.clone(),
            column: alert.column.clone(),
        },
        value: figure(alert.value),
        expected: figure(alert.expected),
        range: alert.lower.zip(alert.upper).map(|(low, high)| (print(low).text, print(high).text)),
        change: alert.rel_change.map(|change| numbers.change_printed(change)),
        worth: alert.money_effect_minor.map(|amount| numbers.signed_money(amount)),
        q: alert.q.map(|q| numbers.probability(q)),
        runs: alert.consecutive_runs,
        since: run_date(monitoring, &alert.first_seen_run, numbers),
        cause: alert.cause.hint,
        rule: rule::view(&alert.cause.rule, numbers),
        action: alert.action,
    }
}
