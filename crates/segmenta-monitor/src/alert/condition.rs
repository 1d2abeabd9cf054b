//! Alerts with fixed limits: the input, columns, segments that come and go, treatments.

mod data;
mod feature;
mod lineage;
mod uplift;

pub(crate) use data::{data, data_key};
pub(crate) use feature::{by_column, features};
pub(crate) use lineage::lineage;
pub(crate) use uplift::uplift;
