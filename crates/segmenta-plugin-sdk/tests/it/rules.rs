//! Row rules through the C table and the checks of the host.

use std::sync::Arc;

use segmenta_plugin_host::Registry;
use segmenta_plugin_sdk::prelude::arrow_array::cast::AsArray;
use segmenta_plugin_sdk::prelude::arrow_array::types::{Float64Type, Int64Type};
use segmenta_plugin_sdk::prelude::arrow_array::{RecordBatch, StringArray};
use segmenta_plugin_sdk::prelude::*;

use crate::table::Table;

/// 2026-06-01T00:00:00Z, which is day 20,605.
const AS_OF_US: i64 = 1_780_272_000_000_000;

/// Customers whose revenue reaches a threshold,
/// in euros.
///
/// Not part of the summary.
#[criterion]
fn vip(
    /// Revenue of twelve months.
    revenue: Option<f64>,
    /// Revenue from which a customer is one.
    #[param(default = 1000.0, min = 0.0)]
    threshold: f64,
) -> Option<bool> {
    Some(revenue? >= threshold)
}

/// A word for the basket, in the words of the pipeline.
#[criterion(name = "basket-size", labels = ["small", "large", "empty"])]
fn basket(
    items: u8,
    #[param(default = "large")] word: &str,
    #[param] bounds: &[u8],
    #[param] _note: Option<String>,
) -> Result<String> {
    match (items, bounds.first()) {
        (200, _) => Err(Error::data("items", 0, "is more than a basket holds")),
        (0, _) => Ok("empty".to_owned()),
        (items, Some(bound)) if items >= *bound => Ok(word.to_owned()),
        _ => Ok("small".to_owned()),
    }
}

/// Whole weeks since the last order, at a run's date.
#[criterion]
fn weeks(last: Option<Date>, cx: &Cx<'_>) -> Option<i32> {
    Some((cx.as_of() - last?.0) / 7)
}

/// The type of a customer, in words that Rust keeps for itself.
#[criterion(labels = ["match", "other"])]
fn r#match(r#type: &str, #[param] r#in: &str, #[param(min = 1, max = 9)] digits: Option<u8>) -> &'static str {
    let shown = r#type.get(..digits.map_or(r#type.len(), usize::from)).unwrap_or(r#type);
    if shown == r#in { "match" } else { "other" }
}

/// Margin of an order, and whether it is one of a row called row.
#[criterion]
fn margin(row: Option<i64>, batch: Option<&str>) -> Option<f64> {
    Some(row? as f64 / batch?.len() as f64)
}

