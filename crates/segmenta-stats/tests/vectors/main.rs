//! The statistics against numbers from independent implementations, published data and hand calculation.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this is test code")]

mod concentration;
mod drift;
mod everyday;
mod reading;

use serde_json::Value;
use std::path::PathBuf;

/// A folder of reference material: from the environment variable, else next to the workspace. `None`, after
/// saying so, if it is not there.
fn folder(variable: &str, name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/");
    let path = std::env::var_os(variable).map_or_else(|| PathBuf::from(default).join(name), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: {} is not there, set {variable}", path.display());
    None
}

fn vectors(file: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder("SEGMENTA_VECTORS", "vectors")?.join(file)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}
