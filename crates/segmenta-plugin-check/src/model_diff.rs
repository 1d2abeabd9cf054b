//! `model diff`: two stored models of one criterion side by side.

use segmenta_plugin_host::{Instance, envelope};
use serde_json::Value;

use crate::Result;

/// A place where two models differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// JSON pointer into what the models say of themselves.
    pub pointer: String,
    /// There in the first; `None` if it is not there.
    pub before: Option<Value>,
    /// There in the second; `None` if it is not there.
    pub after: Option<Value>,
}

/// Where two stored models, envelopes included, differ in what their plugin says of them. The instance
/// has to be bound to the options and columns that both were fitted for.
///
/// # Errors
/// [`crate::Error::Plugin`] if one is no model, or none of this instance.
pub fn model_diff(instance: &Instance, before: &[u8], after: &[u8]) -> Result<Vec<Change>> {
    let describe = |bytes: &[u8]| -> Result<Value> {
        let (header, payload) = envelope::unwrap(bytes)?;
        instance.accepts(&header)?;
        Ok(instance.load_model(payload)?.describe()?)
    };
    Ok(differences(&describe(before)?, &describe(after)?))
}

/// Where two documents differ, down to the smallest part, in the order of the first.
pub fn differences(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    walk(String::new(), Some(before), Some(after), &mut changes);
    changes
}

fn walk(pointer: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let added = right.keys().filter(|name| !left.contains_key(*name));
            for name in left.keys().chain(added) {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                walk(format!("{pointer}/{escaped}"), left.get(name), right.get(name), changes);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for at in 0..left.len().max(right.len()) {
                walk(format!("{pointer}/{at}"), left.get(at), right.get(at), changes);
            }
        }
        (before, after) if before == after => {}
        (before, after) => changes.push(Change { pointer, before: before.cloned(), after: after.cloned() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_named() {
        let before = json!({"starts": [1.0, 2.0], "rows": 5, "gone": 1});
        let after = json!({"starts": [1.0, 2.5, 3.0], "rows": 5});
        let found: Vec<String> = differences(&before, &after).into_iter().map(|change| change.pointer).collect();
        assert_eq!(found, ["/starts/1", "/starts/2", "/gone"]);
    }
}
