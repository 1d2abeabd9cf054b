//! The last runs of a figure as a small line, with the band in which this run was expected.

use serde::Serialize;

use super::coordinate;

/// A drawn series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Spark {
    width: f64,
    height: f64,
    /// Lines between neighbouring runs that have a value.
    path: String,
    /// Upper edge and height of the band.
    band: Option<(String, String)>,
    /// Place of this run.
    dot: Option<(String, String)>,
    /// Runs that are drawn.
    runs: usize,
}

impl Spark {
    /// `values` oldest first, this run last; `None` when fewer than two runs have a value.
    pub(crate) fn new(values: &[Option<f64>], band: Option<(f64, f64)>, (width, height): (f64, f64)) -> Option<Self> {
        let known = values.iter().flatten().copied();
        let runs = known.clone().count();
        if runs < 2 {
            return None;
        }
        let ends = band.into_iter().flat_map(|(low, high)| [low, high]);
        let low = known.clone().chain(ends.clone()).fold(f64::INFINITY, f64::min);
        let high = known.chain(ends).fold(f64::NEG_INFINITY, f64::max);
        let span = if high > low { high - low } else { 1.0 };
        let step = (width - 6.0) / (values.len() - 1) as f64;
        let x = |index: usize| coordinate(3.0 + index as f64 * step);
        let y = |value: f64| height - 3.0 - (value - low) / span * (height - 6.0);
        let last = values.len() - 1;
        Some(Self {
            width,
            height,
            path: line(values, &x, &y),
            band: band.map(|(low, high)| (coordinate(y(high)), coordinate((y(low) - y(high)).max(1.0)))),
            dot: values[last].map(|value| (x(last), coordinate(y(value)))),
            runs,
        })
    }
}

/// A path that is interrupted where a run has no value.
fn line(values: &[Option<f64>], x: &dyn Fn(usize) -> String, y: &dyn Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (index, value) in values.iter().enumerate() {
        if let Some(value) = value {
            path.push(if is_open { 'L' } else { 'M' });
            path.push_str(&format!("{} {}", x(index), coordinate(y(*value))));
        }
        is_open = value.is_some();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_a_value_interrupts_the_line() {
        let spark = Spark::new(&[Some(0.0), Some(1.0), None, Some(0.5)], Some((0.0, 0.5)), (96.0, 26.0)).unwrap();
        assert_eq!(spark.path, "M3 23L33 3M93 13");
        assert_eq!(spark.band, Some(("13".into(), "10".into())));
        assert_eq!(spark.dot, Some(("93".into(), "13".into())));
    }

    #[test]
    fn one_run_is_no_series_and_equal_runs_are_a_flat_line() {
        assert_eq!(Spark::new(&[None, Some(1.0)], None, (96.0, 26.0)), None);
        assert_eq!(Spark::new(&[Some(2.0), Some(2.0)], None, (96.0, 26.0)).unwrap().path, "M3 23L93 23");
    }
}
