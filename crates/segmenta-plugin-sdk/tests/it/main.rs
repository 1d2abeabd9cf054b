//! The kit from the outside: what authors write, what reaches the C table, what does not compile.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asks;
mod bomb;
mod builds;
mod describe;
mod panics;
mod refused;
mod rules;
mod table;
