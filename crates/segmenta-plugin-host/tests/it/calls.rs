//! Calls into criteria written with the SDK.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Int32Array, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use segmenta_plugin_host::{Error, Instance, Model, Registry, SegStatus, envelope};
use serde_json::{Value, json};

use crate::{assert_still_works, bound, fixture, integers};

fn registry() -> Registry {
    Registry::new(&[fixture::linked(), settlement::linked()]).unwrap()
}

fn odd(deed: &str) -> Result<Arc<Instance>, Error> {
    bound(&registry(), "odd", &json!({"deed": deed}), &integers("x", vec![]))
}

/// The criterion `above`, bound to `options`.
fn above(options: Value) -> Arc<Instance> {
    bound(&registry(), "above", &options, &integers("x", vec![])).unwrap()
}

fn leaves(leaves: &[&[i64]]) -> Vec<RecordBatch> {
    let leaf = |values: &&[i64]| integers("x", values.iter().copied().map(Some).collect());
    leaves.iter().map(leaf).collect()
}

fn loaded(instance: &Instance, leaves: &[RecordBatch]) -> Arc<Model> {
    let fitted = instance.fit(leaves, 7).unwrap();
    instance.load_model(&fitted.bytes).unwrap()
}

#[test]
fn a_plugin_lists_itself_and_its_criteria() {
    let registry = registry();
    let plugin = &registry.plugins()[0];
    assert_eq!((plugin.name(), plugin.version()), ("fixture", "1.2.3"));
    assert_eq!(plugin.sha256().len(), 64);
    let names: Vec<&str> = registry.criteria().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["above", "odd", "settlement", "spread"]);
    assert_eq!(registry.criterion("above").unwrap().fit.as_ref().unwrap().max_passes, 3);
    assert!(registry.criterion("odd").unwrap().fit.is_none());
    let error = registry.bind("nosuch", &json!({}), 0, &Schema::empty()).unwrap_err();
    assert!(matches!(error, Error::UnknownCriterion { ref known, .. } if known.len() == 4));
}

#[test]
fn the_run_date_reaches_the_criterion_and_nothing_else_does() {
    let batch = integers("x", vec![Some(1), None]);
    let written = odd("nothing").unwrap().apply(None, &batch).unwrap();
    // 2026-06-01 is day 20,605: 56 years of 365 days, 14 leap days (1972 to 2024), 151 days of 2026.
    assert_eq!(written.column(1).as_primitive::<Int64Type>().values(), &[20_605, 20_605]);
    assert_eq!(written.num_rows(), 2);
}

#[test]
fn zero_rows_give_zero_rows_of_the_same_schema() {
    let instance = odd("nothing").unwrap();
    let written = instance.apply(None, &integers("x", vec![])).unwrap();
    assert_eq!(written.num_rows(), 0);
    assert_eq!(&written.schema(), instance.output_schema());
}

#[test]
fn every_wrong_option_is_reported_by_its_pointer() {
    let registry = registry();
    let params = json!({"deed": "dance", "extra": 1});
    let error = bound(&registry, "odd", &params, &integers("x", vec![])).unwrap_err();
    let Error::Params { problems, .. } = &error else { panic!("{error:?}") };
    let mut pointers: Vec<&str> = problems.iter().map(|found| found.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["", "/deed"]);
    let error = odd("refuse_param").unwrap_err();
    let Error::Params { problems, .. } = &error else { panic!("{error:?}") };
    assert_eq!((problems[0].pointer.as_str(), problems[0].problem.as_str()), ("/deed", "is not wanted"));
}

#[test]
fn a_panic_becomes_an_error_with_its_place_and_poisons_the_instance_only() {
    let error = odd("panic_in_bind").unwrap_err();
    assert!(error.to_string().ends_with("failed in `create`: panicked: no bind today"), "{error}");
    let instance = odd("panic_in_apply").unwrap();
    let batch = integers("x", vec![Some(1)]);
    let error = instance.apply(None, &batch).unwrap_err();
    let Error::Plugin(failure) = &error else { panic!("{error:?}") };
    assert_eq!((failure.status, failure.call), (SegStatus::PANIC, "apply"));
    assert_eq!(failure.message, "panicked: no apply today");
    assert!(failure.location.as_ref().unwrap().contains("fixture.rs:"));
    let error = instance.apply(None, &batch).unwrap_err();
    assert_eq!(error.code(), "state");
    drop(odd("panic_in_drop").unwrap());
    odd("nothing").unwrap().apply(None, &batch).unwrap();
    assert_still_works();
}

#[test]
fn a_panic_on_the_plugins_own_thread_or_under_its_lock_is_an_error() {
    let batch = integers("x", vec![Some(1)]);
    let error = odd("panic_on_thread").unwrap().apply(None, &batch).unwrap_err();
    assert!(error.to_string().ends_with("its thread panicked"), "{error}");
    for problem in ["no lock today", "PoisonError"] {
        let error = odd("panic_under_lock").unwrap().apply(None, &batch).unwrap_err();
        assert_eq!(error.code(), "panic");
        assert!(error.to_string().contains(problem), "{error}");
    }
    assert_still_works();
}

