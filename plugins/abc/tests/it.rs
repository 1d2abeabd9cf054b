//! `abc` as a run calls it: through the host and the C table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Decimal128Array, Float64Array, RecordBatch};
use segmenta_plugin_host::{Error, Instance, Registry};
use serde_json::{Value, json};

fn values(values: &[Option<f64>]) -> RecordBatch {
    let array: ArrayRef = Arc::new(values.iter().copied().collect::<Float64Array>());
    RecordBatch::try_from_iter_with_nullable([("value", array, true)]).unwrap()
}

fn bind(params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>, Error> {
    Registry::new(&[abc::linked()]).unwrap().bind("abc", params, 0, &batch.schema())
}

fn classed(params: &Value, batch: &RecordBatch) -> RecordBatch {
    let instance = bind(params, batch).unwrap();
    let bytes = instance.fit(std::slice::from_ref(batch), 0).unwrap().bytes;
    instance.apply(Some(&instance.load_model(&bytes).unwrap()), batch).unwrap()
}

fn labels(out: &RecordBatch) -> Vec<Option<&str>> {
    out["label"].as_string::<i32>().iter().collect()
}

#[test]
fn classes_end_at_the_cuts_and_the_rest_is_named() {
    let batch = values(&[Some(80.0), Some(15.0), Some(5.0), Some(0.0), Some(-9.0), None]);
    let out = classed(&json!({"cuts": {"a": "80%", "b": "95%"}}), &batch);
    let (a, b, c) = (Some("a"), Some("b"), Some("c"));
    assert_eq!(labels(&out), [a, b, c, c, c, None]);
    let shares = out["cumulative_share"].as_primitive::<Float64Type>();
    let shares: Vec<_> = shares.iter().collect();
    assert_eq!(shares, [Some(0.8), Some(0.95), Some(1.0), Some(1.0), Some(1.0), None]);
    assert_eq!(labels(&classed(&json!({"cuts": {"a": 0.5}}), &batch))[..2], [a, b]);
}

#[test]
fn decimals_are_classed_like_the_numbers_they_are() {
    let cents = Decimal128Array::from(vec![8000, 1500, 500]).with_precision_and_scale(12, 2);
    let array: ArrayRef = Arc::new(cents.unwrap());
    let batch = RecordBatch::try_from_iter([("value", array)]).unwrap();
    assert_eq!(labels(&classed(&json!({}), &batch)), [Some("a"), Some("b"), Some("c")]);
}

#[test]
fn partitions_and_their_order_do_not_change_the_model() {
    let batch = values(&(0..1_000).map(|i| Some(f64::from(i * 7919 % 997) / 9.0)).collect::<Vec<_>>());
    let instance = bind(&json!({}), &batch).unwrap();
    let whole = instance.fit(std::slice::from_ref(&batch), 0).unwrap().bytes;
    let mut leaves: Vec<_> = (0..10).map(|at| batch.slice(at * 100, 100)).collect();
    leaves.reverse();
    assert_eq!(instance.fit(&leaves, 0).unwrap().bytes, whole);
}

#[test]
fn one_row_is_class_a_and_no_rows_stay_none() {
    let one = values(&[Some(3.0)]);
    assert_eq!(labels(&classed(&json!({}), &one)), [Some("a")]);
    let instance = bind(&json!({}), &one).unwrap();
    let bytes = instance.fit(std::slice::from_ref(&one), 0).unwrap().bytes;
    let model = instance.load_model(&bytes).unwrap();
    assert_eq!(instance.apply(Some(&model), &values(&[])).unwrap().num_rows(), 0);
}

#[test]
fn nobody_and_values_that_are_no_numbers_are_errors() {
    for batch in [values(&[None, None]), values(&[Some(f64::NAN)]), values(&[])] {
        let instance = bind(&json!({}), &batch).unwrap();
        assert!(instance.fit(&[batch], 0).is_err());
    }
}

#[test]
fn cuts_must_ascend_and_be_shares() {
    let batch = values(&[]);
    for cuts in [json!({"a": "95%", "b": "80%"}), json!({"a": "0%"}), json!({"b": 2}), json!({"c": 1})] {
        assert!(bind(&json!({"cuts": cuts}), &batch).is_err(), "{cuts}");
    }
}

#[test]
fn damaged_models_are_refused_or_applied() {
    let batch = values(&[Some(80.0), Some(15.0), Some(5.0)]);
    let instance = bind(&json!({}), &batch).unwrap();
    let bytes = instance.fit(std::slice::from_ref(&batch), 0).unwrap().bytes;
    for at in 0..bytes.len() {
        assert!(instance.load_model(&bytes[..at]).is_err());
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x55;
        if let Ok(model) = instance.load_model(&flipped) {
            instance.apply(Some(&model), &batch).unwrap();
        }
    }
}
