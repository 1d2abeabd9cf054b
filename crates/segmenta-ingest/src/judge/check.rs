//! One promise about one column, checked a batch at a time.

use std::collections::HashSet;
use std::ops::Not;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray, Scalar, StringArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::kernels::cmp;
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use regex::Regex;

use crate::error::Result;
use crate::keyset::KeySet;
use crate::rule::Rule;

/// A check of one column. Null breaks [`Check::Null`] and nothing else.
#[derive(Debug)]
pub(crate) enum Check {
    NotANumber,
    Null,
    In(Allowed),
    Min(f64),
    Max(f64),
    Matches(Regex),
    /// The source whose keys are allowed.
    References(String),
}

impl Check {
    pub(crate) fn rule(&self) -> Rule {
        match self {
            Self::NotANumber => Rule::NotANumber,
            Self::Null => Rule::Null,
            Self::In(_) => Rule::In,
            Self::Min(_) => Rule::Min,
            Self::Max(_) => Rule::Max,
            Self::Matches(_) => Rule::Matches,
            Self::References(_) => Rule::References,
        }
    }

    /// The rows that break the check; `None` when all hold. `keys` are those of the referenced source.
    ///
    /// # Errors
    /// A kernel does not know the column's type.
    pub(crate) fn failing(&self, column: &ArrayRef, keys: Option<&KeySet>) -> Result<Option<BooleanBuffer>> {
        Ok(match self {
            Self::NotANumber => not_finite(column),
            Self::Null => {
                column.logical_nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| nulls.inner().not())
            }
            Self::In(allowed) => allowed.failing(column)?,
            Self::Min(bound) => below(column, *bound),
            Self::Max(bound) => above(column, *bound),
            Self::Matches(pattern) => failing_texts(column.as_string(), |text| pattern.is_match(text)),
            Self::References(_) => match keys {
                Some(keys) => unknown_keys(column, keys)?,
                None => None,
            },
        })
    }
}

/// The values of an `in` list.
#[derive(Debug)]
pub(crate) enum Allowed {
    /// A few texts, compared one by one.
    Few(Vec<String>),
    /// Many texts.
    Many(HashSet<String>),
    /// Values of another type, each an array of one.
    Values(Vec<ArrayRef>),
}

/// Up to here, comparing beats hashing.
const FEW: usize = 12;

impl Allowed {
    pub(crate) fn texts(allowed: &[String]) -> Self {
        if allowed.len() <= FEW { Self::Few(allowed.to_vec()) } else { Self::Many(allowed.iter().cloned().collect()) }
    }

    fn failing(&self, column: &ArrayRef) -> Result<Option<BooleanBuffer>> {
        match self {
            Self::Few(allowed) => {
                let holds = |text: &str| allowed.iter().any(|value| value.as_str() == text);
                Ok(failing_texts(column.as_string(), holds))
            }
            Self::Many(allowed) => Ok(failing_texts(column.as_string(), |text| allowed.contains(text))),
            Self::Values(allowed) => failing_values(column, allowed),
        }
    }
}

fn failing_values(column: &ArrayRef, allowed: &[ArrayRef]) -> Result<Option<BooleanBuffer>> {
    let mut holds = BooleanBuffer::new_unset(column.len());
    for value in allowed {
        let equal: BooleanArray = cmp::eq(column, &Scalar::new(value))?;
        holds = &holds | equal.values();
    }
    Ok(if_any(holds.not(), column.nulls()))
}

fn failing_texts(column: &StringArray, holds: impl Fn(&str) -> bool) -> Option<BooleanBuffer> {
    let failing = BooleanBuffer::collect_bool(column.len(), |row| column.is_valid(row) && !holds(column.value(row)));
    if_any(failing, None)
}

fn not_finite(column: &ArrayRef) -> Option<BooleanBuffer> {
    match column.data_type() {
        DataType::Float32 => failing(column.as_primitive::<Float32Type>(), f32::is_finite),
        DataType::Float64 => failing(column.as_primitive::<Float64Type>(), f64::is_finite),
        _ => None,
    }
}

fn below(column: &ArrayRef, bound: f64) -> Option<BooleanBuffer> {
    match column.data_type() {
        DataType::Float32 => failing(column.as_primitive::<Float32Type>(), |value| f64::from(value) >= bound),
        DataType::Float64 => failing(column.as_primitive::<Float64Type>(), |value| value >= bound),
        DataType::Decimal128(_, scale) => {
            let least = scaled(bound, *scale).ceil() as i128;
            failing(column.as_primitive::<Decimal128Type>(), |value| value >= least)
        }
        _ => {
            let least = bound.ceil() as i64;
            failing_integers(column, |value| value >= least)
        }
    }
}

fn above(column: &ArrayRef, bound: f64) -> Option<BooleanBuffer> {
    match column.data_type() {
        DataType::Float32 => failing(column.as_primitive::<Float32Type>(), |value| f64::from(value) <= bound),
        DataType::Float64 => failing(column.as_primitive::<Float64Type>(), |value| value <= bound),
        DataType::Decimal128(_, scale) => {
            let most = scaled(bound, *scale).floor() as i128;
            failing(column.as_primitive::<Decimal128Type>(), |value| value <= most)
        }
        _ => {
            let most = bound.floor() as i64;
            failing_integers(column, |value| value <= most)
        }
    }
}

