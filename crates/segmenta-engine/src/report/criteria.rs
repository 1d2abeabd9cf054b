//! How the groups are made.

use segmenta_pipeline::model::{Criterion as CriterionSpec, InputColumns};
use segmenta_report::model::{Cell, Criterion, Figure, LabelCount, ModelTable};
use serde_json::Value;

use super::Told;
use crate::Result;
use crate::stage::criteria::CriterionFacts;
use crate::stage::schemes::counts;

pub(super) fn criteria(told: &Told<'_>) -> Result<Vec<Criterion>> {
    told.staged.criteria.iter().map(|facts| criterion(told, facts)).collect()
}

fn criterion(told: &Told<'_>, facts: &CriterionFacts) -> Result<Criterion> {
    let spec = &told.request.pipeline.criteria[&facts.name];
    let (notes, tables) = facts.model.as_ref().map(|model| described(&model.description)).unwrap_or_default();
    let fitted_at = facts.model.as_ref().map(|model| model.fitted_at.to_string());
    Ok(Criterion {
        name: facts.name.clone(),
        description: spec.description.clone(),
        plugin: facts.plugin.clone(),
        plugin_version: facts.version.clone(),
        plugin_sha256: Figure::from_option(facts.library_sha256.clone(), "linked into the program"),
        inputs: spec.inputs.iter().map(|(input, columns)| format!("{input} = {}", columns_text(columns))).collect(),
        options: options(spec),
        fitted_at: Figure::from_option(fitted_at, "has no model"),
        refit: facts.model.as_ref().map(|_| serde_json::json!(spec.refit).as_str().unwrap_or_default().to_owned()),
        labels: labels(told, &facts.name)?,
        notes,
        tables,
    })
}

fn columns_text(columns: &InputColumns) -> String {
    match columns {
        InputColumns::One(column) => column.clone(),
        InputColumns::Many(columns) => columns.join(", "),
    }
}

fn options(spec: &CriterionSpec) -> Vec<String> {
    let Value::Object(params) = &spec.params else {
        return Vec::new();
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    params
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{name} = {}", text(value)))
        .collect()
}

fn labels(told: &Told<'_>, name: &str) -> Result<Vec<LabelCount>> {
    let counts = counts(&told.staged.profile, name)?;
    let mut counts: Vec<LabelCount> =
        counts.into_iter().map(|(label, customers)| LabelCount { label, customers }).collect();
    let known = told.request.pipeline.criteria[name].labels.clone().unwrap_or_default();
    let position =
        |label: &Option<String>| label.as_ref().and_then(|label| known.iter().position(|other| other == label));
    counts.sort_by_key(|count| (count.label.is_none(), position(&count.label).unwrap_or(usize::MAX)));
    Ok(counts)
}

/// A model's own words: `notes` is a list of sentences, an array of objects becomes a table, an
/// array of numbers one row, and the rest one table of name and value.
fn described(description: &Value) -> (Vec<String>, Vec<ModelTable>) {
    let Value::Object(parts) = description else {
        return (Vec::new(), Vec::new());
    };
    let mut notes = Vec::new();
    let mut tables = Vec::new();
    let mut single = Vec::new();
    for (name, part) in parts {
        match part {
            Value::Array(items) if name == "notes" => {
                notes.extend(items.iter().filter_map(Value::as_str).map(str::to_owned))
            }
            Value::Array(items) if items.iter().all(Value::is_object) && !items.is_empty() => {
                tables.push(table(name, items))
            }
            Value::Array(items) => single.push(vec![text(&readable(name)), text(&joined(items))]),
            Value::Object(_) => tables.extend(nested(name, part)),
            other => single.push(vec![text(&readable(name)), cell(other)]),
        }
    }
    if !single.is_empty() {
        let columns = vec!["Parameter".to_owned(), "Value".to_owned()];
        tables.insert(0, ModelTable { caption: "Model".to_owned(), columns, rows: single });
    }
    (notes, tables)
}

fn nested(name: &str, part: &Value) -> Vec<ModelTable> {
    let (_, mut tables) = described(part);
    for table in &mut tables {
        table.caption = match table.caption.as_str() {
            "Model" => readable(name),
            caption => format!("{}: {caption}", readable(name)),
        };
    }
    tables
}

fn table(name: &str, items: &[Value]) -> ModelTable {
    let columns: Vec<String> = items[0].as_object().map(|row| row.keys().cloned().collect()).unwrap_or_default();
    let row = |item: &Value| columns.iter().map(|column| cell(&item[column.as_str()])).collect();
    ModelTable {
        caption: readable(name),
        rows: items.iter().map(row).collect(),
        columns: columns.iter().map(|column| readable(column)).collect(),
    }
}

fn readable(name: &str) -> String {
    name.replace('_', " ")
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn joined(items: &[Value]) -> String {
    let item = |item: &Value| match item {
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| format!("{}", (number * 1e4).round() / 1e4))
        }
        other => other.to_string(),
    };
    items.iter().map(item).collect::<Vec<_>>().join(", ")
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Empty(()),
        Value::Number(number) => number.as_f64().map_or(Cell::Empty(()), Cell::Number),
        Value::String(text) => Cell::Text(text.clone()),
        Value::Array(items) => Cell::Text(joined(items)),
        other => Cell::Text(other.to_string()),
    }
}
