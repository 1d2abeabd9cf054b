//! How well customers sit in their segments: silhouette widths.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::exact_sum::ExactSum;
use crate::float::finite;
use crate::status::{Reason, Status};

/// Silhouette widths, between −1 and 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Silhouette {
    /// `undefined` unless there are 2 to n − 1 segments.
    pub status: Status,
    /// `needs_2..n-1_clusters`, or `out_of_range` for coordinates that are not finite or too large, or null.
    pub reason: Option<Reason>,
    /// Mean over all points.
    pub mean: Option<f64>,
    /// Width of each point, in the order of the points.
    pub samples: Vec<f64>,
    /// Mean width of each segment by its label.
    pub by_cluster: BTreeMap<u32, f64>,
}

impl Silhouette {
    fn undefined(reason: Reason) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }
}

/// Exact silhouette from all Euclidean distances between points, O(n²): for a sample.
///
/// Width of a point `(b − a)/max(a, b)` with a its mean distance to the others of its segment and b the
/// smallest mean distance to another segment; 0 for a segment of one and for 0/0. Sums are exact, so the order
/// of the points decides nothing.
///
/// - In: `coordinates` row by row with `n_columns` each, one label per row.
///
/// # Errors
/// [`Error::LengthsDiffer`] if labels and rows differ in number.
///
/// # Source
/// Rousseeuw (1987), *Silhouettes: a graphical aid to the interpretation and validation of cluster analysis*.
///
/// # Example
/// ```
/// let widths = segmenta_stats::silhouette::exact(&[0.0, 1.0, 9.0], 1, &[0, 0, 1])?;
/// // 0: a = 1, b = 9; 1: a = 1, b = 8; the third point is alone.
/// assert_eq!(widths.samples, [8.0 / 9.0, 7.0 / 8.0, 0.0]);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn exact(coordinates: &[f64], n_columns: usize, labels: &[u32]) -> Result<Silhouette> {
    let clusters = match Clusters::new(coordinates, n_columns, labels)? {
        Ok(clusters) => clusters,
        Err(reason) => return Ok(Silhouette::undefined(reason)),
    };
    let widths: Result<Vec<f64>> = (0..labels.len()).into_par_iter().map(|point| clusters.exact_width(point)).collect();
    Ok(clusters.summary(widths))
}

/// Silhouette against segment centres instead of all other points, O(n·k): for every customer.
///
/// a is the distance to the own centre, b to the nearest other one; 0/0 gives 0, a segment of one gives 1.
///
/// # Errors
/// [`Error::LengthsDiffer`] if labels and rows differ in number.
///
/// # Source
/// Hruschka, de Castro & Campello (2004), *Evolutionary algorithms for clustering gene-expression data*.
pub fn simplified(coordinates: &[f64], n_columns: usize, labels: &[u32]) -> Result<Silhouette> {
    let clusters = match Clusters::new(coordinates, n_columns, labels)? {
        Ok(clusters) => clusters,
        Err(reason) => return Ok(Silhouette::undefined(reason)),
    };
    let widths = clusters.centres().map(|centres| {
        let points = (0..labels.len()).into_par_iter();
        points.map(|point| clusters.simplified_width(point, &centres)).collect()
    });
    Ok(clusters.summary(widths))
}

/// `(b − a)/max(a, b)`, 0 when both are 0.
pub fn width(a: f64, b: f64) -> f64 {
    let larger = a.max(b);
    if larger > 0.0 { (b - a) / larger } else { 0.0 }
}

/// Points with their segments numbered from 0.
struct Clusters<'a> {
    coordinates: &'a [f64],
    n_columns: usize,
    /// Distinct labels, ascending.
    names: Vec<u32>,
    /// Position in `names` of each point's label.
    cluster_of: Vec<usize>,
    sizes: Vec<u64>,
}

impl<'a> Clusters<'a> {
    fn new(coordinates: &'a [f64], n_columns: usize, labels: &[u32]) -> Result<std::result::Result<Self, Reason>> {
        if coordinates.len() != n_columns * labels.len() {
            return Err(Error::LengthsDiffer {
                left: "coordinates",
                n_left: coordinates.len(),
                right: "labels by columns",
                n_right: n_columns * labels.len(),
            });
        }
        let mut names = labels.to_vec();
        names.sort_unstable();
        names.dedup();
        if names.len() < 2 || names.len() >= labels.len() {
            return Ok(Err(Reason::ClusterCount));
        }
        if !coordinates.iter().all(|value| value.is_finite()) {
            return Ok(Err(Reason::OutOfRange));
        }
        let position = |label| names.binary_search(label).expect("every label was collected");
        let cluster_of: Vec<usize> = labels.iter().map(position).collect();
        let mut sizes = vec![0; names.len()];
        cluster_of.iter().for_each(|&cluster| sizes[cluster] += 1);
        Ok(Ok(Self { coordinates, n_columns, names, cluster_of, sizes }))
    }

