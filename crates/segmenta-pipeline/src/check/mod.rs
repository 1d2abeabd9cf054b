//! What can only be checked once every table is read: columns, labels, order.

mod columns;
mod labels;
mod order;

pub(crate) use columns::{columns, dependencies};
pub(crate) use labels::labels;
pub(crate) use order::order;
