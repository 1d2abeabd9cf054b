//! Bins of a numeric column, taken from the reference and kept with its run.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, same_length};
use crate::quantile;
use crate::sample::Sample;

/// What a bin holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinKind {
    /// Values above `lo` and below `hi`, because `hi` itself is an atom.
    Open,
    /// The one value `lo` = `hi`, which is so frequent that it fills a bin of its own.
    Atom,
    /// Values above `lo` up to and with `hi`.
    RightClosed,
    /// Values above `lo`.
    Tail,
}

/// One bin; a missing limit is an infinity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Lower limit, in units of the column; null for the lowest bin.
    pub lo: Option<f64>,
    /// Upper limit, in units of the column; null for the highest bin.
    pub hi: Option<f64>,
    /// Which of the limits belong to the bin.
    pub kind: BinKind,
}

/// Frozen bins of one numeric column: B − 1 quantiles of the reference as edges, repeated ones as atoms.
///
/// They are made once, from the reference, and stored: a later run counts into the same bins. Serialized,
/// the edges are decimal strings that read back bit for bit with any reader, since one unit in the last
/// place decides about a row.
///
/// # Example
/// ```
/// use segmenta_stats::{Bins, Sample};
///
/// let reference = Sample::new(vec![0.0, 0.0, 0.0, 4.0, 8.0]);
/// let bins = Bins::from_reference(&reference, 4).expect("there are values");
/// // below 0 | 0 | above 0 up to 4 | above 4
/// assert_eq!(bins.count([Some(0.0), Some(3.0), None, Some(9.0)]).counts, [0, 1, 1, 1]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredBins", into = "StoredBins")]
pub struct Bins {
    edges: Vec<Edge>,
}

/// A quantile of the reference, and the index of the first bin that ends at it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    value: f64,
    is_atom: bool,
    first_bin: usize,
}

impl Bins {
    /// Bins of the policy: one per 50 rows of the smaller side, at least 2, at most 10.
    pub fn policy(n_reference: u64, n_current: u64) -> usize {
        (n_reference.min(n_current) / 50).clamp(2, 10) as usize
    }

    /// Cuts the finite values of the reference into `n_bins` bins of about equal counts.
    ///
    /// The edge of k = 1..B−1 is the type 7 quantile k/B with ranks in integer arithmetic. A value that
    /// occurs at least twice among the edges becomes an atom, with an open bin below it, so the number of
    /// bins is between 1 and 2·B − 1. `None` if the reference has no finite value; 0 bins count as 1.
    pub fn from_reference(reference: &Sample, n_bins: usize) -> Option<Self> {
        let values = reference.values();
        let last = values.len().checked_sub(1)?;
        let quantiles: Vec<f64> = (1..n_bins)
            .map(|k| {
                let position = last * k;
                quantile::between(values, position / n_bins, (position % n_bins) as f64 / n_bins as f64)
            })
            .collect();
        let runs = quantiles.chunk_by(|left, right| left == right);
        Some(Self::from_edges(runs.map(|run| (run[0], run.len() > 1))))
    }

    /// One bin for every value: the bins of a reference without values.
    pub fn whole() -> Self {
        Self { edges: Vec::new() }
    }

    fn from_edges(edges: impl Iterator<Item = (f64, bool)>) -> Self {
        let mut first_bin = 0;
        let edges = edges
            .map(|(value, is_atom)| {
                let edge = Edge { value, is_atom, first_bin };
                first_bin += if is_atom { 2 } else { 1 };
                edge
            })
            .collect();
        Self { edges }
    }

    /// Number of bins, without the one for nulls.
    pub fn n_bins(&self) -> usize {
        self.edges.last().map_or(0, |edge| edge.first_bin + 1 + usize::from(edge.is_atom)) + 1
    }

    /// The bins in ascending order.
    pub fn bins(&self) -> Vec<Bin> {
        let mut bins = Vec::with_capacity(self.n_bins());
        let mut lo = None;
        for edge in &self.edges {
            let hi = Some(edge.value);
            let kind = if edge.is_atom { BinKind::Open } else { BinKind::RightClosed };
            bins.push(Bin { lo, hi, kind });
            if edge.is_atom {
                bins.push(Bin { lo: hi, hi, kind: BinKind::Atom });
            }
            lo = hi;
        }
        bins.push(Bin { lo, hi: None, kind: BinKind::Tail });
        bins
    }

    /// Index of the bin of a value that is not NaN.
    pub fn bin_of(&self, value: f64) -> usize {
        let above = self.edges.partition_point(|edge| edge.value < value);
        match self.edges.get(above) {
            None => self.n_bins() - 1,
            Some(edge) if edge.is_atom && edge.value == value => edge.first_bin + 1,
            Some(edge) => edge.first_bin,
        }
    }

    /// Counts rows into the bins. Nulls and NaN are counted apart, infinities in the outermost bins.
    pub fn count(&self, values: impl IntoIterator<Item = Option<f64>>) -> BinCounts {
        let mut counts = BinCounts { counts: vec![0; self.n_bins()], n_nulls: 0 };
        for value in values {
            match value {
                Some(value) if !value.is_nan() => counts.counts[self.bin_of(value)] += 1,
                _ => counts.n_nulls += 1,
            }
        }
        counts
    }

