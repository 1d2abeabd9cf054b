//! What holds for whole runs, on real shops and in simulated years.

mod bridges;
