//! Conversions of a file's types to those of the contract, without loss.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowTimestampType, DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};

use crate::error::Result;

/// Whether every value of `from` has an equal in `to`, as far as the types tell. Nanoseconds, instants
/// far away and bytes that may not be text are allowed and looked at value by value.
pub(crate) fn is_lossless(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Date32, Date64, Decimal128, Dictionary, Float16, Float32, Float64, LargeBinary, LargeUtf8,
        Null, Timestamp, Utf8, Utf8View,
    };
    match (from, to) {
        (Dictionary(_, values), to) => is_lossless(values, to),
        (from, to) if from == to => true,
        (Null, _) | (Timestamp(..), Timestamp(TimeUnit::Microsecond, None)) => true,
        (Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView, Utf8) => true,
        (Date64, Date32) | (Date32 | Date64, Timestamp(TimeUnit::Microsecond, None)) => true,
        (Float16, Float32 | Float64) | (Float32, Float64) => true,
        (from, Float32) if from.is_integer() => bits(from) <= 16,
        (from, Float64) if from.is_integer() => bits(from) <= 32,
        (from, to) if from.is_integer() && to.is_integer() => {
            let room = bits(to) - usize::from(to.is_signed_integer());
            let needed = bits(from) - usize::from(from.is_signed_integer());
            needed <= room && (to.is_signed_integer() || !from.is_signed_integer())
        }
        (from, Decimal128(precision, scale)) => {
            let Some((digits, from_scale)) = decimal_shape(from) else {
                return false;
            };
            let (precision, scale) = (i16::from(*precision), i16::from(*scale));
            scale >= from_scale && precision - scale >= digits - from_scale
        }
        _ => false,
    }
}

/// Whether [`is_lossless`] is only known value by value.
pub(crate) fn may_lose(from: &DataType, to: &DataType) -> bool {
    use DataType::{Binary, BinaryView, Date32, Date64, Dictionary, LargeBinary, Timestamp};
    match (from, to) {
        (Dictionary(_, values), to) => may_lose(values, to),
        (Timestamp(TimeUnit::Microsecond, _), Timestamp(..)) => false,
        (Timestamp(..) | Date32 | Date64, Timestamp(..)) | (Date64, Date32) => true,
        (Binary | LargeBinary | BinaryView, _) => from != to,
        _ => false,
    }
}

fn bits(integer: &DataType) -> usize {
    integer.primitive_width().unwrap_or_default() * 8
}

/// Digits and scale of the decimal type that holds every value of `data_type`.
fn decimal_shape(data_type: &DataType) -> Option<(i16, i16)> {
    Some(match data_type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => (i16::from(*precision), i16::from(*scale)),
        DataType::Int8 | DataType::UInt8 => (3, 0),
        DataType::Int16 | DataType::UInt16 => (5, 0),
        DataType::Int32 | DataType::UInt32 => (10, 0),
        DataType::Int64 => (19, 0),
        DataType::UInt64 => (20, 0),
        _ => return None,
    })
}

/// The column as `to`, and the rows whose value `to` cannot hold; those are null.
///
/// # Errors
/// There is no such conversion; [`is_lossless`] tells beforehand.
pub(crate) fn retype(column: &ArrayRef, to: &DataType) -> Result<(ArrayRef, Option<BooleanBuffer>)> {
    if column.data_type() == to {
        return Ok((Arc::clone(column), None));
    }
    if let DataType::Dictionary(_, values) = column.data_type() {
        return retype(&cast(column, values)?, to);
    }
    let zoneless = without_zone(column);
    let converted = cast(&zoneless, to)?;
    let lost = match column.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => finer_than_micros(zoneless.as_primitive()),
        _ => newly_null(column, &converted),
    };
    Ok((converted, lost))
}

fn newly_null(before: &ArrayRef, after: &ArrayRef) -> Option<BooleanBuffer> {
    if after.logical_null_count() == before.logical_null_count() {
        return None;
    }
    let after = after.logical_nulls();
    let is_lost = |row| before.is_valid(row) && after.as_ref().is_some_and(|nulls| nulls.is_null(row));
    Some(BooleanBuffer::collect_bool(before.len(), is_lost))
}

fn finer_than_micros(column: &PrimitiveArray<TimestampNanosecondType>) -> Option<BooleanBuffer> {
    crate::judge::check::failing(column, |nanoseconds| nanoseconds % 1_000 == 0)
}

/// An instant is the same in every zone; only the label goes. Other types are returned as they are.
pub(crate) fn without_zone(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Timestamp(TimeUnit::Second, Some(_)) => unlabelled::<TimestampSecondType>(column),
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => unlabelled::<TimestampMillisecondType>(column),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => unlabelled::<TimestampMicrosecondType>(column),
        DataType::Timestamp(TimeUnit::Nanosecond, Some(_)) => unlabelled::<TimestampNanosecondType>(column),
        _ => Arc::clone(column),
    }
}

fn unlabelled<T: ArrowTimestampType + ArrowPrimitiveType>(column: &ArrayRef) -> ArrayRef {
    Arc::new(column.as_primitive::<T>().clone().with_timezone_opt::<Arc<str>>(None))
}

#[cfg(test)]
mod tests {
    use arrow::array::{BinaryArray, StringArray, TimestampMillisecondArray, TimestampNanosecondArray};

    use super::*;

    #[test]
    fn only_conversions_that_keep_every_value_are_allowed() {
        use DataType::{Boolean, Decimal128, Float32, Float64, Int8, Int32, Int64, UInt32, UInt64, Utf8};
        for (from, to, allowed) in [
            (Int32, Int64, true),
            (Int64, Int32, false),
            (UInt32, Int64, true),
            (UInt64, Int64, false),
            (UInt32, Int32, false),
            (Int32, Float64, true),
            (Int64, Float64, false),
            (Float64, Float32, false),
            (Float64, Int64, false),
            (Utf8, Int64, false),
            (Int64, Utf8, false),
            (Int8, Boolean, false),
            (Decimal128(9, 2), Decimal128(18, 4), true),
            (Decimal128(9, 4), Decimal128(18, 2), false),
            (Decimal128(18, 2), Decimal128(18, 4), false),
            (Int32, Decimal128(12, 2), true),
            (Int32, Decimal128(11, 2), false),
        ] {
            assert_eq!(is_lossless(&from, &to), allowed, "{from} to {to}");
        }
    }

    #[test]
    fn an_instant_keeps_its_place_in_time() {
        let berlin = TimestampMillisecondArray::from(vec![0]).with_timezone("+02:00");
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let (column, lost) = retype(&(Arc::new(berlin) as ArrayRef), &micros).unwrap();
        assert_eq!(column.as_primitive::<TimestampMicrosecondType>().value(0), 0);
        assert!(lost.is_none());
    }

    #[test]
    fn values_that_do_not_fit_are_named() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_000, 1_001]));
        assert_eq!(retype(&nanos, &micros).unwrap().1.unwrap().set_indices().collect::<Vec<_>>(), [1]);
        let far: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![i64::MAX, 0]));
        assert_eq!(retype(&far, &micros).unwrap().1.unwrap().set_indices().collect::<Vec<_>>(), [0]);
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"a"[..]), Some(b"\xff"), None]));
        let (texts, lost) = retype(&bytes, &DataType::Utf8).unwrap();
        assert_eq!(texts.as_string::<i32>(), &StringArray::from(vec![Some("a"), None, None]));
        assert_eq!(lost.unwrap().set_indices().collect::<Vec<_>>(), [1]);
    }
}
