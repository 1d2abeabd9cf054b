//! Is the newest run unlike the accepted ones: prediction interval and control charts.

use serde::Serialize;

use crate::distribution::{student_two_sided, student_two_sided_upper};
use crate::error::{Error, Result};
use crate::float::{finite, mean, squared_deviations};
use crate::status::{Reason, Status};

/// Fewest past runs with a value for an interval.
pub const FEWEST_RUNS: usize = 3;

/// The interval in which the next run is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PredictionInterval {
    /// `insufficient_history` below three runs, `degenerate` when all are equal, `missing` without a new value.
    pub status: Status,
    /// `short_history`, `constant_history`, `value_missing` or `out_of_range`, or null.
    pub reason: Option<Reason>,
    /// Past runs with a value.
    pub n: usize,
    /// Their mean.
    pub mean: Option<f64>,
    /// Their standard deviation, divisor n − 1.
    pub sd: Option<f64>,
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// Distance of the new value from the mean in units of sd·√(1 + 1/n).
    pub t: Option<f64>,
    /// Two-sided probability of such a distance without any change.
    pub p: Option<f64>,
    /// Whether the new value is outside of the limits.
    pub outside: Option<bool>,
}

/// Prediction interval for the value of one new run, `x̄ ± t₍ₙ₋₁,₁₋α/₂₎·s·√(1 + 1/n)`.
///
/// It allows for the uncertainty of a mean and a spread known from few runs: with α = 1 %, t is 4.36·s at six
/// runs and 2.87·s at 24, where "3 σ" takes no notice.
///
/// - In: values of the accepted runs, null where a run failed, and the new value in the same unit.
///
/// # Errors
/// [`Error::Argument`] unless 0 < `alpha` < 1.
///
/// # Source
/// Hahn & Meeker (1991), *Statistical Intervals*, chapter 4.
///
/// # Example
/// ```
/// use segmenta_stats::control;
///
/// let history = [100.0, 102.0, 99.0, 101.0].map(Some);
/// let interval = control::prediction_interval(&history, Some(107.0), 0.01)?;
/// assert_eq!(interval.outside, Some(false)); // four runs say too little about their spread
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn prediction_interval(history: &[Option<f64>], value: Option<f64>, alpha: f64) -> Result<PredictionInterval> {
    check(alpha > 0.0 && alpha < 1.0, "alpha", alpha, "above 0 and below 1")?;
    let past: Vec<f64> = history.iter().copied().flatten().filter(|value| value.is_finite()).collect();
    let limits = limits(&past, alpha);
    let (Some(mean), Some(sd), Some(lower), Some(upper)) = (limits.mean, limits.sd, limits.lower, limits.upper) else {
        return Ok(limits);
    };
    let Some(value) = value.filter(|value| value.is_finite()) else {
        let (status, reason) = (Status::Missing, Some(Reason::ValueMissing));
        return Ok(PredictionInterval { status, reason, ..limits });
    };
    let t = (value - mean) / (sd * spread(past.len()));
    Ok(PredictionInterval {
        t: finite(t),
        p: finite(student_two_sided(t, past.len() as f64 - 1.0)),
        outside: Some(value < lower || value > upper),
        ..limits
    })
}

/// The interval as far as the past alone gives it.
fn limits(past: &[f64], alpha: f64) -> PredictionInterval {
    let n = past.len();
    let empty = PredictionInterval { n, ..PredictionInterval::default() };
    if n < FEWEST_RUNS {
        let (status, reason) = (Status::InsufficientHistory, Some(Reason::ShortHistory));
        return PredictionInterval { status, reason, ..empty };
    }
    if past.iter().all(|value| *value == past[0]) {
        let (status, reason) = (Status::Degenerate, Some(Reason::ConstantHistory));
        return PredictionInterval { status, reason, mean: Some(past[0]), sd: Some(0.0), ..empty };
    }
    let mean = mean(past);
    let sd = (squared_deviations(past, mean) / (n as f64 - 1.0)).sqrt();
    let reach = student_two_sided_upper(alpha, n as f64 - 1.0) * sd * spread(n);
    if !reach.is_finite() {
        return PredictionInterval { reason: Some(Reason::OutOfRange), ..empty };
    }
    PredictionInterval {
        status: Status::Ok,
        mean: finite(mean),
        sd: finite(sd),
        lower: finite(mean - reach),
        upper: finite(mean + reach),
        ..empty
    }
}

