//! The rows a fit keeps: all of them, or an even share when there are too many.

use segmenta_plugin_sdk::prelude::*;

use crate::points::Points;
use crate::random::mix;

/// Most coordinates kept: 128 MiB.
const MAX_COORDINATES: usize = 1 << 24;

/// Complete rows of a fit, in the order of their partitions.
///
/// When more than `MAX_COORDINATES` would be kept, half of the rows are left out by a hash of
/// their position, and again until the rest fits. Which rows remain depends on the rows and their
/// positions alone.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sample {
    /// Rows with all features, kept or not.
    pub(crate) complete: u64,
    /// Rows without one of the features.
    pub(crate) incomplete: u64,
    /// Rows with a lower mark are left out.
    level: u8,
    /// Of each kept row: a hash of its position has that many leading zero bits.
    marks: Vec<u8>,
    coordinates: Vec<f64>,
}

impl Sample {
    /// Adds the row at `position`, a number that no other row has; `None` for an incomplete one.
    pub(crate) fn add(&mut self, position: u64, row: Option<&[f64]>) {
        let Some(row) = row else {
            self.incomplete += 1;
            return;
        };
        self.complete += 1;
        let mark = mark(position);
        if mark >= self.level {
            self.marks.push(mark);
            self.coordinates.extend_from_slice(row);
            self.thin(row.len(), MAX_COORDINATES);
        }
    }

    /// Adds the rows of a later partition.
    ///
    /// # Errors
    /// [`Error::Model`] if `other` does not hold whole, finite rows of `dimensions`.
    pub(crate) fn append(&mut self, mut other: Self, dimensions: usize) -> Result<()> {
        let is_sound = other.marks.len() * dimensions == other.coordinates.len()
            && other.coordinates.iter().all(|value| value.is_finite());
        if !is_sound {
            return Err(Error::model("the partial does not hold whole rows of the features"));
        }
        self.complete += other.complete;
        self.incomplete += other.incomplete;
        let level = self.level.max(other.level);
        self.raise(level, dimensions);
        other.raise(level, dimensions);
        self.marks.append(&mut other.marks);
        self.coordinates.append(&mut other.coordinates);
        self.thin(dimensions, MAX_COORDINATES);
        Ok(())
    }

    /// The kept rows.
    pub(crate) fn into_points(self, dimensions: usize) -> Points {
        Points::new(dimensions, self.coordinates)
    }

    fn thin(&mut self, dimensions: usize, most: usize) {
        while self.coordinates.len() > most {
            self.raise(self.level + 1, dimensions);
        }
    }

    /// Leaves out the rows below `level`.
    fn raise(&mut self, level: u8, dimensions: usize) {
        if level == self.level {
            return;
        }
        self.level = level;
        let mut kept = 0;
        for row in 0..self.marks.len() {
            if self.marks[row] >= level {
                self.marks[kept] = self.marks[row];
                let from = row * dimensions;
                self.coordinates.copy_within(from..from + dimensions, kept * dimensions);
                kept += 1;
            }
        }
        self.marks.truncate(kept);
        self.coordinates.truncate(kept * dimensions);
    }
}

fn mark(position: u64) -> u8 {
    let zeros = mix(position.wrapping_add(0x9E37_79B9_7F4A_7C15)).leading_zeros();
    u8::try_from(zeros).expect("at most 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: std::ops::Range<u64>) -> Sample {
        let mut sample = Sample::default();
        rows.for_each(|row| sample.add(row, Some(&[row as f64])));
        sample
    }

    #[test]
    fn thinning_keeps_the_same_even_share_however_partitions_are_cut() {
        let mut whole = sample(0..10_000);
        whole.thin(1, 3_000);
        let mut parts = Sample::default();
        for at in 0..10 {
            parts.append(sample(at * 1_000..(at + 1) * 1_000), 1).unwrap();
            parts.thin(1, 3_000);
        }
        assert_eq!(parts.coordinates, whole.coordinates);
        assert_eq!((parts.level, parts.complete), (2, 10_000));
        // A quarter of 10,000 rows; three standard deviations of the binomial are 130.
        assert!((2_370..2_630).contains(&whole.marks.len()), "{}", whole.marks.len());
    }

    #[test]
    fn an_incomplete_row_is_only_counted() {
        let mut sample = Sample::default();
        sample.add(0, None);
        assert_eq!((sample.incomplete, sample.complete, sample.marks.len()), (1, 0, 0));
    }

    #[test]
    fn a_partial_of_other_features_is_refused() {
        let mut sample = Sample::default();
        let mut other = Sample::default();
        other.add(0, Some(&[1.0, 2.0]));
        assert!(sample.append(other, 3).is_err());
    }
}
