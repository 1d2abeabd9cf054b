//! Rows that break the contract, each of which must end in its own message and nothing worse.
#![expect(unsafe_code, reason = "this plugin is written in terms of raw pointers")]

use std::cell::Cell;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, StringArray, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use segmenta_plugin_host::Registry;
use segmenta_plugin_sdk::abi::{ArrowArray, ArrowSchema, SegCall, SegError, SegInstance, SegModel, SegStatus};
use serde_json::json;

use crate::hostile::{ALIVE, fields, hostile};
use crate::{assert_still_works, bound, integers};

thread_local! {
    /// Calls that this thread made, to see that each case was reached.
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// Three rows, right but for what `case` says.
fn rows(case: &str) -> StructArray {
    let mut fields = fields().to_vec();
    let mut label: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]));
    let mut score: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    match case {
        "short" => return rows("good").slice(0, 2),
        "sliced" => return twice(&rows("good")).slice(3, 3),
        "other-type" => {
            score = Arc::new(Float64Array::from(vec![1.0; 3]));
            fields[1] = Field::new("score", DataType::Float64, false).into();
        }
        "renamed" => fields[1] = Field::new("points", DataType::Int64, false).into(),
        "nullable" => fields[1] = Field::new("score", DataType::Int64, true).into(),
        "reordered" => {
            fields.reverse();
            std::mem::swap(&mut label, &mut score);
        }
        "null" => {
            score = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
            // SAFETY: what is wrong is the promise of no nulls, which the host must notice.
            return unsafe { StructArray::new_unchecked(Fields::from(fields), vec![label, score], None) };
        }
        "missing" => {
            return StructArray::new(vec![Arc::clone(&fields[0])].into(), vec![label], None);
        }
        "offsets" => label = Arc::new(text(vec![0, 2, 1, 3], b"abc")),
        "offsets-negative" => label = Arc::new(text(vec![0, 1, 2, -1], b"abc")),
        "utf8" => label = Arc::new(text(vec![0, 1, 2, 3], b"a\xffc")),
        _ => {}
    }
    StructArray::new(fields.into(), vec![label, score], None)
}

fn twice(rows: &StructArray) -> StructArray {
    let label = rows.column(0).as_string::<i32>();
    let label: StringArray = label.iter().chain(label.iter()).collect();
    let score = Int64Array::from(vec![9, 9, 9, 1, 2, 3]);
    StructArray::new(fields(), vec![Arc::new(label), Arc::new(score)], None)
}

/// Text whose offsets or bytes may be anything.
fn text(offsets: Vec<i32>, bytes: &[u8]) -> StringArray {
    // SAFETY: what is wrong is what the host must notice; nothing here reads the values.
    let offsets = unsafe { OffsetBuffer::new_unchecked(ScalarBuffer::from(offsets)) };
    // SAFETY: as above.
    unsafe { StringArray::new_unchecked(offsets, bytes.into(), None) }
}

/// Changes the raw struct of good rows, and the one of their first column.
fn spoil(case: &str, array: &mut ArrowArray) {
    // SAFETY: arrow-rs made the struct with two children.
    let child = unsafe { array.children.read() };
    // SAFETY: as above.
    let child = unsafe { &mut *child };
    match case {
        "length-negative" => array.length = -1,
        "length-huge" => array.length = 1 << 62,
        "offset" => array.offset = i64::MAX,
        "nulls-too-many" => array.null_count = 9,
        "nulls-lied" => child.null_count = 0,
        "buffers" => child.n_buffers = 2,
        "children" => array.n_children = 1,
        "children-null" => array.children = std::ptr::null_mut(),
        "buffers-null" => child.buffers = std::ptr::null_mut(),
        "child-short" => child.length = 1,
        _ => {}
    }
}

