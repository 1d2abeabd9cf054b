//! Which of the types an input takes can hold a column without loss.

use arrow_schema::{DataType, TimeUnit};
use segmenta_plugin_sdk::Type;

/// The Arrow type that a column of type `source` is cast to: its own, if it is listed, else the first
/// that holds every value. Counts and decimals become the nearest real number where only reals are
/// taken. Views, large and dictionary layouts are first read as the plain type. `None` if nothing fits.
pub(crate) fn target(source: &DataType, types: &[Type]) -> Option<DataType> {
    if source == &DataType::Null {
        return types.first().and_then(|kind| kind.arrow());
    }
    let plain = plain(source);
    if types.iter().any(|kind| kind.matches(&plain)) {
        return Some(plain);
    }
    types.iter().find_map(|kind| widened(&plain, *kind))
}

/// The type of the contract with the same values.
fn plain(source: &DataType) -> DataType {
    match source {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Float16 => DataType::Float32,
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::Decimal32(digits, scale) | DataType::Decimal64(digits, scale) => {
            DataType::Decimal128(*digits, *scale)
        }
        DataType::Decimal256(digits, scale) if *digits <= 38 => DataType::Decimal128(*digits, *scale),
        other => other.clone(),
    }
}

fn widened(source: &DataType, kind: Type) -> Option<DataType> {
    let fits = match kind {
        Type::Float64 => source.is_integer() || source.is_floating() || source.is_decimal(),
        Type::Float32 => matches!(source, DataType::Int8 | DataType::UInt8 | DataType::Int16 | DataType::UInt16),
        Type::TimestampUs if source == &DataType::Date32 => {
            return Some(DataType::Timestamp(TimeUnit::Microsecond, None));
        }
        _ => integer_bits(source).zip(kind.arrow().as_ref().and_then(integer_bits)).is_some_and(holds),
    };
    if fits { kind.arrow() } else { None }
}

/// Bits and whether there is a sign.
fn integer_bits(data_type: &DataType) -> Option<(u32, bool)> {
    let bits = data_type.primitive_width()? as u32 * 8;
    data_type.is_integer().then(|| (bits, data_type.is_signed_integer()))
}

/// Whether every integer of the first kind is one of the second.
fn holds((from, to): ((u32, bool), (u32, bool))) -> bool {
    match (from.1, to.1) {
        (true, false) => false,
        (false, true) => from.0 < to.0,
        _ => from.0 <= to.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGERS: [Type; 2] = [Type::Int32, Type::Int64];

    #[test]
    fn a_listed_type_is_kept_and_a_smaller_one_widened_to_the_first_that_holds_it() {
        assert_eq!(target(&DataType::Int64, &INTEGERS), Some(DataType::Int64));
        assert_eq!(target(&DataType::Int16, &INTEGERS), Some(DataType::Int32));
        assert_eq!(target(&DataType::UInt32, &INTEGERS), Some(DataType::Int64));
        assert_eq!(target(&DataType::UInt64, &INTEGERS), None);
        assert_eq!(target(&DataType::Float64, &INTEGERS), None);
        assert_eq!(target(&DataType::Int8, &[Type::UInt64]), None);
    }

    #[test]
    fn layouts_are_read_as_the_plain_type() {
        let text = [Type::Utf8];
        assert_eq!(target(&DataType::Utf8View, &text), Some(DataType::Utf8));
        let dictionary = DataType::Dictionary(DataType::Int8.into(), DataType::LargeUtf8.into());
        assert_eq!(target(&dictionary, &text), Some(DataType::Utf8));
        assert_eq!(target(&DataType::Int64, &text), None);
    }

    #[test]
    fn numbers_become_reals_and_dates_moments() {
        let money = DataType::Decimal128(18, 2);
        assert_eq!(target(&money, &[Type::Float64]), Some(DataType::Float64));
        assert_eq!(target(&money, &[Type::Decimal128]), Some(money));
        let moment = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(target(&DataType::Date32, &[Type::TimestampUs]), Some(moment.clone()));
        assert_eq!(target(&moment, &[Type::Date32]), None);
        assert_eq!(target(&DataType::Null, &INTEGERS), Some(DataType::Int32));
    }
}
