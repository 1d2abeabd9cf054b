//! The rows a criterion is given, with typed access to its columns.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, PrimitiveArray, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Fields};

use crate::input::members;
use crate::{Error, Result};

/// Rows of the bound columns, under the criterion's own names. Accessors share the buffers and keep
/// nulls; only [`Batch::f64`] and [`Batch::i64`] copy, when the column has another numeric type.
#[derive(Debug, Clone)]
pub struct Batch {
    rows: usize,
    fields: Fields,
    columns: Vec<ArrayRef>,
}

impl Batch {
    /// `columns` in the order of `fields`, each with `rows` rows.
    pub(crate) fn new(rows: usize, fields: Fields, columns: Vec<ArrayRef>) -> Self {
        Self { rows, fields, columns }
    }

    /// Rows; may be 0.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether an optional input is bound.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name() == name)
    }

    /// The column bound to `name`, as it is.
    ///
    /// # Errors
    /// [`Error::Schema`] if there is none.
    pub fn column(&self, name: &str) -> Result<&ArrayRef> {
        let at = self.fields.iter().position(|field| field.name() == name);
        at.map(|at| &self.columns[at]).ok_or_else(|| Error::schema(name, "is not bound"))
    }

    /// A column of any numeric type as reals; beyond 2⁵³ an integer becomes the nearest one.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or not numeric.
    pub fn f64(&self, name: &str) -> Result<Float64Array> {
        to_f64(name, self.column(name)?)
    }

    /// A column of any integer type.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or not an integer column, [`Error::Data`] for a `uint64`
    /// beyond the range of `int64`.
    pub fn i64(&self, name: &str) -> Result<Int64Array> {
        to_i64(name, self.column(name)?)
    }

    /// A text column.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or of another type.
    pub fn str(&self, name: &str) -> Result<StringArray> {
        typed(name, self.column(name)?, "text")
    }

    /// A column of truth values.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or of another type.
    pub fn bool(&self, name: &str) -> Result<BooleanArray> {
        typed(name, self.column(name)?, "boolean")
    }

    /// A column of dates, in days since 1970-01-01.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or of another type.
    pub fn date32(&self, name: &str) -> Result<Date32Array> {
        typed(name, self.column(name)?, "date")
    }

    /// A column of moments, in microseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or of another type.
    pub fn timestamp_us(&self, name: &str) -> Result<TimestampMicrosecondArray> {
        typed(name, self.column(name)?, "timestamp")
    }

    /// A column of numbers of exactly this type.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or of another type.
    pub(crate) fn primitive<T: ArrowPrimitiveType>(&self, name: &str) -> Result<PrimitiveArray<T>> {
        typed(name, self.column(name)?, &T::DATA_TYPE.to_string())
    }

    /// The columns bound to a list of columns, in order, as reals.
    ///
    /// # Errors
    /// As [`Batch::f64`], for the first column that is to blame.
    pub fn many_f64(&self, name: &str) -> Result<Vec<Float64Array>> {
        members(&self.fields, name).map(|field| self.f64(field.name())).collect()
    }

    /// A column of a grouped criterion: one list per entity.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or not a list.
    pub fn list(&self, name: &str) -> Result<ListArray> {
        typed(name, self.column(name)?, "list")
    }

    /// As [`Batch::list`], with the values of all entities as reals.
    ///
    /// # Errors
    /// As [`Batch::list`] and [`Batch::f64`].
    pub fn list_f64(&self, name: &str) -> Result<Lists<Float64Array>> {
        self.lists(name, to_f64)
    }

    /// As [`Batch::list`], with the values of all entities as integers.
    ///
    /// # Errors
    /// As [`Batch::list`] and [`Batch::i64`].
    pub fn list_i64(&self, name: &str) -> Result<Lists<Int64Array>> {
        self.lists(name, to_i64)
    }

    /// As [`Batch::list`], with the values of all entities as text.
    ///
    /// # Errors
    /// As [`Batch::list`] and [`Batch::str`].
    pub fn list_str(&self, name: &str) -> Result<Lists<StringArray>> {
        self.lists(name, |name, values| typed(name, values, "text"))
    }

    /// As [`Batch::list`], with the values of all entities as truth values.
    ///
    /// # Errors
    /// As [`Batch::list`] and [`Batch::bool`].
    pub fn list_bool(&self, name: &str) -> Result<Lists<BooleanArray>> {
        self.lists(name, |name, values| typed(name, values, "boolean"))
    }

    /// As [`Batch::list`], with the values of all entities as days since 1970-01-01.
    ///
    /// # Errors
    /// As [`Batch::list`] and [`Batch::date32`].
    pub fn list_date32(&self, name: &str) -> Result<Lists<Date32Array>> {
        self.lists(name, |name, values| typed(name, values, "date"))
    }

    fn lists<A>(&self, name: &str, cast: impl Fn(&str, &ArrayRef) -> Result<A>) -> Result<Lists<A>> {
        let lists = self.list(name)?;
        let values = cast(name, lists.values())?;
        Ok(Lists { lists, values })
    }
}

/// One list of values per entity.
#[derive(Debug, Clone)]
pub struct Lists<A> {
    lists: ListArray,
    values: A,
}

