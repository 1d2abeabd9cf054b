//! What was compared with, and by which thresholds.

use segmenta_monitor::Policy;
use segmenta_monitor::facts::ComparisonId;
use serde::Serialize;

use super::code;
use crate::format::{Numbers, Printed};
use crate::model::Monitoring;

/// Comparisons and thresholds.
#[derive(Debug, Serialize)]
pub(super) struct MethodView {
    comparisons: Vec<ComparisonView>,
    thresholds: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct ComparisonView {
    id: ComparisonId,
    run: Option<String>,
    as_of: Option<String>,
    customers: Option<Printed>,
    matched: Option<Printed>,
    definition: Option<String>,
    is_comparable: bool,
    reason: Option<String>,
}

pub(super) fn view(monitoring: &Monitoring, numbers: &Numbers) -> MethodView {
    let comparisons = monitoring.findings.comparisons.iter().map(|run| ComparisonView {
        id: run.id,
        run: run.run_id.clone(),
        as_of: run.as_of.as_deref().map(|as_of| numbers.date(as_of)),
        customers: run.customers.map(|customers| numbers.people_printed(customers)),
        matched: run.matched_customers.map(|customers| numbers.people_printed(customers)),
        definition: run.definition_version.clone(),
        is_comparable: run.is_comparable,
        reason: run.reason.map(|reason| code(&reason)),
    });
    MethodView { comparisons: comparisons.collect(), thresholds: thresholds(&monitoring.findings.thresholds, numbers) }
}

/// The thresholds that are numbers, by their names.
fn thresholds(policy: &Policy, numbers: &Numbers) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(policy) else {
        return Vec::new();
    };
    let number = |(name, value): (String, serde_json::Value)| Some((name, numbers.number(value.as_f64()?)));
    fields.into_iter().filter_map(number).collect()
}
