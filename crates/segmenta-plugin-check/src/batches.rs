//! Batches taken apart, put together and compared.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow_cast::display::array_value_to_string;
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use segmenta_plugin_host::Repeat;

/// The rows `at`, in that order.
pub(crate) fn taken(batch: &RecordBatch, at: impl IntoIterator<Item = u64>) -> RecordBatch {
    let at: UInt64Array = at.into_iter().collect::<Vec<_>>().into();
    take_record_batch(batch, &at).expect("the rows are in the batch")
}

/// Slices of at most `rows` rows.
pub(crate) fn chunks(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    let starts = (0..batch.num_rows()).step_by(rows.max(1));
    starts.map(|start| batch.slice(start, rows.min(batch.num_rows() - start))).collect()
}

/// The batches one below the other.
pub(crate) fn joined(batches: &[RecordBatch]) -> RecordBatch {
    let schema = batches.first().expect("there is at least one batch").schema();
    concat_batches(&schema, batches).expect("the batches have one schema")
}

/// The first value that differs by more than `repeat` allows, for a person.
pub(crate) fn difference(expected: &RecordBatch, came: &RecordBatch, repeat: Repeat) -> Option<String> {
    if expected == came {
        return None;
    }
    if expected.num_rows() != came.num_rows() {
        return Some(format!("{} rows instead of {}", came.num_rows(), expected.num_rows()));
    }
    if expected.schema() != came.schema() {
        return Some("the columns have other names or types".to_owned());
    }
    if repeat == Repeat::Never {
        return None;
    }
    for (at, field) in expected.schema().fields().iter().enumerate() {
        let (left, right) = (expected.column(at), came.column(at));
        let differs = |row: &usize| !are_alike(&left.slice(*row, 1), &right.slice(*row, 1), repeat);
        if let Some(row) = (0..left.len()).find(differs) {
            return Some(format!(
                "row {row}: `{}` is {} instead of {}",
                field.name(),
                shown(right, row),
                shown(left, row)
            ));
        }
    }
    None
}

/// Whether two single values of one type are as alike as they have to be.
fn are_alike(left: &ArrayRef, right: &ArrayRef, repeat: Repeat) -> bool {
    let Repeat::Tolerance(share) = repeat else {
        return left.to_data() == right.to_data();
    };
    match (real(left), real(right)) {
        (Some(left), Some(right)) => {
            let near = (left - right).abs() <= share * left.abs().max(right.abs());
            left == right || (left.is_nan() && right.is_nan()) || (left.is_finite() && right.is_finite() && near)
        }
        _ => left.to_data() == right.to_data(),
    }
}

/// The only value of a column of real numbers, unless it is null.
fn real(value: &ArrayRef) -> Option<f64> {
    let double = value.as_primitive_opt::<Float64Type>().map(|column| column.iter().next().flatten());
    let single = || value.as_primitive_opt::<Float32Type>()?.iter().next().flatten().map(f64::from);
    double.unwrap_or_else(single)
}

/// A value for a person.
pub(crate) fn shown(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_owned();
    }
    array_value_to_string(column, row).unwrap_or_else(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Float64Array;

    use super::*;

    fn batch(values: Vec<Option<f64>>) -> RecordBatch {
        let column: ArrayRef = Arc::new(Float64Array::from(values));
        RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap()
    }

    #[test]
    fn the_first_difference_is_named_and_equal_bits_are_equal() {
        let left = batch(vec![Some(f64::NAN), None, Some(0.0)]);
        assert_eq!(difference(&left, &left.clone(), Repeat::Bitwise), None);
        let right = batch(vec![Some(f64::NAN), Some(1.5), Some(0.0)]);
        assert_eq!(difference(&left, &right, Repeat::Bitwise).unwrap(), "row 1: `x` is 1.5 instead of null");
        assert_eq!(difference(&left, &left.slice(0, 2), Repeat::Never).unwrap(), "2 rows instead of 3");
    }

    #[test]
    fn a_tolerance_is_a_share_of_the_larger_number_and_takes_no_null_for_a_number() {
        let near = |right: f64| {
            let (left, right) = (batch(vec![Some(200.0)]), batch(vec![Some(right)]));
            difference(&left, &right, Repeat::Tolerance(0.01)).is_none()
        };
        assert!(near(200.0) && near(198.0) && near(202.0));
        assert!(!near(197.9) && !near(202.1) && !near(f64::NAN) && !near(f64::INFINITY));
        let null = batch(vec![None]);
        assert!(difference(&null, &batch(vec![Some(0.0)]), Repeat::Tolerance(1.0)).is_some());
        assert!(difference(&null, &batch(vec![Some(0.0)]), Repeat::Never).is_none());
    }

    #[test]
    fn chunks_joined_are_the_whole() {
        let whole = batch((0..10).map(|at| Some(f64::from(at))).collect());
        assert_eq!(chunks(&whole, 4).len(), 3);
        assert_eq!(joined(&chunks(&whole, 4)), whole);
        assert_eq!(taken(&taken(&whole, (0..10).rev()), (0..10).rev()), whole);
    }
}
