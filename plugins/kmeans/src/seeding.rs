//! Where a start begins: greedy k-means++.

use crate::centers::squared_distance;
use crate::points::Points;
use crate::random::Random;

/// Picks `clusters` of the points, each with probability proportional to its squared distance to
/// those already picked; of `2 + ln(clusters)` such candidates the one that lowers the sum of these
/// distances most.
///
/// `points` has at least `clusters` different rows.
///
/// # Source
///
/// Arthur, Vassilvitskii: "k-means++: the advantages of careful seeding", 2007, with the greedy
/// variant of its section 5.
pub(crate) fn plus_plus(points: &Points, clusters: usize, random: &mut Random) -> Points {
    let trials = 2 + (clusters as f64).ln() as usize;
    let first = random.index(points.len());
    let mut picked = points.row(first).to_vec();
    let mut nearest: Vec<f64> = distances(points, first).collect();
    while picked.len() < clusters * points.dimensions() {
        let total = nearest.iter().sum::<f64>();
        let candidates = (0..trials).map(|_| {
            let candidate = draw(&nearest, total * random.unit());
            let closer: Vec<f64> = distances(points, candidate).zip(&nearest).map(|(a, b)| a.min(*b)).collect();
            (closer.iter().sum::<f64>(), candidate, closer)
        });
        let best = candidates.min_by(|a, b| a.0.total_cmp(&b.0)).expect("at least two trials");
        picked.extend_from_slice(points.row(best.1));
        nearest = best.2;
    }
    Points::new(points.dimensions(), picked)
}

fn distances(points: &Points, to: usize) -> impl Iterator<Item = f64> {
    let to = points.row(to);
    points.rows().map(move |row| squared_distance(row, to))
}

/// The first position at which the running sum of `weights` exceeds `target`; rounding aside there
/// is one, and its weight is not zero.
fn draw(weights: &[f64], target: f64) -> usize {
    let mut sum = 0.0;
    let found = weights.iter().position(|weight| {
        sum += weight;
        sum > target
    });
    found.unwrap_or_else(|| weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_rows_are_picked_however_often_one_repeats() {
        let mut rows = vec![0.0; 1000];
        rows.extend([1.0, 2.0, 3.0]);
        let points = Points::new(1, rows);
        for start in 0..20 {
            let picked = plus_plus(&points, 4, &mut Random::new(7, start));
            assert_eq!(picked.distinct_up_to(9), 4);
        }
    }

    #[test]
    fn a_draw_never_takes_a_weight_of_zero() {
        assert_eq!(draw(&[0.0, 2.0, 0.0, 1.0], 0.0), 1);
        assert_eq!(draw(&[0.0, 2.0, 0.0, 1.0], 2.0), 3);
        assert_eq!(draw(&[0.0, 2.0, 0.0, 1.0, 0.0], 3.0), 3);
    }
}
