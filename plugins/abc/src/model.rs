//! The classes of a fit: values from which they start, and the curve of cumulative shares.

use segmenta_plugin_sdk::prelude::*;

use crate::share::Share;

/// Every label, the most valuable first.
pub(crate) const LABELS: [&str; 3] = ["a", "b", "c"];

/// Most knots of the curve; with no more different values than that it is exact.
const MAX_KNOTS: usize = 65_536;

/// Shares are compared with this much tolerance, so that amounts in cents, which binary fractions do
/// not hold exactly, decide as they do on paper.
const TOLERANCE: f64 = 1e-12;

/// Where the classes start, frozen until the next fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Smallest value of an `a`, `None` if nobody is one.
    pub(crate) a_from: Option<f64>,
    /// Smallest value of a `b` or `a`.
    pub(crate) b_from: Option<f64>,
    /// By descending value.
    curve: Vec<Knot>,
    /// Customers of each class in the fit.
    customers: [u64; 3],
    /// Sum of the values of each class in the fit, values of 0 and below as 0.
    values: [f64; 3],
}

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Knot {
    value: f64,
    /// Of the total, by customers with this value or more.
    share: f64,
}

impl Model {
    /// Classes `values` of customers, all above 0 and in any order; `worthless` more customers have
    /// 0 or less and are in the last class.
    pub(crate) fn fit(mut values: Vec<f64>, worthless: u64, cuts: [Share; 2]) -> Self {
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        let total = sum(&values);
        let mut model =
            Self { a_from: None, b_from: None, curve: Vec::new(), customers: [0, 0, worthless], values: [0.0; 3] };
        let mut above = Sum::default();
        let distinct = values.chunk_by(|a, b| a == b).count();
        for tied in values.chunk_by(|a, b| a == b) {
            let reached = |cut: Share| above.get() >= total * cut.get() * (1.0 - TOLERANCE);
            let class = cuts.iter().take_while(|cut| reached(**cut)).count();
            model.join(class, tied);
            tied.iter().for_each(|value| above.add(*value));
            let knot = Knot { value: tied[0], share: (above.get() / total).min(1.0) };
            model.push_knot(knot, distinct > MAX_KNOTS);
        }
        model
    }

    /// The label of a value; `c` for 0 and below.
    pub(crate) fn label(&self, value: f64) -> &'static str {
        let reaches = |from: Option<f64>| from.is_some_and(|from| value >= from);
        match () {
            () if reaches(self.a_from) => LABELS[0],
            () if reaches(self.b_from) => LABELS[1],
            () => LABELS[2],
        }
    }

    /// The share of the fitted total that customers with this value or more had; 1 for 0 and below.
    /// `None` if the total was 0.
    pub(crate) fn cumulative_share(&self, value: f64) -> Option<f64> {
        self.curve.last()?;
        if value <= 0.0 {
            return Some(1.0);
        }
        let reached = self.curve.partition_point(|knot| knot.value >= value);
        Some(reached.checked_sub(1).map_or(0.0, |last| self.curve[last].share))
    }

    /// Refuses bytes that do not hold a falling curve of finite numbers.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub(crate) fn check(&self) -> Result<()> {
        let is_finite = |from: Option<f64>| from.is_none_or(f64::is_finite);
        let falls = |pair: &[Knot]| pair[0].value > pair[1].value && pair[0].share <= pair[1].share;
        let is_share = |knot: &Knot| knot.value.is_finite() && (0.0..=1.0).contains(&knot.share);
        let is_sound = is_finite(self.a_from)
            && is_finite(self.b_from)
            && self.curve.iter().all(is_share)
            && self.curve.windows(2).all(falls);
        if is_sound { Ok(()) } else { Err(Error::model("is not a curve of cumulative shares")) }
    }

    /// Customers, value and starting value of each class.
    pub(crate) fn describe(&self) -> Value {
        let from = [self.a_from, self.b_from, None];
        let classes = LABELS.iter().enumerate().map(|(at, label)| {
            json!({
                "label": label,
                "from_value": from[at],
                "customers": self.customers[at],
                "value": self.values[at],
            })
        });
        json!({ "classes": classes.collect::<Vec<_>>() })
    }

    fn join(&mut self, class: usize, tied: &[f64]) {
        self.customers[class] += tied.len() as u64;
        self.values[class] += tied[0] * tied.len() as f64;
        // Values descend, so the last one seen is the smallest.
        match class {
            0 => (self.a_from, self.b_from) = (Some(tied[0]), Some(tied[0])),
            1 => self.b_from = Some(tied[0]),
            _ => {}
        }
    }

    fn push_knot(&mut self, knot: Knot, thin: bool) {
        let step = 1.0 / MAX_KNOTS as f64;
        let last = self.curve.last().map_or(0.0, |last| last.share);
        if !thin || knot.share - last >= step || (knot.share == 1.0 && last < 1.0) {
            self.curve.push(knot);
        }
    }
}

fn sum(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    values.iter().for_each(|value| sum.add(*value));
    sum.get()
}

/// Neumaier's sum, which keeps what rounding would lose.
#[derive(Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        let (large, small) = if self.sum.abs() >= value.abs() { (self.sum, value) } else { (value, self.sum) };
        self.lost += (large - sum) + small;
        self.sum = sum;
    }

    fn get(&self) -> f64 {
        self.sum + self.lost
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
