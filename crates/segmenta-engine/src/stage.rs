//! The stages of a run, in the order in which they run.
//!
//! A stage turns plans into plans; only the [`crate::runner::Runner`] executes one.

pub(crate) mod criteria;
pub(crate) mod features;
pub(crate) mod ingest;
pub(crate) mod monitor;
pub(crate) mod schemes;
pub(crate) mod strategy;
pub(crate) mod valuation;
