//! Options of a criterion: checked against its schema, completed, and hashed.

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};

use crate::describe::CriterionInfo;
use crate::{Error, Failure, ParamProblem, Result, digest};

/// Properties that do not change a model, such as names of labels.
const APPLY_ONLY: &str = "x-seg-apply-only";

/// What the options of a criterion must look like.
///
/// # Errors
/// [`Error::BadDescribe`] if the plugin's schema is none. Patterns run in linear time.
pub(crate) fn validator(info: &CriterionInfo) -> Result<Validator> {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(&info.params).map_err(|error| Error::BadDescribe {
        plugin: info.plugin.clone(),
        problem: format!("the options of `{}` have no valid schema, {error}", info.name),
    })
}

/// Every way in which `params` is wrong.
///
/// # Errors
/// [`Error::Params`].
pub(crate) fn check(info: &CriterionInfo, validator: &Validator, params: &Value) -> Result<()> {
    let problem = |error: jsonschema::ValidationError<'_>| ParamProblem {
        pointer: error.instance_path().to_string(),
        problem: error.to_string(),
    };
    let problems: Vec<_> = validator.iter_errors(params).map(problem).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Params { criterion: info.name.clone(), problems })
}

/// The options with the defaults of the schema's own level filled in.
pub(crate) fn completed(info: &CriterionInfo, params: &Value) -> Map<String, Value> {
    let mut complete = params.as_object().cloned().unwrap_or_default();
    let properties = info.params.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        if let Some(default) = schema.get("default") {
            complete.entry(name.as_str()).or_insert_with(|| default.clone());
        }
    }
    complete
}

/// The text handed to the plugin: the options, and the run's moment under the host's own key.
pub(crate) fn with_run(params: &Map<String, Value>, as_of_us: i64) -> String {
    let mut params = params.clone();
    params.insert("$run".to_owned(), json!({"as_of_us": as_of_us}));
    Value::from(params).to_string()
}

/// Digest of the options that a model depends on; the order of keys does not matter.
pub(crate) fn hash(info: &CriterionInfo, params: &Map<String, Value>) -> String {
    let apply_only = |name: &str| {
        let property = info.params.get("properties").and_then(|all| all.get(name));
        property.and_then(|property| property.get(APPLY_ONLY)) == Some(&Value::Bool(true))
    };
    let kept = params.iter().filter(|(name, _)| !apply_only(name));
    let kept: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    digest::sha256(sorted(Value::from(kept)).to_string().as_bytes())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        other => other,
    }
}

/// A plugin's own complaint about an option becomes one about the pipeline.
pub(crate) fn as_params(error: Error) -> Error {
    let refused = |failure: &Failure| failure.status == segmenta_plugin_abi::SegStatus::PARAMS;
    match error {
        Error::Plugin(failure) if refused(&failure) => {
            let Failure { criterion, message, problem, param, .. } = *failure;
            let pointer = param.unwrap_or_default();
            let problem = problem.unwrap_or(message);
            Error::Params { criterion, problems: vec![ParamProblem { pointer, problem }] }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> CriterionInfo {
        let properties = json!({
            "bins": {"type": "integer", "default": 5},
            "names": {"type": "object", "x-seg-apply-only": true},
            "pattern": {"type": "string", "pattern": "^(a+)+$"},
        });
        CriterionInfo {
            plugin: "p".into(),
            name: "c".into(),
            summary: String::new(),
            grouped: false,
            params: json!({"type": "object", "properties": properties}),
            inputs: Vec::new(),
            rows: crate::RowScope::Independent,
            repeat: crate::Repeat::Bitwise,
            explain: false,
            fit: None,
        }
    }

    fn hash_of(params: Value) -> String {
        hash(&info(), &completed(&info(), &params))
    }

    #[test]
    fn a_model_depends_on_values_and_not_on_order_or_names() {
        let plain = hash_of(json!({"cuts": {"a": 1, "b": 2}, "bins": 5}));
        assert_eq!(plain, hash_of(json!({"cuts": {"b": 2, "a": 1}})));
        assert_eq!(plain, hash_of(json!({"cuts": {"b": 2, "a": 1}, "names": {"x": "y"}})));
        assert_ne!(plain, hash_of(json!({"cuts": {"b": 2, "a": 1}, "bins": 4})));
    }

    #[test]
    fn a_pattern_made_to_explode_does_not() {
        let validator = validator(&info()).unwrap();
        let params = json!({"pattern": "a".repeat(10_000) + "!"});
        assert!(check(&info(), &validator, &params).is_err());
    }

    #[test]
    fn a_schema_that_is_none_is_the_plugins_fault() {
        let broken = CriterionInfo { params: json!({"type": 7}), ..info() };
        assert_eq!(validator(&broken).unwrap_err().code(), "bad-describe");
    }
}
