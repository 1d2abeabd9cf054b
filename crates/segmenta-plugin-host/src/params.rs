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
    options
        .build(&info.params)
        .map_err(|error| Error::BadDescribe {
            plugin: info.plugin.clone(),
            problem: format!(
                "the options of `{}` have no valid schema, {error}",
                info.name
            ),
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
    Err(Error::Params {
        criterion: info.name.clone(),
        problems,
    })
}

/// The options with the defaults of the schema's own level filled in.
pub(crate) fn completed(info: &CriterionInfo, params: &Value) -> Map<String, Value> {
    let mut complete = params.as_object().cloned().unwrap_or_default();
    let properties = info.params.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        if let Some(default) = schema.get("default") {
            complete
                .entry(name.as_str())
                .or_insert_with(|| default.clone());
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
    let kept: Map<String, Value> = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    digest::sha256(sorted(Value::from(kept)).to_string().as_bytes())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members
                .into_iter()
                .map(|(name, value)| (name, sorted(value)))
                .collect()
        }
        other => other,
    }
}

/// A plugin's own complaint about an option becomes one about the pipeline.
pub(crate) fn as_params(error: Error) -> Error {
    let refused = |failure: &Failure| failure.status == segmenta_plugin_abi::SegStatus::PARAMS;
    match error {
        Error::Plugin(failure) if refused(&failure) => {
            let Failure {
                criterion,
                message,
                problem,
                param,
                ..
            } = *failure;
            let pointer = param.unwrap_or_default();
            let problem = problem.unwrap_or(message);
            Error::Params {
                criterion,
                problems: vec![ParamProblem { pointer, problem }],
            }
        }
        other => other,
    }
}
