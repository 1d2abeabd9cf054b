//! A panic of the author's, wherever it is, ends as an error or a line in the log, and the library
//! goes on.

use std::sync::Arc;

use segmenta_plugin_sdk::abi::{SegInstance, SegStatus};
use segmenta_plugin_sdk::prelude::arrow_array::{ArrayRef, Float64Array, RecordBatch};
use segmenta_plugin_sdk::prelude::json;

use crate::bomb;
use crate::table::{Answer, Failure, Table, was_logged};

/// The first call that failed, and what the same call answers when it is made again.
type Failed = (Failure, Option<SegStatus>);

fn batch() -> RecordBatch {
    let column: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    RecordBatch::try_from_iter([("x", column)]).unwrap()
}

/// Makes a call, and once more if it fails.
fn twice<T>(mut call: impl FnMut() -> Answer<T>) -> Result<T, Failed> {
    call().map_err(|first| (first, call().err().map(|second| second.status)))
}

/// Makes every call in turn, up to the first that fails, and destroys every object.
fn walk(place: &str) -> Result<(), Failed> {
    let table = Table::of(&bomb::linked());
    let instance = twice(|| table.create("bomb", &json!({"place": place}), &batch()))?;
    let walked = fit(table, instance).and_then(|model| use_model(table, instance, &model));
    table.destroy(instance);
    walked
}

fn fit(table: Table, instance: *mut SegInstance) -> Result<Vec<u8>, Failed> {
    let fit = twice(|| table.begin(instance))?;
    let model = twice(|| table.update(fit, &batch()))
        .and_then(|()| twice(|| table.save(fit)))
        .and_then(|partial| twice(|| table.merge(fit, &partial)))
        .and_then(|()| twice(|| table.finish(fit)));
    table.fit_destroy(fit);
    model
}

fn use_model(table: Table, instance: *mut SegInstance, bytes: &[u8]) -> Result<(), Failed> {
    let model = twice(|| table.load(instance, bytes))?;
    let used = twice(|| table.describe_model(model))
        .and_then(|_| twice(|| table.explain(instance, model, &batch())))
        .and_then(|_| twice(|| table.apply(instance, model, &batch())));
    table.model_destroy(model);
    used.map(drop)
}

#[test]
fn a_panic_in_any_call_is_an_error_with_its_place_and_the_library_goes_on() {
    // Whether the object of the call refuses another one. A call that makes an object leaves none.
    let (made_none, refuses) = (Some(SegStatus::PANIC), Some(SegStatus::STATE));
    for (place, message, again) in [
        ("bind", "boom in bind", made_none),
        ("begin", "boom in begin", made_none),
        ("update", "boom in update", refuses),
        ("mutex", "boom in mutex", refuses),
        ("save", "boom in save", refuses),
        ("merge", "a panic without a message", refuses),
        ("partial drop", "boom in partial drop", refuses),
        ("finish", "a panic without a message", refuses),
        ("load", "boom in load", refuses),
        ("describe_model", "boom in describe_model", refuses),
        ("explain", "boom in explain", refuses),
        ("apply", "boom in apply", refuses),
        ("thread", "the thread ends well: Any { .. }", refuses),
    ] {
        let (failure, second) = walk(place).unwrap_err();
        assert_eq!(failure.status, SegStatus::PANIC, "{place}");
        assert_eq!(failure.message, format!("panicked: {message}"), "{place}");
        let location = failure.detail["location"].as_str().unwrap();
        assert!(location.contains("bomb.rs:"), "{place}: {location}");
        assert!(failure.detail["backtrace"].as_str().unwrap().lines().count() > 3, "{place}");
        assert_eq!(second, again, "{place}");
        assert!(walk("nowhere").is_ok(), "after {place}");
    }
}

#[test]
fn a_panic_while_something_is_dropped_is_logged_with_its_place() {
    for (place, what) in [
        ("instance drop", "while an object was dropped: panicked: boom in instance drop at "),
        ("model drop", "while an object was dropped: panicked: boom in model drop at "),
        ("partial drop", "while an object was dropped: panicked: boom in partial drop at "),
        ("buffer drop", "while an array was dropped: panicked: boom in buffer drop at "),
    ] {
        let walked = walk(place);
        assert!(place == "partial drop" || walked.is_ok(), "{place}");
        assert!(was_logged(what), "{place}");
        assert!(walk("nowhere").is_ok(), "after {place}");
    }
}

#[test]
fn a_library_that_cannot_be_described_says_where() {
    let failure = Table::of(&bomb::mute::linked()).describe().unwrap_err();
    assert_eq!((failure.status, failure.message.as_str()), (SegStatus::PANIC, "panicked: boom in inputs"));
    assert!(failure.detail["location"].as_str().unwrap().contains("bomb.rs:"));
}
