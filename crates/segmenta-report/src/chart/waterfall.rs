//! From a total before to a total now, step by step.

use serde::Serialize;

use super::coordinate;

const SLOT: f64 = 92.0;
const BAR: f64 = 64.0;
const HEIGHT: f64 = 170.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = HEIGHT - 26.0;

/// A bar of a waterfall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    x: String,
    y: String,
    width: String,
    height: String,
    middle: String,
    /// Where the amount is written.
    label_y: String,
    /// `total`, `gain` or `loss`.
    kind: &'static str,
    /// A stroke through a total whose foot is cut off.
    cut: Option<String>,
}

/// The two totals and the steps between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Waterfall {
    width: f64,
    height: f64,
    text_y: f64,
    steps: Vec<Step>,
    /// Lines from the end of each bar to the next.
    joins: String,
}

impl Waterfall {
    /// `start`, then the effects, then their sum. The axis is cut where every bar stays visible,
    /// since the effects are small beside the totals.
    pub(crate) fn new(start: f64, effects: &[f64]) -> Self {
        let mut levels = vec![start];
        for effect in effects {
            levels.push(levels[levels.len() - 1] + effect);
        }
        let axis = Axis::around(&levels);
        let end = levels[levels.len() - 1];
        let mut bars = vec![(axis.low, start, "total")];
        bars.extend(levels.windows(2).map(|pair| (pair[0], pair[1], if pair[1] < pair[0] { "loss" } else { "gain" })));
        bars.push((axis.low, end, "total"));
        let steps = bars.iter().enumerate().map(|(index, bar)| axis.step(index, *bar)).collect();
        let join = |(index, level): (usize, &f64)| {
            let (from, y) = (index as f64 * SLOT + (SLOT + BAR) / 2.0, coordinate(axis.y(*level)));
            format!("M{} {y}h{}", coordinate(from), coordinate(SLOT - BAR))
        };
        let joins = levels.iter().enumerate().map(join).collect();
        Self { width: bars.len() as f64 * SLOT, height: HEIGHT, text_y: HEIGHT - 8.0, steps, joins }
    }
}

/// The part of the axis that is drawn.
#[derive(Debug, Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn around(levels: &[f64]) -> Self {
        let least = levels.iter().copied().fold(f64::INFINITY, f64::min);
        let high = levels.iter().copied().fold(f64::NEG_INFINITY, f64::max).max(0.0);
        let span = (high - least).max(high.abs() * 1e-3).max(1.0);
        let low = if least > 0.0 { (least - 1.5 * span).max(0.0) } else { least };
        Self { low, high: high.max(low + 1.0) }
    }

    fn y(self, value: f64) -> f64 {
        BOTTOM - (value - self.low) / (self.high - self.low) * (BOTTOM - TOP)
    }

    /// The axis begins above zero, which the bars of the totals have to say.
    fn cut(self, left: f64, kind: &str) -> Option<String> {
        let is_cut = self.low > 0.0 && kind == "total";
        is_cut.then(|| format!("M{} {}l{} -8", coordinate(left - 4.0), coordinate(BOTTOM - 6.0), coordinate(BAR + 8.0)))
    }

    fn step(self, index: usize, (from, to, kind): (f64, f64, &'static str)) -> Step {
        let left = index as f64 * SLOT + (SLOT - BAR) / 2.0;
        let (top, bottom) = (self.y(from.max(to)), self.y(from.min(to)));
        Step {
            x: coordinate(left),
            y: coordinate(top),
            width: coordinate(BAR),
            height: coordinate((bottom - top).max(1.0)),
            middle: coordinate(left + BAR / 2.0),
            label_y: coordinate(top - 6.0),
            kind,
            cut: self.cut(left, kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_from_the_first_total_to_the_last() {
        let waterfall = Waterfall::new(100.0, &[20.0, -30.0, 10.0]);
        let kinds: Vec<&str> = waterfall.steps.iter().map(|step| step.kind).collect();
        assert_eq!(kinds, ["total", "gain", "loss", "gain", "total"]);
        // 120 is the highest, 90 the lowest, and the axis begins 1.5 times their distance below: at 45.
        assert_eq!(waterfall.steps[1].y, "22");
        assert!(waterfall.steps[0].cut.is_some() && waterfall.steps[1].cut.is_none());
        assert_eq!((waterfall.steps[0].y.as_str(), waterfall.steps[4].y.as_str()), ("54.5", "54.5"));
    }

    #[test]
    fn totals_of_zero_are_drawn_flat() {
        let waterfall = Waterfall::new(0.0, &[0.0, 0.0, 0.0]);
        assert!(waterfall.steps.iter().all(|step| step.height == "1" && step.cut.is_none()));
    }
}
