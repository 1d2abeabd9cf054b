//! Plugins the file loads, and what they may take.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Span;

/// `[plugins.X]`: a plugin besides those built in, or limits of one that is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PluginUse {
    /// Library or manifest; without it the name is looked up in the usual places.
    pub path: Option<String>,
    /// SHA-256 the library must have.
    pub sha256: Option<Sha256>,
    /// Where it runs, unless the command says so.
    pub isolation: Option<Isolation>,
    /// Time its calls may take.
    pub timeout: Timeout,
    /// Bytes its calls may hold, and its process may have.
    pub memory: Option<u64>,
    /// Takes criteria that do not give the same result for the same rows.
    pub allow_nondeterministic: bool,
    /// What follows when a call in the runner's process does not return.
    pub on_hang: Option<OnHang>,
    /// The table's header, for the errors of loading it.
    #[serde(skip)]
    pub span: Span,
}

/// `sha256`: 64 lower-case hex digits each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Sha256 {
    /// One, whatever the platform.
    One(String),
    /// By platform, such as `linux-x86_64-gnu`.
    Each(BTreeMap<String, String>),
}

/// `isolation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// In the runner's process only if it is locked at level `stress`.
    Auto,
    /// In the runner's process.
    InProcess,
    /// In a process of its own.
    Process,
}

/// `timeout`: seconds one call may take; no limit where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Timeout {
    /// Binding options and columns.
    pub create: Option<f64>,
    /// A step of a fit, or reading a model.
    pub fit: Option<f64>,
    /// Labelling one batch.
    pub apply: Option<f64>,
}

/// `on_hang`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnHang {
    /// It is waited for.
    Wait,
    /// The program ends, and nothing is published.
    AbortRun,
}
