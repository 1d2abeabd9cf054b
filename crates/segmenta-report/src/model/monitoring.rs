//! What the run knows about itself, compared with earlier runs.

use std::collections::BTreeMap;

use segmenta_monitor::Findings;
use serde::{Deserialize, Serialize};

/// Findings of the examination, and what the page needs to print them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Monitoring {
    /// What was found.
    pub findings: Findings,
    /// The `as_of` of the runs that the findings name, by run; ISO 8601 dates.
    #[serde(default)]
    pub run_dates: BTreeMap<String, String>,
}
