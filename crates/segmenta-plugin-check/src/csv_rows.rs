//! Rows of a CSV file or of plain texts, typed as a criterion declares its inputs.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use segmenta_plugin_host::{CriterionInfo, InputInfo, Type};
use serde_json::Value;

use crate::{Error, Result};

/// Texts of one column; `None` is null.
type Cells = Vec<Option<String>>;

/// Columns of a CSV file that are called as inputs of the criterion (`features.0`, `features.1` … for a
/// list of columns). An empty field is null; a grouped criterion reads a JSON array from each field.
///
/// # Errors
/// [`Error::File`], [`Error::Content`] for a file that is no table, and for a column that is none of
/// the types of its input.
pub fn read(path: &Path, info: &CriterionInfo) -> Result<RecordBatch> {
    let text = std::fs::read(path).map_err(Error::read(path))?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let bad = |error: csv::Error| Error::content(path, error);
    let names: Vec<String> = reader.headers().map_err(bad)?.iter().map(str::to_owned).collect();
    let mut columns: Vec<Cells> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        let record = record.map_err(bad)?;
        for (column, field) in columns.iter_mut().zip(&record) {
            column.push((!field.is_empty()).then(|| field.to_owned()));
        }
    }
    let rows = columns.first().map_or(0, Vec::len);
    typed(info, &names, columns, rows).map_err(|problem| Error::content(path, problem))
}

/// A batch of texts, each column in the first type of its input that takes all of them.
pub(crate) fn typed(
    info: &CriterionInfo,
    names: &[String],
    columns: Vec<Cells>,
    rows: usize,
) -> Result<RecordBatch, String> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (name, cells) in names.iter().zip(columns) {
        let Some(input) = info.inputs.iter().find(|input| is_column_of(input, name)) else {
            continue;
        };
        let array = if info.grouped { lists(input, name, &cells)? } else { plain(input, name, cells)? };
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let missing = |input: &&InputInfo| !input.optional && !names.iter().any(|name| is_column_of(input, name));
    if let Some(input) = info.inputs.iter().find(missing) {
        return Err(format!("there is no column `{}`, which `{}` needs", input.name, info.name));
    }
    let rows = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &rows).map_err(|error| error.to_string())
}

fn is_column_of(input: &InputInfo, name: &str) -> bool {
    match input.many {
        false => *name == input.name,
        true => {
            let place = name.strip_prefix(input.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
            place.is_some_and(|place| place.parse::<usize>().is_ok())
        }
    }
}

fn plain(input: &InputInfo, name: &str, cells: Cells) -> Result<ArrayRef, String> {
    let texts: ArrayRef = Arc::new(StringArray::from(cells));
    // A cast that fails leaves a null behind.
    let all =
        |kind: &Type| cast(&texts, &arrow_type(*kind)).ok().filter(|array| array.null_count() == texts.null_count());
    input.types.iter().find_map(all).ok_or_else(|| {
        let types: Vec<&str> = input.types.iter().map(|kind| kind.name()).collect();
        format!("column `{name}` holds values that are no {}", types.join(" or "))
    })
}

fn lists(input: &InputInfo, name: &str, cells: &Cells) -> Result<ArrayRef, String> {
    let (mut items, mut lengths) = (Vec::new(), Vec::new());
    for (row, cell) in cells.iter().enumerate() {
        let text = cell.as_deref().unwrap_or("[]");
        let Ok(Value::Array(list)) = serde_json::from_str(text) else {
            return Err(format!("column `{name}`, row {row}: {text:?} is no JSON array"));
        };
        lengths.push(list.len());
        items.extend(list.iter().map(text_of));
    }
    let values = plain(input, name, items)?;
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    let valid = NullBuffer::from_iter(cells.iter().map(Option::is_some));
    Ok(Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(lengths), values, Some(valid))))
}

/// A JSON value as the text of a cell; null is none.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn arrow_type(kind: Type) -> DataType {
    match kind.arrow() {
        Some(plain) => plain,
        None if kind == Type::Decimal128 => DataType::Decimal128(38, 9),
        None => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    use super::*;

    fn info(types: &[Type], grouped: bool) -> CriterionInfo {
        let registry = segmenta_plugin_host::Registry::new(&[settlement::linked()]).unwrap();
        let mut info = registry.criterion("settlement").unwrap().clone();
        info.inputs[0].types = types.to_vec();
        info.grouped = grouped;
        info
    }

    fn cells(texts: &[Option<&str>]) -> Vec<Cells> {
        vec![texts.iter().map(|text| text.map(str::to_owned)).collect()]
    }

    #[test]
    fn a_column_takes_the_first_type_that_holds_all_its_texts() {
        let names = ["population".to_owned()];
        let rows = cells(&[Some("1"), None, Some("3000000000")]);
        let batch = typed(&info(&[Type::Int32, Type::Int64], false), &names, rows, 3).unwrap();
        assert_eq!(batch.column(0).data_type(), &DataType::Int64);
        assert_eq!(batch.column(0).null_count(), 1);
        let problem = typed(&info(&[Type::Int32], false), &names, cells(&[Some("x")]), 1).unwrap_err();
        assert_eq!(problem, "column `population` holds values that are no int32");
    }

    #[test]
    fn lists_are_json_arrays_and_a_missing_column_is_named() {
        let names = ["population".to_owned()];
        let batch = typed(&info(&[Type::Int64], true), &names, cells(&[Some("[1,2]"), None, Some("[]")]), 3).unwrap();
        let lists = batch.column(0).as_list::<i32>();
        assert_eq!(lists.values().as_primitive::<Int64Type>().values(), &[1, 2]);
        assert_eq!((lists.value_length(0), lists.is_null(1)), (2, true));
        let problem = typed(&info(&[Type::Int64], false), &[], Vec::new(), 0).unwrap_err();
        assert!(problem.contains("no column `population`"), "{problem}");
    }
}
