//! How much of the total few customers hold: Gini, Lorenz curve, top shares, whale curve, ABC classes.

use serde::Serialize;

use crate::error::{Result, check_share};
use crate::float::{finite, sum};
use crate::sample::Sample;
use crate::status::{Reason, Status};

/// Cumulative share up to which customers are in class A.
pub const ABC_A: f64 = 0.80;

/// Cumulative share up to which customers are in class A or B.
pub const ABC_B: f64 = 0.95;

/// Concentration of a total over customers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Concentration {
    /// `undefined` when the total is not above 0.
    pub status: Status,
    /// `empty` or `non_positive_total`, or null.
    pub reason: Option<Reason>,
    /// Customers with a value.
    pub n: u64,
    /// Sum of the values, in their unit.
    pub total: Option<f64>,
    /// Gini coefficient, population form: 0 for equal values, (n−1)/n when one customer holds all. May
    /// exceed 1 with negative values.
    pub gini: Option<f64>,
    /// Share of the total held by the smallest 0, 10, … 100 % of customers, linear between customers.
    pub lorenz_deciles: Vec<f64>,
    /// Share held by the largest 10 % on the Lorenz curve.
    pub top10_share: Option<f64>,
    /// Share held by the largest 20 % on the Lorenz curve.
    pub top20_share: Option<f64>,
    /// Some values are negative: read the whale curve instead.
    pub has_negative: bool,
}

/// Gini coefficient and Lorenz curve of one value per customer.
///
/// `G = Σ(2i − n − 1)·x₍ᵢ₎ / (n·Σx)` over ascending values, i from 1.
///
/// - In: finite values; nulls and infinities are left out, zeros count.
///
/// # Source
/// Gini (1912); Lorenz (1905); Dixon et al. (1987) for the population form.
///
/// # Example
/// ```
/// use segmenta_stats::{Sample, concentration};
///
/// let spend = Sample::new(vec![5., 10., 15., 20., 25., 30., 60., 90., 245., 500.]);
/// let held = concentration::of_sample(&spend);
/// assert!((held.gini.expect("the total is positive") - 0.66).abs() < 1e-12);
/// assert_eq!(held.top10_share, Some(0.5));
/// ```
pub fn of_sample(sample: &Sample) -> Concentration {
    let values = sample.values();
    let cumulative = cumulative(values);
    let total = cumulative[values.len()];
    let counted = Concentration {
        n: values.len() as u64,
        total: if values.is_empty() { None } else { finite(total) },
        has_negative: values.first().is_some_and(|&least| least < 0.0),
        ..Concentration::default()
    };
    if let Some(reason) = unusable(values, total) {
        return Concentration { reason: Some(reason), ..counted };
    }
    let lorenz_deciles: Vec<f64> = (0..=10).map(|decile| curve_at(&cumulative, decile) / total).collect();
    Concentration {
        status: Status::Ok,
        gini: finite(gini(values, total)),
        top10_share: finite(1.0 - lorenz_deciles[9]),
        top20_share: finite(1.0 - lorenz_deciles[8]),
        lorenz_deciles,
        ..counted
    }
}

/// Share of the total held by the `ceil(q·n)` largest customers; null when the total is not above 0.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `q` is not a share.
pub fn top_share(sample: &Sample, q: f64) -> Result<Option<f64>> {
    check_share("q", q)?;
    let values = sample.values();
    let total = sum(values.iter().copied());
    if unusable(values, total).is_some() {
        return Ok(None);
    }
    let top = sum(values.iter().rev().take(top_count(values.len(), q)).copied());
    Ok(finite(top / total))
}

/// Fewest customers, largest first, that hold at least the share `q` of the total; null when the total is
/// not above 0.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `q` is not a share.
pub fn customers_for_share(sample: &Sample, q: f64) -> Result<Option<u64>> {
    check_share("q", q)?;
    let total = sum(sample.values().iter().copied());
    if unusable(sample.values(), total).is_some() {
        return Ok(None);
    }
    let from_top = cumulative_from_top(sample);
    Ok(from_top.iter().position(|held| *held >= q * total).map(|n| n as u64))
}

/// The whale curve: cumulative profit of the customers, most profitable first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WhaleCurve {
    /// `undefined` when the total is not above 0.
    pub status: Status,
    /// `empty` or `non_positive_total`, or null.
    pub reason: Option<Reason>,
    /// Largest cumulative profit over the total; 1 when no customer costs money.
    pub peak: Option<f64>,
    /// Share of customers at the peak.
    pub share_at_peak: Option<f64>,
    /// What the customers after the peak lose again: `peak` − 1.
    pub erosion: Option<f64>,
    /// Cumulative profit over the total after the best 0, 10, … 100 % of customers, linear between customers.
    pub deciles: Vec<f64>,
}

