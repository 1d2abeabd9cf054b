//! What the run was made of and how to repeat it.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// Inputs, plugins, hashes, timings. Hashes are SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Of the pipeline with its params.
    pub config_hash: String,
    /// Of everything that decides the outputs; equal fingerprints give equal outputs.
    pub fingerprint: String,
    /// The command that repeats the run.
    pub command: String,
    /// Params of this run.
    pub params: Vec<Param>,
    /// Files that were read.
    pub inputs: Vec<InputFile>,
    /// Plugins that were used.
    pub plugins: Vec<PluginUsed>,
    /// Files that were written, the report itself left out.
    pub outputs: Vec<OutputFile>,
    /// Stages in the order in which they ran.
    pub stages: Vec<StageTiming>,
    /// Highest resident memory of the program, bytes.
    pub peak_memory_bytes: Figure<u64>,
}

/// A param of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// The source it belongs to.
    pub source: String,
    /// Its path as written in the pipeline file or found by its glob.
    pub path: String,
    /// Its digest.
    pub sha256: Figure<String>,
    /// Its size.
    pub bytes: u64,
    /// Rows found in it.
    pub rows: Figure<u64>,
}

/// A plugin that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginUsed {
    /// The criterion it provides.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of the library; missing for a plugin that is linked in.
    pub sha256: Figure<String>,
    /// Where it came from: `linked`, or the library's file name.
    pub origin: String,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Its path inside the run's directory.
    pub path: String,
    /// Its rows; missing for files without rows.
    pub rows: Figure<u64>,
    /// Its size.
    pub bytes: u64,
    /// Its digest.
    pub sha256: String,
}

/// What one stage took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTiming {
    /// The stage.
    pub name: String,
    /// Wall time.
    pub elapsed_ms: u64,
    /// Rows that went in.
    pub rows_in: Option<u64>,
    /// Rows that came out.
    pub rows_out: Option<u64>,
}
