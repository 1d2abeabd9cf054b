//! `age_band`: age bands from a birth date.
//!
//! ```toml
//! [criteria.age]
//! plugin = "age_band"
//! inputs = { birth_date = "birth_date" }
//! bands  = [25, 35, 45, 55, 65]
//! ```
//!
//! The age is in completed years on the day of the run's `as_of`; a birthday on that day counts, and
//! who was born on 29 February has it on 1 March of common years. A birth date after `as_of` is an
//! error, not an age of zero; without a birth date there is no label.

#![warn(missing_docs)]

mod bands;
mod calendar;
mod criterion;

pub use criterion::{AgeBand, Options};

segmenta_plugin_sdk::export_plugin!(
    name = "age_band",
    version = env!("CARGO_PKG_VERSION"),
    criteria = [criterion AgeBand],
);
