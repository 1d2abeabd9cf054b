//! The commands for authors, on plugins that are right and on plugins that lie.

mod lies;
mod lying;
mod shipped;
