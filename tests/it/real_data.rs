//! Shipped pipelines on real data, against figures that others computed.

mod cdnow;
mod online_retail;
mod sample;
mod trade;

use std::path::PathBuf;

use serde_json::Value;

use crate::case::Case;
use crate::published::{self, Published};

/// Where the folder of this variable is; `None` when it is not there.
#[expect(clippy::print_stdout, reason = "the only trace of a test that was skipped")]
fn folder(variable: &str, default: &str) -> Option<PathBuf> {
    let beside_the_workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/");
    let given = std::env::var_os(variable).map(PathBuf::from);
    let folder = given.unwrap_or_else(|| PathBuf::from(beside_the_workspace).join(default));
    if !folder.is_dir() {
        println!("skipped: {variable} names no folder and {} is none", folder.display());
        return None;
    }
    Some(folder.canonicalize().unwrap())
}

/// A folder of real data.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    Some(folder("SEGMENTA_DATA", "data")?.join(name))
}

/// A file of figures that others computed.
fn vectors(name: &str) -> Option<Value> {
    Some(published::json(&folder("SEGMENTA_VECTORS", "vectors")?.join(name)))
}

/// Runs a case's pipeline on a folder of real data; it must publish.
#[track_caller]
pub(crate) fn run(case: &Case, as_of: &str, data: &str, params: &[&str]) -> Option<Published> {
    let data = format!("data={}", self::data(data)?.display());
    let mut options = vec!["--as-of", as_of, "--param", "out=./out", "--force", "--param", &data];
    options.extend(params.iter().flat_map(|param| ["--param", param]));
    case.run(&options).expect(0, "published");
    Some(Published::newest(case))
}

/// Equal up to a relative difference of 1e-9.
fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs()
}
