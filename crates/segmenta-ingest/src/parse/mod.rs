//! One cell of text to one typed value.

pub(crate) mod builder;
mod number;
mod time;

pub(crate) use builder::{ColumnBuilder, TextRules, constant_column};
