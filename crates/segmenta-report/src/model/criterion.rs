//! How the groups are made: the criteria, their plugins and fitted models.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// One criterion of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// `[criteria.X]`.
    pub name: String,
    /// Free text of the pipeline file.
    pub description: Option<String>,
    /// Criterion the plugin provides.
    pub plugin: String,
    /// Version of the plugin.
    pub plugin_version: String,
    /// SHA-256 of the library, hexadecimal; missing for a plugin that is linked in.
    pub plugin_sha256: Figure<String>,
    /// The plugin's inputs and the columns bound to them, as `recency = days_since_last`.
    pub inputs: Vec<String>,
    /// Options that matter to a reader, as `ties = strictly_below`.
    pub options: Vec<String>,
    /// When its model was fitted (ISO 8601); missing for a criterion that is not fitted.
    pub fitted_at: Figure<String>,
    /// When it is fitted again: `always`, `quarterly`.
    pub refit: Option<String>,
    /// Customers per label, in the order in which they are to be shown.
    pub labels: Vec<LabelCount>,
    /// What one should know about the model: which tie rule, which scores stayed empty.
    pub notes: Vec<String>,
    /// Parameters of the model: bin edges, centroids.
    pub tables: Vec<ModelTable>,
}

/// How many customers got a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCount {
    /// The label; `None` for customers without one.
    pub label: Option<String>,
    /// How many.
    pub customers: u64,
}

/// A small table that describes a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelTable {
    /// What it shows.
    pub caption: String,
    /// Column headings; the first column heads the rows.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a [`ModelTable`]: in JSON a bare string, a bare number or null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// Nothing to show.
    Empty(()),
}
