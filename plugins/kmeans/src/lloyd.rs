//! Lloyd's iterations on bounds: the assignments of the plain method without most of its distances.
//!
//! # Source
//!
//! Hamerly: "Making k-means even faster", 2010. Each point keeps an upper bound on the distance to
//! its own centre and a lower bound on the distance to any other; while they do not cross, its
//! assignment stands.

use crate::assignment::Assignment;
use crate::centers::squared_distance;
use crate::points::Points;

/// When the iterations end, and how many threads share their work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Most iterations, at least 1.
    pub(crate) max_iterations: u32,
    /// Ends when the squared moves of all centres add up to no more than this.
    pub(crate) tolerance: f64,
    /// At least 1.
    pub(crate) threads: usize,
}

/// Where the iterations ended.
#[derive(Debug, Clone)]
pub(crate) struct Clustering {
    /// One row per cluster.
    pub(crate) centers: Points,
    /// Points nearest to each centre.
    pub(crate) sizes: Vec<u64>,
    /// Sum of the squared distances of all points to their nearest centre.
    pub(crate) inertia: f64,
    /// Iterations taken.
    pub(crate) iterations: u32,
}

/// Moves `centers` to the means of the points nearest to them until they come to rest.
///
/// A cluster that loses its last point starts again at the point farthest from its centre.
pub(crate) fn run(points: &Points, centers: Points, limits: Limits) -> Clustering {
    let mut assignment = Assignment::new(points, centers.len());
    let mut motion = Motion::new(centers);
    let mut iterations = 0;
    loop {
        let moved = assignment.update(points, &motion, limits.threads);
        let at_rest = iterations > 0 && (moved == 0 || motion.squared_moves() <= limits.tolerance);
        if iterations == limits.max_iterations || (at_rest && !assignment.has_empty_cluster()) {
            break;
        }
        motion.advance(assignment.means(points, &motion.centers));
        iterations += 1;
    }
    Clustering {
        inertia: assignment.distances(points, &motion.centers).sum(),
        sizes: assignment.sizes(),
        centers: motion.centers,
        iterations,
    }
}

/// The centres and how far each moved in the last iteration.
pub(crate) struct Motion {
    pub(crate) centers: Points,
    pub(crate) moves: Vec<f64>,
    /// Largest move, the cluster that made it, and the largest of the others.
    fastest: (f64, usize, f64),
}

impl Motion {
    fn new(centers: Points) -> Self {
        let moves = vec![0.0; centers.len()];
        Self { centers, moves, fastest: (0.0, 0, 0.0) }
    }

    fn advance(&mut self, centers: Points) {
        let pairs = self.centers.rows().zip(centers.rows());
        self.moves = pairs.map(|(from, to)| squared_distance(from, to).sqrt()).collect();
        self.fastest = (0.0, 0, 0.0);
        for (at, length) in self.moves.iter().enumerate() {
            if *length > self.fastest.0 {
                self.fastest = (*length, at, self.fastest.0);
            } else {
                self.fastest.2 = self.fastest.2.max(*length);
            }
        }
        self.centers = centers;
    }

    fn squared_moves(&self) -> f64 {
        self.moves.iter().map(|length| length * length).sum()
    }

    /// The farthest that any centre but `own` has moved.
    pub(crate) fn others(&self, own: usize) -> f64 {
        if own == self.fastest.1 { self.fastest.2 } else { self.fastest.0 }
    }

    /// Half the distance from each centre to the next one: nothing nearer than that to a centre is
    /// nearer to another.
    pub(crate) fn half_gaps(&self) -> Vec<f64> {
        let gap = |at| {
            let others = (0..self.centers.len()).filter(|other| *other != at);
            others
                .map(|other| squared_distance(self.centers.row(at), self.centers.row(other)))
                .fold(f64::INFINITY, f64::min)
        };
        (0..self.centers.len()).map(|at| gap(at).sqrt() / 2.0).collect()
    }
}

#[cfg(test)]
#[path = "lloyd_tests.rs"]
mod tests;
