//! The keys of a source, for `references`.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use crate::error::Result;

/// A set of keys of one column, built once and asked millions of times.
///
/// Whole numbers of any width are one kind of key; every other type is compared as text.
/// Nulls are not keys.
#[derive(Debug)]
pub struct KeySet(Keys);

#[derive(Debug)]
enum Keys {
    /// One bit per value of a range that is not much larger than the number of keys.
    Dense {
        min: i64,
        bits: BooleanBuffer,
    },
    Sparse(HashSet<i64, IntState>),
    Text(HashSet<Box<str>>),
}

impl KeySet {
    /// The distinct values of `array` that are not null.
    ///
    /// # Errors
    /// The type has no text form.
    pub fn from_array(array: &ArrayRef) -> Result<Self> {
        Self::from_arrays(std::slice::from_ref(array))
    }

    /// The distinct values of a column that comes in pieces of one type. No pieces: the empty set.
    ///
    /// # Errors
    /// The type has no text form.
    pub fn from_arrays(arrays: &[ArrayRef]) -> Result<Self> {
        let whole = arrays.first().is_none_or(|array| array.data_type().is_integer());
        if !whole {
            return Ok(Self(Keys::Text(text_keys(arrays)?)));
        }
        let mut keys = Vec::with_capacity(arrays.iter().map(Array::len).sum());
        for array in arrays {
            keys.extend(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().iter().flatten());
        }
        Ok(Self(int_keys(&keys)))
    }

    /// Whether a whole number is a key; false for text keys.
    #[inline]
    pub fn contains_int(&self, key: i64) -> bool {
        match &self.0 {
            Keys::Dense { min, bits } => dense_contains(*min, bits, key),
            Keys::Sparse(keys) => keys.contains(&key),
            Keys::Text(_) => false,
        }
    }

    /// Whether a text is a key; false for number keys.
    pub fn contains_text(&self, key: &str) -> bool {
        matches!(&self.0, Keys::Text(keys) if keys.contains(key))
    }

    /// Whether keys of this type can be in the set at all.
    pub fn accepts(&self, data_type: &DataType) -> bool {
        data_type.is_integer() != matches!(self.0, Keys::Text(_))
    }

    /// One value per row: whether it is a key; null for null.
    ///
    /// # Errors
    /// The type has no text form.
    pub fn contains(&self, array: &dyn Array) -> Result<BooleanArray> {
        let held = match &self.0 {
            Keys::Text(keys) => {
                let text = cast(array, &DataType::Utf8)?;
                let text = text.as_string::<i32>();
                BooleanBuffer::collect_bool(text.len(), |row| keys.contains(text.value(row)))
            }
            Keys::Dense { min, bits } => contains_ints(array, |key| dense_contains(*min, bits, key))?,
            Keys::Sparse(keys) => contains_ints(array, |key| keys.contains(&key))?,
        };
        Ok(BooleanArray::new(held, array.nulls().cloned()))
    }
}

fn contains_ints(array: &dyn Array, held: impl Fn(i64) -> bool) -> Result<BooleanBuffer> {
    let ints = cast(array, &DataType::Int64)?;
    let values = ints.as_primitive::<Int64Type>().values();
    Ok(BooleanBuffer::collect_bool(values.len(), |row| held(values[row])))
}

#[inline]
fn dense_contains(min: i64, bits: &BooleanBuffer, key: i64) -> bool {
    let place = key.wrapping_sub(min) as u64;
    place < bits.len() as u64 && bits.value(place as usize)
}

fn text_keys(arrays: &[ArrayRef]) -> Result<HashSet<Box<str>>> {
    let mut keys = HashSet::new();
    for array in arrays {
        let text = cast(array, &DataType::Utf8)?;
        keys.extend(text.as_string::<i32>().iter().flatten().map(Box::from));
    }
    Ok(keys)
}

/// A bitmap costs one bit per value of the range, a hash set some 20 bytes per key.
const DENSE_BITS_PER_KEY: u64 = 128;

fn int_keys(keys: &[i64]) -> Keys {
    let min = keys.iter().copied().min().unwrap_or(0);
    let max = keys.iter().copied().max().unwrap_or(0);
    let range = (max.wrapping_sub(min) as u64).saturating_add(1);
    if range > (keys.len() as u64).saturating_mul(DENSE_BITS_PER_KEY) {
        return Keys::Sparse(keys.iter().copied().collect());
    }
    let mut bytes = vec![0u8; (range as usize).div_ceil(8)];
    for key in keys {
        let place = key.wrapping_sub(min) as usize;
        bytes[place / 8] |= 1 << (place % 8);
    }
    Keys::Dense { min, bits: BooleanBuffer::new(bytes.into(), 0, range as usize) }
}

/// Hashes whole numbers several times faster than the standard hasher; seeded, so that no file can
/// be written that makes every key collide.
#[derive(Debug, Clone)]
pub(crate) struct IntState(u64);

impl Default for IntState {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0u64) | 1)
    }
}

impl BuildHasher for IntState {
    type Hasher = IntHasher;

    fn build_hasher(&self) -> IntHasher {
        IntHasher(self.0)
    }
}

#[derive(Debug)]
pub(crate) struct IntHasher(u64);

impl Hasher for IntHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let product = u128::from(value ^ self.0) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, Int64Array, StringArray};

    use super::*;

    fn ints(keys: Vec<Option<i64>>) -> KeySet {
        KeySet::from_array(&(Arc::new(Int64Array::from(keys)) as ArrayRef)).unwrap()
    }

    #[test]
    fn dense_and_sparse_sets_hold_their_keys_and_nothing_near_them() {
        for keys in [vec![Some(5), None, Some(7)], vec![Some(i64::MIN), Some(0), Some(i64::MAX - 1)]] {
            let set = ints(keys.clone());
            for key in keys.into_iter().flatten() {
                assert!(set.contains_int(key));
                assert!(!set.contains_int(key.wrapping_add(1)));
            }
            assert!(!set.contains_text("5"));
        }
    }

    #[test]
    fn narrow_numbers_are_looked_up_in_wide_keys_and_null_stays_null() {
        let asked = Int32Array::from(vec![Some(7), Some(6), None]);
        let answer = ints(vec![Some(5), Some(7)]).contains(&asked).unwrap();
        assert_eq!(answer, BooleanArray::from(vec![Some(true), Some(false), None]));
    }

    #[test]
    fn text_keys_are_not_numbers() {
        let set = KeySet::from_array(&(Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef)).unwrap();
        assert!(set.contains_text("a") && !set.contains_text("c"));
        assert!(set.accepts(&DataType::Utf8) && !set.accepts(&DataType::Int64));
    }

    #[test]
    fn an_empty_set_holds_nothing() {
        let set = KeySet::from_arrays(&[]).unwrap();
        assert!(!set.contains_int(0));
    }
}
