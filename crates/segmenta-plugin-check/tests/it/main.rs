//! The commands for authors, on plugins that are right and on plugins that lie.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says what it skipped")]

mod built;
mod child;
mod documents;
mod lies;
mod lying;
mod shipped;
mod templates;
mod tutorial;

// As in a plugin, where `export_plugin!` stands at the root of the crate.
use lying::linked;
