//! The shipped plugins give the same bytes and the same errors in both modes.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::Schema;
use segmenta_plugin_host::{Instance, Registry};
use serde_json::{Value, json};

use super::{alone, isolated, leftovers, library, settings};
use crate::AS_OF_US;

/// The same library in the runner's process and in one of its own.
fn both(name: &str) -> [Registry; 2] {
    let mut here = Registry::default();
    here.add_file(&library(name)).unwrap();
    [here, isolated(name, &settings())]
}

fn bind(registry: &Registry, criterion: &str, params: &Value, schema: &Schema) -> Arc<Instance> {
    registry.bind(criterion, params, AS_OF_US, schema).unwrap()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

/// A few thousand numbers without a pattern, from Knuth's multiplicative generator.
fn numbers(seed: u64, rows: usize) -> Vec<f64> {
    let next = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((*state >> 40) as f64 / 1_000.0)
    };
    std::iter::repeat_n((), rows).scan(seed, |state, ()| next(state)).collect()
}

/// Fits over 3 leaves where there is a fit, applies to all rows, and compares everything.
fn assert_same(name: &str, params: &Value, rows: &RecordBatch) {
    let [here, apart] = both(name).map(|registry| {
        let instance = bind(&registry, name, params, &rows.schema());
        let third = rows.num_rows() / 3;
        let leaves =
            [rows.slice(0, third), rows.slice(third, third), rows.slice(2 * third, rows.num_rows() - 2 * third)];
        let fitted = instance.info().fit.is_some().then(|| instance.fit(&leaves, 42).unwrap());
        let model = fitted.as_ref().map(|fitted| instance.load_model(&fitted.bytes).unwrap());
        let described = model.as_ref().map(|model| model.describe().unwrap());
        let whole = instance.apply(model.as_deref(), rows).unwrap();
        let slice = instance.apply(model.as_deref(), &rows.slice(7, 100)).unwrap();
        let none = instance.apply(model.as_deref(), &rows.slice(0, 0)).unwrap();
        let broken = fitted.as_ref().map(|fitted| {
            let error = instance.load_model(&fitted.bytes[..fitted.bytes.len() / 2]).unwrap_err();
            (error.code(), error.to_string())
        });
        let info = (instance.info().clone(), instance.identity().clone(), instance.labels());
        (info, fitted, described, broken, whole, slice, none)
    });
    assert_eq!(here, apart);
    assert_eq!(here.4.num_rows(), rows.num_rows());
}

#[test]
fn shipped_plugins_give_the_same_bytes() {
    let _alone = alone();
    let n = 20_000;
    // Days since 1970: births from 1920 to 2020, one in fourteen unknown.
    let birth = |x: &f64| (*x % 7.0 > 0.5).then_some(*x as i32 % 36_525 - 18_262);
    let births: ArrayRef = Arc::new(numbers(1, n).iter().map(birth).collect::<Date32Array>());
    assert_same("age_band", &json!({"bands": [18, 30, 50]}), &batch(vec![("birth_date", births)]));

    let recency: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers(2, n).iter().map(|x| *x as i64 % 700)));
    let frequency: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers(3, n).iter().map(|x| *x as i64 % 40)));
    let monetary: ArrayRef = Arc::new(Float64Array::from(numbers(4, n)));
    let columns = vec![("recency", recency), ("frequency", frequency), ("monetary", monetary)];
    assert_same("rfm", &json!({}), &batch(columns));

    let features: Vec<ArrayRef> =
        (5..8).map(|seed| Arc::new(Float64Array::from(numbers(seed, n))) as ArrayRef).collect();
    let names = ["features.0", "features.1", "features.2"];
    let columns = names.into_iter().zip(features).collect();
    assert_same("kmeans", &json!({"clusters": 4}), &batch(columns));
    leftovers::assert_none();
}

#[test]
fn errors_are_the_same() {
    let _alone = alone();
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let columns = batch(vec![("features.0", text)]).schema();
    let nothing: [(&str, Value); 3] = [
        ("settlement", json!({"cuts": {}})),
        ("settlement", json!({"cuts": {"rural": 5, "town": 5}})),
        ("kmeans", json!({"clusters": 0})),
    ];
    for (name, params) in nothing {
        let [here, apart] = both(name).map(|registry| {
            let error = registry.bind(name, &params, AS_OF_US, &columns).unwrap_err();
            (error.code(), error.to_string(), error.hint())
        });
        assert_eq!(here, apart);
    }
    let panics = json!({"deed": "apply panic"});
    let x = batch(vec![("x", Arc::new(Int64Array::from(vec![1])))]);
    let [here, apart] = both("deeds").map(|registry| {
        let error = bind(&registry, "deed", &panics, &x.schema()).apply(None, &x).unwrap_err();
        (error.code(), error.to_string(), error.hint())
    });
    assert_eq!(here, apart);
    assert_eq!(here.0, "panic");
    leftovers::assert_none();
}
