//! Arrow rows as a table or as JSON.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Number, Value};

use crate::table::Table;

/// What stands for a null in a table.
const NULL: &str = "-";

/// One line per row, all columns.
pub(crate) fn table(schema: &Schema, batches: &[RecordBatch]) -> Table {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut table = Table::new(&names);
    for (at, field) in schema.fields().iter().enumerate() {
        if field.data_type().is_numeric() {
            table = table.right(at);
        }
    }
    for batch in batches {
        for row in 0..batch.num_rows() {
            table.row(batch.columns().iter().map(|column| cell(column, row)).collect());
        }
    }
    table
}

/// One object per row.
pub(crate) fn json(batches: &[RecordBatch]) -> Vec<Value> {
    let object = |batch: &RecordBatch, row: usize| {
        let schema = batch.schema();
        let fields = schema.fields().iter().zip(batch.columns());
        let members: Map<String, Value> =
            fields.map(|(field, column)| (field.name().clone(), value(column, row))).collect();
        Value::Object(members)
    };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| object(batch, row))).collect()
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if let Some(floats) = column.as_primitive_opt::<Float64Type>()
        && floats.is_valid(row)
    {
        return rounded(floats.value(row));
    }
    let options = FormatOptions::new().with_null(NULL);
    match ArrayFormatter::try_new(column, &options) {
        Ok(formatter) => formatter.value(row).try_to_string().unwrap_or_else(|error| error.to_string()),
        Err(error) => error.to_string(),
    }
}

/// Numbers, truths and nulls as themselves, everything else as its text. Numbers that JSON does not
/// have, such as NaN, are null.
fn value(column: &ArrayRef, row: usize) -> Value {
    macro_rules! number {
        ($kind:ty) => {
            Value::from(column.as_primitive::<$kind>().value(row))
        };
    }
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float32 => float(f64::from(column.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => float(column.as_primitive::<Float64Type>().value(row)),
        _ => Value::String(cell(column, row)),
    }
}

/// Ten significant digits at most: sums of money without the last bits of their floats.
fn rounded(value: f64) -> String {
    let digits = format!("{value:.9e}");
    digits.parse::<f64>().map_or(digits, |short| short.to_string())
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Float64Array, Int64Array, StringArray};
    use serde_json::json;

    use super::*;

    fn rows() -> RecordBatch {
        let columns: [(&str, ArrayRef); 4] = [
            ("id", Arc::new(Int64Array::from(vec![1, 20]))),
            ("segment", Arc::new(StringArray::from(vec![Some("loyal"), None]))),
            ("rate", Arc::new(Float64Array::from(vec![45_392.520_000_000_004, f64::NAN]))),
            ("day", Arc::new(Date32Array::from(vec![0, 1]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn rows_become_lines() {
        let batch = rows();
        let expected = "\
id  segment      rate  day
--  -------  --------  ----------
 1  loyal    45392.52  1970-01-01
20  -             NaN  1970-01-02
";
        assert_eq!(table(&batch.schema(), std::slice::from_ref(&batch)).to_string(), expected);
    }

    #[test]
    fn rows_become_objects() {
        let expected = json!([
            {"id": 1, "segment": "loyal", "rate": 45_392.520_000_000_004, "day": "1970-01-01"},
            {"id": 20, "segment": null, "rate": null, "day": "1970-01-02"},
        ]);
        assert_eq!(Value::from(json(&[rows()])), expected);
    }
}
