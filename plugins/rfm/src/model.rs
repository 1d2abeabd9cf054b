//! What a fit leaves behind: the cuts of each axis, frozen until the next fit.

use segmenta_plugin_sdk::prelude::*;

use crate::cut::{Cut, Direction, Equal};

/// One of the three inputs, with its good end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    pub(crate) name: &'static str,
    pub(crate) direction: Direction,
}

/// In the order of a code: recency, frequency, monetary.
pub(crate) const AXES: [Axis; 3] = [
    Axis { name: "recency", direction: Direction::LowerIsBetter },
    Axis { name: "frequency", direction: Direction::HigherIsBetter },
    Axis { name: "monetary", direction: Direction::HigherIsBetter },
];

/// The cuts of all axes, in the order of [`AXES`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub(crate) axes: [AxisModel; 3],
}

/// The cuts of one axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AxisModel {
    /// Worst first; the score is one more than the cuts passed.
    pub(crate) cuts: Vec<Cut>,
    /// Fitted customers with each score, the lowest first.
    pub(crate) customers: Vec<u64>,
}

impl Model {
    /// Refuses bytes that do not hold finite cuts between `bins` scores.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub(crate) fn check(&self, bins: u8) -> Result<()> {
        let is_sound = self.axes.iter().all(|axis| {
            axis.cuts.len() < usize::from(bins)
                && axis.customers.len() == usize::from(bins)
                && axis.cuts.iter().all(|cut| cut.value.is_finite())
        });
        if is_sound { Ok(()) } else { Err(Error::model(format!("is not one of {bins} scores"))) }
    }

    /// Cuts and customers per score of each axis; scores that nobody got are listed.
    pub(crate) fn describe(&self, ties: &str) -> Value {
        let axes = AXES.iter().zip(&self.axes);
        let axes = axes.map(|(axis, model)| (axis.name.to_owned(), model.describe()));
        json!({ "ties": ties, "axes": Value::Object(axes.collect()) })
    }
}

impl AxisModel {
    fn describe(&self) -> Value {
        let cuts = self.cuts.iter().map(|cut| {
            let equal = match cut.equal {
                Equal::Below => "below",
                Equal::Above => "above",
                Equal::AboveAfter(_) => "split_by_key",
            };
            json!({ "value": cut.value, "equal": equal })
        });
        let scores = (1..).zip(&self.customers);
        let empty = scores.filter(|(_, customers)| **customers == 0).map(|(score, _)| score);
        json!({
            "cuts": cuts.collect::<Vec<_>>(),
            "customers_per_score": self.customers,
            "empty_scores": empty.collect::<Vec<u8>>(),
        })
    }
}
