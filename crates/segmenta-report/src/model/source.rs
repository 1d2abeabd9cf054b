//! What was read from each source, and what became of every row.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// The row accounting of one source: `found = accepted + quarantined + filtered + blank`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// `[sources.X]`.
    pub name: String,
    /// Rows or lines that were found.
    pub found: u64,
    /// Rows the run used.
    pub accepted: u64,
    /// Rows that broke the contract, by rule.
    pub quarantined: Vec<Rejected>,
    /// Whether they were kept for inspection or only counted.
    pub bad_rows: BadRows,
    /// Rows kept out on purpose, by filter: `window`, `known_at`, a named filter.
    pub filtered: Vec<Filtered>,
    /// Blank lines.
    pub blank: u64,
    /// Rows counted without the decoder; missing where the format has no such count.
    pub counted: Figure<u64>,
    /// Whether the sum holds and equals the independent count.
    pub ties_out: bool,
    /// Share of customers with at least one accepted row, 0 to 1.
    pub coverage: Figure<f64>,
    /// Newest instant in `event_time`; ISO 8601.
    pub newest: Option<String>,
}

impl Source {
    /// Rows that broke the contract.
    pub fn quarantined_rows(&self) -> u64 {
        self.quarantined.iter().map(|rejected| rejected.rows).sum()
    }

    /// Rows kept out on purpose.
    pub fn filtered_rows(&self) -> u64 {
        self.filtered.iter().map(|filtered| filtered.rows).sum()
    }
}

/// What happens to rows that break the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadRows {
    /// The first one fails the run.
    Fail,
    /// Counted, not kept.
    Drop,
    /// Kept with the reason.
    Quarantine,
}

/// Rows that broke one rule of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The rule: `type`, `null`, `in`, `references`.
    pub rule: String,
    /// The column it is about; `None` for a malformed row.
    pub column: Option<String>,
    /// How many.
    pub rows: u64,
}

/// Rows kept out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filtered {
    /// The filter's name.
    pub filter: String,
    /// How many.
    pub rows: u64,
}
