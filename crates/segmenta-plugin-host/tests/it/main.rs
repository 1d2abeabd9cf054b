//! The boundary between the program and its plugins, from both sides.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "children answer, and counts are shown, on the streams")]

mod calls;
mod cases;
mod files;
mod fits;
mod fixture;
mod fuzz;
mod gate;
mod hostile;
mod hostile_library;
mod hostile_rows;
mod incoming;
mod loading;
mod process;
mod repeat;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use segmenta_plugin_host::{Instance, Registry, Result};
use serde_json::{Value, json};

/// 2026-06-01T00:00:00Z.
const AS_OF_US: i64 = 1_780_272_000_000_000;

/// A batch of one integer column.
fn integers(name: &str, values: Vec<Option<i64>>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from(values));
    RecordBatch::try_from_iter_with_nullable([(name, column, true)]).unwrap()
}

/// `criterion` bound to the columns of `batch`.
fn bound(registry: &Registry, criterion: &str, params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>> {
    registry.bind(criterion, params, AS_OF_US, &batch.schema())
}

/// Fails unless a good plugin still works, as it must after every bad one.
fn assert_still_works() {
    let registry = Registry::new(&[settlement::linked()]).unwrap();
    let batch = integers("population", vec![Some(4_999), Some(5_000), None]);
    let params = json!({"cuts": {"rural": 5_000}});
    let instance = bound(&registry, "settlement", &params, &batch).unwrap();
    let labels = instance.apply(None, &batch).unwrap();
    let labels: Vec<Option<&str>> = arrow_array::cast::AsArray::as_string::<i32>(labels.column(0)).iter().collect();
    assert_eq!(labels, [Some("rural"), Some("city"), None]);
}
