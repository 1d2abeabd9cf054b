//! Floating-point steps that every statistic takes the same way.

/// `None` instead of NaN and infinities, which never leave this crate.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Sum with Neumaier's compensation: the error does not grow with the number of terms.
///
/// The result still depends on the order of the terms in the last bit, so callers pass sorted values
/// or values whose order means something.
pub(crate) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    if lost.is_finite() { total + lost } else { total }
}

/// Arithmetic mean, 0 for no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { sum(values.iter().copied()) / values.len() as f64 }
}

/// Sum of squared deviations from `mean`.
pub(crate) fn squared_deviations(values: &[f64], mean: f64) -> f64 {
    sum(values.iter().map(|value| (value - mean) * (value - mean)))
}

/// `part / whole` as a share; callers have ruled out a whole of 0.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compensation_keeps_the_small_terms() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
    }
}
