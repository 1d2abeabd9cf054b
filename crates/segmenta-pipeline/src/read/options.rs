//! A plugin's options: checked against the JSON Schema it ships, with the places of the file.
//!
//! The usual violations get messages of our own; the `jsonschema` crate judges what is left.

mod defaults;
mod rules;

use serde_json::Value as Json;

use crate::catalog::CriterionInfo;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, Problems};
use crate::model::Span;
use crate::suggest::{did_you_mean, listed, similar};
use crate::tree::{Kind, Value};
use rules::Rules;

/// Keys of a criterion that belong to the host.
const HOST_KEYS: [&str; 12] = [
    "plugin",
    "inputs",
    "from",
    "where",
    "description",
    "tags",
    "enabled",
    "refit",
    "max_age",
    "on_stale",
    "run",
    "none",
];

/// The options of one criterion.
pub(super) struct Options<'t> {
    fields: Vec<Field<'t>>,
    /// With the schema's defaults, without what was reported.
    pub(super) json: Json,
    /// Whether every required option is there and right.
    pub(super) complete: bool,
    /// Whether what the plugin makes of the options is what the file means: a misspelt key is read
    /// as its suggestion, but a wrong value could stand for any other.
    pub(super) certain: bool,
}

impl<'t> Options<'t> {
    /// Takes every key the host left over. Without a description of the plugin nothing is checked.
    pub(super) fn new(
        rest: &Fields<'t>,
        criterion: &str,
        info: Option<&CriterionInfo>,
        problems: &mut Problems,
    ) -> Self {
        let fields: Vec<_> = rest.rest().collect();
        let object = fields.iter().map(|field| (field.key.to_owned(), to_json(field.value())));
        let mut options = Options { json: Json::Object(object.collect()), complete: true, certain: true, fields };
        if let Some(info) = info {
            options.check(rest, criterion, info, problems);
            let required = info.params.get("required").and_then(Json::as_array);
            let mut required = required.into_iter().flatten().filter_map(Json::as_str);
            options.complete = required.all(|key| options.json.get(key).is_some());
            defaults::fill(&mut options.json, &info.params, &info.params);
        }
        options
    }

    fn check(&mut self, rest: &Fields<'t>, criterion: &str, info: &CriterionInfo, problems: &mut Problems) {
        let before = problems.len();
        for field in self.fields.clone() {
            self.check_option(field, criterion, info, problems);
        }
        let mut rules = Rules { root: &info.params, problems };
        rules.required(&info.params, &rest.owner, &rest.span, |key| {
            self.json.get(key).is_some() || self.fields.iter().any(|field| field.key == key)
        });
        if problems.len() == before && self.certain {
            self.final_judge(rest, info, problems);
        }
    }

    /// Reports a wrong option and takes it out.
    fn check_option(&mut self, field: Field<'t>, criterion: &str, info: &CriterionInfo, problems: &mut Problems) {
        let properties = info.params.get("properties").and_then(Json::as_object);
        let Some(properties) = properties else { return };
        let meant = match properties.get(field.key) {
            Some(_) => Some(field.key),
            None => {
                problems.push(unknown_option(field, criterion, info));
                let names = properties.keys().map(String::as_str);
                similar(field.key, names).filter(|name| self.json.get(name).is_none())
            }
        };
        let Some(meant) = meant else {
            self.remove(field.key);
            return;
        };
        let mut found = Problems::new();
        let mut rules = Rules { root: &info.params, problems: &mut found };
        rules.check(field.key, field.value(), &properties[meant]);
        let right = found.is_empty() && !is_faulty(field.value());
        if meant == field.key {
            problems.extend(found);
        }
        self.certain &= right;
        let value = self.remove(field.key).filter(|_| right);
        if let (Some(value), Json::Object(options)) = (value, &mut self.json) {
            options.insert(meant.to_owned(), value);
        }
    }

    fn remove(&mut self, key: &str) -> Option<Json> {
        self.json.as_object_mut()?.remove(key)
    }

    /// Whatever the schema says that [`Rules`] does not know.
    fn final_judge(&self, rest: &Fields<'t>, info: &CriterionInfo, problems: &mut Problems) {
        let validator = match jsonschema::draft202012::new(&info.params) {
            Ok(validator) => validator,
            Err(error) => {
                let message =
                    format!("{} {} ships an options schema that cannot be used: {error}", info.plugin, info.version);
                problems.push(Diagnostic::error(Code::InvalidOption, message).at(&rest.span, ""));
                return;
            }
        };
        for error in validator.iter_errors(&self.json) {
            let span = self.locate(error.instance_path().as_str()).unwrap_or_else(|| rest.span.clone());
            let message = format!("an option of {} is not valid: {error}", rest.owner);
            problems.push(Diagnostic::error(Code::InvalidOption, message).at(&span, ""));
        }
    }

    /// Where the option a JSON pointer names stands; its nearest table if it was left out.
    pub(super) fn locate(&self, pointer: &str) -> Option<Span> {
        let mut parts =
            pointer.trim_start_matches('/').split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
        let first = parts.next()?;
        let mut value = self.fields.iter().find(|field| field.key == first)?.value();
        for part in parts {
            let next = match &value.kind {
                Kind::Table(table) => table.entries.get(&part).map(|entry| &entry.value),
                Kind::Array(values) => part.parse().ok().and_then(|index: usize| values.get(index)),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => break,
            }
        }
        Some(value.span.clone())
    }
}

fn is_faulty(value: &Value) -> bool {
    match &value.kind {
        Kind::Faulty => true,
        Kind::Array(values) => values.iter().any(is_faulty),
        Kind::Table(table) => table.entries.values().any(|entry| is_faulty(&entry.value)),
        _ => false,
    }
}

fn unknown_option(field: Field<'_>, criterion: &str, info: &CriterionInfo) -> Diagnostic {
    let properties = info.params.get("properties").and_then(Json::as_object);
    let takes = || properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
    let suggestion = similar(field.key, takes().chain(HOST_KEYS));
    let problem =
        Diagnostic::error(Code::UnknownKey, format!("unknown key `{}` in criterion `{criterion}`", field.key));
    let problem = problem.at(&field.entry.key, did_you_mean(suggestion, "not an option of the plugin"));
    let list = if takes().next().is_none() { "no options".to_owned() } else { listed(takes(), 24) };
    problem.hint(format!("plugin {} {} takes {list}", info.plugin, info.version))
}

/// Options as a plugin gets them: dates become RFC 3339 text.
fn to_json(value: &Value) -> Json {
    match &value.kind {
        Kind::String(text) => Json::from(text.text.as_str()),
        Kind::Integer(integer) => Json::from(*integer),
        Kind::Float(float) => Json::from(*float),
        Kind::Boolean(boolean) => Json::from(*boolean),
        Kind::Datetime(text) => Json::from(text.as_str()),
        Kind::Array(values) => values.iter().map(to_json).collect(),
        Kind::Table(table) => {
            let entries = table.entries.iter().map(|(key, entry)| (key.clone(), to_json(&entry.value)));
            Json::Object(entries.collect())
        }
        Kind::Faulty => Json::Null,
    }
}
