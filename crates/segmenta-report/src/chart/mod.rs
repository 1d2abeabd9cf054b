//! Geometry of the page's charts; the templates turn it into inline SVG.
//!
//! The charts are drawn here because no charting crate was found that gives what the page needs.
//! Looked at in their sources: `plotters-svg` 0.3, `poloto` 19.1, `kuva` 0.6, `charts-rs` 2.3 and
//! `charming` 0.6. None names its chart to a screen reader (`role`, `<title>` and `<desc>` of the
//! whole drawing); none takes colours from the page's CSS variables, so dark mode and print would
//! need a second drawing; `poloto`, `kuva` and `charts-rs` write `style` attributes or `<style>`
//! blocks, which a content security policy without `unsafe-inline` switches off; `charming` needs
//! a script in the page. What is left once axes and themes are ours is a path, and that is what
//! stands here. Coordinates are user units of the SVG's `viewBox`, `y` pointing down.

mod bar;
mod curve;
mod interval;
mod pairs;
mod spark;
mod waterfall;

pub(crate) use bar::{Bar, Scale};
pub(crate) use curve::{Curve, CurveShape};
pub(crate) use interval::Interval;
pub(crate) use pairs::Pairs;
pub(crate) use spark::Spark;
pub(crate) use waterfall::Waterfall;

/// A coordinate with one decimal, without a trailing zero.
fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