#[test]
fn rows_outlive_the_instance_and_are_released_elsewhere() {
    let batch = integers("x", vec![Some(1), None]);
    let written = odd("nothing").unwrap().apply(None, &batch).unwrap();
    let seen = std::thread::spawn(move || written.column(0).as_string::<i32>().value(1).to_owned()).join();
    assert_eq!(seen.unwrap(), "x");
}

#[test]
fn a_refused_value_names_column_and_row() {
    let error = odd("refuse_value").unwrap().apply(None, &integers("x", vec![])).unwrap_err();
    let Error::Plugin(failure) = &error else { panic!("{error:?}") };
    assert_eq!((failure.column.as_deref(), failure.row), (Some("x"), Some(2)));
    assert_eq!(error.code(), "data");
}

#[test]
fn columns_that_break_the_promise_do_not_leave_the_library() {
    let wrong = [
        ("too_few_rows", "wrote 1 values of `label` for 2 rows"),
        ("other_type", "wrote Float64 into `score`, which is Int64"),
        ("null_where_none", "wrote a null into `score`, which has none"),
        ("missing_column", "wrote 1 columns instead of 2"),
    ];
    let batch = integers("x", vec![Some(1), Some(2)]);
    for (deed, problem) in wrong {
        let error = odd(deed).unwrap().apply(None, &batch).unwrap_err();
        assert_eq!(error.code(), "internal", "{deed}");
        assert!(error.to_string().ends_with(problem), "{error}");
    }
    assert_still_works();
}

#[test]
fn columns_are_found_by_name_cast_without_loss_and_checked_for_nulls() {
    let registry = registry();
    let other: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let x: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
    let batch = RecordBatch::try_from_iter([("other", other), ("x", x)]).unwrap();
    let instance = bound(&registry, "odd", &json!({"deed": "nothing"}), &batch).unwrap();
    assert_eq!(instance.apply(None, &batch).unwrap().num_rows(), 2);
    let error = bound(&registry, "above", &json!({}), &batch).unwrap().fit(&[batch], 0).unwrap_err();
    assert!(matches!(error, Error::Nulls { first_row: 1, count: 1, .. }), "{error:?}");
    let money = Decimal128Array::from(vec![1]).with_precision_and_scale(9, 2).unwrap();
    let batch = RecordBatch::try_from_iter([("x", Arc::new(money) as ArrayRef)]).unwrap();
    let error = bound(&registry, "above", &json!({}), &batch).unwrap_err();
    assert!(matches!(error, Error::Input { ref input, .. } if input == "x"), "{error:?}");
    let error = bound(&registry, "above", &json!({}), &integers("y", vec![])).unwrap_err();
    assert!(error.to_string().contains("has no column"), "{error}");
}

#[test]
fn grouped_rows_and_lists_of_columns_arrive_as_declared() {
    let first = vec![Some(vec![Some(1), Some(5), None]), None, Some(vec![])];
    let second = vec![Some(vec![Some(4)]), Some(vec![Some(2)]), Some(vec![])];
    let columns = [first, second].map(ListArray::from_iter_primitive::<Int32Type, _, _>);
    let field = |at: usize, name: &str| {
        let metadata = [("seg.column".to_owned(), name.to_owned())].into();
        Field::new(format!("x.{at}"), columns[at].data_type().clone(), true).with_metadata(metadata)
    };
    let schema = Arc::new(Schema::new(vec![field(0, "paid"), field(1, "owed")]));
    let columns = columns.into_iter().map(|column| Arc::new(column) as ArrayRef).collect();
    let batch = RecordBatch::try_new(schema, columns).unwrap();
    let instance = bound(&registry(), "spread", &json!({}), &batch).unwrap();
    assert_eq!(instance.labels().unwrap(), ["paid", "owed"]);
    assert_eq!(instance.inputs()[1].column, "owed");
    let written = instance.apply(None, &batch).unwrap();
    let labels: Vec<_> = written.column(0).as_string::<i32>().iter().collect();
    assert_eq!(labels, [Some("5"), Some("2"), None]);
}

#[test]
fn a_fit_merges_leaves_in_order_and_runs_as_many_passes_as_asked() {
    let instance = above(json!({"passes": 3}));
    let leaves = leaves(&[&[1, 2], &[], &[9], &[4, 4, 4]]);
    let fitted = instance.fit(&leaves, 7).unwrap();
    assert_eq!((fitted.passes, fitted.leaves, fitted.rows), (3, 4, 6));
    let model = instance.load_model(&fitted.bytes).unwrap();
    // (1 + 2 + 9 + 3 · 4) / 6 = 4; six rows seen in each of three passes.
    let wanted = json!({"mean": 4.0, "seen": 18, "leaves": [0, 1, 2, 3], "seed": 7});
    assert_eq!(model.describe().unwrap(), wanted);
    let written = instance.apply(Some(&model), &integers("x", vec![Some(4), Some(5)])).unwrap();
    let labels: Vec<_> = written.column(0).as_string::<i32>().iter().collect();
    assert_eq!(labels, [Some("below"), Some("above")]);
}

