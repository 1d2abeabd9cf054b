//! From the pipeline's columns to the ones a criterion reads: chosen and typed once, cast per batch.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_data::transform::MutableArrayData;
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};
use segmenta_plugin_sdk::COLUMN_KEY;

use crate::describe::{CriterionInfo, InputInfo};
use crate::widen::target;
use crate::{Error, Result};

/// The columns of one bound criterion.
#[derive(Debug)]
pub(crate) struct Binding {
    criterion: String,
    fields: Fields,
    /// For each field, whether the input takes nulls.
    takes_nulls: Vec<bool>,
    /// Whether arrays are copied to start at offset 0.
    compact: bool,
    grouped: bool,
}

impl Binding {
    /// Finds a column for every input, and its type in the plugin. Other columns are left out.
    ///
    /// # Errors
    /// [`Error::Input`] for an input without a column, or with one that no type of it can hold.
    pub(crate) fn new(info: &CriterionInfo, columns: &Schema, compact: bool) -> Result<Self> {
        let (mut fields, mut takes_nulls) = (Vec::new(), Vec::new());
        for input in &info.inputs {
            let bound = bound_columns(input, columns);
            if bound.is_empty() && !input.optional {
                return Err(unfit(&info.name, &input.name, "has no column".to_owned()));
            }
            for column in bound {
                fields.push(bind(info, input, column)?);
                takes_nulls.push(input.nullable);
            }
        }
        let (criterion, grouped) = (info.name.clone(), info.grouped);
        Ok(Self { criterion, fields: fields.into(), takes_nulls, compact, grouped })
    }

    /// The columns in the order and types that the plugin gets.
    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The rows as the plugin gets them. Columns are found by name and may stand in any order.
    ///
    /// # Errors
    /// [`Error::Input`] if a column is missing or cannot be cast, [`Error::Nulls`].
    pub(crate) fn rows(&self, batch: &RecordBatch) -> Result<StructArray> {
        let bound = self.fields.iter().zip(&self.takes_nulls);
        let columns = bound.map(|(field, takes_nulls)| {
            let column = self.column(field, batch)?;
            if !takes_nulls {
                self.refuse_nulls(field, &column)?;
            }
            Ok(if self.compact { compacted(&column) } else { column })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let fields = Fields::clone(&self.fields);
        let rows = StructArray::try_new_with_length(fields, columns, None, batch.num_rows());
        Ok(rows.expect("every column was cast to its field and checked for nulls"))
    }

    fn column(&self, field: &Field, batch: &RecordBatch) -> Result<ArrayRef> {
        let unfit = |problem: String| unfit(&self.criterion, field.name(), problem);
        let column = batch.column_by_name(field.name());
        let column = column.ok_or_else(|| unfit("has no column".to_owned()))?;
        if column.data_type() == field.data_type() {
            return Ok(ArrayRef::clone(column));
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let cast = cast_with_options(column, field.data_type(), &options);
        cast.map_err(|error| unfit(error.to_string()))
    }

    /// For a grouped criterion the values count, not the lists.
    fn refuse_nulls(&self, field: &Field, column: &ArrayRef) -> Result<()> {
        let Some((first_row, count)) = self.nulls(column) else {
            return Ok(());
        };
        Err(Error::Nulls {
            criterion: self.criterion.clone(),
            input: field.name().clone(),
            column: field.metadata().get(COLUMN_KEY).unwrap_or(field.name()).clone(),
            first_row,
            count,
        })
    }

    /// Row of the first null and how many there are.
    fn nulls(&self, column: &ArrayRef) -> Option<(usize, usize)> {
        let Some(lists) = column.as_list_opt::<i32>().filter(|_| self.grouped) else {
            let first = (0..column.len()).find(|row| column.is_null(*row))?;
            return Some((first, column.null_count()));
        };
        if lists.values().null_count() == 0 {
            return None;
        }
        let count = |row| {
            if lists.is_valid(row) { lists.value(row).null_count() } else { 0 }
        };
        let mut counts = (0..lists.len()).map(|row| (row, count(row)));
        let (first, count) = counts.find(|(_, count)| *count > 0)?;
        Some((first, count + counts.map(|(_, count)| count).sum::<usize>()))
    }
}

/// The columns called as the input, or `input.0`, `input.1` … without a gap.
fn bound_columns<'a>(input: &InputInfo, columns: &'a Schema) -> Vec<&'a FieldRef> {
    let find = |name: &str| columns.fields().iter().find(|field| field.name() == name);
    if !input.many {
        return find(&input.name).into_iter().collect();
    }
    (0..).map_while(|at| find(&format!("{}.{at}", input.name))).collect()
}

/// The field under which a column crosses the border.
fn bind(info: &CriterionInfo, input: &InputInfo, column: &Field) -> Result<FieldRef> {
    let wanted = || {
        let types: Vec<&str> = input.types.iter().map(|kind| kind.name()).collect();
        format!("is {}, which is no {} without loss", column.data_type(), types.join(" or "))
    };
    let (data_type, nullable) = match (info.grouped, list_item(column.data_type())) {
        (false, _) => (target(column.data_type(), &input.types), input.nullable),
        (true, Some(item)) => {
            let item = target(item, &input.types);
            let list = item.map(|item| Field::new_list_field(item, true));
            (list.map(|item| DataType::List(item.into())), true)
        }
        (true, None) => (None, true),
    };
    let data_type = data_type.ok_or_else(|| unfit(&info.name, column.name(), wanted()))?;
    let shown = column.metadata().get(COLUMN_KEY).cloned();
    let metadata = shown.map(|name| (COLUMN_KEY.to_owned(), name)).into_iter().collect();
    Ok(Field::new(column.name(), data_type, nullable).with_metadata(metadata).into())
}

fn list_item(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item.data_type()),
        _ => None,
    }
}

