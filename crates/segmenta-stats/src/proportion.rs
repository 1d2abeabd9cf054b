//! Rates of yes and no: Wilson intervals and their difference.

use serde::Serialize;

use crate::distribution::{NORMAL_975, normal_two_sided};
use crate::error::{Error, Result};
use crate::float::{finite, share};
use crate::status::{Reason, Status};

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proportion {
    /// Customers who responded, stayed, and so on.
    pub n_yes: u64,
    /// All customers asked.
    pub n: u64,
}

/// A rate compared with an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RateChange {
    /// `undefined` when a side has no customers.
    pub status: Status,
    /// `empty_reference`, `empty_current`, or `zero_base` when `lift` is null, or null.
    pub reason: Option<Reason>,
    /// Rate of the reference, a share.
    pub rate_reference: Option<f64>,
    /// Current rate, a share.
    pub rate_current: Option<f64>,
    /// Current rate less reference rate, in shares.
    pub diff: Option<f64>,
    /// `diff` over the reference rate.
    pub lift: Option<f64>,
    /// 95 % interval of the current rate.
    pub wilson_current: Option<(f64, f64)>,
    /// 95 % interval of the difference.
    pub newcombe_diff: Option<(f64, f64)>,
    /// Difference in pooled standard errors.
    pub z: Option<f64>,
    /// Two-sided probability of such a z without any change.
    pub p: Option<f64>,
    /// Both rates are 0 or both are 1: z is set to 0 and p to 1.
    pub degenerate: bool,
}

/// Wilson's 95 % interval of a rate; null without customers.
///
/// # Errors
/// [`Error::Argument`] if more answered yes than were asked.
///
/// # Source
/// Wilson (1927), *Probable inference, the law of succession, and statistical inference*.
///
/// # Example
/// ```
/// use segmenta_stats::proportion::{Proportion, wilson};
///
/// let (low, high) = wilson(Proportion { n_yes: 0, n: 10 })?.expect("ten were asked");
/// assert!(low == 0.0 && (high - 0.2775).abs() < 5e-5);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn wilson(proportion: Proportion) -> Result<Option<(f64, f64)>> {
    check(proportion)?;
    Ok(if proportion.n == 0 { None } else { Some(interval(proportion)) })
}

/// Compares two independent rates: difference, lift, Newcombe's 95 % interval and the pooled z-test.
///
/// # Errors
/// [`Error::Argument`] if on a side more answered yes than were asked.
///
/// # Source
/// Newcombe (1998), *Interval estimation for the difference between independent proportions*, method 10.
pub fn compare(reference: Proportion, current: Proportion) -> Result<RateChange> {
    check(reference)?;
    check(current)?;
    if reference.n == 0 {
        return Ok(RateChange { reason: Some(Reason::EmptyReference), ..RateChange::default() });
    }
    if current.n == 0 {
        return Ok(RateChange { reason: Some(Reason::EmptyCurrent), ..RateChange::default() });
    }
    let (before, after) = (rate(reference), rate(current));
    let diff = after - before;
    let z = pooled_z(reference, current, diff);
    let lift = if reference.n_yes == 0 { None } else { finite(diff / before) };
    Ok(RateChange {
        status: Status::Ok,
        reason: lift.is_none().then_some(Reason::ZeroBase),
        rate_reference: finite(before),
        rate_current: finite(after),
        diff: finite(diff),
        lift,
        wilson_current: Some(interval(current)),
        newcombe_diff: Some(newcombe(reference, current)),
        z: Some(z.unwrap_or(0.0)),
        p: Some(z.map_or(1.0, normal_two_sided)),
        degenerate: z.is_none(),
    })
}

fn check(proportion: Proportion) -> Result<()> {
    if proportion.n_yes <= proportion.n {
        return Ok(());
    }
    Err(Error::Argument { name: "n_yes", value: proportion.n_yes as f64, expected: "at most n" })
}

fn rate(proportion: Proportion) -> f64 {
    share(proportion.n_yes, proportion.n)
}

/// Wilson's interval, exactly 0 and 1 at its ends.
fn interval(proportion: Proportion) -> (f64, f64) {
    let (n, rate, z) = (proportion.n as f64, rate(proportion), NORMAL_975);
    let centre = rate + z * z / (2.0 * n);
    let reach = z * (rate * (1.0 - rate) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    let low = if proportion.n_yes == 0 { 0.0 } else { (centre - reach) / scale };
    let high = if proportion.n_yes == proportion.n { 1.0 } else { (centre + reach) / scale };
    (low, high)
}

fn newcombe(reference: Proportion, current: Proportion) -> (f64, f64) {
    let (before, after) = (rate(reference), rate(current));
    let (low_before, high_before) = interval(reference);
    let (low_after, high_after) = interval(current);
    let diff = after - before;
    (diff - (after - low_after).hypot(high_before - before), diff + (high_after - after).hypot(before - low_before))
}

/// The pooled z, `None` when no answer or every answer is yes.
fn pooled_z(reference: Proportion, current: Proportion, diff: f64) -> Option<f64> {
    let (n_yes, n) = (reference.n_yes + current.n_yes, reference.n + current.n);
    if n_yes == 0 || n_yes == n {
        return None;
    }
    let pooled = share(n_yes, n);
    let variance = pooled * (1.0 - pooled) * (1.0 / reference.n as f64 + 1.0 / current.n as f64);
    finite(diff / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_answers_than_questions_are_refused() {
        assert!(wilson(Proportion { n_yes: 2, n: 1 }).is_err());
        assert_eq!(wilson(Proportion { n_yes: 0, n: 0 }), Ok(None));
    }

    #[test]
    fn swapping_the_sides_turns_the_interval_around() {
        let (left, right) = (Proportion { n_yes: 56, n: 70 }, Proportion { n_yes: 48, n: 80 });
        let (there, back) = (newcombe(left, right), newcombe(right, left));
        assert!((there.0 + back.1).abs() < 1e-15 && (there.1 + back.0).abs() < 1e-15);
        // Newcombe (1998), table II, example (a), method 10: 0.0524 to 0.3339
        assert!((back.0 - 0.0524).abs() < 5e-5 && (back.1 - 0.3339).abs() < 5e-5);
    }
}
