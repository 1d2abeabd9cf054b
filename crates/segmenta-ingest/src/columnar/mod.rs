//! Formats that hold typed columns: Parquet and Arrow IPC.

pub(crate) mod ipc;
pub(crate) mod parquet;
pub(crate) mod retype;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Value};

use crate::accounting::bounded_text;
use crate::bind::Origin;
use crate::error::Result;
use crate::parse::constant_column;
use crate::plan::ScanPlan;
use crate::rule::{CellFailure, Rule};

/// More columns than this are not read.
pub(crate) const MAX_COLUMNS: usize = 20_000;
/// More bytes of metadata than this are not read.
pub(crate) const MAX_METADATA_BYTES: u64 = 64 * 1024 * 1024;

/// A row as a JSON object, for quarantine. Numbers and truth values are bare, everything else is text.
pub(crate) fn row_text(batch: &RecordBatch, row: usize) -> String {
    let schema = batch.schema_ref();
    let cells = schema.fields().iter().zip(batch.columns());
    let object: Map<String, Value> =
        cells.map(|(field, column)| (field.name().clone(), cell_json(column, row))).collect();
    bounded_text(Value::Object(object).to_string().as_bytes())
}

fn cell_json(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options);
    let text = formatter.map(|formatter| formatter.value(row).to_string()).unwrap_or_default();
    let bare = column.data_type().is_numeric() || *column.data_type() == arrow::datatypes::DataType::Boolean;
    match serde_json::from_str(&text) {
        Ok(value) if bare => value,
        _ => Value::String(text),
    }
}

/// The wanted columns of a batch as the contract types them, and the cells that are lost on the way.
/// `found` gives the file's column of a field.
pub(crate) fn contract_columns<'a>(
    plan: &ScanPlan,
    origins: &[Origin],
    wanted: &[usize],
    rows: usize,
    found: impl Fn(usize) -> &'a ArrayRef,
) -> Result<(Vec<ArrayRef>, Vec<CellFailure>)> {
    let mut columns = Vec::with_capacity(wanted.len());
    let mut failures = Vec::new();
    for &place in wanted {
        let contract = &plan.contract.columns[place];
        match &origins[place] {
            Origin::File(field) => {
                let (column, lost) = retype::retype(found(*field), &contract.data_type)?;
                let lost = lost.iter().flat_map(|lost| lost.set_indices());
                failures.extend(lost.map(|row| CellFailure { row, column: place, rule: Rule::Type }));
                columns.push(column);
            }
            Origin::Partition(value) => {
                let data_type = contract.declared.unwrap_or(segmenta_pipeline::model::ColumnType::String);
                let (column, broken) = constant_column(data_type, &contract.text, value.as_deref(), rows);
                let broken = broken.into_iter().flat_map(|rule| (0..rows).map(move |row| (row, rule)));
                failures.extend(broken.map(|(row, rule)| CellFailure { row, column: place, rule }));
                columns.push(column);
            }
        }
    }
    Ok((columns, failures))
}
