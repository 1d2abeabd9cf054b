//! What a check is told.

use std::ffi::OsString;
use std::path::PathBuf;

use arrow_array::RecordBatch;
use segmenta_plugin_host::Linked;
use segmenta_plugin_host::process::Launcher;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is checked.
#[derive(Debug, Clone)]
pub enum Target {
    /// A library file.
    File(PathBuf),
    /// A plugin that is part of the program. It has no file, so the level `static` says nothing.
    Linked(Linked),
}

/// How a check goes about its work.
#[derive(Debug, Clone)]
pub struct Options {
    /// The only criterion that is looked at from the level `contract` on; `None` for all.
    pub criterion: Option<String>,
    /// Options and rows of criteria. Without one, both are made up from `describe`.
    pub fixtures: Vec<Fixture>,
    /// The run's moment, exclusive, in microseconds since 1970-01-01 UTC.
    pub as_of_us: i64,
    /// Seed of fits.
    pub seed: u64,
    /// Threads of the level `stress`, at least 2.
    pub threads: usize,
    /// How much is tried.
    pub effort: Effort,
    /// A program to run the levels from `load` on in; without it they run in this process.
    pub child: Option<Child>,
    /// What the processes of the level `process` run; without it that level is left out.
    pub launcher: Option<Launcher>,
}

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Enough for `cargo test`: fewer repetitions.
    Quick,
    /// All that the levels promise.
    Full,
}

/// A program that calls [`crate::child_main`] with the path that is added as its last argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The program.
    pub program: PathBuf,
    /// Its arguments before the path.
    pub arguments: Vec<OsString>,
}

/// Options and rows that a criterion can do something with.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixture {
    /// Which criterion it is for; `None` for every one.
    pub criterion: Option<String>,
    /// The options, as a JSON object.
    pub params: Value,
    /// Where rows come from.
    pub rows: FixtureRows,
}

/// Where the rows of a fixture come from. Columns are named as the criterion's inputs.
#[derive(Debug, Clone, PartialEq)]
pub enum FixtureRows {
    /// They are made up from `describe`.
    Generated,
    /// A CSV file with a header; an empty field is null.
    Csv(PathBuf),
    /// These.
    Batch(RecordBatch),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            criterion: None,
            fixtures: Vec::new(),
            as_of_us: AS_OF_US,
            seed: 1,
            threads: 4,
            effort: Effort::Full,
            child: None,
            launcher: None,
        }
    }
}

/// 2026-06-01, the default moment of checks.
pub const AS_OF_US: i64 = 1_780_272_000_000_000;

impl Fixture {
    /// Options for rows that are made up.
    pub fn params(params: Value) -> Self {
        Self { criterion: None, params, rows: FixtureRows::Generated }
    }

    /// Rows, with the options' defaults.
    pub fn rows(rows: RecordBatch) -> Self {
        Self::params(json!({})).with_rows(rows)
    }

    /// A CSV file, with the options' defaults.
    pub fn csv(path: impl Into<PathBuf>) -> Self {
        Self { criterion: None, params: json!({}), rows: FixtureRows::Csv(path.into()) }
    }

    /// The same options with these rows.
    #[must_use]
    pub fn with_rows(self, rows: RecordBatch) -> Self {
        Self { rows: FixtureRows::Batch(rows), ..self }
    }

    /// The same for one criterion alone.
    #[must_use]
    pub fn of(self, criterion: &str) -> Self {
        Self { criterion: Some(criterion.to_owned()), ..self }
    }

    pub(crate) fn is_for(&self, criterion: &str) -> bool {
        self.criterion.as_deref().is_none_or(|name| name == criterion)
    }
}