export_plugin!(name = "rules", version = "1.0.0", criteria = [vip, basket, weeks, r#match, margin]);

fn bound_and_applied(
    criterion: &str,
    params: &Value,
    batch: &RecordBatch,
) -> segmenta_plugin_host::Result<RecordBatch> {
    let registry = Registry::new(&[linked()])?;
    registry.bind(criterion, params, AS_OF_US, &batch.schema())?.apply(None, batch)
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter(columns.iter().map(|(name, column)| (*name, ArrayRef::clone(column)))).unwrap()
}

fn labels(rows: &RecordBatch) -> Vec<Option<&str>> {
    rows.column(0).as_string::<i32>().iter().collect()
}

#[test]
fn a_truth_is_yes_or_no_and_a_missing_answer_is_null() {
    let revenue = Float64Array::from(vec![Some(999.99), Some(1000.0), None, Some(f64::NAN)]);
    let rows = batch(&[("revenue", Arc::new(revenue))]);
    let answered = bound_and_applied("vip", &json!({}), &rows).unwrap();
    assert_eq!(labels(&answered), [Some("no"), Some("yes"), None, Some("no")]);
    let answered = bound_and_applied("vip", &json!({"threshold": 10}), &rows.slice(0, 1)).unwrap();
    assert_eq!(labels(&answered), [Some("yes")]);
    assert_eq!(vip(Some(5.0), 5.0), Some(true));
}

#[test]
fn options_outside_of_their_bounds_never_reach_the_rule() {
    let rows = batch(&[("revenue", Arc::new(Float64Array::from(vec![1.0])))]);
    for params in [json!({"threshold": -0.5}), json!({"threshold": "1"}), json!({"limit": 1})] {
        assert_eq!(bound_and_applied("vip", &params, &rows).unwrap_err().code(), "params", "{params}");
    }
}

#[test]
fn text_comes_from_options_and_labels_are_held_to_those_declared() {
    let rows = batch(&[("items", Arc::new(Int64Array::from(vec![0, 3, 4, 255])))]);
    let answered = bound_and_applied("basket-size", &json!({"bounds": [4]}), &rows).unwrap();
    assert_eq!(labels(&answered), [Some("empty"), Some("small"), Some("large"), Some("large")]);
    let error = bound_and_applied("basket-size", &json!({"bounds": [4], "word": "huge"}), &rows).unwrap_err();
    assert!(error.to_string().contains("answered `huge`"), "{error}");
}

#[test]
fn a_value_that_stops_the_run_is_named_with_its_row() {
    let rows = |items: Vec<i64>| batch(&[("items", Arc::new(Int64Array::from(items)))]);
    for (items, problem) in [
        (vec![1, 1, 200], "row 2 of the batch: is more than a basket holds"),
        (vec![1, 256], "row 1 of the batch: 256 is beyond the range of `u8`"),
    ] {
        let error = bound_and_applied("basket-size", &json!({"bounds": []}), &rows(items)).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
    let null = batch(&[("items", Arc::new(Int64Array::from(vec![Some(1), None])))]);
    assert_eq!(bound_and_applied("basket-size", &json!({"bounds": []}), &null).unwrap_err().code(), "nulls");
}

#[test]
fn numbers_are_scores_and_only_whole_ones_are_labels() {
    let last = Date32Array::from(vec![Some(20_605 - 15), Some(20_605), None]);
    let weeks = bound_and_applied("weeks", &json!({}), &batch(&[("last", Arc::new(last))])).unwrap();
    assert_eq!(labels(&weeks), [Some("2"), Some("0"), None]);
    assert_eq!(weeks.column(1).as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(2), Some(0), None]));
    let columns: [(&str, ArrayRef); 2] = [
        ("row", Arc::new(Int64Array::from(vec![Some(3), None]))),
        ("batch", Arc::new(StringArray::from(vec!["äö", "x"]))),
    ];
    let margin = bound_and_applied("margin", &json!({}), &batch(&columns)).unwrap();
    assert_eq!(labels(&margin), [None, None]);
    assert_eq!(margin.column(1).as_primitive::<Float64Type>(), &Float64Array::from(vec![Some(0.75), None]));
}

#[test]
fn words_of_rust_and_options_without_a_default_can_be_used() {
    let rows = batch(&[("type", Arc::new(StringArray::from(vec!["abc", "ab"])))]);
    let all = bound_and_applied("match", &json!({"in": "ab"}), &rows).unwrap();
    assert_eq!(labels(&all), [Some("other"), Some("match")]);
    let two = bound_and_applied("match", &json!({"in": "ab", "digits": 2}), &rows).unwrap();
    assert_eq!(labels(&two), [Some("match"), Some("match")]);
    for params in [json!({"in": "ab", "digits": 0}), json!({"digits": 2})] {
        assert_eq!(bound_and_applied("match", &params, &rows).unwrap_err().code(), "params");
    }
}

#[test]
fn no_rows_give_no_rows_and_many_give_as_many() {
    for rows in [0, 1, 4_095, 4_096, 4_097, 10_000] {
        let revenue = Float64Array::from_iter_values((0..rows).map(f64::from));
        let answered = bound_and_applied("vip", &json!({}), &batch(&[("revenue", Arc::new(revenue))])).unwrap();
        let yes = labels(&answered).iter().filter(|label| **label == Some("yes")).count();
        assert_eq!((answered.num_rows(), yes), (rows as usize, (rows as usize).saturating_sub(1_000)));
    }
}

#[test]
fn a_rule_explains_itself_by_what_it_saw() {
    let table = Table::of(&linked());
    let rows = batch(&[("revenue", Arc::new(Float64Array::from(vec![Some(1500.0), None])))]);
    let instance = table.create("vip", &json!({"threshold": 1000.0}), &rows).unwrap();
    let explained = table.explain(instance, std::ptr::null_mut(), &rows).unwrap();
    table.destroy(instance);
    assert_eq!(explained.column_names(), ["explain"]);
    let texts: Vec<Value> = explained
        .column(0)
        .as_string::<i32>()
        .iter()
        .map(|text| serde_json::from_str(text.unwrap()).unwrap())
        .collect();
    let expected = |revenue: Value, answer: Value| json!({"inputs": {"revenue": revenue}, "params": {"threshold": 1000.0}, "answer": answer});
    assert_eq!(texts, [expected(json!(1500.0), json!(true)), expected(Value::Null, Value::Null)]);
}

#[test]
fn comments_become_the_manual() {
    let registry = Registry::new(&[linked()]).unwrap();
    let vip = registry.criterion("vip").unwrap();
    assert_eq!(vip.summary, "Customers whose revenue reaches a threshold, in euros.");
    assert_eq!((vip.inputs[0].description.as_str(), vip.inputs[0].nullable), ("Revenue of twelve months.", true));
    let threshold = &vip.params["properties"]["threshold"];
    assert_eq!(threshold["description"], "Revenue from which a customer is one.");
    assert_eq!((&threshold["default"], &threshold["minimum"]), (&json!(1000.0), &json!(0.0)));
    assert_eq!(vip.params["additionalProperties"], json!(false));
    let basket = registry.criterion("basket-size").unwrap();
    assert_eq!(basket.params["required"], json!(["bounds"]));
    assert!(!basket.inputs[0].nullable);
}
