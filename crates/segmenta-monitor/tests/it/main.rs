//! What holds for whole runs: on real shops, in simulated years, and about one event at a time.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this is test code")]

mod bridges;
mod causes;
mod false_alarms;
mod shop;
mod simulation;
