//! From rows to a model: scaling, starts, and the best of them.

use std::cmp::Ordering;

use segmenta_plugin_sdk::prelude::*;

use crate::lloyd::{self, Clustering, Limits};
use crate::model::{Cluster, Model, Rows};
use crate::options::Options;
use crate::points::Points;
use crate::random::Random;
use crate::scale::Scale;
use crate::seeding::plus_plus;

/// Above this many rows each start first comes to rest on a sample of that many, and only then goes
/// on with all: nearly all iterations are cheap, and the result is one of all rows.
const START_ROWS: usize = 1 << 16;

/// Clusters `points`, given in original units.
///
/// `poll` is asked before each start whether to go on.
///
/// # Errors
/// [`Error::Rows`] without rows or with fewer different ones than clusters; what `poll` answers.
pub(crate) fn fit(
    options: &Options,
    mut points: Points,
    threads: usize,
    poll: impl Fn() -> Result<()>,
) -> Result<Model> {
    if points.len() == 0 {
        return Err(Error::rows("no row has a finite value in every feature"));
    }
    let scale = Scale::learn(options.scale, &points);
    points.rows_mut().for_each(|row| scale.apply(row));
    let clusters = usize::from(options.clusters);
    let distinct = points.distinct_up_to(clusters);
    if distinct < clusters {
        return Err(Error::rows(format!("{clusters} clusters need as many different rows, there are {distinct}",)));
    }
    let total = squares_about_mean(&points);
    let limits = Limits {
        max_iterations: options.max_iterations,
        tolerance: options.tolerance * total / (points.len() * points.dimensions()) as f64,
        threads,
    };
    let best = best_start(options, &points, limits, poll)?;
    Ok(Model {
        clusters: in_order(&scale, &best),
        scale,
        inertia: best.inertia,
        total,
        iterations: best.iterations,
        rows: Rows { fitted: points.len() as u64, ..Rows::default() },
    })
}

fn best_start(options: &Options, points: &Points, limits: Limits, poll: impl Fn() -> Result<()>) -> Result<Clustering> {
    let clusters = usize::from(options.clusters);
    let few = (points.len() > START_ROWS).then(|| points.spread(START_ROWS));
    let few = few.filter(|few| few.distinct_up_to(clusters) == clusters);
    let mut best: Option<Clustering> = None;
    for start in 0..u64::from(options.starts) {
        poll()?;
        let mut random = Random::new(options.seed, start);
        let mut centers = plus_plus(few.as_ref().unwrap_or(points), clusters, &mut random);
        if let Some(few) = &few {
            centers = lloyd::run(few, centers, limits).centers;
        }
        let clustering = lloyd::run(points, centers, limits);
        if best.as_ref().is_none_or(|best| clustering.inertia < best.inertia) {
            best = Some(clustering);
        }
    }
    best.ok_or_else(|| Error::internal("no start was made"))
}

/// Sum of the squared distances of all points to their mean.
fn squares_about_mean(points: &Points) -> f64 {
    let squares = |at| {
        let mean = points.column(at).sum::<f64>() / points.len() as f64;
        points.column(at).map(|value| (value - mean) * (value - mean)).sum::<f64>()
    };
    (0..points.dimensions()).map(squares).sum()
}

/// The clusters by the centre's first feature in original units, ascending, then the second, ….
fn in_order(scale: &Scale, clustering: &Clustering) -> Vec<Cluster> {
    let centers = clustering.centers.rows().zip(&clustering.sizes);
    let mut clusters: Vec<_> = centers
        .map(|(center, size)| (scale.invert(center), Cluster { center: center.to_vec(), size: *size }))
        .collect();
    clusters.sort_by(|(a, _), (b, _)| {
        let mut orders = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    clusters.into_iter().map(|(_, cluster)| cluster).collect()
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
