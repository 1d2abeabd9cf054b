//! Options made up from a criterion's JSON Schema.

use serde_json::{Map, Value, json};

/// Deeper schemas are not followed: they may refer to themselves.
const MAX_DEPTH: u32 = 8;

/// Options with a value for everything that must be given, and for nothing else.
pub(crate) fn minimal(schema: &Value) -> Value {
    value(schema, schema, 0)
}

/// The schema of each option, references followed, in order.
pub(crate) fn properties(schema: &Value) -> Vec<(&str, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, property)| (name.as_str(), resolved(schema, property))).collect()
}

/// Whether the option must be given.
pub(crate) fn is_required(schema: &Value, name: &str) -> bool {
    required(schema).any(|required| required == name)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// What a `$ref` of the same document points to, else the schema itself.
pub(crate) fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn value(root: &Value, schema: &Value, depth: u32) -> Value {
    let schema = resolved(root, schema);
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|values| values.first());
    let given = schema.get("default").or_else(|| schema.get("const")).or_else(|| first("examples"));
    if let Some(given) = given.or_else(|| first("enum")) {
        return given.clone();
    }
    if depth == MAX_DEPTH {
        return Value::Null;
    }
    if let Some(choice) = first("anyOf").or_else(|| first("oneOf")).or_else(|| first("allOf")) {
        return value(root, choice, depth + 1);
    }
    match kind(schema) {
        "integer" => json!(lowest(schema).ceil() as i64),
        "number" => json!(lowest(schema)),
        "string" => json!("a"),
        "boolean" => json!(false),
        "array" => array(root, schema, depth),
        "object" => object(root, schema, depth),
        _ => Value::Null,
    }
}

/// The first type of the schema.
pub(crate) fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or(""),
        _ => "",
    }
}

fn lowest(schema: &Value) -> f64 {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let above = bound("exclusiveMinimum").map(|bound| bound + 1.0);
    let below = bound("maximum").filter(|bound| *bound < 1.0);
    bound("minimum").or(above).or(below).unwrap_or(1.0)
}

fn array(root: &Value, schema: &Value, depth: u32) -> Value {
    let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    let item = schema.get("items").map_or(Value::Null, |items| value(root, items, depth + 1));
    Value::Array(vec![item; count as usize])
}

fn object(root: &Value, schema: &Value, depth: u32) -> Value {
    let properties = schema.get("properties");
    let member = |name: &str| {
        let property = properties.and_then(|all| all.get(name));
        (name.to_owned(), property.map_or(Value::Null, |property| value(root, property, depth + 1)))
    };
    required(schema).map(member).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_given_is_given() {
        let schema = json!({
            "type": "object",
            "required": ["bins", "kind", "share", "names"],
            "properties": {
                "bins": {"type": "integer", "minimum": 2},
                "kind": {"$ref": "#/$defs/Kind"},
                "share": {"type": "number", "exclusiveMinimum": 0},
                "names": {"type": "array", "minItems": 2, "items": {"type": "string"}},
                "free": {"type": "string"},
            },
            "$defs": {"Kind": {"enum": ["first", "second"]}},
        });
        let wanted = json!({"bins": 2, "kind": "first", "share": 1.0, "names": ["a", "a"]});
        assert_eq!(minimal(&schema), wanted);
        assert_eq!(properties(&schema)[1].1, &json!({"enum": ["first", "second"]}));
    }

    #[test]
    fn a_schema_of_itself_ends() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}});
        assert!(minimal(&schema).is_object());
    }
}