/// Whale curve of one profit per customer, in any unit.
///
/// # Source
/// Kaplan & Narayanan (2001), *Measuring and managing customer profitability*.
///
/// # Example
/// ```
/// use segmenta_stats::{Sample, concentration};
///
/// let profits = Sample::new(vec![50., 30., 20., 10., -10., -20., -30.]); // total 50, best four 110
/// let curve = concentration::whale_curve(&profits);
/// assert_eq!((curve.peak, curve.share_at_peak), (Some(2.2), Some(4.0 / 7.0)));
/// ```
pub fn whale_curve(profits: &Sample) -> WhaleCurve {
    let values = profits.values();
    let cumulative = cumulative_from_top(profits);
    let total = cumulative[values.len()];
    if let Some(reason) = unusable(values, total) {
        return WhaleCurve { reason: Some(reason), ..WhaleCurve::default() };
    }
    let (at_peak, peak) = first_largest(&cumulative);
    WhaleCurve {
        status: Status::Ok,
        reason: None,
        peak: finite(peak / total),
        share_at_peak: finite(at_peak as f64 / values.len() as f64),
        erosion: finite(peak / total - 1.0),
        deciles: (0..=10).map(|decile| curve_at(&cumulative, decile) / total).collect(),
    }
}

/// Customers by ABC class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AbcClasses {
    /// `undefined` when the total is not above 0.
    pub status: Status,
    /// `empty` or `non_positive_total`, or null.
    pub reason: Option<Reason>,
    /// Fewest customers, largest first, that hold 80 % of the total.
    pub n_a: u64,
    /// Further customers up to 95 %.
    pub n_b: u64,
    /// All others.
    pub n_c: u64,
}

/// ABC classes of one value per customer. The customer who crosses a limit is still in the better class.
pub fn abc_classes(sample: &Sample) -> AbcClasses {
    let values = sample.values();
    let total = sum(values.iter().copied());
    if let Some(reason) = unusable(values, total) {
        return AbcClasses { reason: Some(reason), ..AbcClasses::default() };
    }
    let from_top = cumulative_from_top(sample);
    let up_to = |limit: f64| from_top.iter().position(|held| *held >= limit * total).unwrap_or(values.len()) as u64;
    let (to_a, to_b) = (up_to(ABC_A), up_to(ABC_B));
    AbcClasses { status: Status::Ok, reason: None, n_a: to_a, n_b: to_b - to_a, n_c: values.len() as u64 - to_b }
}

/// `ceil(q·n)`, where a product that should be whole may be off by rounding.
fn top_count(n: usize, q: f64) -> usize {
    let exact = q * n as f64;
    let whole = exact.round();
    if (exact - whole).abs() <= 1e-9 { whole as usize } else { exact.ceil() as usize }
}

fn unusable(values: &[f64], total: f64) -> Option<Reason> {
    if values.is_empty() {
        Some(Reason::Empty)
    } else if !total.is_finite() {
        Some(Reason::OutOfRange)
    } else if total <= 0.0 {
        Some(Reason::NonPositiveTotal)
    } else {
        None
    }
}

fn gini(values: &[f64], total: f64) -> f64 {
    let n = values.len() as f64;
    let weighted = values.iter().enumerate().map(|(i, value)| (2.0 * (i as f64 + 1.0) - n - 1.0) * value);
    sum(weighted) / (n * total)
}

/// Sums of the first 0, 1, … n values, each compensated.
fn cumulative<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<f64> {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    let sums = values.into_iter().map(|&value| {
        let next = total + value;
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
        total + lost
    });
    std::iter::once(0.0).chain(sums).collect()
}

fn cumulative_from_top(sample: &Sample) -> Vec<f64> {
    cumulative(sample.values().iter().rev())
}

/// The curve of `cumulative` at `decile` tenths of the customers.
fn curve_at(cumulative: &[f64], decile: usize) -> f64 {
    let position = (cumulative.len() - 1) * decile;
    crate::quantile::between(cumulative, position / 10, (position % 10) as f64 / 10.0)
}

fn first_largest(values: &[f64]) -> (usize, f64) {
    let larger = |best: (usize, f64), next: (usize, &f64)| {
        if *next.1 > best.1 { (next.0, *next.1) } else { best }
    };
    values.iter().enumerate().fold((0, f64::NEG_INFINITY), larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_of_customers_is_not_rounded_up() {
        assert_eq!([top_count(100, 0.07), top_count(101, 0.07), top_count(4338, 0.2)], [7, 8, 868]);
    }

    #[test]
    fn abc_by_hand() {
        // Cumulative 50, 75, 85, 92, 96, 100: the third customer crosses 80 %, the fifth 95 %.
        let classes = abc_classes(&Sample::new(vec![4.0, 50.0, 7.0, 25.0, 4.0, 10.0]));
        assert_eq!((classes.n_a, classes.n_b, classes.n_c), (3, 2, 1));
    }

    #[test]
    fn a_loss_in_total_has_no_curve() {
        let losses = Sample::new(vec![-5.0, 2.0]);
        assert_eq!(whale_curve(&losses).reason, Some(Reason::NonPositiveTotal));
        assert_eq!(top_share(&losses, 0.2), Ok(None));
        assert_eq!(abc_classes(&Sample::default()).reason, Some(Reason::Empty));
    }

    #[test]
    fn without_losses_the_curve_peaks_at_the_end() {
        let curve = whale_curve(&Sample::new(vec![1.0, 3.0, 6.0]));
        assert_eq!((curve.peak, curve.erosion, curve.share_at_peak), (Some(1.0), Some(0.0), Some(1.0)));
        assert_eq!(curve.deciles[10], 1.0);
    }
}
