//! Values made up from a type. A value depends on its row's number and the column's salt alone, never
//! on the batch it is in.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    StringArray, TimestampMicrosecondArray,
};
use arrow_cast::cast;
use segmenta_plugin_host::Type;

const US_PER_DAY: i64 = 86_400_000_000;
/// Digits and scale of the decimals made here.
const DECIMAL: (u8, i8) = (18, 2);

/// Which values are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// None.
    None,
    /// One in five.
    Some,
    /// All.
    All,
}

/// What the other values are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    /// Small counts, amounts with cents, words, days before the run.
    Ordinary,
    /// The ends of the type and what is easily forgotten.
    Odd,
}

/// How one column is filled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling {
    pub(crate) salt: u64,
    pub(crate) nulls: Nulls,
    pub(crate) values: Values,
    pub(crate) as_of_us: i64,
}

impl Filling {
    /// The values of these rows.
    pub(crate) fn column(&self, kind: Type, rows: &[u64]) -> ArrayRef {
        match (self.values, kind) {
            (_, Type::Bool) => Arc::new(self.each(rows, |hash| hash & 1 == 1).collect::<BooleanArray>()),
            (Values::Ordinary, _) => self.ordinary(kind, rows),
            (Values::Odd, _) => self.odd(kind, rows),
        }
    }

    fn ordinary(&self, kind: Type, rows: &[u64]) -> ArrayRef {
        let cents = |hash: u64| (hash % 1_000_000) as f64 / 100.0;
        let today = (self.as_of_us / US_PER_DAY) as i32;
        match kind {
            Type::Float64 => Arc::new(self.each(rows, cents).collect::<Float64Array>()),
            Type::Float32 => Arc::new(self.each(rows, |hash| cents(hash) as f32).collect::<Float32Array>()),
            Type::Utf8 => Arc::new(self.each(rows, word).collect::<StringArray>()),
            Type::Binary => Arc::new(self.each(rows, |hash| word(hash).as_bytes().to_vec()).collect::<BinaryArray>()),
            Type::Date32 => {
                let day = |hash: u64| today - 1 - (hash % 20_000) as i32;
                Arc::new(self.each(rows, day).collect::<Date32Array>())
            }
            Type::TimestampUs => {
                let moment = |hash: u64| self.as_of_us - 1 - (hash % 300_000_000_000_000) as i64;
                Arc::new(self.each(rows, moment).collect::<TimestampMicrosecondArray>())
            }
            Type::Decimal128 => decimals(self.each(rows, |hash| i128::from(hash % 1_000_000)).collect()),
            integer => {
                let counts = self.each(rows, |hash| (hash % 100) as i64).collect::<Int64Array>();
                let wanted = integer.arrow().expect("only timestamps and decimals are families");
                cast(&counts, &wanted).expect("numbers below 100 fit every integer")
            }
        }
    }

    fn odd(&self, kind: Type, rows: &[u64]) -> ArrayRef {
        match kind {
            Type::Float64 => Arc::new(self.pick(rows, &ODD_REALS).collect::<Float64Array>()),
            Type::Float32 => Arc::new(self.pick(rows, &ODD_REALS.map(|value| value as f32)).collect::<Float32Array>()),
            Type::Utf8 => Arc::new(self.pick(rows, &odd_texts()).collect::<StringArray>()),
            Type::Binary => {
                let odd = [vec![], vec![0], vec![255; 300], b"\xf0\x9f".to_vec()];
                Arc::new(self.pick(rows, &odd).collect::<BinaryArray>())
            }
            Type::Date32 => {
                let odd = [0, -1, i32::MIN, i32::MAX, -719_162, 2_932_896];
                Arc::new(self.pick(rows, &odd).collect::<Date32Array>())
            }
            Type::TimestampUs => {
                let odd = [0, -1, i64::MIN, i64::MAX, self.as_of_us];
                Arc::new(self.pick(rows, &odd).collect::<TimestampMicrosecondArray>())
            }
            Type::Decimal128 => {
                let most = 10_i128.pow(u32::from(DECIMAL.0)) - 1;
                decimals(self.pick(rows, &[0, -1, most, -most]).collect())
            }
            integer => {
                let texts = self.pick(rows, &odd_integers(integer)).collect::<StringArray>();
                let wanted = integer.arrow().expect("only timestamps and decimals are families");
                cast(&texts, &wanted).expect("the ends of a type are in it")
            }
        }
    }

