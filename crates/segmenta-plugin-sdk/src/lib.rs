//! What an author of criteria plugins uses.
//!
//! A plugin is a crate that names its criteria in [`export_plugin!`]. It is built as `cdylib` to be
//! loaded and as `rlib` to be linked in; both go through the same C table, so they behave the same. It
//! depends on this crate alone, and no `unsafe` is needed.
//!
//! What looks at one row is a function:
//!
//! ```
//! use segmenta_plugin_sdk::prelude::*;
//!
//! /// Customers whose revenue reaches a threshold.
//! #[criterion]
//! fn vip(revenue: Option<f64>, #[param(default = 1000.0, min = 0.0)] threshold: f64) -> Option<bool> {
//!     Some(revenue? >= threshold)
//! }
//!
//! export_plugin!(name = "vip", version = "1.0.0", criteria = [vip]);
//! # fn main() {}
//! ```
//!
//! In a package of its own `export_plugin!(vip);` is enough: name and version are the package's.
//!
//! What looks at whole columns, or decides its outputs by its options, implements [`Criterion`]:
//!
//! ```
//! use segmenta_plugin_sdk::prelude::*;
//!
//! /// Options of a `[criteria.*]` table with `plugin = "step"`.
//! #[options]
//! pub struct Options {
//!     /// Where each step ends, ascending.
//!     ends: Vec<f64>,
//! }
//!
//! pub struct Step {
//!     ends: Vec<f64>,
//! }
//!
//! impl Criterion for Step {
//!     const NAME: &'static str = "step";
//!     const SUMMARY: &'static str = "On which step a value is.";
//!     type Params = Options;
//!
//!     fn inputs() -> Vec<Input> {
//!         vec![Input::new("value", &[Type::Float64]).nullable().describe("What is placed.")]
//!     }
//!
//!     fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
//!         if !options.ends.is_sorted() {
//!             return Err(Error::param("ends", "must ascend"));
//!         }
//!         let labels = (0..=options.ends.len()).map(|step| step.to_string());
//!         Ok((Self { ends: options.ends }, Outputs::label(Some(labels.collect()))))
//!     }
//!
//!     fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
//!         let step = |value| self.ends.partition_point(|end| *end <= value).to_string();
//!         let steps: StringArray = batch.f64("value")?.iter().map(|value| value.map(step)).collect();
//!         Ok(vec![Arc::new(steps)])
//!     }
//! }
//!
//! export_plugin!(name = "step", version = "1.0.0", criteria = [Step]);
//! # fn main() {}
//! ```
//!
//! What learns from all rows before it looks at each implements [`Fitted`].
//!
//! Deliberately absent: a clock, files, threads and random numbers. The run's date is
//! [`Cx::as_of`], its seed [`Cx::seed`], a sample of it [`Cx::sample`]; the runner calls batches in
//! parallel. A `tracing` subscriber is absent, too: a library that is linked into a program would set
//! the program's. Lines for the log go through [`Cx::log`].
#![warn(missing_docs)]

pub mod prelude;
pub mod row;

mod batch;
mod context;
mod criterion;
mod error;
mod input;
mod output;

mod bound;
mod codec;
#[doc(hidden)]
pub mod export;
mod import;
#[doc(hidden)]
pub mod library;
mod macros;
mod panics;
mod sample;

pub use segmenta_plugin_abi as abi;
pub use segmenta_plugin_macros::{criterion, options, stored};

pub use batch::{Batch, Lists};
pub use context::{Cx, FitCx, Level, Reserved};
pub use criterion::{Criterion, Explain, ExplainFitted, Fitted, Merge, Repeat, Rows, Step};
pub use error::{Error, Result};
pub use input::{COLUMN_KEY, Input, Inputs, Type};
pub use output::{LABEL, LABELS_KEY, Outputs};
