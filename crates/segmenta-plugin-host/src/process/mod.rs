//! Plugins in processes of their own.
//!
//! ```text
//! runner  ── requests and answers: packets on a private socket ──►  child: this program, one library
//!            rows: memory that both keep; other bytes: sealed memory beside the packets
//! ```
//!
//! A pool starts children of a library when they are needed, up to [`Settings::children`], and gives
//! each call to a free one. An [`crate::Instance`] of [`crate::Registry::add_isolated`] behaves as one of
//! the runner's own process: same checks, same bytes, same errors. Beyond that
//!
//! - a child that ends, in whatever way, is a crash. The call is made once more in a fresh child; after a
//!   second crash it fails with [`crate::Error::Crashed`] and can be kept for [`replay`].
//! - a call that takes too long or too much memory is stopped, and fails with status `TIMEOUT` or `RESOURCE`.
//! - what a plugin writes to standard output and standard error becomes log lines.
//! - the plugin has no network, no files but those of its own empty directory, and no other processes,
//!   as far as the system can do that.
//!
//! Nothing a child says is believed: frames are bounded, memory must be sealed, and every value of the
//! rows is looked at in the runner.

mod child;
mod confine;
mod crash;
mod directory;
mod forward;
mod frame;
mod job;
mod launcher;
mod lent;
mod mapping;
mod message;
mod objects;
mod output;
mod pool;
mod remote;
mod returned;
mod rows;
mod sealed;
mod serve;
mod settings;
mod speed;
mod sys;

#[cfg(test)]
mod tests;

pub use crash::{Crash, Replay, replay};
pub use launcher::Launcher;
pub use serve::serve;
pub use settings::Settings;
pub use speed::{Speed, compare, start_time};

pub(crate) use objects::{Fit, Instance, Model};
pub(crate) use pool::Pool;
