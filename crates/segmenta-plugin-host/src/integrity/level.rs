//! How far a library was checked before it was locked.

use serde::Deserialize;

/// Levels of `plugins check`, each of which stands on those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckLevel {
    /// The file, without running any of it.
    Static,
    /// Loading, the function table and `describe`.
    Load,
    /// Options, columns and outputs.
    Contract,
    /// Every type, count of rows and odd value.
    Data,
    /// A row's result depends on that row alone.
    Rows,
    /// Partials and models.
    Fit,
    /// Threads, repetition and leaks.
    Stress,
    /// The same in a process of its own.
    Process,
    /// Speed.
    Bench,
}

impl CheckLevel {
    /// All levels, in order.
    pub const ALL: [Self; 9] = [
        Self::Static,
        Self::Load,
        Self::Contract,
        Self::Data,
        Self::Rows,
        Self::Fit,
        Self::Stress,
        Self::Process,
        Self::Bench,
    ];

    /// The name in locks and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Load => "load",
            Self::Contract => "contract",
            Self::Data => "data",
            Self::Rows => "rows",
            Self::Fit => "fit",
            Self::Stress => "stress",
            Self::Process => "process",
            Self::Bench => "bench",
        }
    }

    /// The level of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl std::fmt::Display for CheckLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
