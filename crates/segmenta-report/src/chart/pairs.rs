//! Two small histograms over the same bins, drawn as neighbouring bars.

use serde::Serialize;

use super::coordinate;

const WIDTH: f64 = 132.0;
const HEIGHT: f64 = 34.0;
const WIDEST_BAR: f64 = 14.0;

/// Paths of the two histograms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Pairs {
    width: f64,
    height: f64,
    reference: String,
    current: String,
}

impl Pairs {
    /// The bars of `bins`, each (reference share, current share), on one scale.
    pub(crate) fn new(bins: &[(f64, f64)]) -> Self {
        let highest = bins.iter().map(|bin| bin.0.max(bin.1)).fold(0.0, f64::max);
        let slot = WIDTH / bins.len().max(1) as f64;
        let bar = (slot * 0.4).min(WIDEST_BAR);
        let column = |x: f64, share: f64| {
            let height = if highest > 0.0 { share / highest * (HEIGHT - 2.0) } else { 0.0 };
            let (x, height) = (coordinate(x), coordinate(height));
            format!("M{x} {HEIGHT}v-{height}h{}v{height}z", coordinate(bar))
        };
        let middle = |index: usize| (index as f64 + 0.5) * slot;
        let reference = bins.iter().enumerate().map(|(i, bin)| column(middle(i) - bar, bin.0));
        let current = bins.iter().enumerate().map(|(i, bin)| column(middle(i), bin.1));
        Self { width: WIDTH, height: HEIGHT, reference: reference.collect(), current: current.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_share_reaches_the_top() {
        let pairs = Pairs::new(&[(0.5, 0.25), (0.5, 0.75)]);
        // 0.75 is the full 32 units; 0.5 two thirds, 0.25 one third of them.
        assert_eq!(pairs.reference, "M19 34v-21.3h14v21.3zM85 34v-21.3h14v21.3z");
        assert_eq!(pairs.current, "M33 34v-10.7h14v10.7zM99 34v-32h14v32z");
    }
}
