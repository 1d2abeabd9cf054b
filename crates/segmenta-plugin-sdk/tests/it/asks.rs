//! What criteria ask of the host while they work.

use std::ptr::null_mut;
use std::sync::Arc;

use segmenta_plugin_sdk::abi::SegStatus;
use segmenta_plugin_sdk::prelude::arrow_array::RecordBatch;
use segmenta_plugin_sdk::prelude::*;

use crate::table::{Table, watching};

/// Whether a number is even.
#[criterion]
fn even(x: i64) -> bool {
    x % 2 == 0
}

/// A number, if memory of as many bytes is granted.
#[criterion]
fn greedy(x: i64, cx: &Cx<'_>) -> Result<i64> {
    cx.metric("asked", x as f64);
    let _memory = cx.reserve(x as u64)?;
    Ok(x)
}

export_plugin!(name = "asks", version = "1.0.0", criteria = [even, greedy]);

fn rows(values: impl Iterator<Item = i64>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
    RecordBatch::try_from_iter([("x", column)]).unwrap()
}

#[test]
fn a_rule_asks_every_4096_rows_whether_to_go_on() {
    let table = Table::watched(&linked());
    for (count, polls) in [(0, 0), (1, 1), (4_096, 1), (4_097, 2), (10_000, 3)] {
        let batch = rows(0..count);
        let even = table.create("even", &json!({}), &batch).unwrap();
        let (applied, seen) = watching(0, || table.apply(even, null_mut(), &batch).is_ok());
        let (explained, seen_again) = watching(0, || table.explain(even, null_mut(), &batch).is_ok());
        table.destroy(even);
        assert_eq!((applied, seen.polls), (true, polls), "{count}");
        assert_eq!((explained, seen_again.polls), (true, polls), "{count}");
    }
}

#[test]
fn a_rule_that_is_told_to_stop_does_and_can_be_called_again() {
    let table = Table::watched(&linked());
    let batch = rows(0..10_000);
    let even = table.create("even", &json!({}), &batch).unwrap();
    let (stopped, seen) = watching(2, || table.apply(even, null_mut(), &batch).map(drop).unwrap_err());
    assert_eq!((stopped.status, seen.polls), (SegStatus::CANCELLED, 2));
    assert!(watching(0, || table.apply(even, null_mut(), &batch)).0.is_ok());
    table.destroy(even);
}

#[test]
fn memory_is_asked_for_given_back_and_refused() {
    let table = Table::watched(&linked());
    let batch = rows([1_000, 1, 1_001].into_iter());
    let greedy = table.create("greedy", &json!({}), &batch).unwrap();
    let (refused, seen) = watching(0, || table.apply(greedy, null_mut(), &batch).map(drop).unwrap_err());
    table.destroy(greedy);
    assert_eq!(refused.status, SegStatus::RESOURCE);
    assert_eq!(refused.message, "the runner refuses 1001 bytes of memory");
    assert_eq!(seen.memory, [1_000, -1_000, 1, -1, 1_001]);
    assert_eq!(seen.metrics[2], ("asked".to_owned(), 1_001.0));
}