    fn point(&self, index: usize) -> &[f64] {
        &self.coordinates[index * self.n_columns..][..self.n_columns]
    }

    fn exact_width(&self, index: usize) -> Result<f64> {
        let own = self.cluster_of[index];
        if self.sizes[own] == 1 {
            return Ok(0.0);
        }
        let mut sums = vec![ExactSum::new(); self.names.len()];
        for (other, &cluster) in self.cluster_of.iter().enumerate() {
            sums[cluster].add(distance(self.point(index), self.point(other)));
        }
        let (mut a, mut b) = (0.0, f64::INFINITY);
        for (cluster, sum) in sums.iter().enumerate() {
            if cluster == own {
                a = sum.to_f64()? / (self.sizes[cluster] - 1) as f64;
            } else {
                b = b.min(sum.to_f64()? / self.sizes[cluster] as f64);
            }
        }
        Ok(width(a, b))
    }

    /// Mean coordinates of each segment.
    fn centres(&self) -> Result<Vec<Vec<f64>>> {
        let mut sums = vec![vec![ExactSum::new(); self.n_columns]; self.names.len()];
        for (index, &cluster) in self.cluster_of.iter().enumerate() {
            sums[cluster].iter_mut().zip(self.point(index)).for_each(|(sum, &value)| sum.add(value));
        }
        let mean = |sum: &ExactSum, &size: &u64| Ok(sum.to_f64()? / size as f64);
        let centre = |(sums, size): (&Vec<ExactSum>, &u64)| sums.iter().map(|sum| mean(sum, size)).collect();
        sums.iter().zip(&self.sizes).map(centre).collect()
    }

    fn simplified_width(&self, index: usize, centres: &[Vec<f64>]) -> f64 {
        let own = self.cluster_of[index];
        let to = |cluster: usize| distance(self.point(index), &centres[cluster]);
        let others = (0..centres.len()).filter(|&cluster| cluster != own);
        width(to(own), others.map(to).fold(f64::INFINITY, f64::min))
    }

    fn summary(&self, widths: Result<Vec<f64>>) -> Silhouette {
        let Some(samples) = widths.ok().filter(|widths| widths.iter().all(|width| width.is_finite())) else {
            return Silhouette::undefined(Reason::OutOfRange);
        };
        let mut sums = vec![ExactSum::new(); self.names.len()];
        self.cluster_of.iter().zip(&samples).for_each(|(&cluster, &width)| sums[cluster].add(width));
        let mut total = ExactSum::new();
        sums.iter().for_each(|sum| total.merge(sum));
        let mean = |sum: &ExactSum, n: u64| sum.to_f64().expect("widths are at most 1") / n as f64;
        let means = sums.iter().zip(&self.sizes).map(|(sum, &size)| mean(sum, size));
        Silhouette {
            status: Status::Ok,
            reason: None,
            mean: finite(mean(&total, samples.len() as u64)),
            by_cluster: self.names.iter().copied().zip(means).collect(),
            samples,
        }
    }
}

fn distance(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_points_changes_no_bit() {
        let points: Vec<f64> = (0..40).map(|k| f64::from(k * 37 % 41) / 7.0).collect();
        let labels: Vec<u32> = (0..40).map(|k| k % 3).collect();
        let (mut backwards, mut labels_backwards) = (points.clone(), labels.clone());
        backwards.reverse();
        labels_backwards.reverse();
        for silhouette in [exact, simplified] {
            let there = silhouette(&points, 1, &labels).unwrap();
            let back = silhouette(&backwards, 1, &labels_backwards).unwrap();
            assert_eq!((there.mean, there.by_cluster), (back.mean, back.by_cluster));
        }
    }

    #[test]
    fn coordinates_must_be_usable() {
        let labels = [0, 0, 1];
        assert_eq!(exact(&[0.0, f64::NAN, 1.0], 1, &labels).unwrap().reason, Some(Reason::OutOfRange));
        assert_eq!(simplified(&[0.0, 1e300, 1.0], 1, &labels).unwrap().reason, Some(Reason::OutOfRange));
        assert!(exact(&[0.0, 1.0], 1, &labels).is_err());
    }
}
