//! `nace_section`: the industry section of a NACE code.
//!
//! ```toml
//! [criteria.industry]
//! plugin = "nace_section"
//! inputs = { code = "nace_code" }
//! ```
//!
//! Outputs: `label`, the section's letter; `division`, two digits; `name`, the section's English
//! title. National codes whose first two digits are those of NACE (TEÁOR, PKD, WZ) are read, too.
//! An unknown code has no label.

#![warn(missing_docs)]

mod code;
mod criterion;
mod sections;

pub use criterion::{NaceSection, Options};
pub use sections::Version;

segmenta_plugin_sdk::export_plugin!(
    name = "nace_section",
    version = env!("CARGO_PKG_VERSION"),
    criteria = [criterion NaceSection],
);
