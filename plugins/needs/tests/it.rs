//! `needs` as a run calls it: through the host and the C table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, ListBuilder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, RecordBatch};
use segmenta_plugin_host::{Error, Instance, Registry};
use serde_json::{Value, json};

/// Need, whether it was validated, and when it was recorded.
type Statement = (&'static str, Option<bool>, i64);

fn accounts(accounts: &[&[Statement]]) -> RecordBatch {
    let mut needs = ListBuilder::new(StringBuilder::new());
    let mut validated = ListBuilder::new(BooleanBuilder::new());
    let mut recorded = ListBuilder::new(TimestampMicrosecondBuilder::new());
    for statements in accounts {
        for (need, is_validated, at) in *statements {
            needs.values().append_value(need);
            validated.values().append_option(*is_validated);
            recorded.values().append_value(*at);
        }
        needs.append(true);
        validated.append(true);
        recorded.append(true);
    }
    let columns: [(&str, ArrayRef, bool); 3] = [
        ("need", Arc::new(needs.finish()), true),
        ("validated", Arc::new(validated.finish()), true),
        ("recorded_at", Arc::new(recorded.finish()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn bind(params: &Value, batch: &RecordBatch) -> Result<Arc<Instance>, Error> {
    Registry::new(&[needs::linked()]).unwrap().bind("needs", params, 0, &batch.schema())
}

fn applied(params: &Value, batch: &RecordBatch) -> RecordBatch {
    bind(params, batch).unwrap().apply(None, batch).unwrap()
}

fn labels(out: &RecordBatch) -> Vec<Option<&str>> {
    out["label"].as_string::<i32>().iter().collect()
}

#[test]
fn only_validated_statements_count_unless_all_are_asked_for() {
    let (yes, no) = (Some(true), Some(false));
    let batch = accounts(&[
        &[("price", no, 1), ("price", None, 2), ("speed", yes, 1)],
        &[],
        &[("price", yes, 1), ("speed", yes, 2)],
    ]);
    let out = applied(&json!({}), &batch);
    assert_eq!(labels(&out), [Some("speed"), None, Some("speed")]);
    assert_eq!(out["count"].as_primitive::<UInt32Type>().values()[..], [1, 0, 2]);
    assert_eq!(out["distinct"].as_primitive::<UInt32Type>().values()[..], [1, 0, 2]);
    let out = applied(&json!({"validated_only": false}), &batch);
    assert_eq!(labels(&out), [Some("price"), None, Some("speed")]);
}

#[test]
fn the_order_of_statements_does_not_matter() {
    let yes = Some(true);
    let batch = accounts(&[
        &[("price", yes, 3), ("speed", yes, 3), ("care", yes, 1)],
        &[("care", yes, 1), ("speed", yes, 3), ("price", yes, 3)],
    ]);
    assert_eq!(labels(&applied(&json!({}), &batch)), [Some("price"), Some("price")]);
}

#[test]
fn later_entities_read_their_own_statements() {
    let yes = Some(true);
    let batch = accounts(&[&[("price", yes, 1)], &[("speed", yes, 1)], &[("care", yes, 1)]]);
    let whole = applied(&json!({}), &batch);
    let last = applied(&json!({}), &batch.slice(2, 1));
    assert_eq!(last, whole.slice(2, 1));
    assert_eq!(applied(&json!({}), &batch.slice(0, 0)).num_rows(), 0);
}

#[test]
fn without_the_flag_it_must_not_be_asked_for() {
    let batch = accounts(&[&[("price", None, 1)]]).project(&[0]).unwrap();
    assert!(bind(&json!({}), &batch).is_err());
    let out = applied(&json!({"validated_only": false}), &batch);
    assert_eq!(labels(&out), [Some("price")]);
}
