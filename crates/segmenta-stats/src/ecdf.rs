//! Two empirical distribution functions, walked together.

/// Rows of both sides up to and with one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// A value that occurs on either side.
    pub(crate) value: f64,
    /// Rows of the reference at or below the value.
    pub(crate) reference: u64,
    /// Rows of the current side at or below the value.
    pub(crate) current: u64,
}

/// The pooled distinct values, ascending, from the `(value, rows)` runs of both sides.
pub(crate) fn steps(
    reference: impl Iterator<Item = (f64, u64)>,
    current: impl Iterator<Item = (f64, u64)>,
) -> impl Iterator<Item = Step> {
    let (mut reference, mut current) = (reference.peekable(), current.peekable());
    let (mut n_reference, mut n_current) = (0, 0);
    std::iter::from_fn(move || {
        let value = match (reference.peek(), current.peek()) {
            (Some(left), Some(right)) => left.0.min(right.0),
            (Some(only), None) | (None, Some(only)) => only.0,
            (None, None) => return None,
        };
        n_reference += reference.next_if(|run| run.0 == value).map_or(0, |run| run.1);
        n_current += current.next_if(|run| run.0 == value).map_or(0, |run| run.1);
        Some(Step { value, reference: n_reference, current: n_current })
    })
}

/// Largest `|i·m − j·n|` over the steps, that is sup|F − G|·n·m as an exact integer.
pub(crate) fn largest_gap(steps: impl Iterator<Item = Step>, n: u64, m: u64) -> u128 {
    steps.map(|step| gap(step, n, m)).max().unwrap_or(0)
}

/// ∫|F − G| dx over the steps.
pub(crate) fn area_between(steps: impl Iterator<Item = Step>, n: u64, m: u64) -> f64 {
    let scale = n as f64 * m as f64;
    let mut last: Option<Step> = None;
    crate::float::sum(steps.map(|step| {
        let strip = last.map_or(0.0, |left| gap(left, n, m) as f64 / scale * (step.value - left.value));
        last = Some(step);
        strip
    }))
}

/// ∫√(F(1 − F)) dx over the steps, with F the distribution function of both sides together.
pub(crate) fn bridge_area(steps: impl Iterator<Item = Step>, n_rows: u64) -> f64 {
    let mut last: Option<Step> = None;
    crate::float::sum(steps.map(|step| {
        let strip = last.map_or(0.0, |left| {
            let share = (left.reference + left.current) as f64 / n_rows as f64;
            (share * (1.0 - share)).sqrt() * (step.value - left.value)
        });
        last = Some(step);
        strip
    }))
}

fn gap(step: Step, n: u64, m: u64) -> u128 {
    let reference = u128::from(step.reference) * u128::from(m);
    let current = u128::from(step.current) * u128::from(n);
    reference.abs_diff(current)
}
