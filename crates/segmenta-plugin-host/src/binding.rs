//! From the pipeline's columns to the ones a criterion reads: chosen and typed once, cast per batch.

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
        let mut fields = Vec::new();
        for input in &info.inputs {
            let bound = bound_columns(input, columns);
            if bound.is_empty() && !input.optional {
                return Err(unfit(&info.name, &input.name, "has no column".to_owned()));
            }
            for column in bound {
                fields.push(bind(info, input, column)?);
            }
        }
        let (criterion, grouped) = (info.name.clone(), info.grouped);
        Ok(Self {
            criterion,
            fields: fields.into(),
            compact,
            grouped,
        })
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
        let columns = self.fields.iter().map(|field| self.column(field, batch));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let fields = Fields::clone(&self.fields);
        let rows = StructArray::try_new_with_length(fields, columns, None, batch.num_rows());
        Ok(rows.expect("every column was cast to its field and checked for nulls"))
    }

    fn column(&self, field: &Field, batch: &RecordBatch) -> Result<ArrayRef> {
        let unfit = |problem: String| unfit(&self.criterion, field.name(), problem);
        let column = batch.column_by_name(field.name());
        let column = column.ok_or_else(|| unfit("has no column".to_owned()))?;
        let column = if column.data_type() == field.data_type() {
            ArrayRef::clone(column)
        } else {
            let options = CastOptions {
                safe: false,
                ..CastOptions::default()
            };
            let cast = cast_with_options(column, field.data_type(), &options);
            cast.map_err(|error| unfit(error.to_string()))?
        };
        self.check_nulls(field, &column)?;
        Ok(if self.compact {
            compacted(&column)
        } else {
            column
        })
    }

    /// Nulls where the input takes none. For a grouped criterion the values count, not the lists.
    fn check_nulls(&self, field: &Field, column: &ArrayRef) -> Result<()> {
        let takes_none = match field.data_type() {
            DataType::List(item) if self.grouped => !item.is_nullable(),
            _ => !field.is_nullable(),
        };
        let first = if takes_none {
            self.first_null(column)
        } else {
            None
        };
        match first {
            None => Ok(()),
            Some((first_row, count)) => Err(Error::Nulls {
                criterion: self.criterion.clone(),
                input: field.name().clone(),
                column: field
                    .metadata()
                    .get(COLUMN_KEY)
                    .unwrap_or(field.name())
                    .clone(),
                first_row,
                count,
            }),
        }
    }

    /// Row of the first null and how many there are.
    fn first_null(&self, column: &ArrayRef) -> Option<(usize, usize)> {
        let lists = column.as_any().downcast_ref::<arrow_array::ListArray>();
        let Some(lists) = lists.filter(|_| self.grouped) else {
            let first = (0..column.len()).find(|row| column.is_null(*row))?;
            return Some((first, column.null_count()));
        };
        let nulls = |row: usize| lists.is_valid(row).then(|| lists.value(row).null_count());
        let mut counts = (0..lists.len()).map(|row| (row, nulls(row).unwrap_or(0)));
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
    (0..)
        .map_while(|at| find(&format!("{}.{at}", input.name)))
        .collect()
}

/// The field under which a column crosses the border.
fn bind(info: &CriterionInfo, input: &InputInfo, column: &Field) -> Result<FieldRef> {
    let wanted = || {
        let types: Vec<&str> = input.types.iter().map(|kind| kind.name()).collect();
        format!(
            "is {}, which is no {} without loss",
            column.data_type(),
            types.join(" or ")
        )
    };
    let (data_type, nullable) = match (info.grouped, list_item(column.data_type())) {
        (false, _) => (target(column.data_type(), &input.types), input.nullable),
        (true, Some(item)) => {
            let item = target(item, &input.types);
            let list = item.map(|item| Field::new_list_field(item, input.nullable));
            (list.map(|item| DataType::List(item.into())), true)
        }
        (true, None) => (None, true),
    };
    let data_type = data_type.ok_or_else(|| unfit(&info.name, column.name(), wanted()))?;
    let shown = column.metadata().get(COLUMN_KEY).cloned();
    let metadata = shown
        .map(|name| (COLUMN_KEY.to_owned(), name))
        .into_iter()
        .collect();
    Ok(Field::new(column.name(), data_type, nullable)
        .with_metadata(metadata)
        .into())
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
    Error::Input {
        criterion: criterion.to_owned(),
        input: input.to_owned(),
        problem,
    }
}

/// The same values in buffers of their own, at offset 0.
fn compacted(column: &ArrayRef) -> ArrayRef {
    let values = column.to_data();
    let mut copy = MutableArrayData::new(vec![&values], false, values.len());
    copy.try_extend(0, 0, values.len())
        .expect("a copy needs no larger offsets than its source");
    arrow_array::make_array(copy.freeze())
}
