//! Functions the engine adds to DataFusion: sums and distinct counts that do not depend on the
//! order of rows, and the rewrite that puts them in place of the built-in ones.

mod as_of;
mod count_distinct;
mod exact_sum;
mod rewrite;

pub(crate) use as_of::as_of_function;
pub(crate) use rewrite::use_exact_aggregates;
