//! What plugins and criteria say about themselves, as JSON.

use segmenta_plugin_host::{CriterionInfo, FitInfo, InputInfo, RowScope};
use serde_json::{Value, json};

use crate::Result;
use crate::levels::load;
use crate::options::Target;

/// What a plugin says about itself, as far as a run uses it: the version of the document, `plugin` with
/// name and version, and `criteria`, each as [`described_criterion`] gives it.
///
/// # Errors
/// [`crate::Error::Plugin`] if the library cannot be loaded.
pub fn described(target: &Target) -> Result<Value> {
    let registry = load::open(target)?;
    let plugin = registry.plugins().first().map(|plugin| json!({"name": plugin.name(), "version": plugin.version()}));
    let criteria: Vec<Value> = registry.criteria().map(described_criterion).collect();
    Ok(json!({"describe_version": 1, "plugin": plugin, "criteria": criteria}))
}

/// One criterion: name, summary, kind, options, inputs and fit, under the names of the `describe` document.
pub fn described_criterion(info: &CriterionInfo) -> Value {
    let rows = match info.rows {
        RowScope::Independent => "independent",
        RowScope::Batch => "batch",
    };
    let mut repeat = json!({"apply": info.repeat.name()});
    if let Some(fit) = &info.fit {
        repeat["fit"] = fit.repeat.name().into();
    }
    json!({
        "name": info.name,
        "summary": info.summary,
        "kind": if info.fit.is_some() { "fitted" } else { "plain" },
        "grouped": info.grouped,
        "explain": info.explain,
        "rows": rows,
        "repeat": repeat,
        "params": info.params,
        "inputs": info.inputs.iter().map(input).collect::<Vec<_>>(),
        "fit": info.fit.as_ref().map(fit),
    })
}

fn input(input: &InputInfo) -> Value {
    json!({
        "name": input.name,
        "types": input.types.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "nullable": input.nullable,
        "optional": input.optional,
        "many": input.many,
        "description": input.description,
    })
}

fn fit(fit: &FitInfo) -> Value {
    json!({
        "max_passes": fit.max_passes,
        "merge": fit.merge.name(),
        "model_format": fit.model_format,
        "reads_formats": fit.reads_formats,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_reads_what_is_written_as_what_the_plugin_said() {
        let described = described(&Target::Linked(rfm::linked())).unwrap();
        let rfm = &described["criteria"][0];
        assert_eq!(
            (&rfm["name"], &rfm["kind"], &rfm["rows"]),
            (&json!("rfm"), &json!("fitted"), &json!("independent"))
        );
        assert_eq!(rfm["repeat"], json!({"apply": "bitwise", "fit": "bitwise"}));
        assert_eq!(rfm["fit"]["merge"], "exact");
        assert_eq!(described["plugin"]["name"], "rfm");
    }
}
