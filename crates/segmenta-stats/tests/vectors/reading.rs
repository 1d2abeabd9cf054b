//! Inputs of the cases, as the statistics take them.

use segmenta_stats::{CountTable, Sample};
use serde_json::Value;

pub(crate) fn counts(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect()
}

pub(crate) fn table(value: &Value) -> CountTable {
    let rows: Vec<Vec<u64>> = value.as_array().unwrap().iter().map(counts).collect();
    CountTable::from_rows(&rows).unwrap()
}

pub(crate) fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

pub(crate) fn nullable(value: &Value) -> Vec<Option<f64>> {
    value.as_array().unwrap().iter().map(Value::as_f64).collect()
}

/// A list of values, or the values `((a·k + c) mod m)/m·scale + offset` for k from 0 to n − 1.
pub(crate) fn sample(value: &Value) -> Sample {
    let Some(formula) = value.get("affine_mod") else {
        return nullable(value).into_iter().collect();
    };
    let whole = |name: &str| formula[name].as_u64().unwrap();
    let real = |name: &str| formula[name].as_f64().unwrap();
    let (a, c, m) = (whole("a"), whole("c"), whole("m"));
    (0..whole("n")).map(|k| ((a * k + c) % m) as f64 / m as f64 * real("scale") + real("offset")).collect()
}

pub(crate) fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}
