//! The options of a criterion, read off their JSON Schema.

use serde_json::Value;

use crate::table::Table;

/// One line per option: name, type with its limits, default, description. `None` without options.
pub(super) fn table(schema: &Value) -> Option<Table> {
    let options = schema.get("properties")?.as_object().filter(|options| !options.is_empty())?;
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|other| other == name))
    };
    let mut table = Table::new(&["option", "type", "default", "description"]);
    for (name, option) in options {
        let default = match option.get("default") {
            Some(default) => default.to_string(),
            None if required(name) => "required".to_owned(),
            None => String::new(),
        };
        table.row(vec![name.clone(), kind(schema, option), default, description(schema, option)]);
    }
    Some(table)
}

/// What a `$ref` into the same schema stands for.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

/// The option's own description, else that of the type it names; one line.
fn description(root: &Value, option: &Value) -> String {
    let of = |schema: &Value| schema.get("description").and_then(Value::as_str).map(str::to_owned);
    of(option)
        .or_else(|| of(resolved(root, option)))
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// `integer from 2 to 100`, `"none" or "standard"`, `list of number`.
fn kind(root: &Value, option: &Value) -> String {
    let schema = resolved(root, option);
    if let Some(values) = choices(schema) {
        return values.join(" or ");
    }
    let alternatives = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key)?.as_array());
    if let Some(alternatives) = alternatives {
        let kinds: Vec<String> = alternatives.iter().map(|schema| kind(root, schema)).collect();
        return kinds.join(" or ");
    }
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    };
    match (name.as_str(), schema.get("items"), schema.get("additionalProperties")) {
        ("array", Some(items), _) => format!("list of {}", kind(root, items)),
        ("object", _, Some(Value::Object(values))) => {
            format!("table of {}", kind(root, &Value::Object(values.clone())))
        }
        ("object", _, _) => "table".to_owned(),
        _ => name + &limits(schema),
    }
}

/// The values of an enumeration, each as JSON.
fn choices(schema: &Value) -> Option<Vec<String>> {
    if let Some(value) = schema.get("const") {
        return Some(vec![value.to_string()]);
    }
    let values = schema.get("enum")?.as_array()?;
    Some(values.iter().map(Value::to_string).collect())
}

fn limits(schema: &Value) -> String {
    let limit = |key: &str| schema.get(key).map(plain);
    match (limit("minimum"), limit("maximum")) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" from {least}"),
        (None, Some(most)) => format!(" up to {most}"),
        (None, None) => String::new(),
    }
}

/// Whole numbers without a fraction.
fn plain(number: &Value) -> String {
    match number.as_f64() {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_read_off_the_schema() {
        let schema = json!({
            "properties": {
                "clusters": { "type": "integer", "minimum": 2.0, "maximum": 100.0, "description": "How\nmany." },
                "scale": { "$ref": "#/$defs/Scale", "default": "none" },
                "bands": { "type": "array", "items": { "type": "number" } },
                "cuts": { "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } },
            },
            "required": ["clusters"],
            "$defs": { "Scale": {
                "description": "What is comparable.",
                "oneOf": [{ "const": "none" }, { "const": "standard" }],
            } },
        });
        let text = table(&schema).unwrap().to_string();
        let parts =
            |line: &str| line.split("  ").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let lines: Vec<Vec<String>> = text.lines().skip(2).map(parts).collect();
        assert_eq!(lines[0], ["clusters", "integer from 2 to 100", "required", "How many."]);
        assert_eq!(lines[1], ["scale", "\"none\" or \"standard\"", "\"none\"", "What is comparable."]);
        assert_eq!(lines[2], ["bands", "list of number"]);
        assert_eq!(lines[3], ["cuts", "table of integer from 0"]);
    }

    #[test]
    fn a_criterion_without_options_has_no_table() {
        assert!(table(&json!({})).is_none());
        assert!(table(&json!({ "properties": {} })).is_none());
    }
}
