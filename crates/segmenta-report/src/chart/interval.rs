//! A value and its interval on the common scale of a column, 100 units wide.

use serde::Serialize;

use super::coordinate;

/// A dot with a line through it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Interval {
    low: String,
    high: String,
    at: String,
}

impl Interval {
    /// `value` between `low` and `high` on a scale from 0 to `most`.
    pub(crate) fn new(value: f64, (low, high): (f64, f64), most: f64) -> Self {
        let place = |value: f64| {
            let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
            coordinate(3.0 + share * 94.0)
        };
        Self { low: place(low), high: place(high), at: place(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_runs_from_nothing_to_the_most() {
        let interval = Interval::new(0.25, (0.0, 0.5), 0.5);
        assert_eq!((interval.low.as_str(), interval.at.as_str(), interval.high.as_str()), ("3", "50", "97"));
        assert_eq!(Interval::new(0.0, (0.0, 0.0), 0.0).at, "3");
    }
}
