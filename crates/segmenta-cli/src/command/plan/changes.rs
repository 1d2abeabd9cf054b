//! What makes a run another one than the last that was published.

use std::collections::BTreeMap;

use segmenta_plugin_host::Origin;
use segmenta_store::RunRecord;
use serde_json::Value;

use super::Plan;

/// Changed settings listed at most.
const MOST: usize = 20;

/// One line for each difference: date, program, plugins, inputs, and every changed value of the file.
pub(super) fn of(plan: &Plan<'_>, last: &RunRecord) -> Vec<String> {
    let mut changes = Vec::new();
    if last.as_of != plan.as_of.to_string() {
        changes.push(format!("as_of: {} -> {}", last.as_of, plan.as_of));
    }
    if last.program_version != env!("CARGO_PKG_VERSION") {
        changes.push(format!("segmenta: {} -> {}", last.program_version, env!("CARGO_PKG_VERSION")));
    }
    changes.extend(plugins(plan, last));
    for (source, pins) in &plan.prospect.sources {
        let compared = plan.compared(source, pins);
        if compared != "unchanged" {
            changes.push(format!("source {source}: {compared}"));
        }
    }
    if last.config_sha256 != plan.prospect.config_sha256 {
        changes.extend(settings(plan, last));
    }
    changes
}

fn plugins(plan: &Plan<'_>, last: &RunRecord) -> Vec<String> {
    let before: BTreeMap<&str, (&str, Option<&str>)> =
        last.plugins.iter().map(|pin| (pin.name.as_str(), (pin.version.as_str(), pin.sha256.as_deref()))).collect();
    let mut changes = Vec::new();
    for plugin in plan.registry.plugins() {
        for criterion in plugin.criteria() {
            let is_file = matches!(plugin.origin(), Origin::File { .. });
            let now = (plugin.version(), is_file.then(|| plugin.sha256()));
            match before.get(criterion.name.as_str()) {
                Some(old) if old.0 != now.0 => {
                    changes.push(format!("plugin {}: {} -> {}", criterion.name, old.0, now.0))
                }
                Some(old) if old.1 != now.1 => {
                    changes.push(format!("plugin {}: another build of {}", criterion.name, now.0))
                }
                _ => {}
            }
        }
    }
    changes
}

fn settings(plan: &Plan<'_>, last: &RunRecord) -> Vec<String> {
    let Some(before) = last.sections.get("config") else {
        return vec!["the pipeline file".to_owned()];
    };
    let mut changes = Vec::new();
    compare("", before, &plan.pipeline.fingerprint_json(), &mut changes);
    let hidden = changes.len().saturating_sub(MOST);
    changes.truncate(MOST);
    if hidden > 0 {
        changes.push(format!("and {hidden} more"));
    }
    changes
}

/// Values that differ, by their dotted paths.
fn compare(path: &str, before: &Value, now: &Value, changes: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(old), Value::Object(new)) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
            keys.sort_unstable();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(&path, old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null), changes);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{at}]"), old, new, changes);
            }
        }
        _ if before == now => {}
        (Value::Null, now) => changes.push(format!("{path}: {} added", shown(now))),
        (before, Value::Null) => changes.push(format!("{path}: {} removed", shown(before))),
        _ => changes.push(format!("{path}: {} -> {}", shown(before), shown(now))),
    }
}

/// Text without quotes, anything else as short JSON.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changed_values_are_named_by_their_paths() {
        let before = json!({ "strategy": { "rules": [{ "when": "clv >= 300" }] }, "gone": 1, "same": [1, 2] });
        let now = json!({ "strategy": { "rules": [{ "when": "clv >= 250" }] }, "new": "x", "same": [1, 2] });
        let mut changes = Vec::new();
        compare("", &before, &now, &mut changes);
        assert_eq!(changes, ["gone: 1 removed", "new: x added", "strategy.rules[0].when: clv >= 300 -> clv >= 250"]);
    }
}
