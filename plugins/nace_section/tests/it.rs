//! `nace_section` as a run calls it: through the host and the C table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use segmenta_plugin_host::{Error, Instance, Registry};
use serde_json::{Value, json};

fn codes(codes: &[Option<&str>]) -> RecordBatch {
    let array: ArrayRef = Arc::new(StringArray::from(codes.to_vec()));
    RecordBatch::try_from_iter_with_nullable([("code", array, true)]).unwrap()
}

fn bind(params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>, Error> {
    let registry = Registry::new(&[nace_section::linked()]).unwrap();
    registry.bind("nace_section", params, 0, &batch.schema())
}

#[test]
fn a_code_has_a_section_a_division_and_a_title() {
    let batch = codes(&[Some("62.01"), Some("C"), Some("nonsense"), None]);
    let out = bind(&json!({}), &batch).unwrap().apply(None, &batch).unwrap();
    let column = |name: &str| out[name].as_string::<i32>().iter().collect::<Vec<_>>();
    assert_eq!(column("label"), [Some("J"), Some("C"), None, None]);
    assert_eq!(column("division"), [Some("62"), None, None, None]);
    let titles = [Some("Information and communication"), Some("Manufacturing"), None, None];
    assert_eq!(column("name"), titles);
}

#[test]
fn the_version_decides_what_a_division_belongs_to() {
    let batch = codes(&[Some("62.01"), Some("45.11"), Some("V")]);
    let instance = bind(&json!({"version": "2.1"}), &batch).unwrap();
    assert_eq!(instance.labels().unwrap().len(), 22);
    let out = instance.apply(None, &batch).unwrap();
    let labels: Vec<_> = out["label"].as_string::<i32>().iter().collect();
    assert_eq!(labels, [Some("K"), None, Some("V")]);
    assert!(bind(&json!({"version": "3"}), &batch).is_err());
}

#[test]
fn no_rows_give_no_rows_and_nulls_stay_nulls() {
    let none = codes(&[]);
    assert_eq!(bind(&json!({}), &none).unwrap().apply(None, &none).unwrap().num_rows(), 0);
    let nulls = codes(&[None, None]);
    let out = bind(&json!({}), &nulls).unwrap().apply(None, &nulls).unwrap();
    assert!(out.columns().iter().all(|column| column.null_count() == 2));
}
