//! A report with one text in every field that data can fill.

use segmenta_report::Report;
use serde_json::Value;

/// Keys whose strings are chosen by the program, not by data.
const CHOSEN: [&str; 11] = [
    "schema_version",
    "language",
    "status",
    "level",
    "kind",
    "method",
    "band",
    "outcome",
    "unit",
    "margin_floor",
    "bad_rows",
];

/// The same below `monitoring`, where reasons and rules are words of the program too.
const CHOSEN_BY_MONITORING: [&str; 22] = [
    "action",
    "affects",
    "cause",
    "check",
    "comparison",
    "direction",
    "family",
    "hint",
    "id",
    "kind",
    "level",
    "lineage",
    "method",
    "overlap",
    "reason",
    "recommendation",
    "relation",
    "rule",
    "stage",
    "state",
    "status",
    "target_status",
];

/// `report` with `text` in every field that holds free text, one entry of every list.
pub(crate) fn filled_with(report: &Report, text: &str) -> Report {
    let mut json = serde_json::to_value(report).expect("the demo is finite");
    fill(&mut json, text, &CHOSEN);
    serde_json::from_value(json).expect("only free text was replaced")
}

fn fill(value: &mut Value, text: &str, chosen: &[&str]) {
    match value {
        Value::String(old) => *old = text.to_owned(),
        Value::Array(entries) => {
            entries.truncate(1);
            entries.iter_mut().for_each(|entry| fill(entry, text, chosen));
        }
        Value::Object(fields) => fields.iter_mut().for_each(|(key, field)| fill_field(key, field, text, chosen)),
        _ => {}
    }
}

fn fill_field(key: &str, field: &mut Value, text: &str, chosen: &[&str]) {
    match key {
        "monitoring" => fill(field, text, &CHOSEN_BY_MONITORING),
        "thresholds" | "triggers" => {}
        // Objects under such a key hold free text again.
        _ if chosen.contains(&key) && !field.is_object() => {}
        "unit" if chosen.len() == CHOSEN_BY_MONITORING.len() => {}
        _ => fill(field, text, chosen),
    }
}
