//! What errors are made of: kinds of files, wrong options, failed calls.

use std::ops::Range;

use segmenta_plugin_abi::SegStatus;

/// A file about plugins that is not a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// Says where the library of each platform is.
    Manifest,
    /// `plugins.lock`.
    Lock,
    /// What the operator allows.
    Policy,
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Manifest => "manifest",
            Self::Lock => "lock",
            Self::Policy => "policy",
        })
    }
}

/// One wrong option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamProblem {
    /// JSON pointer to the option, empty for the table itself.
    pub pointer: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A call that the plugin answered with an error.
#[derive(Debug, thiserror::Error)]
#[error("criterion `{criterion}` of plugin `{plugin}` failed in `{call}`{}: {message}", rows_text(.rows.as_ref()))]
pub struct Failure {
    /// Name of the plugin.
    pub plugin: String,
    /// Name of the criterion; empty while the plugin describes itself.
    pub criterion: String,
    /// Member of the function table.
    pub call: &'static str,
    /// What kind of error it is.
    pub status: SegStatus,
    /// The plugin's sentence.
    pub message: String,
    /// The sentence without what it is about, if the plugin says so.
    pub problem: Option<String>,
    /// The criterion's name of the input that is to blame.
    pub column: Option<String>,
    /// Row within the batch, counted from 0.
    pub row: Option<u64>,
    /// Ordinal of the leaf that a fit was working on.
    pub leaf: Option<u64>,
    /// The rows handed over, if the caller said where they start.
    pub rows: Option<Range<u64>>,
    /// JSON pointer to the option that is to blame.
    pub param: Option<String>,
    /// The plugin's advice.
    pub hint: Option<String>,
    /// File, line and column of a panic.
    pub location: Option<String>,
    /// Call stack of a panic.
    pub backtrace: Option<String>,
}

/// ` in rows 5..9` if the rows are known.
pub(super) fn rows_text(rows: Option<&Range<u64>>) -> String {
    rows.map_or_else(String::new, |rows| format!(" in rows {}..{}", rows.start, rows.end))
}