/// Standard deviations between a new value and the mean of `n` others, √(1 + 1/n).
fn spread(n: usize) -> f64 {
    (1.0 + 1.0 / n as f64).sqrt()
}

/// Exponentially weighted moving average of a series of t-scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ewma {
    /// Always `ok`.
    pub status: Status,
    /// Average after each run; null where the run has no score.
    pub ewma: Vec<Option<f64>>,
    /// Limit on either side of 0; null where the run has no score.
    pub limit: Vec<Option<f64>>,
    /// Position of the first average beyond its limit.
    pub first_alarm: Option<usize>,
}

/// EWMA chart: `zₖ = λ·xₖ + (1 − λ)·zₖ₋₁` from 0, limit `L·√(λ/(2−λ)·(1 − (1−λ)²ᵏ))`.
///
/// A run without a score leaves the average as it is, but counts for k.
///
/// # Errors
/// [`Error::Argument`] unless 0 < `lambda` ≤ 1 and `width` > 0.
///
/// # Source
/// Roberts (1959), *Control chart tests based on geometric moving averages*.
pub fn ewma(scores: &[Option<f64>], lambda: f64, width: f64) -> Result<Ewma> {
    check(lambda > 0.0 && lambda <= 1.0, "lambda", lambda, "above 0 and at most 1")?;
    check(width > 0.0 && width.is_finite(), "width", width, "above 0")?;
    let mut chart = Ewma { status: Status::Ok, ..Ewma::default() };
    let mut average = 0.0;
    for (run, score) in scores.iter().enumerate() {
        let Some(score) = score.filter(|score| score.is_finite()) else {
            chart.ewma.push(None);
            chart.limit.push(None);
            continue;
        };
        average = lambda * score + (1.0 - lambda) * average;
        let settled = 1.0 - (1.0 - lambda).powf(2.0 * (run + 1) as f64);
        let limit = width * (lambda / (2.0 - lambda) * settled).sqrt();
        if average.abs() > limit {
            chart.first_alarm = chart.first_alarm.or(Some(run));
        }
        chart.ewma.push(finite(average));
        chart.limit.push(finite(limit));
    }
    Ok(chart)
}

/// Side on which a chart raised its alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Values rose.
    Up,
    /// Values fell.
    Down,
}

/// Cumulative sums of a series of t-scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cusum {
    /// Always `ok`.
    pub status: Status,
    /// Sum of the rises after each run.
    pub upper: Vec<f64>,
    /// Sum of the falls after each run.
    pub lower: Vec<f64>,
    /// Position of the first sum above the limit.
    pub first_alarm: Option<usize>,
    /// Which of the sums it was.
    pub direction: Option<Direction>,
}

/// Tabular CUSUM chart: `C⁺ = max(0, C⁺ + z − k)`, `C⁻ = max(0, C⁻ − z − k)`, alarm above `limit`.
///
/// A run without a score leaves both sums as they are.
///
/// # Errors
/// [`Error::Argument`] unless `slack` ≥ 0 and `limit` > 0.
///
/// # Source
/// Page (1954), *Continuous inspection schemes*.
pub fn cusum(scores: &[Option<f64>], slack: f64, limit: f64) -> Result<Cusum> {
    check(slack >= 0.0 && slack.is_finite(), "slack", slack, "at least 0")?;
    check(limit > 0.0 && limit.is_finite(), "limit", limit, "above 0")?;
    let mut chart = Cusum { status: Status::Ok, ..Cusum::default() };
    let (mut upper, mut lower) = (0.0_f64, 0.0_f64);
    for (run, score) in scores.iter().enumerate() {
        if let Some(score) = score.filter(|score| score.is_finite()) {
            upper = (upper + score - slack).max(0.0);
            lower = (lower - score - slack).max(0.0);
        }
        if chart.first_alarm.is_none() && upper.max(lower) > limit {
            chart.first_alarm = Some(run);
            chart.direction = Some(if upper > limit { Direction::Up } else { Direction::Down });
        }
        chart.upper.push(upper);
        chart.lower.push(lower);
    }
    Ok(chart)
}

