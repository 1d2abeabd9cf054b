//! Row rules: what stands behind [`crate::criterion`].
//!
//! The attribute writes an implementation of [`crate::Criterion`] out of these parts. An author meets
//! them in error messages only: [`Argument`] is what a column can be handed over as, [`Answer`] what a
//! rule can answer.

mod answer;
mod argument;
mod evaluate;

pub use answer::{Answer, Column, Integers, Reals, Texts, YesNo};
pub use argument::{Argument, Date, Timestamp};
pub use evaluate::{answer, check_labels, explain, input, outputs, shown};

#[doc(hidden)]
pub use schemars;
#[doc(hidden)]
pub use serde;

/// Rows between two questions whether to go on.
pub const POLL_ROWS: usize = 4096;
