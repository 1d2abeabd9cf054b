//! The bands and their labels.

use segmenta_plugin_sdk::prelude::*;

/// Ages cut into bands at ascending first ages.
#[derive(Debug, PartialEq)]
pub(crate) struct Bands {
    starts: Vec<u8>,
    labels: Vec<String>,
}

impl Bands {
    /// Bands that start at `starts`, with one more below the first.
    ///
    /// # Errors
    /// [`Error::Param`] when `starts` is empty, begins with 0 or does not ascend.
    pub(crate) fn new(starts: Vec<u8>) -> Result<Self> {
        let (Some(first), Some(last)) = (starts.first(), starts.last()) else {
            return Err(Error::param("bands", "must hold at least one age"));
        };
        if *first == 0 {
            return Err(Error::param("bands", "must start above 0: nobody is younger"));
        }
        if let Some(pair) = starts.windows(2).find(|pair| pair[0] >= pair[1]) {
            let problem = format!("must ascend, but {} follows {}", pair[1], pair[0]);
            return Err(Error::param("bands", problem));
        }
        let mut labels = vec![format!("<{first}")];
        labels.extend(starts.windows(2).map(|pair| between(pair[0], pair[1] - 1)));
        labels.push(format!("{last}+"));
        Ok(Self { starts, labels })
    }

    /// Every label, the youngest first.
    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The band of an age in years.
    pub(crate) fn label(&self, age: i32) -> &str {
        &self.labels[self.starts.partition_point(|start| i32::from(*start) <= age)]
    }
}

fn between(first: u8, last: u8) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fall_into_the_band_that_starts_at_or_below_them() {
        let bands = Bands::new(vec![25, 35, 45, 55, 65]).unwrap();
        assert_eq!(bands.labels(), ["<25", "25-34", "35-44", "45-54", "55-64", "65+"]);
        let labels = [0, 24, 25, 34, 64, 65, 120].map(|age| bands.label(age));
        assert_eq!(labels, ["<25", "<25", "25-34", "25-34", "55-64", "65+", "65+"]);
    }

    #[test]
    fn a_band_of_one_year_is_named_by_it() {
        let bands = Bands::new(vec![18, 19]).unwrap();
        assert_eq!(bands.labels(), ["<18", "18", "19+"]);
    }

    #[test]
    fn bands_must_ascend_from_above_zero() {
        for starts in [vec![], vec![0, 10], vec![30, 20], vec![20, 20]] {
            assert!(Bands::new(starts).is_err());
        }
    }
}
