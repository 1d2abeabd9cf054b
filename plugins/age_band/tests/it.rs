//! `age_band` as a run calls it: through the host and the C table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Date32Array, RecordBatch};
use segmenta_plugin_host::{Error, Instance, Registry};
use serde_json::{Value, json};

/// 2026-06-01 in days since 1970-01-01.
const AS_OF: i32 = 20_605;
const US_PER_DAY: i64 = 86_400_000_000;

fn births(days: &[Option<i32>]) -> RecordBatch {
    let array: ArrayRef = Arc::new(days.iter().copied().collect::<Date32Array>());
    RecordBatch::try_from_iter_with_nullable([("birth_date", array, true)]).unwrap()
}

fn bind(params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>, Error> {
    let as_of_us = i64::from(AS_OF) * US_PER_DAY;
    Registry::new(&[age_band::linked()]).unwrap().bind("age_band", params, as_of_us, &batch.schema())
}

fn labels(params: &Value, batch: &RecordBatch) -> Vec<Option<String>> {
    let out = bind(params, batch).unwrap().apply(None, batch).unwrap();
    out["label"].as_string::<i32>().iter().map(|label| label.map(str::to_owned)).collect()
}

#[test]
fn a_birthday_on_the_day_of_the_run_counts() {
    // Born 2001-06-01 and 2001-06-02: 9,131 days are 25 years with six leap days and a day.
    let (first, second) = (AS_OF - 9_131, AS_OF - 9_130);
    let batch = births(&[Some(first), Some(second), None, Some(AS_OF)]);
    let found = labels(&json!({}), &batch);
    assert_eq!(found, [Some("25-34".to_owned()), Some("<25".to_owned()), None, Some("<25".to_owned())]);
}

#[test]
fn own_bands_are_known_before_any_row() {
    let batch = births(&[]);
    let instance = bind(&json!({"bands": [18, 65]}), &batch).unwrap();
    assert_eq!(instance.labels().unwrap(), ["<18", "18-64", "65+"]);
    assert_eq!(instance.apply(None, &batch).unwrap().num_rows(), 0);
    assert_eq!(labels(&json!({}), &births(&[None, None])), [None, None]);
}

#[test]
fn a_birth_after_the_run_is_an_error_that_names_its_row() {
    let batch = births(&[Some(0), Some(AS_OF + 1)]);
    let error = bind(&json!({}), &batch).unwrap().apply(None, &batch).unwrap_err();
    let Error::Plugin(failure) = error else { panic!("{error}") };
    assert_eq!((failure.column.as_deref(), failure.row), (Some("birth_date"), Some(1)));
}

#[test]
fn bands_that_do_not_ascend_are_refused() {
    let batch = births(&[]);
    for bands in [json!([]), json!([0]), json!([30, 30]), json!([40, 30]), json!(["x"]), json!([300])] {
        assert!(bind(&json!({"bands": bands}), &batch).is_err(), "{bands}");
    }
}
