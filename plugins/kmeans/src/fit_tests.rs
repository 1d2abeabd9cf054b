use super::*;
use crate::options::ScaleKind;

fn options(clusters: u16, starts: u16) -> Options {
    Options { clusters, scale: ScaleKind::None, starts, max_iterations: 1_000, tolerance: 1e-10, seed: 0 }
}

fn fitted(options: &Options, dimensions: usize, rows: &[f64]) -> Result<Model> {
    fit(options, Points::new(dimensions, rows.to_vec()), 1, || Ok(()))
}

#[test]
fn clusters_are_numbered_by_their_first_feature() {
    let rows = [9.0, 0.0, 9.0, 1.0, 1.0, 7.0, 1.0, 8.0, 5.0, 5.0];
    let model = fitted(&options(3, 5), 2, &rows).unwrap();
    let centers: Vec<_> = model.clusters.iter().map(|cluster| cluster.center.clone()).collect();
    assert_eq!(centers, [[1.0, 7.5], [5.0, 5.0], [9.0, 0.5]]);
    // Two pairs one apart: 4 · 0.5².
    assert!((model.inertia - 1.0).abs() < 1e-12);
}

#[test]
fn fewer_different_rows_than_clusters_name_both_numbers() {
    let error = fitted(&options(3, 1), 1, &[1.0, 1.0, 2.0]).unwrap_err();
    assert_eq!(error.to_string(), "3 clusters need as many different rows, there are 2");
    assert!(fitted(&options(2, 1), 1, &[]).is_err());
}

#[test]
fn rows_that_differ_only_where_the_scale_is_blind_are_the_same() {
    let log = Options { scale: ScaleKind::Log1pStandard, ..options(2, 1) };
    assert!(fitted(&log, 1, &[-1.0, -2.0, 0.0]).is_err());
}

#[test]
fn many_rows_end_where_few_would() {
    // More rows than a start begins with: three groups at 0, 10 and 20, each
    // uniform over a width of 1, have a variance of 1/12 around their centres.
    let rows = 3 * START_ROWS;
    let values = (0..rows).map(|i| {
        let group = (i % 3) as f64 * 10.0;
        group + ((i as f64 * 0.618_033_988_749_894_9).fract() - 0.5)
    });
    let model = fitted(&options(3, 2), 1, &values.collect::<Vec<_>>()).unwrap();
    for (cluster, center) in model.clusters.iter().zip([0.0, 10.0, 20.0]) {
        assert!((cluster.center[0] - center).abs() < 1e-3, "{:?}", cluster.center);
        assert_eq!(cluster.size, START_ROWS as u64);
    }
    assert!((model.inertia / (rows as f64 / 12.0) - 1.0).abs() < 1e-3, "{}", model.inertia);
}
