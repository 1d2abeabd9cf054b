//! A library built with the kit as it was released before is loaded, and answers as the one of today.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use segmenta_plugin_abi::TARGET;
use segmenta_plugin_host::Registry;
use serde_json::json;

use crate::cc::{folder, scratch};

/// What the library in the fixtures was built for.
const BUILT_FOR: &str = "x86_64-unknown-linux-gnu";

/// `plugins/settlement` as Cargo builds it beside these tests.
pub(crate) fn current() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let beside = tests.ancestors().skip(1).take(2).map(|dir| dir.join("libsettlement.so"));
    beside.into_iter().find(|path| path.is_file()).expect("Cargo builds the library with the tests")
}

/// `plugins/settlement` as it was built with the previous kit; says so if it is for another machine.
pub(crate) fn unpacked() -> Option<PathBuf> {
    if TARGET != BUILT_FOR {
        println!("skipped: the library of the previous kit is for {BUILT_FOR}");
        return None;
    }
    let packed = std::fs::File::open(folder("tests/fixtures/libsettlement_kit_1.so.gz")).unwrap();
    let mut library = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut library).unwrap();
    let path = scratch("libsettlement_kit_1.so");
    std::fs::write(&path, library).unwrap();
    Some(path)
}

fn labels(library: PathBuf) -> Vec<Option<String>> {
    let mut registry = Registry::default();
    registry.add_file(&library).unwrap();
    let population: ArrayRef = Arc::new(Int64Array::from(vec![Some(4_999), Some(5_000), Some(50_000), None]));
    let batch = RecordBatch::try_from_iter_with_nullable([("population", population, true)]).unwrap();
    let params = json!({"cuts": {"rural": 5_000, "town": 50_000}});
    let settlement = registry.bind("settlement", &params, 0, &batch.schema()).unwrap();
    assert_eq!(settlement.labels().unwrap(), ["rural", "town", "city"]);
    let answered = settlement.apply(None, &batch).unwrap();
    answered.column(0).as_string::<i32>().iter().map(|label| label.map(str::to_owned)).collect()
}

#[test]
fn a_library_of_the_previous_kit_answers_as_that_of_today() {
    let Some(previous) = unpacked() else {
        return;
    };
    let expected = ["rural", "town", "city"].map(|label| Some(label.to_owned()));
    let expected: Vec<_> = expected.into_iter().chain([None]).collect();
    assert_eq!(labels(previous), expected);
    assert_eq!(labels(current()), expected);
}

#[test]
fn what_the_previous_kit_cannot_do_is_not_there() {
    let Some(previous) = unpacked() else {
        return;
    };
    let mut registry = Registry::default();
    registry.add_file(&previous).unwrap();
    let then = registry.criterion("settlement").unwrap();
    assert_eq!((then.inputs[0].name.as_str(), then.fit.is_none()), ("population", true));
}