pub(crate) unsafe extern "C" fn apply(
    instance: *const SegInstance,
    _: *const SegModel,
    _: *const SegCall,
    _: *mut ArrowArray,
    out: *mut ArrowArray,
    out_schema: *mut ArrowSchema,
    _: *mut SegError,
) -> SegStatus {
    // SAFETY: made by `create`.
    let case = unsafe { &*instance.cast::<String>() };
    CALLS.set(CALLS.get() + 1);
    if case == "nothing" {
        return SegStatus::OK;
    }
    let rows = rows(case);
    if case != "no-schema" {
        let schema = FFI_ArrowSchema::try_from(rows.data_type()).unwrap();
        // SAFETY: the host hands in an empty struct; both types are the same C struct.
        unsafe { out_schema.cast::<FFI_ArrowSchema>().write(schema) };
    }
    let mut array = FFI_ArrowArray::new(&rows.to_data());
    let raw: *mut ArrowArray = std::ptr::from_mut(&mut array).cast();
    if rows.num_columns() == 2 {
        // SAFETY: both types are the same C struct.
        spoil(case, unsafe { &mut *raw });
    }
    // SAFETY: the host hands in an empty struct.
    unsafe { out.cast::<FFI_ArrowArray>().write(array) };
    if case == "error-with-rows" { SegStatus::DATA } else { SegStatus::OK }
}

/// What comes back for three rows.
fn applied(case: &str) -> Result<arrow_array::RecordBatch, (&'static str, String)> {
    let registry = Registry::new(&[hostile()]).unwrap();
    let batch = integers("x", vec![Some(1), Some(2), Some(3)]);
    let instance = bound(&registry, "hostile", &json!({"case": case}), &batch).unwrap();
    let before = CALLS.get();
    let written = instance.apply(None, &batch);
    assert_eq!(CALLS.get(), before + 1, "{case} was not reached");
    drop(instance);
    assert_eq!(ALIVE.get(), 0, "{case}");
    assert_still_works();
    written.map_err(|error| (error.code(), error.to_string()))
}

#[test]
fn good_rows_come_through_also_when_sliced_or_with_a_wrong_count_of_nulls() {
    let good = applied("good").unwrap();
    assert_eq!(good.column(0).null_count(), 1);
    assert_eq!(applied("sliced").unwrap(), good);
    let lied = applied("nulls-lied").unwrap();
    assert_eq!(lied.column(0).null_count(), 1);
    assert_eq!(lied, good);
}

#[test]
fn every_broken_promise_has_its_message() {
    let broken = [
        ("nothing", "gave no output type"),
        ("no-schema", "gave no output type"),
        ("short", "2 rows for 3 that went in"),
        ("other-type", "column `score` has Arrow format `g` instead of `l`"),
        ("renamed", "column `points` where `score` was announced"),
        ("nullable", "column `score` changed whether it takes nulls"),
        ("reordered", "column `score` where `label` was announced"),
        ("missing", "1 columns instead of 2"),
        ("null", "column `score` takes no nulls and has some"),
        ("offsets", "gave back unusable rows"),
        ("offsets-negative", "label: the last offset is -1"),
        ("utf8", "gave back unusable rows"),
        ("length-negative", "rows: length -1"),
        ("length-huge", "rows: length 4611686018427387904"),
        ("offset", "rows: length 3 and offset"),
        ("nulls-too-many", "rows: 9 nulls in 3 values"),
        ("buffers", "label: 2 buffers and 0 children"),
        ("children", "rows: 1 buffers and 1 children"),
        ("children-null", "rows: the list of children is missing"),
        ("buffers-null", "label: the list of buffers is missing"),
        ("child-short", "column `label` has 1 values for 3 rows"),
    ];
    for (case, problem) in broken {
        let (code, message) = applied(case).unwrap_err();
        assert_eq!(code, "bad-output", "{case}: {message}");
        assert!(message.contains(problem), "{case}: {message}");
    }
}

#[test]
fn rows_beside_an_error_are_released_and_the_error_counts() {
    assert_eq!(applied("error-with-rows").unwrap_err().0, "data");
}
