//! Everything a plugin uses, in one line: `use segmenta_plugin_sdk::prelude::*;`.
//!
//! [`options`](macro@options) and [`stored`](macro@stored) derive what options, partials and models need.
//! Deriving [`Deserialize`], [`Serialize`] or [`JsonSchema`] by name needs the crates `serde` and
//! `schemars` beside this one, since those macros name them.

pub use std::sync::Arc;

pub use arrow_array::{
    self, Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, StringArray,
    TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
    builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, UInt8Builder, UInt32Builder},
};
pub use arrow_schema::{self, DataType};
pub use schemars::JsonSchema;
pub use serde::{Deserialize, Serialize};
pub use serde_json::{self, Value, json};

pub use crate::row::{Date, Timestamp};
pub use crate::{
    Batch, Criterion, Cx, Error, Explain, ExplainFitted, FitCx, Fitted, Input, Inputs, Level, Lists, Merge, Outputs,
    Repeat, Result, Rows, Step, Type, criterion, export_plugin, options, stored,
};
