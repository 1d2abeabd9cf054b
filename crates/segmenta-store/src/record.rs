//! `runs/<id>/run.json`: what happened in a run, rewritten after every stage on every outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::FORMAT;

/// What happened in a run. Fields an older program did not write read as empty; fields of a newer
/// one are kept in [`sections`](Self::sections).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunRecord {
    /// Format of the record, 1.
    pub format: u32,
    /// The run.
    pub run_id: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// The run's `as_of`, as text.
    pub as_of: String,
    /// Where the run stands.
    pub status: Status,
    /// How the program ended; `None` while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// The generation it was published as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Version of the program.
    pub program_version: String,
    /// SHA-256 of the resolved configuration, lower-case hexadecimal.
    pub config_sha256: String,
    /// Digest of everything the result depends on, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Instant in RFC 3339, UTC.
    pub started_at: String,
    /// Instant in RFC 3339, UTC; `None` while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Wall time so far.
    pub elapsed_ms: u64,
    /// Largest resident memory so far, when the system tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// Who released or discarded the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When they did, as the caller said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// Stages finished so far, in order.
    pub stages: Vec<StageRecord>,
    /// Inputs as they were when the run started.
    pub inputs: Vec<InputPin>,
    /// Plugins used.
    pub plugins: Vec<PluginPin>,
    /// Models fitted or reused.
    pub models: Vec<ModelPin>,
    /// Row accounting by source.
    pub accounting: BTreeMap<String, Accounting>,
    /// Checks in file order.
    pub checks: Vec<CheckRecord>,
    /// Further sections, and whatever a newer program wrote.
    #[serde(flatten)]
    pub sections: Map<String, Value>,
}

impl Default for RunRecord {
    fn default() -> Self {
        Self {
            format: FORMAT,
            run_id: String::new(),
            pipeline: String::new(),
            as_of: String::new(),
            status: Status::Running,
            exit: None,
            generation: None,
            program_version: String::new(),
            config_sha256: String::new(),
            fingerprint: None,
            started_at: String::new(),
            finished_at: None,
            elapsed_ms: 0,
            peak_memory_bytes: None,
            decided_by: None,
            decided_at: None,
            stages: Vec::new(),
            inputs: Vec::new(),
            plugins: Vec::new(),
            models: Vec::new(),
            accounting: BTreeMap::new(),
            checks: Vec::new(),
            sections: Map::new(),
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its process is at work.
    Running,
    /// Its files are a generation.
    Published,
    /// Its files are complete, and a check failed.
    Held,
    /// It was held, and its files were given up.
    Discarded,
    /// It ended without a result.
    Failed,
    /// It had nothing to do, or another run was going on.
    Skipped,
    /// Its record says running, but no process runs it. Never written, only shown.
    Lost,
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit status of the program.
    pub code: u8,
    /// Why, in one sentence.
    pub reason: String,
}

/// One finished stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageRecord {
    /// Name as printed.
    pub name: String,
    /// Rows read.
    pub rows_in: u64,
    /// Rows given on.
    pub rows_out: u64,
    /// Wall time.
    pub elapsed_ms: u64,
    /// Remarks, one sentence each.
    pub notes: Vec<String>,
}

/// An input file as it was when the run started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputPin {
    /// Source it belongs to.
    pub source: String,
    /// The file.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Modification time in RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<String>,
    /// Digest of the bytes, when it was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A plugin used by the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PluginPin {
    /// Name as in `plugin = "…"`.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// Digest of the library; `None` when it is linked into the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Where the library ran: `in-process` or `process`; `None` when it is linked into the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<String>,
}

/// A model fitted or reused by the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelPin {
    /// Criterion it belongs to.
    pub criterion: String,
    /// Run that fitted it.
    pub fitted_by: String,
    /// Digest of its bytes.
    pub sha256: String,
}

/// Where the records of one source went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Accounting {
    /// Records counted without the decoder.
    pub found: u64,
    /// Rows that went on.
    pub accepted: u64,
    /// Rows that broke the contract, by rule.
    pub quarantined: BTreeMap<String, u64>,
    /// Rows left out on purpose, by filter.
    pub filtered: BTreeMap<String, u64>,
    /// Empty lines.
    pub blank: u64,
}

impl Accounting {
    /// Whether found = accepted + quarantined + filtered + blank.
    pub fn balances(&self) -> bool {
        let counts = self.quarantined.values().chain(self.filtered.values());
        let sum = counts.fold(u128::from(self.accepted), |sum, &rows| sum + u128::from(rows));
        u128::from(self.found) == sum + u128::from(self.blank)
    }
}

/// One check of the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckRecord {
    /// Name in the file.
    pub name: String,
    /// What was measured; `None` without a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// `pass`, `warn`, `fail` or `no_baseline`.
    pub verdict: String,
    /// In one sentence.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_newer_program_survive_a_rewrite() {
        let newer = r#"{"format":1,"run_id":"r","status":"failed","carbon":{"grams":3}}"#;
        let record: RunRecord = serde_json::from_str(newer).unwrap();
        assert_eq!(record.status, Status::Failed);
        let text = serde_json::to_string(&record).unwrap();
        let again: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again["carbon"]["grams"], 3);
    }

    #[test]
    fn the_written_record_reads_back_equal() {
        let mut record = RunRecord {
            run_id: "r".to_owned(),
            exit: Some(Exit { code: 65, reason: "a check failed".to_owned() }),
            elapsed_ms: u64::MAX,
            ..RunRecord::default()
        };
        record.accounting.insert("orders".to_owned(), Accounting::default());
        record.sections.insert("later".to_owned(), serde_json::json!([1.5, null]));
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<RunRecord>(&text).unwrap(), record);
    }

    #[test]
    fn accounting_balances_only_when_every_record_is_somewhere() {
        let mut orders = Accounting { found: 10, accepted: 6, blank: 1, ..Accounting::default() };
        orders.quarantined.insert("orders.amount.min".to_owned(), 2);
        orders.filtered.insert("event_time".to_owned(), 1);
        assert!(orders.balances());
        orders.found = 11;
        assert!(!orders.balances());
    }
}
