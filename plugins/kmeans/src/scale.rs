//! Making features comparable.

use serde::{Deserialize, Serialize};

use crate::options::ScaleKind;
use crate::points::Points;

/// What was learned of each feature, and how to get to scaled units and back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scale {
    kind: ScaleKind,
    columns: Vec<Column>,
}

/// Scaled value = (value - offset) / divisor; 0 when the divisor is 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Column {
    offset: f64,
    divisor: f64,
}

impl Column {
    fn scaled(&self, value: f64) -> f64 {
        if self.divisor == 0.0 { 0.0 } else { (value - self.offset) / self.divisor }
    }
}

impl Scale {
    /// Learns offsets and divisors from points in original units; there is at least one.
    pub(crate) fn learn(kind: ScaleKind, points: &Points) -> Self {
        let column = |at| {
            let values = points.column(at).map(|value| transformed(kind, value));
            learn_column(kind, values.collect())
        };
        Self { kind, columns: (0..points.dimensions()).map(column).collect() }
    }

    /// Number of features.
    pub(crate) fn dimensions(&self) -> usize {
        self.columns.len()
    }

    /// Scales one row in place.
    pub(crate) fn apply(&self, row: &mut [f64]) {
        for (value, column) in row.iter_mut().zip(&self.columns) {
            *value = column.scaled(transformed(self.kind, *value));
        }
    }

    /// The values in original units that a scaled row stands for; a feature that is the same for
    /// everyone gets that value.
    pub(crate) fn invert(&self, row: &[f64]) -> Vec<f64> {
        let inverted = row.iter().zip(&self.columns).map(|(value, column)| {
            let value = value * column.divisor + column.offset;
            if self.kind == ScaleKind::Log1pStandard { value.exp_m1() } else { value }
        });
        inverted.collect()
    }

    /// Positions of the features that were the same for every fitted row and do not count.
    pub(crate) fn constant(&self) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, column)| column.divisor == 0.0).map(|(at, _)| at).collect()
    }

    /// Whether all numbers are usable, as they are when this code wrote them.
    pub(crate) fn is_sound(&self) -> bool {
        self.columns.iter().all(|column| column.offset.is_finite() && column.divisor.is_finite())
    }
}

fn transformed(kind: ScaleKind, value: f64) -> f64 {
    if kind == ScaleKind::Log1pStandard { value.max(0.0).ln_1p() } else { value }
}

fn learn_column(kind: ScaleKind, mut values: Vec<f64>) -> Column {
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if kind != ScaleKind::None && smallest == largest {
        return Column { offset: smallest, divisor: 0.0 };
    }
    match kind {
        ScaleKind::None => Column { offset: 0.0, divisor: 1.0 },
        ScaleKind::Standard | ScaleKind::Log1pStandard => standard(&values),
        ScaleKind::Minmax => Column { offset: smallest, divisor: largest - smallest },
        ScaleKind::Robust => {
            let deviation = standard(&values).divisor;
            values.sort_unstable_by(f64::total_cmp);
            let spread = quantile(&values, 3) - quantile(&values, 1);
            let divisor = if spread > 0.0 { spread } else { deviation };
            Column { offset: quantile(&values, 2), divisor }
        }
    }
}

fn standard(values: &[f64]) -> Column {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Column { offset: mean, divisor: (squares / count).sqrt() }
}

/// The quartile (1, 2 or 3) of ascending values: linear, type 7.
fn quantile(ascending: &[f64], quarter: usize) -> f64 {
    let position = (ascending.len() - 1) * quarter;
    let (low, rest) = (ascending[position / 4], position % 4);
    if rest == 0 {
        return low;
    }
    low + (ascending[position / 4 + 1] - low) * (rest as f64 / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(kind: ScaleKind, values: [f64; 5]) -> Vec<f64> {
        let mut points = Points::new(1, values.to_vec());
        let scale = Scale::learn(kind, &points);
        points.rows_mut().for_each(|row| scale.apply(row));
        points.coordinates().to_vec()
    }

    #[test]
    fn each_kind_follows_its_formula() {
        // Mean 4, population variance (4 + 1 + 0 + 1 + 4) / 5 = 2.
        let root = 2_f64.sqrt();
        let values = [2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(scaled(ScaleKind::None, values), values);
        assert_eq!(scaled(ScaleKind::Standard, values), [-2.0 / root, -1.0 / root, 0.0, 1.0 / root, 2.0 / root],);
        assert_eq!(scaled(ScaleKind::Minmax, values), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(scaled(ScaleKind::Robust, values), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    }

    #[test]
    fn negative_values_count_as_zero_under_the_logarithm() {
        let values = scaled(ScaleKind::Log1pStandard, [-5.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(values[0], values[1]);
    }

    #[test]
    fn a_constant_feature_becomes_zero_and_comes_back_as_itself() {
        let points = Points::new(2, vec![7.0, 1.0, 7.0, 3.0]);
        let scale = Scale::learn(ScaleKind::Standard, &points);
        let mut row = [9.0, 3.0];
        scale.apply(&mut row);
        assert_eq!(row, [0.0, 1.0]);
        assert_eq!(scale.constant(), [0]);
        assert_eq!(scale.invert(&row), [7.0, 3.0]);
    }

    #[test]
    fn robust_falls_back_to_the_deviation_when_the_quartiles_are_equal() {
        assert_eq!(scaled(ScaleKind::Robust, [0.0, 0.0, 0.0, 0.0, 10.0]), [0.0, 0.0, 0.0, 0.0, 2.5],);
    }
}
