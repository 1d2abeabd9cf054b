//! Rows as JSON values.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::DataType;
use serde_json::{Map, Value};

use crate::batches::shown;

/// One object per row, columns in order. Numbers, truth values and texts are themselves, lists are
/// lists, dates and the rest are text; a number that JSON has no way to write is text too.
pub fn rows(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    let schema = batch.schema();
    let row = |row: usize| {
        let members = schema.fields().iter().zip(batch.columns());
        members.map(|(field, column)| (field.name().clone(), value(column, row))).collect()
    };
    (0..batch.num_rows()).map(row).collect()
}

fn value(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    let one = column.slice(row, 1);
    let number = |kind: &DataType| cast(&one, kind).ok();
    match column.data_type() {
        DataType::Boolean => Value::from(column.as_boolean().value(row)),
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            (0..items.len()).map(|item| value(&items, item)).collect()
        }
        kind if kind.is_floating() => {
            let real = number(&DataType::Float64).map(|real| real.as_primitive::<Float64Type>().value(0));
            real.and_then(serde_json::Number::from_f64).map_or_else(|| shown(column, row).into(), Value::Number)
        }
        kind if kind.is_integer() => {
            let whole = number(&DataType::Int64).filter(|whole| whole.is_valid(0));
            whole.map_or_else(|| shown(column, row).into(), |whole| whole.as_primitive::<Int64Type>().value(0).into())
        }
        _ => shown(column, row).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, UInt8Array};
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_stay_numbers_and_what_is_none_is_text() {
        let columns: [(&str, ArrayRef, bool); 2] = [
            ("x", Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN), None])), true),
            ("n", Arc::new(UInt8Array::from(vec![7, 8, 9])), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let wanted = json!([{"x": 0.1, "n": 7}, {"x": "NaN", "n": 8}, {"x": null, "n": 9}]);
        assert_eq!(json!(rows(&batch)), wanted);
    }
}
