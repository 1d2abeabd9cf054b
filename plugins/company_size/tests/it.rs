//! `company_size` as a run calls it: through the host and the C table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch};
use segmenta_plugin_host::{Error, Instance, Registry};
use serde_json::{Value, json};

fn companies(rows: &[(Option<i32>, Option<f64>)]) -> RecordBatch {
    let employees: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int32Array>());
    let turnover: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>());
    let columns = [("employees", employees, true), ("turnover", turnover, true)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn bind(params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>, Error> {
    let registry = Registry::new(&[company_size::linked()]).unwrap();
    registry.bind("company_size", params, 0, &batch.schema())
}

fn labels(params: &Value, batch: &RecordBatch) -> Vec<Option<String>> {
    let out = bind(params, batch).unwrap().apply(None, batch).unwrap();
    out["label"].as_string::<i32>().iter().map(|label| label.map(str::to_owned)).collect()
}

#[test]
fn each_scheme_looks_at_its_own_figures() {
    let batch = companies(&[
        (Some(9), Some(2e6)),
        (Some(9), Some(11e6)),
        (Some(300), Some(1e6)),
        (None, Some(1e6)),
        (None, None),
    ]);
    let expect = |scheme: &str, expected: [Option<&str>; 5]| {
        let found = labels(&json!({"scheme": scheme}), &batch);
        assert_eq!(found, expected.map(|label| label.map(str::to_owned)), "{scheme}");
    };
    let (micro, medium, large) = (Some("micro"), Some("medium"), Some("large"));
    expect("eu_sme_2003_361", [micro, medium, large, micro, None]);
    expect("employees", [micro, micro, large, None, None]);
    expect("turnover", [micro, medium, micro, micro, None]);
}

#[test]
fn a_scheme_without_its_figures_is_refused() {
    let staff = companies(&[(Some(1), None)]).project(&[0]).unwrap();
    assert!(bind(&json!({}), &staff).is_err());
    assert!(bind(&json!({"scheme": "turnover"}), &staff).is_err());
    assert!(bind(&json!({"scheme": "employees"}), &staff).is_ok());
}

#[test]
fn no_rows_give_no_rows() {
    let batch = companies(&[]);
    let instance = bind(&json!({}), &batch).unwrap();
    assert_eq!(instance.apply(None, &batch).unwrap().num_rows(), 0);
    assert_eq!(instance.labels().unwrap(), ["micro", "small", "medium", "large"]);
}

#[test]
fn negative_and_endless_figures_are_errors() {
    for row in [(Some(-1), None), (Some(1), Some(f64::NAN)), (Some(1), Some(f64::INFINITY))] {
        let batch = companies(&[row]);
        assert!(bind(&json!({}), &batch).unwrap().apply(None, &batch).is_err(), "{row:?}");
    }
}
