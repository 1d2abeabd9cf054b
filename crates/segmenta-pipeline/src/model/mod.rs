//! The checked pipeline: what a valid file means, with every default filled in.
//!
//! Field names are the TOML keys. A value of these types has passed every check that needs no
//! data; the engine may rely on each reference in it.

use std::ops::Range;

use indexmap::IndexMap;
use serde::Serialize;

mod plugin;
mod profile;
mod publish;
mod scheme;
mod source;
mod strategy;

pub use plugin::*;
pub use profile::*;
pub use publish::*;
pub use scheme::*;
pub use source::*;
pub use strategy::*;

/// A name as written in the file: `^[a-z][a-z0-9_]{0,62}$`.
pub type Name = String;

/// Byte range in the pipeline file.
pub type Span = Range<usize>;

/// One pipeline file, checked.
#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    /// Name, edition and description.
    pub pipeline: Header,
    /// Params with the values of this run, in file order.
    pub params: IndexMap<Name, ParamValue>,
    /// Plugins to load besides those built in, by name, in file order.
    pub plugins: IndexMap<String, PluginUse>,
    /// What is segmented.
    pub entity: Entity,
    /// Inputs, in file order.
    pub sources: IndexMap<Name, Source>,
    /// Aggregates of one source or table to one row per entity.
    pub features: IndexMap<Name, Feature>,
    /// Free SQL over sources and tables.
    pub tables: IndexMap<Name, Table>,
    /// Plugin calls; each gives a label column named after the table.
    pub criteria: IndexMap<Name, Criterion>,
    /// Segmentations.
    pub schemes: IndexMap<Name, Scheme>,
    /// What each entity and segment is worth.
    pub valuation: Option<Valuation>,
    /// What each segment gets.
    pub strategy: Option<Strategy>,
    /// What is compared with the baseline; the defaults when the table is missing.
    pub monitor: Monitor,
    /// Where and what to publish.
    pub outputs: Outputs,
    /// How the report is written.
    pub report: Report,
    /// When to run; read by the scheduler commands.
    pub schedule: Option<Schedule>,
    /// The order in which the columns of the profile can be computed: a topological order of the
    /// nodes below, each after everything its expressions read.
    pub order: Vec<Node>,
}

/// A step of the profile, in dependency order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Node {
    /// `[tables.X]`.
    Table(Name),
    /// `[features.X]`.
    Feature(Name),
    /// `[criteria.X]`.
    Criterion(Name),
    /// `[schemes.X]`: its label column carries the scheme's name.
    Scheme(Name),
    /// `[valuation]`.
    Valuation,
    /// `[strategy]`.
    Strategy,
}

/// `[pipeline]`.
#[derive(Debug, Clone, Serialize)]
pub struct Header {
    /// Names the pipeline in runs, locks and reports.
    pub name: Name,
    /// Fixes every default; `"2026"` is the only one so far.
    pub edition: String,
    /// Free text.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// A param's value; its type is that of its default.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// Text.
    String(String),
    /// Whole number.
    Integer(i64),
    /// Number.
    Float(f64),
    /// Yes or no.
    Boolean(bool),
    /// A TOML date or date-time, as written.
    Datetime(String),
    /// Several values.
    Array(Vec<ParamValue>),
}

/// `[entity]`.
#[derive(Debug, Clone, Serialize)]
pub struct Entity {
    /// What one row is called: `customer`, `account`.
    pub name: Name,
    /// The source or table with one row per entity.
    pub source: Name,
    /// Its key column.
    pub key: String,
    /// Which rows of the source are segmented.
    #[serde(rename = "where")]
    pub filter: Option<SqlExpr>,
}

/// A DataFusion SQL expression, parsed but not bound to types.
#[derive(Debug, Clone, Serialize)]
pub struct SqlExpr {
    /// As written, params replaced.
    pub text: String,
    /// The columns it reads, without duplicates.
    pub columns: Vec<String>,
    /// Where the text stands in the file, for engine errors.
    #[serde(skip)]
    pub span: Span,
}