impl<A> Lists<A> {
    /// Where the entity's values are in [`Lists::values`]; empty for an entity without rows.
    ///
    /// # Panics
    /// If `entity` is not below the batch's rows.
    pub fn range(&self, entity: usize) -> Range<usize> {
        if self.lists.is_null(entity) {
            return 0..0;
        }
        let offsets = self.lists.value_offsets();
        offsets[entity] as usize..offsets[entity + 1] as usize
    }

    /// The values of all entities, one behind the other.
    pub fn values(&self) -> &A {
        &self.values
    }
}

fn typed<A: Array + Clone + 'static>(name: &str, array: &ArrayRef, wanted: &str) -> Result<A> {
    let array_of = array.as_any().downcast_ref::<A>();
    array_of.cloned().ok_or_else(|| wrong_type(name, array, wanted))
}

fn wrong_type(name: &str, array: &ArrayRef, wanted: &str) -> Error {
    Error::schema(name, format!("is {}, not a {wanted} column", array.data_type()))
}

fn to_f64(name: &str, array: &ArrayRef) -> Result<Float64Array> {
    Ok(match array.data_type() {
        DataType::Float64 => array.as_primitive().clone(),
        DataType::Float32 => reals::<Float32Type>(array, f64::from),
        DataType::Int8 => reals::<Int8Type>(array, f64::from),
        DataType::Int16 => reals::<Int16Type>(array, f64::from),
        DataType::Int32 => reals::<Int32Type>(array, f64::from),
        DataType::Int64 => reals::<Int64Type>(array, |value| value as f64),
        DataType::UInt8 => reals::<UInt8Type>(array, f64::from),
        DataType::UInt16 => reals::<UInt16Type>(array, f64::from),
        DataType::UInt32 => reals::<UInt32Type>(array, f64::from),
        DataType::UInt64 => reals::<UInt64Type>(array, |value| value as f64),
        DataType::Decimal128(_, scale) => {
            let unit = 10_f64.powi(i32::from(*scale));
            reals::<Decimal128Type>(array, |value| value as f64 / unit)
        }
        _ => return Err(wrong_type(name, array, "numeric")),
    })
}

fn reals<T: ArrowPrimitiveType>(array: &ArrayRef, cast: impl Fn(T::Native) -> f64) -> Float64Array {
    array.as_primitive::<T>().unary(cast)
}

fn to_i64(name: &str, array: &ArrayRef) -> Result<Int64Array> {
    Ok(match array.data_type() {
        DataType::Int64 => array.as_primitive().clone(),
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::UInt8 => integers::<UInt8Type>(array),
        DataType::UInt16 => integers::<UInt16Type>(array),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => return unsigned(name, array.as_primitive()),
        _ => return Err(wrong_type(name, array, "integer")),
    })
}

fn integers<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Int64Array {
    array.as_primitive::<T>().unary(Into::into)
}

fn unsigned(name: &str, array: &PrimitiveArray<UInt64Type>) -> Result<Int64Array> {
    let cast = |(row, value): (usize, Option<u64>)| match value.map(i64::try_from) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(Error::data(name, row, "is beyond the range of 64-bit integers")),
    };
    array.iter().enumerate().map(cast).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{Decimal128Array, Int16Array, UInt64Array};
    use arrow_schema::Field;

    use super::*;

    fn batch(name: &str, column: ArrayRef) -> Batch {
        let field = Field::new(name, column.data_type().clone(), true);
        Batch::new(column.len(), vec![field].into(), vec![column])
    }

    #[test]
    fn integers_and_decimals_become_reals_and_keep_nulls() {
        let small = batch("x", Arc::new(Int16Array::from(vec![Some(-3), None])));
        assert_eq!(small.f64("x").unwrap(), Float64Array::from(vec![Some(-3.0), None]));
        let cents = Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(9, 2);
        let money = batch("x", Arc::new(cents.unwrap()));
        assert_eq!(money.f64("x").unwrap(), Float64Array::from(vec![Some(12.5), None]));
    }

    #[test]
    fn a_large_unsigned_integer_names_its_row() {
        let batch = batch("x", Arc::new(UInt64Array::from(vec![1, u64::MAX])));
        let error = batch.i64("x").unwrap_err();
        assert!(matches!(error, Error::Data { row: 1, .. }), "{error:?}");
    }

    #[test]
    fn lists_share_one_array_of_values() {
        let rows = vec![Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(4)])];
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(rows);
        let batch = batch("x", Arc::new(lists.slice(0, 4)));
        let lists = batch.list_f64("x").unwrap();
        assert_eq!([0, 1, 2, 3].map(|entity| lists.range(entity)), [0..2, 0..0, 2..2, 2..3]);
        assert_eq!(lists.values(), &Float64Array::from(vec![Some(1.0), None, Some(4.0)]));
    }

    #[test]
    fn a_column_that_is_missing_or_of_another_type_is_named() {
        let batch = batch("x", Arc::new(StringArray::from(vec!["a"])));
        assert_eq!(batch.f64("y").unwrap_err(), Error::schema("y", "is not bound"));
        let error = batch.f64("x").unwrap_err();
        assert_eq!(error, Error::schema("x", "is Utf8, not a numeric column"));
    }
}
