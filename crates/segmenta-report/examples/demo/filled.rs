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

/// `report` with `text` in every field that holds free text, two entries of every list.
pub(crate) fn filled_with(report: &Report, text: &str) -> Report {
    let mut json = serde_json::to_value(report).expect("the demo is finite");
    fill(&mut json, text);
    serde_json::from_value(json).expect("only free text was replaced")
}

fn fill(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => *old = text.to_owned(),
        Value::Array(entries) => {
            entries.truncate(2);
            entries.iter_mut().for_each(|entry| fill(entry, text));
        }
        Value::Object(fields) => {
            let free = fields.iter_mut().filter(|(key, _)| !CHOSEN.contains(&key.as_str()));
            free.for_each(|(_, field)| fill(field, text));
        }
        _ => {}
    }
}
