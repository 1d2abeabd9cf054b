//! Profile of any column, and whose column it is.

use serde::{Deserialize, Serialize};

use super::bins::FrozenBins;
use super::category::{CategoryBuilder, CategoryProfile};
use super::number::{NumberBuilder, NumberKind, NumberProfile};
use crate::error::{Error, Result};
use crate::facts::SegmentKey;

/// What a run stores about one column of one segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnProfile {
    /// Numbers, money, dates as days, flags as 0 and 1.
    Number(NumberProfile),
    /// Categories.
    Category(CategoryProfile),
}

impl ColumnProfile {
    /// Counts the rows of a numeric column.
    pub fn numbers(kind: NumberKind, bins: &FrozenBins) -> NumberBuilder {
        NumberBuilder::new(kind, bins)
    }

    /// Counts the rows of a column of categories.
    pub fn categories() -> CategoryBuilder {
        CategoryBuilder::new()
    }

    /// Rows, with the null ones.
    pub fn n_rows(&self) -> u64 {
        self.n_values() + self.n_nulls()
    }

    /// Rows with a value.
    pub fn n_values(&self) -> u64 {
        match self {
            Self::Number(profile) => profile.n_values(),
            Self::Category(profile) => profile.n_values(),
        }
    }

    /// Null rows.
    pub fn n_nulls(&self) -> u64 {
        match self {
            Self::Number(profile) => profile.n_nulls(),
            Self::Category(profile) => profile.n_nulls(),
        }
    }

    /// Share of null rows; null without rows.
    pub fn null_share(&self) -> Option<f64> {
        let n_rows = self.n_rows();
        (n_rows > 0).then(|| self.n_nulls() as f64 / n_rows as f64)
    }

    /// The bins to count the next run with; null for categories.
    pub fn frozen(&self) -> Option<&FrozenBins> {
        match self {
            Self::Number(profile) => Some(profile.frozen()),
            Self::Category(_) => None,
        }
    }

    /// Adds the rows of another part: of the same column and segment, or of another segment for the total.
    ///
    /// # Errors
    /// [`Error::OtherBins`] if the parts were not counted the same way; nothing is added then.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        match (self, other) {
            (Self::Number(ours), Self::Number(theirs)) => ours.merge(theirs),
            (Self::Category(ours), Self::Category(theirs)) => ours.merge(theirs),
            _ => Err(Error::OtherBins),
        }
    }
}

/// One column of one segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfiledColumn {
    /// The segment, or all customers.
    pub key: SegmentKey,
    /// Name of the column.
    pub column: String,
    /// Its counts.
    pub profile: ColumnProfile,
}
