//! Profile of a column of categories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::column::ColumnProfile;
use crate::error::{Error, Result};

/// Categories that are counted by name; with more of them all are counted in hash buckets.
pub const MOST_CATEGORIES: usize = 10_000;

/// Hash buckets of a column with more categories than that.
pub const N_BUCKETS: usize = 4_096;

/// Rows by category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Categories {
    /// By name, up to [`MOST_CATEGORIES`].
    Named(BTreeMap<String, u64>),
    /// By hash of the name, in [`N_BUCKETS`] buckets: distances are then lower bounds.
    Hashed(Vec<u64>),
}

/// Counts of a column of categories.
///
/// Whether they are counted by name depends only on how many categories the whole column has, not on how it was
/// split. Names are stored with the run, so a column that names persons has no place here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryProfile {
    nulls: u64,
    counts: Categories,
}

impl CategoryProfile {
    /// Null rows.
    pub fn n_nulls(&self) -> u64 {
        self.nulls
    }

    /// Rows with a category.
    pub fn n_values(&self) -> u64 {
        match &self.counts {
            Categories::Named(counts) => counts.values().sum(),
            Categories::Hashed(counts) => counts.iter().sum(),
        }
    }

    /// Rows by category.
    pub fn counts(&self) -> &Categories {
        &self.counts
    }

    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        self.nulls += other.nulls;
        if let (Categories::Named(ours), Categories::Named(theirs)) = (&mut self.counts, &other.counts) {
            theirs.iter().for_each(|(name, n)| *ours.entry(name.clone()).or_default() += n);
            return self.settle();
        }
        let mut ours = self.counts.hashed();
        let theirs = other.counts.hashed();
        if ours.len() != theirs.len() {
            return Err(Error::OtherBins);
        }
        ours.iter_mut().zip(&theirs).for_each(|(count, more)| *count += more);
        self.counts = Categories::Hashed(ours);
        Ok(())
    }

    /// Gives up the names once there are too many.
    fn settle(&mut self) -> Result<()> {
        if matches!(&self.counts, Categories::Named(counts) if counts.len() > MOST_CATEGORIES) {
            self.counts = Categories::Hashed(self.counts.hashed());
        }
        Ok(())
    }
}

impl Categories {
    /// Rows by hash bucket.
    pub(crate) fn hashed(&self) -> Vec<u64> {
        match self {
            Self::Hashed(counts) => counts.clone(),
            Self::Named(counts) => {
                let mut buckets = vec![0; N_BUCKETS];
                counts.iter().for_each(|(name, n)| buckets[bucket(name)] += n);
                buckets
            }
        }
    }
}

/// Counts rows into a [`CategoryProfile`].
#[derive(Clone, Debug)]
pub struct CategoryBuilder {
    profile: CategoryProfile,
}

impl CategoryBuilder {
    pub(super) fn new() -> Self {
        Self { profile: CategoryProfile { nulls: 0, counts: Categories::Named(BTreeMap::new()) } }
    }

    /// Counts a row.
    pub fn add_label(&mut self, label: Option<&str>) {
        self.add_label_rows(label, 1);
    }

    /// Counts `n_rows` rows of the same category, for a column that comes with a dictionary.
    pub fn add_label_rows(&mut self, label: Option<&str>, n_rows: u64) {
        let Some(label) = label else {
            self.profile.nulls += n_rows;
            return;
        };
        match &mut self.profile.counts {
            Categories::Hashed(counts) => counts[bucket(label)] += n_rows,
            Categories::Named(counts) => match counts.get_mut(label) {
                Some(count) => *count += n_rows,
                None if n_rows == 0 => {}
                None => {
                    counts.insert(label.to_owned(), n_rows);
                    if counts.len() > MOST_CATEGORIES {
                        self.profile.counts = Categories::Hashed(self.profile.counts.hashed());
                    }
                }
            },
        }
    }

    /// The profile of all rows so far.
    pub fn finish(self) -> ColumnProfile {
        ColumnProfile::Category(self.profile)
    }
}

/// Bucket of a name: its FNV-1a hash, which is the same on every machine, with the high bits folded in.
fn bucket(name: &str) -> usize {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = name.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    ((hash >> 40) ^ hash) as usize % N_BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(names: impl Iterator<Item = usize>) -> CategoryProfile {
        let mut builder = CategoryBuilder::new();
        names.for_each(|name| builder.add_label(Some(&format!("c{name}"))));
        builder.profile
    }

    #[test]
    fn names_are_kept_up_to_the_limit_of_the_whole_column() {
        let half = MOST_CATEGORIES / 2;
        let mut whole = profile(0..half);
        whole.merge(&profile(half..MOST_CATEGORIES)).unwrap();
        assert!(matches!(whole.counts(), Categories::Named(names) if names.len() == MOST_CATEGORIES));
        assert_eq!(whole, profile((0..MOST_CATEGORIES).rev()));
        whole.merge(&profile(MOST_CATEGORIES..MOST_CATEGORIES + 1)).unwrap();
        assert_eq!(whole, profile(0..=MOST_CATEGORIES));
        assert!(matches!(whole.counts(), Categories::Hashed(_)));
        assert_eq!(whole.n_values(), MOST_CATEGORIES as u64 + 1);
    }

    #[test]
    fn hashed_parts_add_up_with_named_ones() {
        let (many, few) = (profile(0..=MOST_CATEGORIES), profile(5..9));
        let (mut left, mut right) = (many.clone(), few.clone());
        left.merge(&few).unwrap();
        right.merge(&many).unwrap();
        assert_eq!(left, right);
    }

    #[test]
    fn buckets_are_filled_evenly() {
        // 40,960 names: 10 per bucket in the mean, Poisson, so 0 rows has e^-10 and 30 rows 1e-7.
        let counts = profile(0..10 * N_BUCKETS).counts.hashed();
        assert!(counts.iter().all(|&n| n < 40));
        assert!(counts.iter().filter(|&&n| n == 0).count() < 5);
    }

    #[test]
    fn rows_can_come_by_the_dozen() {
        let mut builder = CategoryBuilder::new();
        builder.add_label_rows(Some("a"), 12);
        builder.add_label_rows(None, 3);
        builder.add_label_rows(Some("never"), 0);
        assert_eq!((builder.profile.n_values(), builder.profile.n_nulls()), (12, 3));
        assert_eq!(builder.profile.counts(), &Categories::Named(BTreeMap::from([("a".to_owned(), 12)])));
    }
}