/// Limits `(L, h)` of [`ewma`] and [`cusum`] for a mean known from `n_baseline` runs only: with few of them the
/// textbook limits 3 and 5 raise several times as many false alarms.
pub fn chart_limits(n_baseline: usize) -> (f64, f64) {
    match n_baseline {
        ..24 => (4.0, 8.0),
        24..52 => (3.5, 6.0),
        52.. => (3.0, 5.0),
    }
}

/// Runs at which the Western Electric rules signal; for annotation, since all four together raise four to five
/// times the false alarms of the other charts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WesternElectric {
    /// Always `ok`.
    pub status: Status,
    /// One score beyond 3.
    pub rule1: Vec<usize>,
    /// Two of three beyond 2 on one side.
    pub rule2: Vec<usize>,
    /// Four of five beyond 1 on one side.
    pub rule3: Vec<usize>,
    /// Eight in a row on one side of 0.
    pub rule4: Vec<usize>,
}

/// Western Electric rules, each signalled at the run that completes it. Runs without a score are passed over.
///
/// # Source
/// Western Electric (1956), *Statistical Quality Control Handbook*.
pub fn western_electric(scores: &[Option<f64>]) -> WesternElectric {
    let scored: Vec<(usize, f64)> = scores
        .iter()
        .enumerate()
        .filter_map(|(run, score)| score.filter(|score| score.is_finite()).map(|score| (run, score)))
        .collect();
    let signals = |window: usize, needed: usize, beyond: f64| {
        let completes = |&end: &usize| {
            let recent = &scored[(end + 1).saturating_sub(window)..=end];
            let side = scored[end].1.signum();
            let n = recent.iter().filter(|(_, score)| score * side > beyond).count();
            scored[end].1 * side > beyond && n >= needed
        };
        (0..scored.len()).filter(completes).map(|end| scored[end].0).collect()
    };
    WesternElectric {
        status: Status::Ok,
        rule1: signals(1, 1, 3.0),
        rule2: signals(3, 2, 2.0),
        rule3: signals(5, 4, 1.0),
        rule4: signals(8, 8, 0.0),
    }
}

fn check(is_valid: bool, name: &'static str, value: f64, expected: &'static str) -> Result<()> {
    if is_valid { Ok(()) } else { Err(Error::Argument { name, value, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_multipliers_of_short_histories() {
        // t₍ₙ₋₁,₀.₉₉₅₎·√(1 + 1/n) from the tables of Student's distribution.
        for (n, multiplier) in [(6, 4.36), (8, 3.71), (12, 3.23), (24, 2.87), (52, 2.70)] {
            let history: Vec<Option<f64>> = (0..n).map(|run| Some(f64::from(run % 2))).collect();
            let interval = prediction_interval(&history, Some(0.5), 0.01).unwrap();
            let reach = (interval.upper.unwrap() - interval.mean.unwrap()) / interval.sd.unwrap();
            assert!((reach - multiplier).abs() < 0.006, "{n}: {reach}");
        }
    }

    #[test]
    fn a_missing_run_still_has_an_interval() {
        let interval = prediction_interval(&[1.0, 2.0, 3.0].map(Some), None, 0.05).unwrap();
        assert_eq!((interval.status, interval.outside), (Status::Missing, None));
        assert!(interval.lower.is_some());
    }

    #[test]
    fn parameters_are_checked() {
        assert!(prediction_interval(&[], None, 0.0).is_err());
        assert!(ewma(&[], 1.5, 3.0).is_err());
        assert!(cusum(&[], 0.5, f64::NAN).is_err());
    }

    #[test]
    fn rules_look_past_missing_runs() {
        let scores = [Some(2.5), None, Some(2.5)];
        assert_eq!(western_electric(&scores).rule2, [2]);
    }

    #[test]
    fn short_baselines_get_wider_limits() {
        assert_eq!([chart_limits(12), chart_limits(24), chart_limits(52)], [(4.0, 8.0), (3.5, 6.0), (3.0, 5.0)]);
    }
}
