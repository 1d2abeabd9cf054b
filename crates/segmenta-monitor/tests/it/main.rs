//! What holds for whole runs, on real shops and in simulated years.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this is test code")]

mod bridges;
