//! Alerts that a finding about the input explains are folded below it.

use std::collections::BTreeMap;

use super::Draft;
use crate::facts::{Affects, DataFinding};
use crate::findings::{Action, Alert, Cause, CauseHint, Family, Level, Rule};
use crate::metric::MetricId;

/// A finding about the input with the key of the alert that it raised.
pub(crate) struct Explanation<'a> {
    pub(crate) key: String,
    pub(crate) finding: &'a DataFinding,
}

/// Marks every draft that a finding explains, and gives it that cause.
pub(crate) fn fold(drafts: &mut [Draft], explanations: &[Explanation<'_>], depends: &BTreeMap<MetricId, Vec<String>>) {
    for draft in drafts.iter_mut().filter(|draft| draft.alert.family != Family::Data) {
        let found = explanations.iter().find(|explanation| explains(explanation.finding, &draft.alert, depends));
        if let Some(explanation) = found {
            draft.alert.explained_by = Some(explanation.key.clone());
            draft.alert.cause = cause(explanation.finding);
            draft.alert.action = Action::InvestigateData;
        }
    }
}

/// The cause of an alert about the input and of those it explains.
pub(crate) fn cause(finding: &DataFinding) -> Cause {
    let rule = Rule::DataCheckFailed {
        check: finding.check.clone(),
        input: finding.input.clone(),
        column: finding.column.clone(),
    };
    Cause { hint: CauseHint::DataIssue, rule }
}

fn explains(finding: &DataFinding, alert: &Alert, depends: &BTreeMap<MetricId, Vec<String>>) -> bool {
    if finding.level < Level::Watch {
        return false;
    }
    match &finding.affects {
        Affects::Everything => true,
        Affects::Metrics(metrics) => metrics.contains(&alert.metric),
        Affects::Column => finding.column.as_ref().is_some_and(|column| {
            let is_source = depends.get(&alert.metric).is_some_and(|columns| columns.contains(column));
            is_source || alert.column.as_ref() == Some(column)
        }),
    }
}
