//! Languages the page can be written in.

use serde::{Deserialize, Serialize};

/// Language and number format of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Locale {
    /// English.
    #[default]
    En,
}
