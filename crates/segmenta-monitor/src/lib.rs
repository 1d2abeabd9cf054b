//! What a run knows about itself, compared with earlier runs: does anything need a decision, why, and which.
//!
//! [`Evidence`] goes in: the facts of this run and of earlier ones. [`Findings`] come out: figures with levels,
//! reasons, cause hints and actions. An alert passes three gates: enough history, material in money or share,
//! and evidence beyond the noise of earlier runs.
//!
//! The crate is pure: the same evidence gives the same findings, bit for bit. Deliberately absent: tables,
//! files, a clock, and sentences, which the report writes in its language from the parts given here.

#![warn(missing_docs)]

mod alert;
pub mod bridge;
mod cause;
pub mod compare;
mod date;
mod error;
mod examine;
pub mod facts;
pub mod findings;
mod fit;
pub mod kpi;
pub mod lineage;
mod metric;
pub mod migration;
mod policy;
pub mod profile;
mod reason;
mod series;
mod verdict;

pub use error::{Error, Result};
pub use examine::examine;
pub use facts::{Evidence, RunFacts};
pub use findings::Findings;
pub use metric::{MetricId, Unit};
pub use policy::Policy;
pub use reason::Reason;
pub use segmenta_stats::Status;
