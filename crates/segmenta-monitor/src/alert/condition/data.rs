//! Findings about the input.

use crate::alert::{Draft, fold, key};
use crate::facts::{ComparisonId, DataCheck, DataFinding, SeriesKey};
use crate::findings::{Action, Alert, Direction, Family, Level, Trigger};
use crate::metric::{MetricId, Unit};

/// An alert for every finding that is to be watched or asks for action.
pub(crate) fn data(findings: &[DataFinding]) -> Vec<Draft> {
    findings.iter().filter(|finding| finding.level >= Level::Watch).map(draft).collect()
}

/// Identity of the alert about a finding.
pub(crate) fn data_key(finding: &DataFinding) -> String {
    let series = SeriesKey { metric: MetricId::DataQuality, ..SeriesKey::default() };
    let column = finding.column.as_deref().unwrap_or("*");
    let what = format!("{} {} {column}", word(&finding.check), finding.input);
    key(&series, Some(&what), ComparisonId::Baseline, Direction::Either)
}

fn draft(finding: &DataFinding) -> Draft {
    let alert = Alert {
        key: data_key(finding),
        level: finding.level,
        family: Family::Data,
        column: finding.column.clone(),
        metric: MetricId::DataQuality,
        unit: Unit::Number,
        comparison: ComparisonId::Baseline,
        value: finding.value,
        lower: finding.expected_low,
        upper: finding.expected_high,
        triggers: vec![Trigger::Check],
        cause: fold::cause(finding),
        action: Action::InvestigateData,
        ..Alert::default()
    };
    Draft { alert, is_watched: false }
}

fn word(check: &DataCheck) -> &str {
    match check {
        DataCheck::NullShare => "null_share",
        DataCheck::RowCount => "row_count",
        DataCheck::UnseenCategories => "unseen_categories",
        DataCheck::InputAge => "input_age",
        DataCheck::InfiniteValues => "infinite_values",
        DataCheck::RejectedRows => "rejected_rows",
        DataCheck::Other(name) => name,
    }
}
