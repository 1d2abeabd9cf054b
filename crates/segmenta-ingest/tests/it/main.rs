//! Real files, made files, broken files.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests, their helpers too")]

mod support;

mod contract;
mod damage;
mod facts;
mod filters;
mod formats;
mod identity;
mod records;
mod totals;
