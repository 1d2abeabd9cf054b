//! Finds, verifies, loads and calls criteria plugins.
//!
//! A [`Registry`] holds the plugins that are linked in and those loaded from files; both pass the same
//! checks and are called through the same C table. [`Registry::bind`] gives an [`Instance`], which is
//! fitted if the criterion learns from rows, and applied to batches:
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use segmenta_plugin_host::Registry;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let population: ArrayRef = Arc::new(Int64Array::from(vec![4_999, 60_000]));
//! let batch = RecordBatch::try_from_iter([("population", population)])?;
//!
//! // Or `registry.add_file("plugins/libsettlement.so".as_ref())`, with the same result.
//! let registry = Registry::new(&[settlement::linked()])?;
//! let params = serde_json::json!({"cuts": {"rural": 5_000, "town": 50_000}});
//! let as_of_us = 1_780_272_000_000_000; // 2026-06-01, exclusive
//! let settlement = registry.bind("settlement", &params, as_of_us, &batch.schema())?;
//! let labels = settlement.apply(None, &batch)?;
//! assert_eq!(labels.column(0).as_ref(), &StringArray::from(vec!["rural", "city"]));
//! # Ok(())
//! # }
//! ```
//!
//! Plugins are not trusted to be correct: columns, nulls, types, lengths and every value that comes
//! back are checked, panics arrive as errors, and libraries are never unloaded. A [`Gate`] decides from
//! pins, `plugins.lock` and the operator's [`Policy`] what may run, and in which process. What cannot be
//! caught in the runner's process is a plugin that points to memory it does not have, or that ends it:
//! [`report_crashes`] then says which plugin, call and rows it was, and no end looks like a success.
//! After each call it is seen that the floating-point mode is the same, and that descriptors were not
//! closed wholesale. What else plugins share with the runner, such as the working directory, the
//! environment and signal handlers, is compared by [`Surroundings`] in `plugins check` alone: it would
//! take longer than most calls. A plugin that asks for rows as they are (`RAW_ARROW`) and writes to them
//! writes to the runner's; in a process of its own it cannot.
#![warn(missing_docs)]

mod capture;
mod describe;
pub mod envelope;
mod error;
mod instance;
mod integrity;
mod library;
mod limits;
mod params;
mod partial;
pub mod process;
mod registry;

mod backend;
mod binding;
mod call;
mod cpu;
mod digest;
mod load;
mod note;
mod repeat;
mod running;
mod surroundings;
mod system;
mod widen;

pub use segmenta_plugin_abi::{Linked, SegStatus};
pub use segmenta_plugin_sdk::{Merge, Repeat, Type};

pub use capture::{Streams, capture_output};
pub use describe::{CriterionInfo, FitInfo, InputInfo, RowScope};
pub use error::{Document, Error, Failure, ParamProblem, Result};
pub use instance::{FittedModel, Identity, Instance, Model};
pub use integrity::{
    Admitted, CheckLevel, Gate, InProcess, Isolation, Lock, LockedLibrary, LockedPlugin, Manifest, ManifestLibrary,
    Mode, ModeFacts, Pin, Places, Policy, Reason, Request, Require, Resolved, Wanted, choose_mode, platform, resolve,
};
pub use library::{Inspection, LibraryFile, SideEffects, Tenancy, Terms};
pub use limits::{Limits, OnHang};
pub use load::elf::LibraryFacts;
pub use load::{HostShape, cancel};
pub use partial::{Partial, PassEnd};
pub use registry::{Origin, Plugin, Registry, libraries};
pub use running::{memory_in_use, report_crashes};
pub use surroundings::Surroundings;
