//! From a distance to a level: enough rows, beyond the noise, within which band.

use crate::findings::{DriftFinding, Level};
use crate::{Reason, Status};

/// Least nm/(n + m) at which a distance between two distribution functions says something: below it, 0.19 and more
/// are noise.
const LEAST_EFFECTIVE_ROWS: f64 = 50.0;

/// Values from which a measure is watched and may ask for action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bands {
    pub(super) watch: f64,
    pub(super) act: f64,
}

impl Bands {
    /// The row with its thresholds and level: within the noise floor nothing is unusual, however large it is.
    ///
    /// A row of too few rows is at most `info`, with `low_confidence`.
    pub(super) fn judge(self, row: DriftFinding, is_enough: bool) -> DriftFinding {
        let row = DriftFinding { threshold_watch: Some(self.watch), threshold_act: Some(self.act), ..row };
        let Some(value) = row.value else {
            return row;
        };
        let level = match value {
            _ if row.noise_floor_99.is_some_and(|floor| value <= floor) => Level::Ok,
            value if value >= self.act => Level::Act,
            value if value >= self.watch => Level::Watch,
            _ => Level::Ok,
        };
        if is_enough {
            return DriftFinding { level, ..row };
        }
        let (status, reason) = (Status::LowConfidence, Some(Reason::TooFewCustomers));
        DriftFinding { level: level.min(Level::Info), status, reason, ..row }
    }

    /// Whether the noise floor of an index lies below its first band.
    pub(super) fn is_above_noise(self, noise_floor_99: Option<f64>) -> bool {
        noise_floor_99.is_some_and(|floor| floor <= self.watch)
    }
}

/// Whether two sides of `n` and `m` rows are enough for a distance between their distribution functions.
pub(super) fn is_enough(n: u64, m: u64) -> bool {
    let (n, m) = (n as f64, m as f64);
    n * m >= LEAST_EFFECTIVE_ROWS * (n + m) && n > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(value: f64, floor: f64, is_enough: bool) -> Level {
        let row = DriftFinding { value: Some(value), noise_floor_99: Some(floor), ..DriftFinding::default() };
        Bands { watch: 0.1, act: 0.25 }.judge(row, is_enough).level
    }

    #[test]
    fn three_gates() {
        assert_eq!([0.09, 0.1, 0.25].map(|value| level(value, 0.01, true)), [Level::Ok, Level::Watch, Level::Act]);
        assert_eq!([0.2, 0.4].map(|value| level(value, 0.3, true)), [Level::Ok, Level::Act]);
        assert_eq!([0.05, 0.4].map(|value| level(value, 0.3, false)), [Level::Ok, Level::Info]);
    }

    #[test]
    fn enough_rows_on_both_sides() {
        assert!(is_enough(100, 100) && is_enough(51, 100_000));
        assert!(!is_enough(99, 100) && !is_enough(50, 100_000) && !is_enough(0, 0));
    }
}
