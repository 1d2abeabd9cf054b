//! What an author of criteria plugins uses.
//!
//! A plugin is a crate that implements [`Criterion`] or [`Fitted`] for each of its criteria and names
//! them in [`export_plugin!`]. It is built as `cdylib` to be loaded and as `rlib` to be linked in;
//! both go through the same C table, so they behave the same. No `unsafe` is needed.
//!
//! ```
//! use segmenta_plugin_sdk::prelude::*;
//!
//! /// Options of a `[criteria.*]` table with `plugin = "vip"`.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! pub struct Options {
//!     /// Spend from which a customer is one.
//!     from: f64,
//! }
//!
//! pub struct Vip {
//!     from: f64,
//! }
//!
//! impl Criterion for Vip {
//!     const NAME: &'static str = "vip";
//!     const SUMMARY: &'static str = "Customers whose spend reaches a threshold.";
//!     type Params = Options;
//!
//!     fn inputs() -> Vec<Input> {
//!         vec![Input::new("spend", &[Type::Float64]).nullable().describe("Money spent.")]
//!     }
//!
//!     fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
//!         let labels = ["vip", "regular"].map(String::from).to_vec();
//!         Ok((Self { from: options.from }, Outputs::label(Some(labels))))
//!     }
//!
//!     fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
//!         let label = |spend| if spend >= self.from { "vip" } else { "regular" };
//!         let spend = batch.f64("spend")?;
//!         let labels: StringArray = spend.iter().map(|spend| spend.map(label)).collect();
//!         Ok(vec![Arc::new(labels)])
//!     }
//! }
//!
//! export_plugin!(name = "vip", version = env!("CARGO_PKG_VERSION"), criteria = [criterion Vip]);
//! # fn main() {}
//! ```
//!
//! Deliberately absent: a clock, files, threads and random numbers. The run's date is
//! [`Cx::as_of`], its seed [`Cx::seed`]; the runner calls batches in parallel.
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
pub use segmenta_plugin_macros::criterion;

pub use batch::{Batch, Lists};
pub use context::{Cx, FitCx, Level};
pub use criterion::{Criterion, Explain, ExplainFitted, Fitted, Merge, Repeat, Rows, Step};
pub use error::{Error, Result};
pub use input::{COLUMN_KEY, Input, Inputs, Type};
pub use output::{LABEL, LABELS_KEY, Outputs};
