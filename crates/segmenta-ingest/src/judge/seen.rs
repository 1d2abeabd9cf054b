//! What earlier rows held, for `unique` and `deduplicate`.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, SortField};

use crate::error::Result;
use crate::keyset::IntState;

/// A set of byte strings that keeps 128 bits of each. The hash keys are drawn per process, so nobody can
/// prepare two rows that collide; by chance, among 10^9 rows, two do once in 10^20 runs.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    states: [RandomState; 2],
    seen: HashSet<u128, RandomState>,
}

impl Fingerprints {
    fn of(&self, bytes: &[u8]) -> u128 {
        let [high, low] = self.states.each_ref().map(|state| u128::from(state.hash_one(bytes)));
        high << 64 | low
    }
}

/// Whole rows seen so far.
#[derive(Debug)]
pub(crate) struct SeenRows {
    converter: RowConverter,
    seen: Fingerprints,
}

impl SeenRows {
    /// # Errors
    /// A column's type has no order.
    pub(crate) fn new<'a>(types: impl Iterator<Item = &'a DataType>) -> Result<Self> {
        let fields = types.map(|data_type| SortField::new(data_type.clone())).collect();
        Ok(Self { converter: RowConverter::new(fields)?, seen: Fingerprints::default() })
    }

    /// Which rows equal none before them; `None` when that is all of them.
    pub(crate) fn first_ones(&mut self, columns: &[ArrayRef]) -> Result<Option<BooleanBuffer>> {
        let rows = self.converter.convert_columns(columns)?;
        let seen = &mut self.seen;
        let first: BooleanBuffer = rows
            .iter()
            .map(|row| {
                let fingerprint = seen.of(row.as_ref());
                seen.seen.insert(fingerprint)
            })
            .collect();
        Ok((first.count_set_bits() < first.len()).then_some(first))
    }
}

/// The values of one unique column seen so far.
#[derive(Debug)]
pub(crate) enum SeenValues {
    Ints(HashSet<i64, IntState>),
    Texts(Fingerprints),
}

impl SeenValues {
    pub(crate) fn new(data_type: &DataType) -> Self {
        if data_type.is_integer() { Self::Ints(HashSet::default()) } else { Self::Texts(Fingerprints::default()) }
    }

    /// The column in the form its values are compared in.
    pub(crate) fn comparable(&self, column: &ArrayRef) -> Result<ArrayRef> {
        let data_type = if matches!(self, Self::Ints(_)) { DataType::Int64 } else { DataType::Utf8 };
        Ok(cast(column, &data_type)?)
    }

    /// Whether a row's value was kept before; null never was. `column` is from [`Self::comparable`].
    pub(crate) fn contains(&self, column: &ArrayRef, row: usize) -> bool {
        if column.is_null(row) {
            return false;
        }
        match self {
            Self::Ints(seen) => seen.contains(&column.as_primitive::<Int64Type>().value(row)),
            Self::Texts(texts) => texts.seen.contains(&texts.of(column.as_string::<i32>().value(row).as_bytes())),
        }
    }

    /// Keeps a row's value.
    pub(crate) fn insert(&mut self, column: &ArrayRef, row: usize) {
        if column.is_null(row) {
            return;
        }
        match self {
            Self::Ints(seen) => {
                seen.insert(column.as_primitive::<Int64Type>().value(row));
            }
            Self::Texts(texts) => {
                let fingerprint = texts.of(column.as_string::<i32>().value(row).as_bytes());
                texts.seen.insert(fingerprint);
            }
        }
    }
}
