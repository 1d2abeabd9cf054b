//! Cluster centres, laid out so that one point is compared with eight of them at a time.

use crate::points::Points;

const LANES: usize = 8;

/// The centres nearest to a point. Distances are squared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Nearest {
    /// Position of the nearest centre; the first of equally near ones.
    pub(crate) center: usize,
    /// To the nearest centre.
    pub(crate) distance: f64,
    /// To the second nearest; infinite when there is one centre.
    pub(crate) second: f64,
}

/// Centres as eight-wide lanes: `lanes[block * dimensions + dimension]`.
///
/// Unused lanes are infinite, so they are never nearest.
#[derive(Debug)]
pub(crate) struct Centers {
    dimensions: usize,
    lanes: Vec<[f64; LANES]>,
}

impl Centers {
    pub(crate) fn new(centers: &Points) -> Self {
        let dimensions = centers.dimensions();
        let blocks = centers.len().div_ceil(LANES);
        let mut lanes = vec![[f64::INFINITY; LANES]; blocks * dimensions];
        for (at, center) in centers.rows().enumerate() {
            for (dimension, value) in center.iter().enumerate() {
                lanes[at / LANES * dimensions + dimension][at % LANES] = *value;
            }
        }
        Self { dimensions, lanes }
    }

    pub(crate) fn nearest(&self, point: &[f64]) -> Nearest {
        let mut nearest = Nearest { center: 0, distance: f64::INFINITY, second: f64::INFINITY };
        for (block, lanes) in self.lanes.chunks_exact(self.dimensions).enumerate() {
            let distances = squared_distances(point, lanes);
            for (lane, distance) in distances.into_iter().enumerate() {
                if distance < nearest.distance {
                    nearest.second = nearest.distance;
                    nearest.distance = distance;
                    nearest.center = block * LANES + lane;
                } else if distance < nearest.second {
                    nearest.second = distance;
                }
            }
        }
        nearest
    }
}

fn squared_distances(point: &[f64], lanes: &[[f64; LANES]]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for (value, lane) in point.iter().zip(lanes) {
        for (sum, center) in sums.iter_mut().zip(lane) {
            let difference = value - center;
            *sum += difference * difference;
        }
    }
    sums
}

/// Squared Euclidean distance.
pub(crate) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equally_near_centres_wins_in_every_block() {
        let centers = Points::new(1, (0..20).map(f64::from).collect());
        let centers = Centers::new(&centers);
        assert_eq!(centers.nearest(&[17.0]).center, 17);
        let tie = centers.nearest(&[8.5]);
        assert_eq!(tie, Nearest { center: 8, distance: 0.25, second: 0.25 });
    }
}