    /// Counts a sorted sample, with one search per edge instead of one per row.
    pub fn count_sample(&self, sample: &Sample) -> BinCounts {
        let mut counts = vec![0; self.n_bins()];
        let mut rest = sample.values();
        for edge in &self.edges {
            let end = rest.partition_point(|&value| value < edge.value);
            let through = rest.partition_point(|&value| value <= edge.value);
            counts[edge.first_bin] += end as u64;
            counts[edge.first_bin + usize::from(edge.is_atom)] += (through - end) as u64;
            rest = &rest[through..];
        }
        let (n_below, n_above) = sample.n_outside();
        let tail = counts.len() - 1;
        counts[tail] += rest.len() as u64 + n_above;
        counts[0] += n_below;
        BinCounts { counts, n_nulls: sample.n_nulls() }
    }
}

/// Rows per bin of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinCounts {
    /// Rows per bin, in the order of [`Bins::bins`].
    pub counts: Vec<u64>,
    /// Null and NaN rows.
    pub n_nulls: u64,
}

impl BinCounts {
    /// Adds the rows of another part of the same side.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] if the counts belong to other bins.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        same_length(("counts", self.counts.len()), ("other", other.counts.len()))?;
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.n_nulls += other.n_nulls;
        Ok(())
    }

    /// All rows, with the null ones.
    pub fn n_rows(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.n_nulls
    }

    /// Counts of both sides as categories: a category for nulls is appended if either side has some.
    pub fn aligned(reference: &Self, current: &Self) -> (Vec<u64>, Vec<u64>) {
        let mut sides = (reference.counts.clone(), current.counts.clone());
        if reference.n_nulls + current.n_nulls > 0 {
            sides.0.push(reference.n_nulls);
            sides.1.push(current.n_nulls);
        }
        sides
    }
}

/// The written form of [`Bins`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredBins {
    edges: Vec<String>,
    atoms: Vec<bool>,
}

impl From<Bins> for StoredBins {
    fn from(bins: Bins) -> Self {
        Self {
            edges: bins.edges.iter().map(|edge| format!("{:?}", edge.value)).collect(),
            atoms: bins.edges.iter().map(|edge| edge.is_atom).collect(),
        }
    }
}

impl TryFrom<StoredBins> for Bins {
    type Error = Error;

    fn try_from(stored: StoredBins) -> Result<Self> {
        same_length(("edges", stored.edges.len()), ("atoms", stored.atoms.len()))?;
        let parse = |edge: &String| edge.parse().ok().filter(|value: &f64| value.is_finite());
        let edges: Option<Vec<f64>> = stored.edges.iter().map(parse).collect();
        match edges {
            Some(edges) if edges.is_sorted_by(|left, right| left < right) => {
                Ok(Self::from_edges(edges.into_iter().zip(stored.atoms)))
            }
            _ => Err(Error::BadEdges),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratings() -> Bins {
        let values = (1..=5).flat_map(|rating| [f64::from(rating); 20]).collect();
        Bins::from_reference(&Sample::new(values), 10).unwrap()
    }

    #[test]
    fn every_row_falls_into_one_bin_of_both_ways_to_count() {
        let rows = [-9.0, 1.0, 1.5, 2.0, 4.999, 5.0, 7.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        let counts = ratings().count(rows.map(Some));
        assert_eq!(counts, ratings().count_sample(&Sample::new(rows.to_vec())));
        assert_eq!((counts.n_rows(), counts.n_nulls), (10, 1));
    }

    #[test]
    fn counts_of_parts_add_up() {
        let bins = ratings();
        let mut sum = bins.count([Some(2.0), None]);
        sum.merge(&bins.count([Some(3.0), Some(2.0)])).unwrap();
        assert_eq!(sum, bins.count([Some(2.0), Some(2.0), Some(3.0), None]));
        assert!(sum.merge(&BinCounts::default()).is_err());
    }

    #[test]
    fn stored_edges_read_back_bit_for_bit() {
        let thirds = Sample::new((1..100).map(|k| f64::from(k) / 3.0 * 1e-7).collect());
        let bins = Bins::from_reference(&thirds, 10).unwrap();
        let text = serde_json::to_string(&bins).unwrap();
        assert_eq!(serde_json::from_str::<Bins>(&text).unwrap(), bins);
    }

    #[test]
    fn stored_edges_are_checked() {
        for text in [
            r#"{"edges":["2","1"],"atoms":[false,false]}"#,
            r#"{"edges":["NaN"],"atoms":[false]}"#,
            r#"{"edges":["1"],"atoms":[]}"#,
        ] {
            assert!(serde_json::from_str::<Bins>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_bin_has_no_edge() {
        let bins = Bins::from_reference(&Sample::new(vec![1.0, 2.0]), 1).unwrap();
        assert_eq!(bins.count([Some(1.0), Some(2.0)]).counts, [2]);
        assert_eq!(bins, Bins::whole());
        assert_eq!(Bins::from_reference(&Sample::default(), 10), None);
    }

    #[test]
    fn the_policy_follows_the_smaller_side() {
        assert_eq!([Bins::policy(40, 9_000), Bins::policy(349, 9_000), Bins::policy(9_000, 8_000)], [2, 6, 10]);
    }
}
