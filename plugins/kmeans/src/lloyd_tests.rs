use super::*;
use crate::assignment::CHUNK;
use crate::centers::Centers;
use crate::random::Random;

fn cloud(rows: usize, dimensions: usize, seed: u64) -> Points {
    let mut random = Random::new(seed, 0);
    let row = |random: &mut Random| {
        let group = random.index(4) as f64;
        (0..dimensions).map(|_| group + random.unit()).collect::<Vec<_>>()
    };
    Points::new(dimensions, (0..rows).flat_map(|_| row(&mut random)).collect())
}

fn limits(threads: usize) -> Limits {
    Limits { max_iterations: 100, tolerance: 0.0, threads }
}

/// The textbook method: full assignment, full means, until nothing moves.
fn plain(points: &Points, mut centers: Points) -> (Points, f64) {
    loop {
        let lanes = Centers::new(&centers);
        let nearest: Vec<_> = points.rows().map(|row| lanes.nearest(row)).collect();
        let mut means = vec![0.0; centers.len() * points.dimensions()];
        for (at, mean) in means.chunks_exact_mut(points.dimensions()).enumerate() {
            let rows = points.rows().zip(&nearest);
            let own: Vec<_> = rows.filter(|(_, nearest)| nearest.center == at).collect();
            let size = own.len() as f64;
            for (row, _) in own {
                mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / size);
            }
        }
        let next = Points::new(points.dimensions(), means);
        let moved = next.rows().zip(centers.rows()).any(|(a, b)| squared_distance(a, b) > 1e-24);
        centers = next;
        if !moved {
            return (centers, nearest.iter().map(|nearest| nearest.distance).sum());
        }
    }
}

#[test]
fn bounds_lead_to_the_same_clusters_as_the_plain_method() {
    for (dimensions, clusters) in [(1, 3), (2, 5), (3, 9), (7, 17)] {
        let points = cloud(3_000, dimensions, 5);
        let start = points.spread(clusters);
        let fast = run(&points, start.clone(), limits(1));
        let (centers, inertia) = plain(&points, start);
        assert!((fast.inertia / inertia - 1.0).abs() < 1e-12, "{} {inertia}", fast.inertia);
        for (a, b) in fast.centers.rows().zip(centers.rows()) {
            assert!(squared_distance(a, b) < 1e-20);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let points = cloud(3 * CHUNK + 77, 3, 9);
    let one = run(&points, points.spread(6), limits(1));
    for threads in [2, 3, 8] {
        let many = run(&points, points.spread(6), limits(threads));
        assert_eq!(many.centers, one.centers);
        assert_eq!(many.inertia.to_bits(), one.inertia.to_bits());
    }
    assert_eq!(one.sizes.iter().sum::<u64>(), points.len() as u64);
}

#[test]
fn a_cluster_without_points_starts_again_at_the_farthest_point() {
    // Both points of the right-hand pair are nearest to 4.0; nothing is nearest to 100.0.
    let points = Points::new(1, vec![0.0, 1.0, 8.0, 9.0, 20.0]);
    let clustering = run(&points, Points::new(1, vec![0.0, 4.0, 100.0]), limits(1));
    // {0, 1}, {8, 9}, {20}: inertia 2 · 0.5² + 2 · 0.5².
    assert_eq!(clustering.centers.coordinates(), [0.5, 8.5, 20.0]);
    assert_eq!(clustering.sizes, [2, 2, 1]);
    assert!((clustering.inertia - 1.0).abs() < 1e-12);
}

#[test]
fn iterations_end_at_their_limit() {
    let points = cloud(2_000, 2, 3);
    let cut_short = Limits { max_iterations: 2, ..limits(1) };
    assert_eq!(run(&points, points.spread(8), cut_short).iterations, 2);
}
