//! The plugin as the runner uses it: through its C table.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use segmenta_plugin_host::{Error, Registry};
use segmenta_plugin_sdk::prelude::arrow_array::{Int16Array, RecordBatch};
use segmenta_plugin_sdk::prelude::*;

fn population(values: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("population", values, true)]).unwrap()
}

fn labels(params: &Value, batch: &RecordBatch) -> Result<Vec<Option<String>>, Error> {
    let registry = Registry::new(&[settlement::linked()])?;
    let instance = registry.bind("settlement", params, 0, &batch.schema())?;
    let written = instance.apply(None, batch)?;
    let labels = written.column(0).as_any().downcast_ref::<StringArray>().unwrap();
    Ok(labels.iter().map(|label| label.map(str::to_owned)).collect())
}

#[test]
fn a_bound_belongs_to_the_larger_kind() {
    let values = [Some(0), Some(4_999), Some(5_000), Some(49_999), Some(50_000), None];
    let batch = population(Arc::new(Int64Array::from(values.to_vec())));
    let params = json!({"cuts": {"town": 50_000, "rural": 5_000}});
    let wanted = [Some("rural"), Some("rural"), Some("town"), Some("town"), Some("city"), None];
    let wanted: Vec<_> = wanted.iter().map(|label| label.map(str::to_owned)).collect();
    assert_eq!(labels(&params, &batch).unwrap(), wanted);
}

#[test]
fn smaller_integers_and_empty_or_null_columns_are_fine() {
    let params = json!({"cuts": {"rural": 100}});
    let small = population(Arc::new(Int16Array::from(vec![99, 100])));
    assert_eq!(labels(&params, &small).unwrap(), [Some("rural".into()), Some("city".into())]);
    let nulls = population(Arc::new(Int64Array::from(vec![None; 3])));
    assert_eq!(labels(&params, &nulls).unwrap(), [None, None, None]);
    let empty = population(Arc::new(Int64Array::from(Vec::<i64>::new())));
    assert!(labels(&params, &empty).unwrap().is_empty());
}

#[test]
fn a_negative_population_names_its_row() {
    let batch = population(Arc::new(Int64Array::from(vec![1, -1])));
    let error = labels(&json!({"cuts": {"rural": 100}}), &batch).unwrap_err();
    let Error::Plugin(failure) = error else { panic!("{error:?}") };
    assert_eq!((failure.column.as_deref(), failure.row), (Some("population"), Some(1)));
}

#[test]
fn cuts_that_make_no_sense_are_refused_by_name() {
    let batch = population(Arc::new(Int64Array::from(vec![1])));
    let wrong = [
        (json!({}), ""),
        (json!({"cuts": {}}), "/cuts"),
        (json!({"cuts": {"rural": 0}}), "/cuts/rural"),
        (json!({"cuts": {"a": 5, "b": 5}}), "/cuts/b"),
        (json!({"cuts": {"city": 5}}), "/cuts/city"),
        (json!({"cuts": {"rural": "5"}}), "/cuts/rural"),
        (json!({"cuts": {"rural": 5}, "cut": 1}), ""),
    ];
    for (params, pointer) in wrong {
        let error = labels(&params, &batch).unwrap_err();
        let Error::Params { problems, .. } = error else { panic!("{error:?}") };
        assert_eq!(problems[0].pointer, pointer, "{params}");
    }
}

#[test]
fn text_is_no_population() {
    let batch = population(Arc::new(StringArray::from(vec!["5000"])));
    assert_eq!(labels(&json!({"cuts": {"rural": 5}}), &batch).unwrap_err().code(), "input");
}
