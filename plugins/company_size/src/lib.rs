//! `company_size`: micro, small, medium or large, by staff and turnover.
//!
//! ```toml
//! [criteria.size]
//! plugin = "company_size"
//! inputs = { employees = "employees", turnover = "annual_revenue" }
//! scheme = "eu_sme_2003_361"
//! ```
//!
//! | class | staff | turnover, or | balance sheet |
//! |---|---|---|---|
//! | micro | below 10 | at most EUR 2 m | at most EUR 2 m |
//! | small | below 50 | at most EUR 10 m | at most EUR 10 m |
//! | medium | below 250 | at most EUR 50 m | at most EUR 43 m |
//!
//! Everything else is large. Staff must be within the limit, and turnover or balance sheet. Where
//! one of staff and money is not known, the other decides alone; where neither is, there is no
//! label. The figures of the whole group count, not those of the legal unit. Negative and
//! non-finite figures are errors.
//!
//! Deliberately absent: conversion of currencies, and the recommendation's rule that a class changes
//! only after two years.

#![warn(missing_docs)]

mod criterion;
mod size;

pub use criterion::{CompanySize, Options};
pub use size::Scheme;

segmenta_plugin_sdk::export_plugin!(
    name = "company_size",
    version = env!("CARGO_PKG_VERSION"),
    criteria = [criterion CompanySize],
);
