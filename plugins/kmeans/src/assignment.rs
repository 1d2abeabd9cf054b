//! Which centre each point is nearest to, kept up to date as the centres move.

use crate::centers::{Centers, squared_distance};
use crate::lloyd::Motion;
use crate::points::Points;

/// Points per piece of work. Sums are taken within a chunk and then over the chunks in order, so
/// they do not depend on how chunks are spread over threads.
pub(crate) const CHUNK: usize = 16_384;

const UNASSIGNED: u32 = u32::MAX;

/// Which centre each point is nearest to, with its bounds.
pub(crate) struct Assignment {
    labels: Vec<u32>,
    upper: Vec<f64>,
    lower: Vec<f64>,
    totals: Totals,
}

impl Assignment {
    pub(crate) fn new(points: &Points, clusters: usize) -> Self {
        Self {
            labels: vec![UNASSIGNED; points.len()],
            upper: vec![f64::INFINITY; points.len()],
            lower: vec![0.0; points.len()],
            totals: Totals::new(clusters, points.dimensions()),
        }
    }

    /// Assigns every point to its nearest centre; how many changed theirs.
    pub(crate) fn update(&mut self, points: &Points, motion: &Motion, threads: usize) -> usize {
        let step = Step {
            centers: Centers::new(&motion.centers),
            half_gaps: motion.half_gaps(),
            motion,
            dimensions: points.dimensions(),
        };
        let unchanged = Totals::new(motion.centers.len(), points.dimensions());
        let mut chunks: Vec<Chunk<'_>> = points
            .coordinates()
            .chunks(CHUNK * points.dimensions())
            .zip(self.labels.chunks_mut(CHUNK))
            .zip(self.upper.chunks_mut(CHUNK).zip(self.lower.chunks_mut(CHUNK)))
            .map(|((points, labels), (upper, lower))| Chunk {
                points,
                labels,
                upper,
                lower,
                change: unchanged.clone(),
                moved: 0,
            })
            .collect();
        share_out(&mut chunks, threads, |chunk| step.assign(chunk));
        chunks.iter().for_each(|chunk| self.totals.add(&chunk.change));
        chunks.iter().map(|chunk| chunk.moved).sum()
    }

    /// Points of each cluster.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        let sizes = self.totals.sizes.iter();
        sizes.map(|size| size.unsigned_abs()).collect()
    }

    pub(crate) fn has_empty_cluster(&self) -> bool {
        self.totals.sizes.contains(&0)
    }

    /// The mean of each cluster; for an empty one the point farthest from its centre.
    pub(crate) fn means(&self, points: &Points, centers: &Points) -> Points {
        let dimensions = points.dimensions();
        let mut means = self.totals.sums.clone();
        let mut farthest = self.farthest_first(points, centers);
        for (mean, size) in means.chunks_exact_mut(dimensions).zip(&self.totals.sizes) {
            if *size > 0 {
                mean.iter_mut().for_each(|sum| *sum /= *size as f64);
            } else if let Some(point) = farthest.next() {
                mean.copy_from_slice(points.row(point));
            }
        }
        Points::new(dimensions, means)
    }

    /// If a cluster is empty: the points by their distance to their centre, the farthest first; of
    /// equally far ones the earlier row.
    fn farthest_first(&self, points: &Points, centers: &Points) -> impl Iterator<Item = usize> {
        let mut ordered = Vec::new();
        if self.has_empty_cluster() {
            ordered = self.distances(points, centers).enumerate().collect();
            ordered.sort_by(|a, b| b.1.total_cmp(&a.1));
        }
        ordered.into_iter().map(|(at, _)| at)
    }

    /// Squared, of each point to its centre.
    pub(crate) fn distances(&self, points: &Points, centers: &Points) -> impl Iterator<Item = f64> {
        let pairs = points.rows().zip(&self.labels);
        pairs.map(|(row, label)| squared_distance(row, centers.row(*label as usize)))
    }
}

/// One chunk of points with its part of the [`Assignment`].
struct Chunk<'a> {
    points: &'a [f64],
    labels: &'a mut [u32],
    upper: &'a mut [f64],
    lower: &'a mut [f64],
    change: Totals,
    moved: usize,
}

/// What assigning needs to know of the centres.
struct Step<'a> {
    centers: Centers,
    half_gaps: Vec<f64>,
    motion: &'a Motion,
    dimensions: usize,
}

impl Step<'_> {
    fn assign(&self, chunk: &mut Chunk<'_>) {
        let bounds = chunk.upper.iter_mut().zip(chunk.lower.iter_mut());
        let rows = chunk.points.chunks_exact(self.dimensions).zip(chunk.labels.iter_mut());
        for ((point, label), (upper, lower)) in rows.zip(bounds) {
            if self.stands(point, *label, upper, lower) {
                continue;
            }
            let nearest = self.centers.nearest(point);
            (*upper, *lower) = (nearest.distance.sqrt(), nearest.second.sqrt());
            if *label == nearest.center as u32 {
                continue;
            }
            if *label != UNASSIGNED {
                chunk.change.remove(*label as usize, point);
            }
            chunk.change.insert(nearest.center, point);
            *label = nearest.center as u32;
            chunk.moved += 1;
        }
    }

    /// Whether the bounds, after the last moves, show that the point's centre is still the nearest.
    fn stands(&self, point: &[f64], label: u32, upper: &mut f64, lower: &mut f64) -> bool {
        if label == UNASSIGNED {
            return false;
        }
        let own = label as usize;
        *upper += self.motion.moves[own];
        *lower -= self.motion.others(own);
        let free = lower.max(self.half_gaps[own]);
        if *upper < free {
            return true;
        }
        *upper = squared_distance(point, self.motion.centers.row(own)).sqrt();
        *upper < free
    }
}

/// Sums and sizes of clusters, or changes of them.
#[derive(Clone)]
struct Totals {
    sums: Vec<f64>,
    sizes: Vec<i64>,
}

impl Totals {
    fn new(clusters: usize, dimensions: usize) -> Self {
        Self { sums: vec![0.0; clusters * dimensions], sizes: vec![0; clusters] }
    }

    fn sums_of(&mut self, cluster: usize, dimensions: usize) -> &mut [f64] {
        &mut self.sums[cluster * dimensions..][..dimensions]
    }

    fn insert(&mut self, cluster: usize, point: &[f64]) {
        self.sizes[cluster] += 1;
        let sums = self.sums_of(cluster, point.len());
        sums.iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
    }

    fn remove(&mut self, cluster: usize, point: &[f64]) {
        self.sizes[cluster] -= 1;
        let sums = self.sums_of(cluster, point.len());
        sums.iter_mut().zip(point).for_each(|(sum, value)| *sum -= value);
    }

    fn add(&mut self, change: &Self) {
        self.sums.iter_mut().zip(&change.sums).for_each(|(sum, change)| *sum += change);
        self.sizes.iter_mut().zip(&change.sizes).for_each(|(size, change)| *size += change);
    }
}

/// Does `work` on every chunk, on up to `threads` threads.
fn share_out<T: Send>(chunks: &mut [T], threads: usize, work: impl Fn(&mut T) + Sync) {
    let share = chunks.len().div_ceil(threads).max(1);
    let mut shares = chunks.chunks_mut(share);
    let own = shares.next();
    std::thread::scope(|scope| {
        for share in shares {
            scope.spawn(|| share.iter_mut().for_each(&work));
        }
        own.into_iter().flatten().for_each(&work);
    });
}
