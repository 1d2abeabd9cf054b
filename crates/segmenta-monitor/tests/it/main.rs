//! Whole runs: what is said about a year in which nothing happens, and about one event at a time.

mod causes;
mod false_alarms;
mod shop;
mod simulation;
