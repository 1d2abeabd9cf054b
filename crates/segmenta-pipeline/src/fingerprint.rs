//! What of a pipeline decides its results.

use serde_json::{Map, Value as Json};

use crate::model::Pipeline;

/// Keys that say where, when or for whom, but not what.
const LEFT_OUT: [&str; 6] = ["params", "plugins", "schedule", "outputs", "report", "order"];

impl Pipeline {
    /// The resolved file without params (their values are in place), paths, schedule, alerts,
    /// descriptions and owner, with sorted keys: equal for files that mean the same, so its text
    /// can be hashed. Where order matters, as in filters and contracts, it is kept as a list.
    pub fn fingerprint_json(&self) -> Json {
        let mut json = serde_json::to_value(self).expect("the model has text keys and finite numbers only");
        let file = json.as_object_mut().expect("a pipeline is an object");
        file.retain(|key, _| !LEFT_OUT.contains(&key.as_str()));
        for (_, source) in entries(file.get_mut("sources")) {
            source.remove("path");
            keep_order(source, "columns");
            keep_order(source, "filters");
        }
        for (_, criterion) in entries(file.get_mut("criteria")) {
            criterion.remove("description");
        }
        let header = file.get_mut("pipeline").and_then(Json::as_object_mut);
        header.into_iter().for_each(|header| header.retain(|key, _| key == "name" || key == "edition"));
        if let Some(exceptions) = file.get_mut("strategy").and_then(|strategy| strategy.get_mut("exceptions"))
            && !exceptions.is_null()
        {
            *exceptions = Json::Bool(true);
        }
        let write = serde_json::to_value(&self.outputs.write).expect("datasets are words");
        file.insert("write".to_owned(), write);
        sorted(json)
    }
}

/// The objects of an object.
fn entries(value: Option<&mut Json>) -> impl Iterator<Item = (&String, &mut Map<String, Json>)> {
    let object = value.and_then(Json::as_object_mut);
    object.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_object_mut()?)))
}

/// Turns the object under `key` into a list of pairs.
fn keep_order(object: &mut Map<String, Json>, key: &str) {
    if let Some(Json::Object(inner)) = object.remove(key) {
        let pairs = inner.into_iter().map(|(key, value)| Json::Array(vec![Json::String(key), value]));
        object.insert(key.to_owned(), pairs.collect());
    }
}

fn sorted(json: Json) -> Json {
    match json {
        Json::Object(object) => {
            let mut pairs: Vec<_> = object.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
            Json::Object(pairs.into_iter().collect())
        }
        Json::Array(values) => values.into_iter().map(sorted).collect(),
        other => other,
    }
}
