//! `[params]`: the knobs of a file, typed by their defaults.

use indexmap::IndexMap;
use toml::de::{DeTable, DeValue};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Problems, wrong_type};
use crate::model::{Name, ParamValue, Span};
use crate::names::check_name;
use crate::read::ReadOptions;
use crate::substitute::Substitution;
use crate::suggest::similar;
use crate::tree::{Builder, Kind, Value};

/// The values of this run: the defaults, replaced by what was given from outside. A default may
/// use variables and the params before it.
pub(super) fn read(
    source: &str,
    document: &DeTable<'_>,
    options: &ReadOptions<'_>,
    problems: &mut Problems,
) -> IndexMap<Name, ParamValue> {
    let mut params = IndexMap::new();
    let Some(section) = document.get("params") else {
        refuse_unknown(options, &params, problems);
        return params;
    };
    let DeValue::Table(table) = section.get_ref() else {
        let value = Value { span: section.span(), kind: Kind::Boolean(true) };
        wrong_type("params", &value, "a table", problems);
        return params;
    };
    for (key, value) in table {
        check_name(key.get_ref(), &key.span(), problems);
        let substitution = Substitution { params: &params, env: options.env };
        let value = Builder { source, substitution: &substitution, problems }.value(value.get_ref(), value.span());
        let default = param_value(key.get_ref(), &value, problems);
        let value = given(key.get_ref(), default, &value.span, options, problems);
        params.insert(key.get_ref().to_string(), value);
    }
    refuse_unknown(options, &params, problems);
    params
}

/// The value of `--param`, read as the type of the default, or the default.
fn given(
    name: &str,
    default: ParamValue,
    span: &Span,
    options: &ReadOptions<'_>,
    problems: &mut Problems,
) -> ParamValue {
    let Some((_, text)) = options.params.iter().rev().find(|(given, _)| given == name) else {
        return default;
    };
    parse(text, &default).unwrap_or_else(|| {
        let message = format!("`{text}` cannot be the value of param `{name}`");
        let problem = Diagnostic::error(Code::BadParamValue, message);
        problems.push(problem.at(span, format!("its default says that it is {}", word(&default))));
        default
    })
}

fn refuse_unknown(options: &ReadOptions<'_>, params: &IndexMap<Name, ParamValue>, problems: &mut Problems) {
    for (name, _) in options.params {
        if !params.contains_key(name) {
            let problem = Diagnostic::error(Code::UnknownParam, format!("`[params]` declares no `{name}`"));
            problems.push(match similar(name, params.keys().map(String::as_str)) {
                Some(similar) => problem.hint(format!("did you mean `--param {similar}=…`?")),
                None => problem,
            });
        }
    }
}

fn param_value(key: &str, value: &Value, problems: &mut Problems) -> ParamValue {
    match &value.kind {
        Kind::String(text) => ParamValue::String(text.text.clone()),
        Kind::Integer(integer) => ParamValue::Integer(*integer),
        Kind::Float(float) => ParamValue::Float(*float),
        Kind::Boolean(boolean) => ParamValue::Boolean(*boolean),
        Kind::Datetime(text) => ParamValue::Datetime(text.clone()),
        Kind::Array(values) => {
            ParamValue::Array(values.iter().map(|value| param_value(key, value, problems)).collect())
        }
        Kind::Table(_) | Kind::Faulty => {
            wrong_type(key, value, "text, a number, true or false, a date or a list", problems);
            ParamValue::Boolean(false)
        }
    }
}

fn word(value: &ParamValue) -> &'static str {
    match value {
        ParamValue::String(_) => "text",
        ParamValue::Integer(_) => "a whole number",
        ParamValue::Float(_) => "a number",
        ParamValue::Boolean(_) => "true or false",
        ParamValue::Datetime(_) => "a date",
        ParamValue::Array(_) => "a list, which is written as in TOML",
    }
}

fn parse(text: &str, default: &ParamValue) -> Option<ParamValue> {
    match default {
        ParamValue::String(_) => Some(ParamValue::String(text.to_owned())),
        ParamValue::Integer(_) => text.replace('_', "").parse().ok().map(ParamValue::Integer),
        ParamValue::Float(_) => text.parse().ok().filter(|float: &f64| float.is_finite()).map(ParamValue::Float),
        ParamValue::Boolean(_) => text.parse().ok().map(ParamValue::Boolean),
        ParamValue::Datetime(_) | ParamValue::Array(_) => parse_toml(text, default),
    }
}

/// Dates and lists are written as in the file.
fn parse_toml(text: &str, default: &ParamValue) -> Option<ParamValue> {
    let parsed = DeValue::parse(text).ok()?;
    let substitution = Substitution { params: &IndexMap::new(), env: &|_| None };
    let mut problems = Problems::new();
    let value = Builder { source: text, substitution: &substitution, problems: &mut problems }
        .value(parsed.get_ref(), parsed.span());
    let value = param_value("param", &value, &mut problems);
    let same = std::mem::discriminant(&value) == std::mem::discriminant(default);
    (same && problems.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_type_of_the_default() {
        assert_eq!(parse("7", &ParamValue::Integer(6)), Some(ParamValue::Integer(7)));
        assert_eq!(parse("7", &ParamValue::String(String::new())), Some(ParamValue::String("7".to_owned())));
        assert_eq!(parse("seven", &ParamValue::Integer(6)), None);
        assert_eq!(parse("NaN", &ParamValue::Float(1.0)), None);
        let date = ParamValue::Datetime("2025-01-01".to_owned());
        assert_eq!(parse("2026-06-01", &date), Some(ParamValue::Datetime("2026-06-01".to_owned())));
        assert_eq!(parse("[1, 2]", &date), None);
    }
}
