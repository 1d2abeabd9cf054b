//! Defaults of a JSON Schema.

use serde_json::Value as Json;

/// Fills in the `default` of every property that is missing, also in the objects that are there.
pub(super) fn fill(json: &mut Json, schema: &Json, root: &Json) {
    let schema = resolve(schema, root);
    let Json::Object(object) = json else {
        if let (Json::Array(values), Some(items)) = (json, schema.get("items")) {
            values.iter_mut().for_each(|value| fill(value, items, root));
        }
        return;
    };
    for (key, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
        if let Some(default) = property.get("default").or_else(|| resolve(property, root).get("default")) {
            object.entry(key.as_str()).or_insert_with(|| default.clone());
        }
        if let Some(value) = object.get_mut(key) {
            fill(value, property, root);
        }
    }
}

/// The schema a `$ref` of the same document points to, or the schema itself.
pub(super) fn resolve<'s>(schema: &'s Json, root: &'s Json) -> &'s Json {
    let mut schema = schema;
    for _ in 0..8 {
        let target = schema.get("$ref").and_then(Json::as_str).and_then(|target| target.strip_prefix('#'));
        match target.and_then(|pointer| root.pointer(pointer)) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::fill;
    use serde_json::json;

    #[test]
    fn defaults_reach_into_objects_that_are_there_and_through_references() {
        let schema = json!({
            "properties": {
                "bins": { "default": 5 },
                "cuts": { "$ref": "#/$defs/Cuts" },
                "extra": { "properties": { "a": { "default": 1 } } },
                "ties": { "$ref": "#/$defs/Ties", "default": "low" },
            },
            "$defs": { "Cuts": { "properties": { "a": { "default": "80%" }, "b": {} } }, "Ties": { "enum": ["low"] } },
        });
        let mut options = json!({ "cuts": { "b": "95%" } });
        fill(&mut options, &schema, &schema);
        assert_eq!(options, json!({ "cuts": { "b": "95%", "a": "80%" }, "bins": 5, "ties": "low" }));
    }
}
