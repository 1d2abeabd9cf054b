//! The report of a run: its model, `report.json` and the HTML page.
//!
//! A [`Report`] holds everything that was measured and is shown; [`to_json`] keeps it for other
//! programs and later runs, [`render_html`] draws one self-contained page from it.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let report = segmenta_report::from_json(&std::fs::read_to_string("report.json")?)?;
//! std::fs::write("report.html", segmenta_report::render_html(&report)?)?;
//! # Ok(())
//! # }
//! ```
//!
//! Deliberately absent: statistics (the engine fills the model), reading of clocks, files or
//! network, and pages that need a script.
#![warn(missing_docs)]

pub mod model;

mod chart;
mod error;
mod format;
mod json;
mod locale;
mod render;
mod texts;
mod view;

pub use error::Error;
pub use json::{from_json, to_json};
pub use locale::{Locale, UnknownLocale};
pub use model::Report;
pub use render::render_html;