fn unfit(criterion: &str, input: &str, problem: String) -> Error {
    Error::Input { criterion: criterion.to_owned(), input: input.to_owned(), problem }
}

/// The same values in buffers of their own, at offset 0.
fn compacted(column: &ArrayRef) -> ArrayRef {
    let values = column.to_data();
    let mut copy = MutableArrayData::new(vec![&values], false, values.len());
    copy.try_extend(0, 0, values.len()).expect("a copy needs no larger offsets than its source");
    arrow_array::make_array(copy.freeze())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int64Type;
    use arrow_array::{ListArray, StringArray};
    use segmenta_plugin_sdk::Type;

    use super::*;

    fn info(grouped: bool, nullable: bool) -> CriterionInfo {
        let input = InputInfo {
            name: "x".into(),
            types: vec![Type::Int64, Type::Utf8],
            nullable,
            optional: false,
            many: false,
            description: String::new(),
        };
        CriterionInfo {
            plugin: "p".into(),
            name: "c".into(),
            summary: String::new(),
            grouped,
            params: serde_json::Value::Null,
            inputs: vec![input],
            rows: crate::RowScope::Independent,
            repeat: crate::Repeat::Bitwise,
            explain: false,
            fit: None,
        }
    }

    fn batch(column: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap()
    }

    #[test]
    fn a_slice_is_copied_to_start_at_its_first_value() {
        let text = StringArray::from(vec![Some("aa"), None, Some("b"), Some("cc")]);
        let sliced = batch(Arc::new(text.slice(1, 2)));
        let binding = Binding::new(&info(false, true), &sliced.schema(), true).unwrap();
        let rows = binding.rows(&sliced).unwrap();
        let column = rows.column(0).as_string::<i32>();
        assert_eq!(column, &StringArray::from(vec![None, Some("b")]));
        assert_eq!((column.value_offsets(), column.value_data()), ([0, 0, 1].as_slice(), b"b".as_slice()));
    }

    #[test]
    fn nulls_in_lists_are_counted_and_null_lists_are_not() {
        let rows = vec![None, Some(vec![Some(1)]), Some(vec![None, None]), Some(vec![None])];
        let lists = batch(Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows)));
        let binding = Binding::new(&info(true, false), &lists.schema(), false).unwrap();
        let error = binding.rows(&lists).unwrap_err();
        assert!(matches!(error, Error::Nulls { first_row: 2, count: 3, .. }), "{error:?}");
        assert_eq!(binding.rows(&lists.slice(0, 2)).unwrap().len(), 2);
    }
}
