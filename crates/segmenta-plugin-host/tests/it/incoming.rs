//! Columns as they come from files and stages, on their way into a plugin.

use std::sync::Arc;

use arrow_array::types::{Int8Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, Date64Array, Decimal256Array, DictionaryArray, Float16Array, Int8Array, Int64Array, NullArray,
    RecordBatch, RunArray, StringArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Schema};
use segmenta_plugin_host::{Error, Registry};
use serde_json::json;

use crate::cases::build;
use crate::{bound, fixture, integers};

/// What a library that sees only plain integers makes of a column.
fn scores(column: ArrayRef) -> Result<Vec<i64>, Error> {
    let mut registry = Registry::default();
    registry.add_file(&build::library("incoming", "normal", &["-DPLUGIN=incoming"]).library)?;
    let batch = RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap();
    let written = bound(&registry, "incoming", &json!({}), &batch)?.apply(None, &batch)?;
    let scores = arrow_array::cast::AsArray::as_primitive::<Int64Type>(written.column(1));
    Ok(scores.values().to_vec())
}

#[test]
fn every_layout_of_the_same_integers_gives_the_same_rows() {
    if !build::has_compiler() {
        return;
    }
    let wanted = [7, 0, 7, 3];
    let plain = Int64Array::from(vec![Some(7), None, Some(7), Some(3)]);
    assert_eq!(scores(Arc::new(plain)).unwrap(), wanted);
    let narrow = Int8Array::from(vec![Some(7), None, Some(7), Some(3)]);
    assert_eq!(scores(Arc::new(narrow)).unwrap(), wanted);
    let unsigned = UInt32Array::from(vec![Some(7), None, Some(7), Some(3)]);
    assert_eq!(scores(Arc::new(unsigned)).unwrap(), wanted);
    // Values that are unused, there twice, or null.
    let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), Some(99), None, Some(7), Some(3)]));
    let keys = Int8Array::from(vec![Some(0), Some(2), Some(3), Some(4)]);
    let dictionary = DictionaryArray::<Int8Type>::try_new(keys, values).unwrap();
    assert_eq!(scores(Arc::new(dictionary)).unwrap(), wanted);
    let ends = arrow_array::Int32Array::from(vec![1, 2, 3, 4]);
    let runs = Int64Array::from(vec![Some(7), None, Some(7), Some(3)]);
    let runs = RunArray::try_new(&ends, &runs).unwrap();
    assert_eq!(scores(Arc::new(runs)).unwrap(), wanted);
    assert_eq!(scores(Arc::new(NullArray::new(4))).unwrap(), [0; 4]);
}

#[test]
fn types_that_would_lose_something_are_refused_when_bound() {
    if !build::has_compiler() {
        return;
    }
    let half = Float16Array::from(vec![None]);
    let money = Decimal256Array::from(vec![None]);
    let date = Date64Array::from(vec![None]);
    let text = StringArray::from(vec!["1"]);
    let columns: [ArrayRef; 4] = [Arc::new(half), Arc::new(money), Arc::new(date), Arc::new(text)];
    for column in columns {
        let kind = column.data_type().clone();
        assert_eq!(scores(column).unwrap_err().code(), "input", "{kind}");
    }
}

#[test]
fn batches_without_rows_may_come_at_any_time() {
    if !build::has_compiler() {
        return;
    }
    let mut registry = Registry::default();
    registry.add_file(&build::library("empty", "normal", &["-DPLUGIN=empty"]).library).unwrap();
    let (none, some) = (integers("x", vec![]), integers("x", vec![Some(1)]));
    let instance = bound(&registry, "empty", &json!({}), &none).unwrap();
    for batch in [&none, &some, &none, &none, &some] {
        let written = instance.apply(None, batch).unwrap();
        assert_eq!((written.num_rows(), &written.schema()), (batch.num_rows(), instance.output_schema()));
    }
}

#[test]
fn only_the_columns_that_are_read_cross() {
    let registry = Registry::new(&[fixture::linked()]).unwrap();
    let values: ArrayRef = Arc::new(Int64Array::from(vec![5]));
    let mut fields: Vec<Field> = (0..2_000).map(|at| Field::new(format!("c{at}"), DataType::Int64, true)).collect();
    fields[1_234] = Field::new("x", DataType::Int64, true);
    let columns = vec![Arc::clone(&values); 2_000];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let instance = bound(&registry, "odd", &json!({"deed": "nothing"}), &batch).unwrap();
    assert_eq!(instance.inputs().len(), 1);
    assert_eq!(instance.apply(None, &batch).unwrap().num_rows(), 1);
    // One column bound to two inputs of a list.
    let twice = ["x.0", "x.1"].map(|name| Field::new(name, DataType::Float64, true));
    let shared: ArrayRef = Arc::new(arrow_array::Float64Array::from(vec![1.5]));
    let lists =
        arrow_array::ListArray::from_iter_primitive::<arrow_array::types::Float64Type, _, _>([Some([Some(1.5)])]);
    let lists: ArrayRef = Arc::new(lists);
    let fields = twice.map(|field| Field::new(field.name(), lists.data_type().clone(), true)).to_vec();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::clone(&lists), lists]).unwrap();
    let written = bound(&registry, "spread", &json!({}), &batch).unwrap().apply(None, &batch).unwrap();
    assert_eq!((written.num_rows(), shared.len()), (1, 1));
}

#[test]
fn wrong_options_never_reach_the_plugin() {
    if !build::has_compiler() {
        return;
    }
    let built = build::library("options", "must-not-bind", &["-DPLUGIN=options"]);
    built.forget_mark();
    let mut registry = Registry::default();
    registry.add_file(&built.library).unwrap();
    let rows = integers("x", vec![]);
    let wrong = [
        (json!({"p": "5"}), "/p"),
        (json!({"p": 0}), "/p"),
        (json!({"p": 10}), "/p"),
        (json!({"p": 9_223_372_036_854_775_808_u64}), "/p"),
        (json!({"p": null}), "/p"),
        (json!({"p": "NaN"}), "/p"),
        (json!({"day": 20_605}), "/day"),
        (json!({"q": 1}), ""),
    ];
    for (options, pointer) in wrong {
        let error = bound(&registry, "options", &options, &rows).unwrap_err();
        let Error::Params { problems, .. } = &error else { panic!("{error:?}") };
        assert_eq!(problems[0].pointer, pointer, "{options}");
    }
    assert!(!built.was_marked("must-not-bind"));
    bound(&registry, "options", &json!({"p": 9, "day": "2026-06-01"}), &rows).unwrap();
    assert!(built.was_marked("must-not-bind"));
}
