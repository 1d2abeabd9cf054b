//! The `segmenta` program: arguments, wiring, rendering of diagnostics, exit codes.
//!
//! [`run`] is the whole program as a function, so that a test can call it with buffers for its
//! streams and a clock of its own:
//!
//! ```
//! use segmenta_cli::{Environment, run};
//!
//! let (mut out, mut err) = (Vec::new(), Vec::new());
//! let status = run(["segmenta", "codes", "S102"], &mut out, &mut err, &Environment::of_process());
//! assert_eq!(status, 0);
//! assert!(String::from_utf8(out)?.starts_with("S102 unknown-key"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Data goes to the standard output, everything else to the standard error. This is the only crate
//! that prints, exits, or reads the environment and the clock. Deliberately absent: anything that
//! decides what a run computes.
#![warn(missing_docs)]

mod environment;
mod program;

mod arguments;
mod command;

mod error;
mod log;

mod catalog;
mod diagnostics;
mod pipeline_file;
mod plugins;

mod as_of;
mod console;
mod memory;
mod progress;
mod run_id;

mod history;
mod rows;
mod table;
mod text;

pub use environment::Environment;
pub use program::run;
