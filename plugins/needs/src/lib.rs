//! `needs`: an entity's main need, from interviews and evaluation forms.
//!
//! ```toml
//! [criteria.need]
//! plugin         = "needs"
//! from           = "needs"
//! validated_only = true
//! ```
//!
//! Reads many rows per entity. `label` is the need stated most often; of equally frequent ones the
//! one stated last, then the first in alphabetical order. `count` is the number of statements
//! counted, `distinct` the number of different needs among them. An entity without any has no
//! label.

#![warn(missing_docs)]

mod criterion;
mod main_need;

pub use criterion::{MainNeed, Options};

segmenta_plugin_sdk::export_plugin!(
    name = "needs",
    version = env!("CARGO_PKG_VERSION"),
    criteria = [criterion MainNeed],
);
