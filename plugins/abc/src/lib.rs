//! `abc`: classes by cumulative share of a value.
//!
//! ```toml
//! [criteria.tier]
//! plugin = "abc"
//! inputs = { value = "spend_total" }
//! cuts   = { a = "80%", b = "95%" }
//! ```
//!
//! With customers ranked by value, the largest first, a customer is in class a while the customers
//! worth more hold less than the first cut of the total, in class b while they hold less than the
//! second, and in class c otherwise. Equal values share a class. A value of 0 or below is in class
//! c and adds nothing to the total; without a value there is no label. The values at which classes
//! start are frozen in the model.
//!
//! `cumulative_share` is the share of the total held by customers with that value or more: exact
//! up to 65,536 different values in the fit, beyond that rounded down by less than 0.002 percentage
//! points.

#![warn(missing_docs)]

mod criterion;
mod model;
mod share;

pub use criterion::{Abc, Cuts, Options};
pub use share::Share;

segmenta_plugin_sdk::export_plugin!(
    name = "abc",
    version = env!("CARGO_PKG_VERSION"),
    criteria = [fitted Abc],
);
