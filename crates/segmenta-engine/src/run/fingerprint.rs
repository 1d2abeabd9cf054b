//! What makes two runs the same run.

use segmenta_ingest::Pin;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Request;
use crate::stage::ingest::Sources;

/// Digests of a run's definition and of everything that decides its outputs.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// SHA-256 of the resolved pipeline without paths, schedule and descriptions.
    pub(crate) config_sha256: String,
    /// First 12 digits of the digest of what decides who is in which segment.
    pub(crate) definition_version: String,
    /// SHA-256 of the configuration, the plugins, the pinned inputs, the program version and `as_of`.
    pub(crate) fingerprint: String,
    /// When the run started, ISO 8601; decides nothing.
    pub(crate) started_at: String,
    /// The files by source.
    pub(crate) pins: Vec<(String, Vec<Pin>)>,
}

/// Tables of the pipeline file that decide who is in which segment.
const DEFINITION: [&str; 6] = ["entity", "sources", "features", "tables", "criteria", "schemes"];

pub(crate) fn facts(request: &Request<'_>, sources: &Sources) -> Facts {
    let config = request.pipeline.fingerprint_json();
    let definition: Value = DEFINITION.iter().map(|table| ((*table).to_owned(), config[*table].clone())).collect();
    let pins: Vec<(String, Vec<Pin>)> =
        sources.scans.iter().map(|(name, scan)| (name.clone(), scan.pins().to_vec())).collect();
    let inputs: Vec<Value> =
        pins.iter().map(|(source, pins)| json!({ "source": source, "files": pin_values(pins) })).collect();
    let everything = json!({
        "config": config,
        "plugins": plugins(request),
        "inputs": inputs,
        "as_of": request.as_of.to_string(),
        "program": request.program_version,
    });
    Facts {
        config_sha256: digest(&config),
        definition_version: digest(&definition)[..12].to_owned(),
        fingerprint: digest(&everything),
        started_at: request.surroundings.now(),
        pins,
    }
}

fn pin_values(pins: &[Pin]) -> Vec<Value> {
    pins.iter().map(|pin| json!([pin.file, pin.size, pin.modified_ns.to_string()])).collect()
}

fn plugins(request: &Request<'_>) -> Vec<Value> {
    let used = |name: &str| request.pipeline.criteria.values().any(|criterion| criterion.plugin == name);
    let mut plugins = Vec::new();
    for plugin in request.registry.plugins() {
        for criterion in plugin.criteria().iter().filter(|criterion| used(&criterion.name)) {
            plugins.push(json!([criterion.name, plugin.version(), plugin.sha256()]));
        }
    }
    plugins
}

fn digest(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
