//! A cumulative curve over the share of customers, with axes, a reference line and one mark.

use serde::Serialize;

use super::coordinate;
use crate::format::Numbers;
use crate::model::CurvePoint;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 310.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = WIDTH - 22.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = HEIGHT - 46.0;
/// Points drawn; more would not be seen.
const MOST_POINTS: usize = 200;

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Curve<'a> {
    /// From (0, 0), customers ascending.
    pub(crate) points: &'a [CurvePoint],
    /// Straight line to compare with, by its ends.
    pub(crate) reference: [CurvePoint; 2],
    /// The point the text speaks of.
    pub(crate) mark: Option<CurvePoint>,
}

/// A curve ready to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CurveShape {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    middle: f64,
    path: String,
    area: String,
    reference: String,
    mark: Option<Mark>,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
}

/// The marked point; its label stands inside the surface or beside the curve, never on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Mark {
    x: String,
    y: String,
    anchor: &'static str,
    label_x: String,
    label_y: String,
}

/// A labelled place on an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Tick {
    at: String,
    text: String,
    zero: bool,
}

impl Curve<'_> {
    /// Lays the curve out, axis labels as percentages.
    pub(crate) fn shape(&self, numbers: &Numbers) -> CurveShape {
        let frame = Frame::around(self.points, &self.reference);
        let drawn = thinned(self.points);
        let path = frame.path(&drawn);
        let y_tick =
            |value: f64| Tick { at: coordinate(frame.y(value)), text: numbers.whole_share(value), zero: value == 0.0 };
        let x_tick = |fifth: u8| Tick {
            at: coordinate(frame.x(f64::from(fifth) / 5.0)),
            text: numbers.whole_share(f64::from(fifth) / 5.0),
            zero: fifth == 0,
        };
        CurveShape {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: RIGHT,
            top: TOP,
            bottom: BOTTOM,
            middle: f64::midpoint(LEFT, RIGHT),
            area: frame.area(&path, &drawn),
            path,
            reference: frame.path(&self.reference),
            mark: self.mark.map(|point| frame.mark(point)),
            x_ticks: (0..=5).map(x_tick).collect(),
            y_ticks: frame.y_values().into_iter().map(y_tick).collect(),
        }
    }
}

/// The value range of the vertical axis; customers always run from 0 to 1.
#[derive(Debug, Clone, Copy)]
struct Frame {
    low: f64,
    high: f64,
    step: f64,
}

impl Frame {
    fn around(points: &[CurvePoint], reference: &[CurvePoint]) -> Self {
        let values = points.iter().chain(reference).map(|point| point.value);
        let low = values.clone().fold(0.0, f64::min);
        let high = values.fold(1.0, f64::max);
        let step = round_step((high - low) / 5.0);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    fn x(self, customers: f64) -> f64 {
        LEFT + customers * (RIGHT - LEFT)
    }

    fn y(self, value: f64) -> f64 {
        BOTTOM - (value - self.low) / (self.high - self.low) * (BOTTOM - TOP)
    }

    fn path(self, points: &[CurvePoint]) -> String {
        let place =
            |point: &CurvePoint| format!("{} {}", coordinate(self.x(point.customers)), coordinate(self.y(point.value)));
        let places: Vec<String> = points.iter().map(place).collect();
        format!("M{}", places.join("L"))
    }

    /// The surface between the curve and zero.
    fn area(self, path: &str, points: &[CurvePoint]) -> String {
        let end = points.last().map_or(0.0, |point| point.customers);
        let zero = coordinate(self.y(0.0));
        format!("{path}L{} {zero}L{} {zero}Z", coordinate(self.x(end)), coordinate(self.x(0.0)))
    }

    fn mark(self, point: CurvePoint) -> Mark {
        let (x, y) = (self.x(point.customers), self.y(point.value));
        let in_upper_half = y < f64::midpoint(TOP, BOTTOM);
        let (anchor, label_x) = match (in_upper_half, point.customers) {
            (true, 0.2..0.8) => ("middle", x),
            (_, 0.5..) => ("end", x - 10.0),
            _ => ("start", x + 10.0),
        };
        Mark {
            x: coordinate(x),
            y: coordinate(y),
            anchor,
            label_x: coordinate(label_x),
            label_y: coordinate(if in_upper_half { y + 22.0 } else { y - 8.0 }),
        }
    }

    fn y_values(self) -> Vec<f64> {
        let steps = ((self.high - self.low) / self.step).round() as u32;
        (0..=steps).map(|index| self.low + f64::from(index) * self.step).collect()
    }
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let fits = |factor: &f64| factor * power >= least - 1e-9;
    [1.0, 2.0, 2.5, 5.0].into_iter().find(fits).unwrap_or(10.0) * power
}

/// At most [`MOST_POINTS`], evenly taken, first and last among them.
fn thinned(points: &[CurvePoint]) -> Vec<CurvePoint> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let last = points.len() - 1;
    (0..MOST_POINTS).map(|index| points[index * last / (MOST_POINTS - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Locale;

    fn point(customers: f64, value: f64) -> CurvePoint {
        CurvePoint { customers, value }
    }

    #[test]
    fn axes_reach_round_values_beyond_the_curve() {
        let points = [point(0.0, 0.0), point(4.0 / 7.0, 2.2), point(1.0, 1.0)];
        let reference = [point(0.0, 1.0), point(1.0, 1.0)];
        let curve = Curve { points: &points, reference, mark: Some(points[1]) };
        let shape = curve.shape(&Numbers::new(Locale::En, None));
        let y_texts: Vec<&str> = shape.y_ticks.iter().map(|tick| tick.text.as_str()).collect();
        assert_eq!(y_texts, ["0%", "50%", "100%", "150%", "200%", "250%"]);
        let x_texts: Vec<&str> = shape.x_ticks.iter().map(|tick| tick.text.as_str()).collect();
        assert_eq!(x_texts, ["0%", "20%", "40%", "60%", "80%", "100%"]);
    }

    #[test]
    fn a_long_curve_keeps_its_ends_and_at_most_two_hundred_points() {
        let points: Vec<_> = (0..=10_000).map(|i| point(f64::from(i) / 1e4, 0.5)).collect();
        let drawn = thinned(&points);
        assert_eq!(drawn.len(), 200);
        assert_eq!((drawn[0], drawn[199]), (points[0], points[10_000]));
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(0.2), 0.2);
        assert_eq!(round_step(0.44), 0.5);
        assert_eq!(round_step(0.6), 1.0);
        assert_eq!(round_step(3.0), 5.0);
    }
}
