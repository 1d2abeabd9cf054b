//! Finds, verifies, loads and calls criteria plugins.
//!
//! A [`Registry`] holds the plugins that are linked in and those loaded from files; both pass the same
//! checks and are called through the same C table. [`Registry::bind`] gives an [`Instance`], which is
//! fitted if the criterion learns from rows, and applied to batches:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (inputs, batch) = (arrow_schema::Schema::empty(), todo!());
//! use segmenta_plugin_host::Registry;
//!
//! let mut registry = Registry::new(&[])?;
//! registry.add_file("plugins/libsettlement.so".as_ref())?;
//! let params = serde_json::json!({"cuts": {"rural": 5_000, "town": 50_000}});
//! let settlement = registry.bind("settlement", &params, 1_780_272_000_000_000, &inputs)?;
//! let labels = settlement.apply(None, &batch)?;
//! # Ok(())
//! # }
//! ```
//!
//! Plugins are not trusted to be correct: columns, nulls, types, lengths and every value that comes
//! back are checked, panics arrive as errors, and libraries are never unloaded. What cannot be caught
//! in one process is a plugin that points to memory it does not have.
//! Deliberately absent: a process of its own for a plugin, and policies on which file may be loaded.
#![warn(missing_docs)]

mod describe;
pub mod envelope;
mod error;
mod instance;
mod params;
mod registry;

mod binding;
mod call;
mod cpu;
mod digest;
mod load;
mod note;
mod widen;

pub use segmenta_plugin_abi::{Linked, SegStatus};
pub use segmenta_plugin_sdk::{Merge, Type};

pub use describe::{CriterionInfo, FitInfo, InputInfo};
pub use error::{Error, Failure, ParamProblem, Result};
pub use instance::{FittedModel, Identity, Instance, Model};
pub use load::cancel;
pub use registry::{Origin, Plugin, Registry};
