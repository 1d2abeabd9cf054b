//! A bar in a table cell, 100 units wide, with a tick where the baseline was.

use serde::Serialize;

use super::coordinate;

/// The common scale of the bars of one column; always holds zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// From the smallest to the largest of `values`, zero among them.
    pub(crate) fn over(values: impl IntoIterator<Item = f64>) -> Self {
        let zero = Self { low: 0.0, high: 0.0 };
        let wider = |scale: Self, value: f64| Self { low: scale.low.min(value), high: scale.high.max(value) };
        values.into_iter().filter(|value| value.is_finite()).fold(zero, wider)
    }

    /// Where `value` lies, 0 to 100; everything is at 0 when the scale has no width.
    fn position(self, value: f64) -> f64 {
        let width = self.high - self.low;
        if width > 0.0 { (value - self.low) / width * 100.0 } else { 0.0 }
    }
}

/// A bar from zero to a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Bar {
    /// Left end.
    x: String,
    /// Length.
    width: String,
    /// Where the baseline was.
    before: Option<String>,
    /// Whether the value is below zero.
    negative: bool,
}

impl Bar {
    /// The bar of `value`, with a tick at `before`.
    pub(crate) fn new(scale: Scale, value: f64, before: Option<f64>) -> Self {
        let (zero, end) = (scale.position(0.0), scale.position(value));
        Self {
            x: coordinate(zero.min(end)),
            width: coordinate((end - zero).abs()),
            before: before.map(|value| coordinate(scale.position(value).clamp(0.5, 99.5))),
            negative: value < 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_one_scale_with_zero_inside() {
        let scale = Scale::over([0.5, -0.5, 0.25]);
        let half = Bar::new(scale, 0.25, Some(0.5));
        assert_eq!((half.x.as_str(), half.width.as_str()), ("50", "25"));
        assert_eq!(half.before.as_deref(), Some("99.5"));
        let loss = Bar::new(scale, -0.5, None);
        assert_eq!((loss.x.as_str(), loss.width.as_str(), loss.negative), ("0", "50", true));
    }

    #[test]
    fn a_scale_of_zeros_draws_nothing() {
        assert_eq!(Bar::new(Scale::over([0.0, 0.0]), 0.0, None).width, "0");
    }
}
