//! The checks of `[monitor.checks]` and how they went.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// `[monitor.checks.X]`.
    pub name: String,
    /// What was measured: `psi`, `moved`, `change`.
    pub metric: String,
    /// Scheme, criterion or column it was measured of.
    pub of: String,
    /// Unit of the value and of the thresholds.
    pub unit: Unit,
    /// What was found.
    pub value: Figure<f64>,
    /// Warns above.
    pub warn: Option<f64>,
    /// Fails above, and holds the run.
    pub fail: Option<f64>,
    /// Warns below.
    pub warn_below: Option<f64>,
    /// Fails below, and holds the run.
    pub fail_below: Option<f64>,
    /// How it went.
    pub outcome: Outcome,
    /// One sentence with the numbers.
    pub text: String,
}

/// Unit of a number whose meaning depends on the pipeline file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 1, printed as a percentage.
    Share,
    /// A whole number.
    Count,
    /// Minor units of the report's currency.
    Money,
    /// A plain number, printed with three significant digits.
    Number,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Within its thresholds.
    Pass,
    /// Beyond `warn`.
    Warn,
    /// Beyond `fail`.
    Fail,
    /// There is nothing to compare with yet.
    NoBaseline,
    /// It could not be measured.
    NotMeasured,
}
