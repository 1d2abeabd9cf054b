//! The contract in C: its layout, its growth, and libraries in other languages.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a test says that it skipped")]

mod cc;
mod crossing;
mod examples;
mod growth;
mod header;
mod members;
mod previous;