#[test]
fn a_model_depends_on_the_leaves_and_not_on_threads() {
    let instance = above(json!({"passes": 2}));
    let many: Vec<RecordBatch> = (0..50).map(|leaf| integers("x", (0..leaf).map(Some).collect())).collect();
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| instance.fit(&many, 1).unwrap().bytes)
    };
    assert_eq!(fit(1), fit(8));
}

#[test]
fn a_fit_that_cannot_end_well_says_why() {
    let error = above(json!({"passes": 4})).fit(&leaves(&[&[1]]), 0).unwrap_err();
    assert!(matches!(error, Error::TooManyPasses { passes: 3, .. }), "{error:?}");
    let error = above(json!({})).fit(&[], 0).unwrap_err();
    assert!(error.to_string().ends_with("there are no rows"), "{error}");
    let error = above(json!({"panic_in_leaf_1": true})).fit(&leaves(&[&[1], &[2]]), 0).unwrap_err();
    let Error::Plugin(failure) = &error else { panic!("{error:?}") };
    assert_eq!((failure.status, failure.leaf), (SegStatus::PANIC, Some(1)));
    assert_still_works();
}

#[test]
fn hostile_model_bytes_are_refused_or_read_but_never_crash() {
    let instance = above(json!({}));
    let good = instance.fit(&leaves(&[&[1, 2, 3]]), 0).unwrap().bytes;
    for end in 0..good.len() {
        assert_eq!(instance.load_model(&good[..end]).unwrap_err().code(), "model", "{end}");
    }
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 0x40;
        if let Err(error) = instance.load_model(&flipped) {
            assert_eq!(error.code(), "model", "{at}");
        }
    }
    let mut other_format = good.clone();
    other_format[0] = 9;
    let error = instance.load_model(&other_format).unwrap_err();
    assert!(error.to_string().ends_with("models of format 9 are not known"), "{error}");
    let infinite = [&good[..4], &f64::INFINITY.to_le_bytes(), &good[12..]].concat();
    let error = instance.load_model(&infinite).unwrap_err();
    assert!(error.to_string().ends_with("the mean is not finite"), "{error}");
}

#[test]
fn a_model_is_applied_by_the_instance_that_loaded_it() {
    let (first, second) = (above(json!({})), above(json!({"passes": 2})));
    let batch = integers("x", vec![Some(1)]);
    let model = loaded(&first, std::slice::from_ref(&batch));
    first.apply(Some(&model), &batch).unwrap();
    assert_eq!(second.apply(Some(&model), &batch).unwrap_err().code(), "wrong-kind");
    assert_eq!(first.apply(None, &batch).unwrap_err().code(), "wrong-kind");
    assert_eq!(odd("nothing").unwrap().fit(&[], 0).unwrap_err().code(), "wrong-kind");
}

#[test]
fn a_stored_model_is_accepted_for_equal_options_and_columns_only() {
    let instance = above(json!({}));
    let fitted = instance.fit(&leaves(&[&[1]]), 3).unwrap();
    let bytes = envelope::wrap(&instance.header(&fitted, "run-1", 3).unwrap(), &fitted.bytes);
    let (header, payload) = envelope::unwrap(&bytes).unwrap();
    assert_eq!((header.rows, header.seed, payload), (1, 3, fitted.bytes.as_slice()));
    // `passes` is 1 by default, so naming it changes nothing.
    above(json!({"passes": 1})).accepts(&header).unwrap();
    let error = above(json!({"passes": 2})).accepts(&header).unwrap_err();
    assert!(matches!(error, Error::ModelMismatch { what: "set of options", .. }), "{error:?}");
    let newer = envelope::Header { plugin_version: "9.0.0".into(), ..header.clone() };
    instance.accepts(&newer).unwrap();
    let other = envelope::Header { model_format: 2, ..header };
    assert_eq!(instance.accepts(&other).unwrap_err().code(), "model-mismatch");
}

#[test]
fn sliced_rows_give_the_same_labels() {
    let batch = integers("population", (0..100).map(|row| Some(row * 1_000)).collect());
    let params = json!({"cuts": {"rural": 5_000, "town": 50_000}});
    let instance = bound(&registry(), "settlement", &params, &batch).unwrap();
    let whole = instance.apply(None, &batch).unwrap();
    let part = instance.apply(None, &batch.slice(3, 60)).unwrap();
    assert_eq!(part, whole.slice(3, 60));
    assert_eq!(instance.output_schema().field(0).data_type(), &DataType::Utf8);
}
