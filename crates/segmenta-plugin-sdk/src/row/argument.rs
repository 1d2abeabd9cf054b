//! Columns as the arguments of a row rule.

use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Int8Type, Int16Type, Int32Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, BooleanArray, Date32Array, Float64Array, Int64Array, PrimitiveArray, StringArray, TimestampMicrosecondArray,
};
use serde_json::Value;

use crate::{Batch, Error, Result, Type};

/// A type that a column of a row rule can be handed over as.
#[diagnostic::on_unimplemented(
    message = "no column can be handed over as `{Self}`",
    label = "not a type of a column",
    note = "a column is `bool`, an integer of 8 to 64 bits, `f32`, `f64`, `&str`, `String`, `Date`, `Timestamp`, or `Option` of one",
    note = "an option of the pipeline is marked with `#[param]`"
)]
pub trait Argument<'a>: Sized {
    /// Column types, best first.
    const TYPES: &'static [Type];
    /// Whether the column may hold nulls.
    const NULLABLE: bool = false;
    /// The column as an array.
    type Column: Array;

    /// The column `name`.
    ///
    /// # Errors
    /// [`Error::Schema`] if it is not bound or of another type, [`Error::Data`] for an integer that is
    /// beyond the range of this type.
    fn column(batch: &Batch, name: &str) -> Result<Self::Column>;

    /// The value of `row`, which is not null unless [`Argument::NULLABLE`].
    fn value(column: &'a Self::Column, row: usize) -> Self;

    /// The value for a person.
    fn shown(&self) -> Value;
}

/// A date as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i32);

/// A moment as microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl<'a, T: Argument<'a>> Argument<'a> for Option<T> {
    const TYPES: &'static [Type] = T::TYPES;
    const NULLABLE: bool = true;
    type Column = T::Column;

    fn column(batch: &Batch, name: &str) -> Result<Self::Column> {
        T::column(batch, name)
    }

    fn value(column: &'a Self::Column, row: usize) -> Self {
        column.is_valid(row).then(|| T::value(column, row))
    }

    fn shown(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::shown)
    }
}

/// Arguments whose column needs no check of its values.
macro_rules! arguments {
    ($($argument:ty, $types:expr, $array:ty, $column:expr, $value:expr, $shown:expr;)+) => {$(
        impl<'a> Argument<'a> for $argument {
            const TYPES: &'static [Type] = &$types;
            type Column = $array;

            fn column(batch: &Batch, name: &str) -> Result<$array> {
                $column(batch, name)
            }

            fn value(column: &'a $array, row: usize) -> Self {
                let value: fn(&'a $array, usize) -> Self = $value;
                value(column, row)
            }

            fn shown(&self) -> Value {
                let shown: fn(&Self) -> Value = $shown;
                shown(self)
            }
        }
    )+};
}

arguments! {
    bool, [Type::Bool], BooleanArray, Batch::bool, |column, row| column.value(row), |value| (*value).into();
    i64, [Type::Int64], Int64Array, Batch::i64, |column, row| column.value(row), |value| (*value).into();
    f64, [Type::Float64], Float64Array, Batch::f64, |column, row| column.value(row), |value| (*value).into();
    &'a str, [Type::Utf8], StringArray, Batch::str, |column, row| column.value(row), |value| (*value).into();
    String, [Type::Utf8], StringArray, Batch::str, |column, row| column.value(row).to_owned(),
        |value| value.as_str().into();
    Date, [Type::Date32], Date32Array, Batch::date32, |column, row| Self(column.value(row)), |value| value.0.into();
    Timestamp, [Type::TimestampUs], TimestampMicrosecondArray, Batch::timestamp_us,
        |column, row| Self(column.value(row)), |value| value.0.into();
    f32, [Type::Float32], PrimitiveArray<Float32Type>, Batch::primitive::<Float32Type>,
        |column, row| column.value(row), |value| (*value).into();
}

/// Integers that also take a column of `int64`, if its values fit.
macro_rules! integers {
    ($($integer:ty, $kind:ident, $arrow:ty;)+) => {$(
        impl<'a> Argument<'a> for $integer {
            const TYPES: &'static [Type] = &[Type::$kind, Type::Int64];
            type Column = PrimitiveArray<$arrow>;

            fn column(batch: &Batch, name: &str) -> Result<Self::Column> {
                narrowed(batch, name, stringify!($integer))
            }

            fn value(column: &'a Self::Column, row: usize) -> Self {
                column.value(row)
            }

            fn shown(&self) -> Value {
                (*self).into()
            }
        }
    )+};
}

integers! {
    i8, Int8, Int8Type;
    i16, Int16, Int16Type;
    i32, Int32, Int32Type;
    u8, UInt8, UInt8Type;
    u16, UInt16, UInt16Type;
    u32, UInt32, UInt32Type;
    u64, UInt64, UInt64Type;
}

/// The column as it is, or from `int64` with each value checked.
fn narrowed<T>(batch: &Batch, name: &str, wanted: &str) -> Result<PrimitiveArray<T>>
where
    T: ArrowPrimitiveType<Native: TryFrom<i64>>,
{
    if batch.column(name)?.data_type() == &T::DATA_TYPE {
        return batch.primitive(name);
    }
    let wide = batch.i64(name)?;
    let narrow = |(row, value): (usize, Option<i64>)| match value.map(|value| (value, T::Native::try_from(value))) {
        None => Ok(None),
        Some((_, Ok(value))) => Ok(Some(value)),
        Some((value, Err(_))) => Err(Error::data(name, row, format!("{value} is beyond the range of `{wanted}`"))),
    };
    wide.iter().enumerate().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::ArrayRef;
    use arrow_schema::Field;

    use super::*;

    fn batch(column: ArrayRef) -> Batch {
        let field = Field::new("x", column.data_type().clone(), true);
        Batch::new(column.len(), vec![field].into(), vec![column])
    }

    #[test]
    fn a_narrow_argument_takes_wide_integers_that_fit() {
        let wide = batch(Arc::new(Int64Array::from(vec![Some(255), None, Some(0)])));
        let column = <Option<u8> as Argument<'_>>::column(&wide, "x").unwrap();
        let values = [0, 1, 2].map(|row| Option::<u8>::value(&column, row));
        assert_eq!(values, [Some(255), None, Some(0)]);
    }

    #[test]
    fn an_integer_that_does_not_fit_is_named_with_its_row() {
        let wide = batch(Arc::new(Int64Array::from(vec![1, 256])));
        let error = <u8 as Argument<'_>>::column(&wide, "x").unwrap_err();
        assert_eq!(error, Error::data("x", 1, "256 is beyond the range of `u8`"));
        let negative = batch(Arc::new(Int64Array::from(vec![-1])));
        assert!(<u64 as Argument<'_>>::column(&negative, "x").is_err());
    }

    #[test]
    fn text_is_borrowed_and_dates_are_days() {
        let texts = batch(Arc::new(StringArray::from(vec![Some("ä"), None])));
        let column = <Option<&str> as Argument<'_>>::column(&texts, "x").unwrap();
        assert_eq!([0, 1].map(|row| Option::<&str>::value(&column, row)), [Some("ä"), None]);
        let dates = batch(Arc::new(Date32Array::from(vec![20_605])));
        let column = <Date as Argument<'_>>::column(&dates, "x").unwrap();
        assert_eq!(Date::value(&column, 0), Date(20_605));
    }
}
