//! Features, tables and criteria: the columns of the profile.

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::{CalendarSpan, Name, Span, SqlExpr};

/// `[features.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    /// Source or table it aggregates; it must hold the entity key column.
    pub from: Name,
    /// Entity key column in `from`; the entity's key name when not given.
    pub key: String,
    /// Which rows are aggregated.
    #[serde(rename = "where")]
    pub filter: Option<SqlExpr>,
    /// The standard purchase summary.
    pub summary: Option<Summary>,
    /// Aggregate expressions by column name, in file order.
    pub columns: IndexMap<String, SqlExpr>,
}

/// `summary = { order, time, amount, cost }`; adds `orders_total`, `repeat_orders`,
/// `days_since_last`, `days_first_to_last`, `tenure_days`, `spend_total`, `spend_mean_repeat`,
/// `goods_cost_total` (with `cost`), `first_order`, `last_order`.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Rows with equal values are one order.
    pub order: SqlExpr,
    /// When it was placed.
    pub time: SqlExpr,
    /// What it brought; returns are negative.
    pub amount: SqlExpr,
    /// What the goods cost.
    pub cost: Option<SqlExpr>,
}

/// The columns a summary adds, in output order.
pub const SUMMARY_COLUMNS: [&str; 10] = [
    "orders_total",
    "repeat_orders",
    "days_since_last",
    "days_first_to_last",
    "tenure_days",
    "spend_total",
    "spend_mean_repeat",
    "goods_cost_total",
    "first_order",
    "last_order",
];

/// `[tables.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// A SELECT over sources and earlier tables.
    pub sql: String,
    /// Sources and tables it reads.
    pub inputs: Vec<Name>,
    /// Where the text stands.
    #[serde(skip)]
    pub span: Span,
}

/// `[criteria.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Criterion {
    /// Criterion a plugin provides; the table's name when not given.
    pub plugin: String,
    /// The plugin's input name to one column or several.
    pub inputs: IndexMap<String, InputColumns>,
    /// Source or table with many rows per entity, for plugins that see rows grouped; the profile
    /// when not given.
    pub from: Option<Name>,
    /// Which entities are labelled; the others get null.
    #[serde(rename = "where")]
    pub filter: Option<SqlExpr>,
    /// Label of entities without one (null from the plugin or outside `where`).
    pub none: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// When the model is fitted again.
    pub refit: Refit,
    /// Oldest model to use, counted from the `as_of` it was fitted for to that of the run; any age
    /// when not given.
    pub max_age: Option<CalendarSpan>,
    /// What happens to an older one.
    pub on_stale: OnStale,
    /// The plugin's options, complete: defaults filled in and checked against its schema.
    pub params: serde_json::Value,
    /// The labels it can produce when the plugin knows them beforehand, `none` included.
    pub labels: Option<Vec<String>>,
    /// Columns it adds to the profile, the label column first.
    pub outputs: Vec<String>,
    /// The table's header, for engine errors.
    #[serde(skip)]
    pub span: Span,
}

/// Columns bound to one plugin input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum InputColumns {
    /// One column.
    One(String),
    /// A list, for inputs that take any number.
    Many(Vec<String>),
}

/// `on_stale`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnStale {
    /// A new model is fitted (the default).
    #[default]
    Fit,
    /// It is used, with a warning.
    Warn,
    /// The run fails: somebody has to decide.
    Fail,
}

/// `refit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refit {
    /// Every run (the default).
    Always,
    /// Only when no model fits the options and inputs.
    Never,
    /// In the first run of a calendar month.
    Monthly,
    /// In the first run of a calendar quarter.
    Quarterly,
    /// In the first run of a calendar year.
    Yearly,
}
