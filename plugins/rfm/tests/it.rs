//! `rfm` as a run calls it: through the host and the C table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::slice::from_ref;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt16Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch};
use segmenta_plugin_host::{Error, FittedModel, Instance, Registry};
use serde_json::{Value, json};

fn customers(rows: &[(i64, [Option<f64>; 3])]) -> RecordBatch {
    let axis = |at: usize| rows.iter().map(|(_, values)| values[at]).collect::<Float64Array>();
    let key: Int64Array = rows.iter().map(|(key, _)| Some(*key)).collect();
    let columns: [(&str, ArrayRef, bool); 4] = [
        ("recency", Arc::new(axis(0)), true),
        ("frequency", Arc::new(axis(1)), true),
        ("monetary", Arc::new(axis(2)), true),
        ("key", Arc::new(key), false),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn many(count: i64) -> RecordBatch {
    let row = |key: i64| {
        let value = |step: i64| Some((key * step % 11) as f64);
        (key, if key % 17 == 0 { [None; 3] } else { [value(3), value(5), value(7)] })
    };
    customers(&(0..count).map(row).collect::<Vec<_>>())
}

fn bind(params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>, Error> {
    Registry::new(&[rfm::linked()]).unwrap().bind("rfm", params, 0, &batch.schema())
}

fn fit(instance: &Instance, leaves: &[RecordBatch]) -> FittedModel {
    instance.fit(leaves, 0).unwrap()
}

fn scored(params: &Value, batch: &RecordBatch) -> RecordBatch {
    let instance = bind(params, batch).unwrap();
    let model = instance.load_model(&fit(&instance, from_ref(batch)).bytes).unwrap();
    instance.apply(Some(&model), batch).unwrap()
}

#[test]
fn five_customers_are_scored_named_and_coded() {
    let row = |key: i64| (key, [Some(100.0 - key as f64), Some(key as f64), Some(key as f64)]);
    let out = scored(&json!({}), &customers(&[1, 2, 3, 4, 5].map(row)));
    let labels: Vec<_> = out["label"].as_string::<i32>().iter().flatten().collect();
    assert_eq!(labels, ["lost", "hibernating", "potential_loyalist", "loyal", "champions"]);
    assert_eq!(out["r"].as_primitive::<UInt8Type>().values()[..], [1, 2, 3, 4, 5]);
    let codes = out["code"].as_primitive::<UInt16Type>();
    assert_eq!(codes.values()[..], [111, 222, 333, 444, 555]);
}

#[test]
fn a_customer_without_a_value_has_no_score() {
    let rows = [(1, [Some(1.0), Some(1.0), None]), (2, [Some(1.0), Some(1.0), Some(1.0)])];
    let out = scored(&json!({}), &customers(&rows));
    for column in out.columns() {
        assert_eq!((column.is_null(0), column.is_null(1)), (true, false));
    }
}

#[test]
fn ten_bins_have_no_code_and_are_named_by_scores() {
    let row = |key: i64| (key, [Some(100.0 - key as f64), Some(key as f64), Some(key as f64)]);
    let rows: Vec<_> = (1..=10).map(row).collect();
    let out = scored(&json!({"bins": 10}), &customers(&rows));
    assert!(out.column_by_name("code").is_none());
    assert_eq!(out["label"].as_string::<i32>().value(9), "10-10-10");
}

#[test]
fn partitions_and_their_order_do_not_change_the_model() {
    let batch = many(1_000);
    for ties in ["strictly_below", "at_or_below", "quantile_edges", "rank_first", "ntile"] {
        let params = json!({"ties": ties, "allow_split_ties": true});
        let instance = bind(&params, &batch).unwrap();
        let whole = fit(&instance, from_ref(&batch)).bytes;
        let mut leaves: Vec<_> = (0..10).map(|at| batch.slice(at * 100, 100)).collect();
        assert_eq!(fit(&instance, &leaves).bytes, whole, "{ties}");
        leaves.reverse();
        assert_eq!(fit(&instance, &leaves).bytes, whole, "{ties}");
    }
}

#[test]
fn rows_in_any_batches_are_scored_alike() {
    let batch = many(500);
    let params = json!({"ties": "ntile", "allow_split_ties": true});
    let instance = bind(&params, &batch).unwrap();
    let model = instance.load_model(&fit(&instance, from_ref(&batch)).bytes).unwrap();
    let whole = instance.apply(Some(&model), &batch).unwrap();
    for at in (0..500).step_by(50) {
        let part = instance.apply(Some(&model), &batch.slice(at, 50)).unwrap();
        assert_eq!(part, whole.slice(at, 50));
    }
    let none = instance.apply(Some(&model), &batch.slice(0, 0)).unwrap();
    assert_eq!(none.num_rows(), 0);
}

#[test]
fn a_model_scores_customers_of_a_later_date_by_the_same_cuts() {
    let row = |key: i64| (key, [Some(key as f64), Some(key as f64), Some(key as f64)]);
    let first = customers(&[1, 2, 3, 4, 5].map(row));
    let instance = bind(&json!({}), &first).unwrap();
    let model = instance.load_model(&fit(&instance, &[first]).bytes).unwrap();
    let later = customers(&[(9, [Some(2.5), Some(2.5), Some(99.0)])]);
    let out = instance.apply(Some(&model), &later).unwrap();
    // Of 2.5 days three of five are worse, of 2.5 orders two.
    assert_eq!(out["code"].as_primitive::<UInt16Type>().value(0), 435);
    let described = model.describe().unwrap();
    assert_eq!(described["axes"]["frequency"]["customers_per_score"], json!([1, 1, 1, 1, 1]));
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let batch = many(10);
    let keyless = batch.project(&[0, 1, 2]).unwrap();
    for (params, part) in [
        (json!({"ties": "ntile"}), "allow_split_ties"),
        (json!({"bins": 4, "names": "standard"}), "must be 5"),
        (json!({"bins": 4, "names": "pymc"}), "18 of 64"),
        (json!({"names": "codes", "segments": [{"name": "x"}]}), "names"),
    ] {
        let error = bind(&params, &batch).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let error = bind(&json!({"ties": "rank_first"}), &keyless).unwrap_err().to_string();
    assert!(error.contains("key"), "{error}");
    assert!(bind(&json!({"bins": 11}), &batch).is_err());
    assert!(bind(&json!({"colour": "red"}), &batch).is_err());
}

#[test]
fn nobody_to_fit_and_infinite_money_are_errors() {
    let nobody = customers(&[(1, [None; 3])]);
    let instance = bind(&json!({}), &nobody).unwrap();
    let error = instance.fit(&[nobody], 0).unwrap_err().to_string();
    assert!(error.contains("no customer has"), "{error}");
    assert!(instance.fit(&[], 0).is_err());
    let infinite = customers(&[(1, [Some(1.0), Some(1.0), Some(f64::INFINITY)])]);
    let error = instance.fit(&[infinite], 0).unwrap_err().to_string();
    assert!(error.contains("monetary"), "{error}");
}

#[test]
fn damaged_models_are_refused_or_applied() {
    let batch = many(60);
    let instance = bind(&json!({}), &batch).unwrap();
    let bytes = fit(&instance, from_ref(&batch)).bytes;
    for at in 0..bytes.len() {
        assert!(instance.load_model(&bytes[..at]).is_err());
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x55;
        if let Ok(model) = instance.load_model(&flipped) {
            instance.apply(Some(&model), &batch).unwrap();
        }
    }
}
