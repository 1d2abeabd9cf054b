//! How far a library was checked before it was locked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Levels of `plugins check`, each of which stands on those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

    /// The name in locks, in reports and on the command line.
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
}

impl fmt::Display for CheckLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for CheckLevel {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.name() == name);
        found.ok_or_else(|| format!("there is no level `{name}`; there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_read_by_the_name_it_is_written_by() {
        for level in CheckLevel::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
        assert!("Stress".parse::<CheckLevel>().unwrap_err().contains("fit, stress, process"));
    }
}
