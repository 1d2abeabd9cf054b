//! `kmeans` as a run calls it: through the host and the C table.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says what it skipped")]

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use segmenta_plugin_host::{Error, Instance, Registry};
use serde_json::{Value, json};

fn rows(columns: &[Vec<Option<f64>>]) -> RecordBatch {
    let columns = columns.iter().enumerate().map(|(at, values)| {
        let array: ArrayRef = Arc::new(values.iter().copied().collect::<Float64Array>());
        (format!("features.{at}"), array, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn complete(columns: &[Vec<f64>]) -> RecordBatch {
    let some = |values: &Vec<f64>| values.iter().copied().map(Some).collect();
    rows(&columns.iter().map(some).collect::<Vec<_>>())
}

fn cloud(count: usize) -> RecordBatch {
    let spread = |at: usize, step: f64| (at as f64 * step).fract() * 0.8 + (at % 3) as f64;
    let column = |step: f64| (0..count).map(|at| spread(at, step)).collect();
    complete(&[column(0.618_034), column(0.414_214), column(0.732_051)])
}

fn bind(params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>, Error> {
    Registry::new(&[kmeans::linked()]).unwrap().bind("kmeans", params, 0, &batch.schema())
}

/// What the model of `batch` says of itself, and the labelled rows.
fn clustered(params: &Value, batch: &RecordBatch) -> (Value, RecordBatch) {
    let instance = bind(params, batch).unwrap();
    let bytes = instance.fit(std::slice::from_ref(batch), 0).unwrap().bytes;
    let model = instance.load_model(&bytes).unwrap();
    let out = instance.apply(Some(&model), batch).unwrap();
    (model.describe().unwrap(), out)
}

fn folder(variable: &str, name: &str) -> PathBuf {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    std::env::var_os(variable).map_or(default, PathBuf::from)
}

/// Columns of a CSV file without quotes; `None`, with a note, if it is not there.
fn csv(path: &str, wanted: &[&str]) -> Option<RecordBatch> {
    let Ok(text) = std::fs::read_to_string(folder("SEGMENTA_DATA", "data").join(path)) else {
        println!("skipped: no {path}");
        return None;
    };
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let column = |name: &&str| {
        let at = header.iter().position(|field| field == name).unwrap();
        lines.iter().map(|line| line[at].parse().unwrap()).collect()
    };
    Some(complete(&wanted.iter().map(column).collect::<Vec<Vec<f64>>>()))
}

fn vectors() -> Option<Value> {
    let path = folder("SEGMENTA_VECTORS", "vectors").join("kmeans.json");
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: no kmeans.json");
    }
    Some(serde_json::from_str(&text?).unwrap())
}

/// Compares with the best known inertia of every number of clusters, by the reference's own rule.
fn compare(batch: &RecordBatch, reference: &Value, scale: &str) {
    for expected in reference["results"].as_array().unwrap() {
        let clusters = expected["k"].as_u64().unwrap();
        let params = json!({
            "clusters": clusters, "scale": scale, "starts": 60, "max_iterations": 1_000,
            "tolerance": 1e-10,
        });
        let (model, _) = clustered(&params, batch);
        let best = expected["inertia_best_known"].as_f64().unwrap();
        let gap = expected["relative_gap_of_20_independent_best_of_50"]["max"].as_f64().unwrap();
        let found = model["inertia"].as_f64().unwrap();
        assert!(found <= best * (1.0 + (2.0 * gap).max(0.001)), "{clusters}: {found} over {best}");
        if (found / best - 1.0).abs() < 1e-6 {
            compare_clusters(&model, expected);
        }
    }
}

fn compare_clusters(model: &Value, expected: &Value) {
    let clusters = model["clusters"].as_array().unwrap();
    let sizes: Vec<_> = clusters.iter().map(|cluster| &cluster["rows"]).collect();
    assert_eq!(json!(sizes), expected["sizes"]);
    let centroids = expected["centroids"].as_array().unwrap();
    for (cluster, centroid) in clusters.iter().zip(centroids) {
        let center = cluster["center_scaled"].as_object().unwrap().values();
        for (found, expected) in center.zip(centroid.as_array().unwrap()) {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            assert!((found - expected).abs() <= 1e-4 * expected.abs().max(1.0));
        }
    }
}

#[test]
fn wholesale_customers_reach_the_reference_inertia() {
    let features = ["Fresh", "Milk", "Grocery", "Frozen", "Detergents_Paper", "Delicassen"];
    let batch = csv("wholesale_customers/wholesale_customers.csv", &features);
    let (Some(batch), Some(vectors)) = (batch, vectors()) else {
        return;
    };
    compare(&batch, &vectors["wholesale_log1p_std"], "log1p_standard");
}

#[test]
fn mall_customers_reach_the_reference_inertia() {
    let features = ["Age", "Annual Income (k$)", "Spending Score (1-100)"];
    let three = csv("mall_customers/Mall_Customers.csv", &features);
    let two = csv("mall_customers/Mall_Customers.csv", &features[1..]);
    let (Some(three), Some(two), Some(vectors)) = (three, two, vectors()) else {
        return;
    };
    compare(&three, &vectors["mall_std_3"], "standard");
    compare(&two, &vectors["mall_raw_2"], "none");
}

#[test]
fn rows_without_a_feature_have_no_cluster_and_do_not_count() {
    let batch = rows(&[vec![Some(0.0), Some(1.0), None, Some(10.0), Some(f64::NAN), Some(11.0)], vec![Some(5.0); 6]]);
    let (model, out) = clustered(&json!({"clusters": 2, "scale": "none"}), &batch);
    let labels: Vec<_> = out["label"].as_string::<i32>().iter().collect();
    assert_eq!(labels, [Some("c1"), Some("c1"), None, Some("c2"), None, Some("c2")]);
    let distances = out["distance"].as_primitive::<Float64Type>();
    assert_eq!((distances.value(0), distances.is_null(2)), (0.5, true));
    assert_eq!((&model["rows_fitted"], &model["rows_incomplete"]), (&json!(4), &json!(2)));
    // Four squares of 0.5, of 4 · 5.25² + … = 101 about the mean of 5.5.
    assert_eq!(model["inertia"], json!(1.0));
    assert!((model["explained_share"].as_f64().unwrap() - 100.0 / 101.0).abs() < 1e-12);
}

#[test]
fn a_constant_feature_is_named_and_does_not_decide() {
    let batch = complete(&[vec![0.0, 1.0, 10.0, 11.0], vec![7.0; 4]]);
    let (model, _) = clustered(&json!({"clusters": 2}), &batch);
    assert_eq!(model["constant_features"], json!(["features.1"]));
    let center = &model["clusters"][0]["center"];
    assert!((center["features.0"].as_f64().unwrap() - 0.5).abs() < 1e-12, "{center}");
    assert_eq!(center["features.1"], json!(7.0));
}

#[test]
fn more_clusters_than_different_rows_is_an_error_with_both_numbers() {
    let batch = complete(&[vec![1.0, 2.0, 2.0, 1.0]]);
    let instance = bind(&json!({"clusters": 3}), &batch).unwrap();
    let error = instance.fit(&[batch], 0).unwrap_err().to_string();
    assert!(error.contains('3') && error.contains('2'), "{error}");
    let nobody = rows(&[vec![None, None]]);
    let instance = bind(&json!({"clusters": 2}), &nobody).unwrap();
    assert!(instance.fit(&[nobody], 0).is_err());
    assert!(instance.fit(&[], 0).is_err());
}

#[test]
fn features_whose_squares_have_no_end_are_refused_by_the_fit() {
    let batch = complete(&[vec![f64::MAX, -f64::MAX, 0.0, 1.0]]);
    let error = bind(&json!({"clusters": 2}), &batch).unwrap().fit(&[batch], 0).unwrap_err();
    assert!(error.to_string().contains("too far apart"), "{error}");
}

#[test]
fn partitions_do_not_change_the_model() {
    let batch = cloud(900);
    let instance = bind(&json!({"clusters": 4}), &batch).unwrap();
    let whole = instance.fit(std::slice::from_ref(&batch), 0).unwrap().bytes;
    let leaves: Vec<_> = (0..9).map(|at| batch.slice(at * 100, 100)).collect();
    assert_eq!(instance.fit(&leaves, 0).unwrap().bytes, whole);
}

#[test]
fn rows_in_any_batches_are_labelled_alike() {
    let batch = cloud(300);
    let instance = bind(&json!({"clusters": 5}), &batch).unwrap();
    let bytes = instance.fit(std::slice::from_ref(&batch), 0).unwrap().bytes;
    let model = instance.load_model(&bytes).unwrap();
    let whole = instance.apply(Some(&model), &batch).unwrap();
    for at in 0..10 {
        let part = instance.apply(Some(&model), &batch.slice(at * 30, 30)).unwrap();
        assert_eq!(part, whole.slice(at * 30, 30));
    }
    assert_eq!(instance.apply(Some(&model), &batch.slice(0, 0)).unwrap().num_rows(), 0);
}

#[test]
fn options_out_of_range_are_refused() {
    let batch = cloud(10);
    for params in [
        json!({}),
        json!({"clusters": 1}),
        json!({"clusters": 101}),
        json!({"clusters": 3, "starts": 0}),
        json!({"clusters": 3, "tolerance": -1.0}),
        json!({"clusters": 3, "scale": "log"}),
    ] {
        assert!(bind(&params, &batch).is_err(), "{params}");
    }
}

#[test]
fn damaged_models_are_refused_or_applied() {
    let batch = cloud(30);
    let instance = bind(&json!({"clusters": 2, "starts": 1}), &batch).unwrap();
    let bytes = instance.fit(std::slice::from_ref(&batch), 0).unwrap().bytes;
    for at in 0..bytes.len() {
        assert!(instance.load_model(&bytes[..at]).is_err());
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x55;
        if let Ok(model) = instance.load_model(&flipped) {
            let _either = instance.apply(Some(&model), &batch);
        }
    }
}