/// A bound in units of the last decimal place. A bound such as 0.07, which binary floating point only
/// approximates, means the nearest whole number of units.
fn scaled(bound: f64, scale: i8) -> f64 {
    let units = bound * 10f64.powi(i32::from(scale));
    let nearest = units.round();
    if (units - nearest).abs() <= nearest.abs() * 1e-12 { nearest } else { units }
}

fn failing_integers(column: &ArrayRef, holds: impl Fn(i64) -> bool) -> Option<BooleanBuffer> {
    match column.data_type() {
        DataType::Int8 => failing(column.as_primitive::<Int8Type>(), |value| holds(value.into())),
        DataType::Int16 => failing(column.as_primitive::<Int16Type>(), |value| holds(value.into())),
        DataType::Int32 => failing(column.as_primitive::<Int32Type>(), |value| holds(value.into())),
        DataType::Int64 => failing(column.as_primitive::<Int64Type>(), holds),
        _ => None,
    }
}

fn unknown_keys(column: &ArrayRef, keys: &KeySet) -> Result<Option<BooleanBuffer>> {
    if *column.data_type() == DataType::Int64 {
        return Ok(failing(column.as_primitive::<Int64Type>(), |key| keys.contains_int(key)));
    }
    let known = keys.contains(column)?;
    Ok(if_any(known.values().not(), column.nulls()))
}

/// Rows per step of the first look, which only asks whether everything holds and vectorises.
const LOOK: usize = 1024;

/// The rows whose value does not hold. Where all do, the common case, no bitmap is built.
pub(crate) fn failing<T: ArrowPrimitiveType>(
    column: &PrimitiveArray<T>,
    holds: impl Fn(T::Native) -> bool,
) -> Option<BooleanBuffer> {
    let values = column.values();
    if values.chunks(LOOK).all(|chunk| chunk.iter().fold(true, |all, &value| all & holds(value))) {
        return None;
    }
    if_any(BooleanBuffer::collect_bool(values.len(), |row| !holds(values[row])), column.nulls())
}

/// The failing rows that are not null, if there are any.
fn if_any(failing: BooleanBuffer, nulls: Option<&NullBuffer>) -> Option<BooleanBuffer> {
    let failing = match nulls {
        Some(nulls) => &failing & nulls.inner(),
        None => failing,
    };
    (failing.count_set_bits() > 0).then_some(failing)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Decimal128Array, Float64Array, Int8Array, Int64Array};

    use super::*;

    fn rows(check: &Check, column: ArrayRef) -> Vec<usize> {
        check.failing(&column, None).unwrap().map_or(Vec::new(), |failing| failing.set_indices().collect())
    }

    #[test]
    fn null_breaks_only_the_null_check() {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        assert_eq!(rows(&Check::Null, Arc::clone(&column)), [1]);
        assert!(rows(&Check::Min(1.0), Arc::clone(&column)).is_empty());
        let keys = KeySet::from_array(&(Arc::new(Int64Array::from(vec![1])) as ArrayRef)).unwrap();
        assert!(Check::References("x".into()).failing(&column, Some(&keys)).unwrap().is_none());
    }

    #[test]
    fn bounds_are_inclusive_for_every_number() {
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![-0.01, 0.0, 1.0, 1.01, f64::NAN]));
        assert_eq!(rows(&Check::Min(0.0), Arc::clone(&floats)), [0, 4]);
        assert_eq!(rows(&Check::Max(1.0), Arc::clone(&floats)), [3, 4]);
        assert_eq!(rows(&Check::NotANumber, floats), [4]);
        let bytes: ArrayRef = Arc::new(Int8Array::from(vec![-1, 0, 1, 2]));
        assert_eq!(rows(&Check::Min(0.5), Arc::clone(&bytes)), [0, 1]);
        assert_eq!(rows(&Check::Max(1e300), bytes), [0usize; 0]);
    }

    #[test]
    fn decimal_bounds_mean_what_they_say() {
        let cents = Decimal128Array::from(vec![6, 7, 8]).with_precision_and_scale(5, 2).unwrap();
        assert_eq!(rows(&Check::Min(0.07), Arc::new(cents.clone())), [0]);
        assert_eq!(rows(&Check::Max(0.07), Arc::new(cents)), [2]);
    }

    #[test]
    fn few_and_many_texts_and_other_types_agree() {
        let many: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("3"), Some("50"), None]));
        assert_eq!(rows(&Check::In(Allowed::texts(&many)), Arc::clone(&texts)), [1]);
        assert_eq!(rows(&Check::In(Allowed::texts(&many[..4])), texts), [1]);
        let values = Allowed::Values(vec![Arc::new(Int64Array::from(vec![3]))]);
        assert_eq!(rows(&Check::In(values), Arc::new(Int64Array::from(vec![Some(3), Some(50), None]))), [1]);
    }
}
