//! `kmeans`: clusters of numeric columns.
//!
//! ```toml
//! [criteria.behaviour]
//! plugin   = "kmeans"
//! inputs   = { features = ["days_since_last", "orders_total", "spend_total"] }
//! clusters = 6
//! scale    = "log1p_standard"
//! ```
//!
//! A fit reads the rows once, scales the features, and moves centres by Lloyd's iterations from
//! several k-means++ starts; the start with the smallest inertia is the model. Each row then gets
//! the label of its nearest centre (`c1`, `c2`, …, in the order of the first feature's centre) and
//! `distance`, the distance to it in scaled units. A row that lacks a feature gets neither.
//!
//! The model does not depend on threads or batches. Above 2²⁴ values (5.6 million rows of three
//! features) it is fitted on an even sample, which its description states.
//!
//! Deliberately absent: choosing the number of clusters, and categorical features.

#![warn(missing_docs)]

mod assignment;
mod centers;
mod criterion;
mod fit;
mod lloyd;
mod model;
mod options;
mod points;
mod random;
mod sample;
mod scale;
mod seeding;

pub use criterion::Kmeans;
pub use options::{Options, ScaleKind};

segmenta_plugin_sdk::export_plugin!(
    name = "kmeans",
    version = env!("CARGO_PKG_VERSION"),
    criteria = [fitted Kmeans],
);
