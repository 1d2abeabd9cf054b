//! What monitoring found: verdict, tiles, bridges, movement, channels, fit, drift and alerts.

mod alerts;
mod bridges;
mod channels;
mod drift;
mod figures;
mod fit;
mod method;
mod movement;
mod rule;
mod segments;
mod tiles;
mod verdict;

use segmenta_monitor::findings::{Delta, MetricFinding};
use segmenta_monitor::{Findings, MetricId, Reason, Status, facts::ComparisonId};
use serde::Serialize;

use crate::Report;
use crate::chart::Spark;
use crate::format::{Numbers, Printed};
use crate::model::Monitoring;

/// Everything monitoring puts on the page.
#[derive(Debug, Serialize)]
pub(crate) struct Watched {
    verdict: verdict::VerdictView,
    tiles: Vec<tiles::TileView>,
    bridge: Option<bridges::WaterfallView>,
    figures: figures::FiguresView,
    segments: Vec<segments::SchemeChanges>,
    movement: Vec<movement::MovementView>,
    bridges: Vec<bridges::BridgeView>,
    channels: Vec<channels::ChannelRow>,
    fit: Vec<fit::FitView>,
    drift: drift::DriftView,
    alerts: alerts::AlertsView,
    method: method::MethodView,
}

/// `None` when the run was not examined.
pub(super) fn view(report: &Report, numbers: &Numbers) -> Option<Watched> {
    let monitoring = report.monitoring.as_ref()?;
    let findings = &monitoring.findings;
    let main_scheme = report.main_scheme().map_or("", |scheme| scheme.name.as_str());
    Some(Watched {
        verdict: verdict::view(monitoring, numbers),
        tiles: tiles::view(findings, main_scheme, numbers),
        bridge: bridges::first(findings, main_scheme, numbers),
        figures: figures::view(findings, numbers),
        segments: segments::view(findings, numbers),
        movement: movement::view(findings, numbers),
        bridges: bridges::view(findings, numbers),
        channels: channels::view(findings, numbers),
        fit: fit::view(findings, numbers),
        drift: drift::view(findings, numbers),
        alerts: alerts::view(monitoring, numbers),
        method: method::view(monitoring, numbers),
    })
}

/// Runs of a small line.
const SPARK_RUNS: usize = 13;
/// Width and height of a small line.
const SPARK: (f64, f64) = (96.0, 26.0);

/// The last runs of a figure with the range in which this one was expected.
fn spark(finding: &MetricFinding, size: (f64, f64)) -> Option<Spark> {
    let band = finding.usual.lower.zip(finding.usual.upper);
    let from = finding.history.len().saturating_sub(SPARK_RUNS);
    Spark::new(&finding.history[from..], band, size)
}

/// The change of a figure against one earlier run.
fn delta(finding: &MetricFinding, comparison: ComparisonId) -> Option<&Delta> {
    finding.deltas.iter().find(|delta| delta.comparison == comparison)
}

/// The relative change against the previous run, or why there is none.
fn relative_change(finding: Option<&MetricFinding>, numbers: &Numbers) -> Printed {
    match finding.and_then(|finding| delta(finding, ComparisonId::Previous)) {
        None => Printed::missing("not_observed"),
        Some(delta) => match delta.rel {
            Some(change) => numbers.change_printed(change),
            None => Printed::missing(&because(delta.status, delta.reason)),
        },
    }
}

/// A figure in its unit, or why there is none.
fn value(finding: &MetricFinding, numbers: &Numbers) -> Printed {
    match finding.value {
        Some(value) => numbers.measured(value, finding.unit),
        None => Printed::missing(&because(finding.status, finding.reason)),
    }
}

fn of_metric<'a>(findings: &'a [MetricFinding], metric: &MetricId) -> Option<&'a MetricFinding> {
    findings.iter().find(|finding| finding.metric == *metric && finding.channel.is_none())
}

/// Customers of a segment; 0 for one that is not among the findings.
fn customers(findings: &Findings, scheme: &str, segment: &str) -> u64 {
    let mut segments = findings.segments.iter().filter(|found| found.key.scheme == scheme);
    segments.find(|found| found.key.segment.as_deref() == Some(segment)).map_or(0, |found| found.customers)
}

/// The code of the reason, or of the status without one, as the catalogues have it.
fn because(status: Status, reason: Option<Reason>) -> String {
    reason.map_or_else(|| code(&status), |reason| code(&reason))
}

/// The word an enum is written as in JSON.
pub(super) fn code(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(serde_json::Value::Object(fields)) => {
            fields.values().filter_map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// The `as_of` of a run in words; the run's name when its date is not known.
fn run_date(monitoring: &Monitoring, run: &str, numbers: &Numbers) -> String {
    monitoring.run_dates.get(run).map_or_else(|| run.to_owned(), |as_of| numbers.date(as_of))
}

#[cfg(test)]
mod tests {
    use segmenta_monitor::facts::Stage;
    use segmenta_monitor::findings::{Action, AlertState, CauseHint, Level, Lineage, TargetStatus, VerdictLevel};

    use super::*;
    use crate::{Locale, texts};

    /// Every variant by its word; a variant that is missing here does not compile.
    macro_rules! words {
        ($type:ident: $($variant:ident)*) => {{
            let _complete = |value: $type| match value { $($type::$variant => (),)* };
            [$(code(&$type::$variant)),*]
        }};
    }

    fn assert_known(path: &str, words: &[String]) {
        for locale in Locale::ALL {
            let table = texts::of(locale).pointer(path).expect("the table is in the catalogue");
            for word in words {
                assert!(table.get(word).is_some(), "{locale} {path}/{word}");
            }
        }
    }

    #[test]
    fn every_word_of_the_findings_is_in_the_catalogues() {
        let causes = words!(CauseHint: DataIssue CustomersMoved SegmentPerformsDifferently MarketWide Channel
            SegmentsNoLongerFit DefinitionChanged NoEffect Seasonal Unknown);
        assert_known("/causes", &causes);
        let actions = words!(Action: InvestigateData AdjustTargeting AdjustServing UpdateTarget FixChannel
            ReviewSegmentation StopOrChangeTreatment Retire RestartBaseline Keep);
        assert_known("/do", &actions);
        assert_known("/levels", &words!(Level: None Ok Info Watch Act));
        assert_known("/level", &words!(VerdictLevel: NoVerdict Ok Watch Act));
        assert_known("/alerts/states", &words!(AlertState: New Repeated Recovering));
        assert_known("/target", &words!(TargetStatus: Met Missed Open NoTarget));
        assert_known("/comparisons", &words!(ComparisonId: Previous Baseline SamePeriodLastYear Target));
        assert_known("/fit/lineages", &words!(Lineage: Continues New Vanished));
        assert_known("/fit/stages", &words!(Stage: Behaviour Definition Total));
        let statuses = words!(Status: Ok Undefined Degenerate InsufficientHistory InsufficientData LowConfidence NoBase
            NoTarget Missing);
        assert_known("/statuses", &statuses[1..]);
    }
}