    /// For each row what `make` makes of its hash, or null.
    fn each<T>(&self, rows: &[u64], make: impl Fn(u64) -> T) -> impl Iterator<Item = Option<T>> {
        rows.iter().map(move |row| {
            let hash = hash(self.salt, *row);
            let null = match self.nulls {
                Nulls::None => false,
                Nulls::Some => (hash >> 32).is_multiple_of(5),
                Nulls::All => true,
            };
            (!null).then(|| make(hash))
        })
    }

    /// The `odd` values in turn, so that a few rows have them all.
    fn pick<T: Clone>(&self, rows: &[u64], odd: &[T]) -> impl Iterator<Item = Option<T>> {
        rows.iter().map(move |row| {
            let null = match self.nulls {
                Nulls::None => false,
                Nulls::Some => row % 5 == 4,
                Nulls::All => true,
            };
            (!null).then(|| odd[(*row % odd.len() as u64) as usize].clone())
        })
    }
}

const ODD_REALS: [f64; 10] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -0.0,
    0.0,
    f64::MIN,
    f64::MAX,
    f64::MIN_POSITIVE / 4.0,
    9_007_199_254_740_993.0,
    -1.5,
];

/// A number that looks random and is the same everywhere (the finaliser of SplitMix64).
pub(crate) fn hash(salt: u64, row: u64) -> u64 {
    let mut bits = row.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn word(hash: u64) -> String {
    const WORDS: [&str; 8] = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"];
    WORDS[(hash % 8) as usize].to_owned()
}

fn odd_texts() -> Vec<String> {
    let long = "x".repeat(5_000);
    let odd = ["", " ", "a\0b", "\u{1f600}", "\u{202e}abc", "line\nbreak", "\u{c4}\u{d6}", "0", "null", &long];
    odd.map(str::to_owned).to_vec()
}

fn odd_integers(kind: Type) -> Vec<String> {
    let (least, most) = match kind {
        Type::Int8 => (i128::from(i8::MIN), i128::from(i8::MAX)),
        Type::Int16 => (i128::from(i16::MIN), i128::from(i16::MAX)),
        Type::Int32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Type::Int64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        Type::UInt8 => (0, i128::from(u8::MAX)),
        Type::UInt16 => (0, i128::from(u16::MAX)),
        Type::UInt32 => (0, i128::from(u32::MAX)),
        _ => (0, i128::from(u64::MAX)),
    };
    [least, most, 0, 1, most - 1].map(|value| value.to_string()).to_vec()
}

fn decimals(values: Vec<Option<i128>>) -> ArrayRef {
    let decimals = Decimal128Array::from(values).with_precision_and_scale(DECIMAL.0, DECIMAL.1);
    Arc::new(decimals.expect("18 digits hold what is made here"))
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    #[test]
    fn a_value_does_not_depend_on_its_batch() {
        for kind in Type::ALL {
            for values in [Values::Ordinary, Values::Odd] {
                let filling = Filling { salt: 3, nulls: Nulls::Some, values, as_of_us: 1_780_272_000_000_000 };
                let all = filling.column(kind, &(0..40).collect::<Vec<_>>());
                let last = filling.column(kind, &[39]);
                assert_eq!(all.slice(39, 1).to_data(), last.to_data(), "{kind:?}");
                assert!(all.null_count() > 0 && all.null_count() < 40, "{kind:?}");
                assert!(kind.matches(all.data_type()), "{kind:?}");
            }
        }
    }
}
