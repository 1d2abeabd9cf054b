//! The JSON Schema rules that people break, in words.

use serde_json::Value as Json;

use super::defaults::resolve;
use super::to_json;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Problems;
use crate::model::Span;
use crate::suggest::{did_you_mean, listed, similar};
use crate::tree::{Kind, Table, Value};

/// Checks values against parts of one schema.
pub(super) struct Rules<'s> {
    /// The whole schema, for its `$defs`.
    pub(super) root: &'s Json,
    pub(super) problems: &'s mut Problems,
}

impl Rules<'_> {
    /// `key` is the option as written in the file: `cuts.rural`.
    pub(super) fn check(&mut self, key: &str, value: &Value, schema: &Json) {
        let root = self.root;
        let schema = not_null(resolve(schema, root), root);
        if matches!(value.kind, Kind::Faulty) {
            return;
        }
        if let Some(choices) = choices(schema, root) {
            self.choice(key, value, &choices);
            return;
        }
        let wanted = types(schema);
        if !wanted.is_empty() && !wanted.iter().any(|wanted| fits(value, wanted)) {
            let words: Vec<_> = wanted.iter().map(|wanted| word(wanted)).collect();
            let message = format!("`{key}` takes {}, not {}", words.join(" or "), value.describe());
            self.report(message, &value.span, format!("this is {}", value.describe()));
            return;
        }
        match &value.kind {
            Kind::Integer(integer) => self.bounds(key, *integer as f64, schema, &value.span),
            Kind::Float(float) => self.bounds(key, *float, schema, &value.span),
            Kind::Array(values) => self.items(key, values, schema, &value.span),
            Kind::Table(table) => self.properties(key, table, schema, &value.span),
            _ => {}
        }
    }

    /// Reports the keys that `schema` requires and `has` does not know.
    pub(super) fn required(&mut self, schema: &Json, owner: &str, span: &Span, has: impl Fn(&str) -> bool) {
        let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
        for key in required.filter_map(Json::as_str).filter(|key| !has(key)) {
            self.report(format!("{owner} lacks the option `{key}`"), span, format!("`{key}` is required"));
        }
    }

    fn choice(&mut self, key: &str, value: &Value, choices: &[&Json]) {
        let json = to_json(value);
        if choices.contains(&&json) {
            return;
        }
        let shown = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        let words: Vec<_> = choices.iter().map(|choice| shown(choice)).collect();
        let suggestion = similar(&shown(&json), words.iter().map(String::as_str));
        let problem = Diagnostic::error(Code::InvalidOption, format!("`{key}` cannot be `{}`", shown(&json)));
        let problem = problem.at(&value.span, did_you_mean(suggestion, "not one of its values"));
        self.problems.push(problem.hint(format!("it is one of {}", listed(words.iter().map(String::as_str), 24))));
    }

    fn bounds(&mut self, key: &str, number: f64, schema: &Json, span: &Span) {
        let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
        let broken = [
            bound("minimum").filter(|least| number < *least).map(|least| format!("at least {least}")),
            bound("maximum").filter(|most| number > *most).map(|most| format!("at most {most}")),
            bound("exclusiveMinimum").filter(|least| number <= *least).map(|least| format!("above {least}")),
            bound("exclusiveMaximum").filter(|most| number >= *most).map(|most| format!("below {most}")),
        ];
        for wanted in broken.into_iter().flatten() {
            self.report(format!("`{key}` must be {wanted}"), span, format!("not {wanted}"));
        }
    }

    fn items(&mut self, key: &str, values: &[Value], schema: &Json, span: &Span) {
        let count = |name: &str| schema.get(name).and_then(Json::as_u64);
        if let Some(least) = count("minItems").filter(|least| (values.len() as u64) < *least) {
            self.report(format!("`{key}` needs at least {least} values"), span, format!("it has {}", values.len()));
        }
        if let Some(most) = count("maxItems").filter(|most| (values.len() as u64) > *most) {
            self.report(format!("`{key}` takes at most {most} values"), span, format!("it has {}", values.len()));
        }
        if let Some(items) = schema.get("items") {
            values.iter().enumerate().for_each(|(index, value)| self.check(&format!("{key}[{index}]"), value, items));
        }
    }

    fn properties(&mut self, key: &str, table: &Table, schema: &Json, span: &Span) {
        let properties = schema.get("properties").and_then(Json::as_object);
        let further = schema.get("additionalProperties");
        for (name, entry) in &table.entries {
            let inner = format!("{key}.{name}");
            match (properties.and_then(|properties| properties.get(name)), further) {
                (Some(property), _) => self.check(&inner, &entry.value, property),
                (None, Some(Json::Bool(false))) => {
                    let known = || properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
                    let problem = Diagnostic::error(Code::UnknownKey, format!("unknown key `{name}` in `{key}`"));
                    let problem = problem.at(&entry.key, did_you_mean(similar(name, known()), "not an option"));
                    self.problems.push(problem.hint(format!("it takes {}", listed(known(), 24))));
                }
                (None, Some(further @ Json::Object(_))) => self.check(&inner, &entry.value, further),
                (None, _) => {}
            }
        }
        self.required(schema, &format!("`{key}`"), span, |name| table.entries.contains_key(name));
    }

    fn report(&mut self, message: String, span: &Span, text: String) {
        self.problems.push(Diagnostic::error(Code::InvalidOption, message).at(span, text));
    }
}

/// For "a value or null", the value's schema: TOML has no null.
fn not_null<'s>(schema: &'s Json, root: &'s Json) -> &'s Json {
    let Some(branches) = schema.get("anyOf").and_then(Json::as_array) else {
        return schema;
    };
    let mut others = branches.iter().filter(|branch| branch.get("type").and_then(Json::as_str) != Some("null"));
    match (others.next(), others.next()) {
        (Some(only), None) => resolve(only, root),
        _ => schema,
    }
}

/// The values of an `enum`, a `const`, or alternatives of nothing but those.
fn choices<'s>(schema: &'s Json, root: &'s Json) -> Option<Vec<&'s Json>> {
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return Some(values.iter().filter(|value| !value.is_null()).collect());
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![value]);
    }
    let branches = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let nested: Option<Vec<_>> = branches.iter().map(|branch| choices(resolve(branch, root), root)).collect();
    nested.map(|nested| nested.concat())
}

/// The types a schema names, null left out.
fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).filter(|name| *name != "null").collect(),
        _ => Vec::new(),
    }
}

fn fits(value: &Value, wanted: &str) -> bool {
    match &value.kind {
        Kind::String(_) | Kind::Datetime(_) => wanted == "string",
        Kind::Integer(_) => matches!(wanted, "integer" | "number"),
        Kind::Float(_) => wanted == "number",
        Kind::Boolean(_) => wanted == "boolean",
        Kind::Array(_) => wanted == "array",
        Kind::Table(_) => wanted == "object",
        Kind::Faulty => true,
    }
}

fn word(wanted: &str) -> &'static str {
    match wanted {
        "string" => "text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        _ => "a table",
    }
}
