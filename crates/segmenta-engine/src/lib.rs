//! The stages of a run, on DataFusion.
//!
//! [`run`] takes a checked pipeline, the plugins and a store, and leaves a published, held or
//! failed run. Stages build plans and a [`Runner`] executes them, so that the same pipeline means
//! the same wherever it runs. Deliberately absent: reading TOML, finding plugin libraries, reading
//! a clock or the environment, printing.

mod as_of;
mod context;
mod error;
mod exit;
mod expression;
#[cfg(test)]
mod fixture;
mod functions;
mod labels;
mod needs;
mod outputs;
mod parquet_file;
mod profile;
mod prospect;
mod report;
mod rows;
mod run;
mod runner;
mod session;
mod source_table;
mod stage;
mod summary;

pub use as_of::AsOf;
pub use error::{Error, Result};
pub use exit::ExitStatus;
pub use prospect::{ModelProspect, Prospect, prospect};
pub use rows::first_rows;
pub use run::{Outcome, Request, StageDone, Surroundings, run};
pub use runner::{LocalRunner, Runner};
pub use session::Resources;
pub use stage::monitor::run_facts;
