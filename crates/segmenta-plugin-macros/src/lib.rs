//! `#[criterion]`: a function about one row becomes a criterion. `#[options]` and `#[stored]`: structs
//! become what options, partials and models have to be.
//!
//! Use it through the prelude of `segmenta-plugin-sdk`, which also explains what the types of
//! arguments and answers mean. This crate is apart because a crate of macros can hold nothing else.
//!
//! The examples are compiled in the tests of the kit: a crate of macros that depended on the kit, be it
//! for its tests, would change the features that Cargo chooses for every package that both use.
#![warn(missing_docs)]

mod argument;
mod attributes;
mod derive;
mod expand;
mod rule;

use proc_macro::TokenStream;

/// Makes a criterion of a function that looks at one row.
///
/// ```ignore
/// use segmenta_plugin_sdk::prelude::*;
///
/// /// Customers whose revenue reaches a threshold.
/// #[criterion]
/// fn vip(
///     /// Revenue of the last twelve months, in euros.
///     revenue: Option<f64>,
///     /// Revenue from which a customer is one, in euros.
///     #[param(default = 1000.0, min = 0.0)]
///     threshold: f64,
/// ) -> Option<bool> {
///     Some(revenue? >= threshold)
/// }
///
/// export_plugin!(name = "vip", version = "1.0.0", criteria = [vip]);
/// # fn main() {
/// assert_eq!(vip(Some(1000.0), 1000.0), Some(true));
/// assert_eq!(vip(None, 1000.0), None);
/// # }
/// ```
///
/// The function stays what it is, and can be called by tests. Beside it stands a type of the same
/// name, which `export_plugin!` takes.
///
/// # The function
///
/// Its doc comment is required; the first paragraph is the criterion's summary. It must not be
/// generic, `async` or `unsafe`.
///
/// | Argument | Is |
/// |---|---|
/// | `revenue: f64` | an input column, under the name of the argument; the doc comment describes it |
/// | `revenue: Option<f64>` | an input column that may hold nulls |
/// | `#[param] threshold: f64` | an option of the pipeline; the doc comment is its manual |
/// | `cx: &Cx<'_>` | the run: its date, its seed |
///
/// Inputs are `bool`, the integers of 8 to 64 bits, `f32`, `f64`, `&str`, `String`, `Date`,
/// `Timestamp`, and `Option` of these. A column of wide integers may be bound to a narrow argument: a
/// value beyond its range stops the run and is named with its row. An option is of any type that
/// `serde` reads and `schemars` describes; `&str` and `&[T]` are kept as `String` and `Vec<T>`.
///
/// # The answer
///
/// | Type | `label` | further columns |
/// |---|---|---|
/// | `bool` | `yes` or `no` | |
/// | `&str`, `String` | the text | |
/// | an integer that `i64` holds | the number as text | `score`, the number |
/// | `f32`, `f64` | always null: a real number names no group | `score`, the number |
///
/// `Option` of these leaves null what is `None`, `Result` of these may stop the run. So a scheme writes
/// `vip = 'yes'` and `margin_score > 0.3`.
///
/// # Keys
///
/// - `#[criterion(name = "…")]`: the name in the pipeline, if it is not that of the function.
/// - `#[criterion(labels = ["…", …])]`: every label, in the order people expect. For `bool` the two
///   that replace `yes` and `no`; for text a label that is not among them stops the run.
/// - `#[param(default = …, min = …, max = …)]`: what the option is if the pipeline does not say, and
///   the numbers it lies between, both included. Without a default the option is required, unless it
///   is an `Option`.
///
/// Rows are walked in a loop without dispatch; every 4,096 rows the runner is asked whether to go on.
/// The criterion explains itself: for each row the values it saw, its options and its answer.
#[proc_macro_attribute]
pub fn criterion(keys: TokenStream, item: TokenStream) -> TokenStream {
    let rule = rule::Rule::parse(keys.into(), item.into());
    rule.map_or_else(|error| error.to_compile_error(), |rule| expand::criterion(&rule)).into()
}

/// Makes options of a struct: each field is a key of a `[criteria.*]` table, its doc comment the key's
/// manual. A key that is no field is refused.
///
/// ```ignore
/// use segmenta_plugin_sdk::prelude::*;
///
/// /// How customers are cut.
/// #[options]
/// pub struct Options {
///     /// Number of groups.
///     #[serde(default = "five")]
///     #[schemars(range(min = 2, max = 20))]
///     groups: u8,
///     /// Names of the groups; they do not change a model.
///     #[schemars(extend("x-seg-apply-only" = true))]
///     names: Option<Vec<String>>,
/// }
///
/// fn five() -> u8 {
///     5
/// }
/// ```
#[proc_macro_attribute]
pub fn options(keys: TokenStream, item: TokenStream) -> TokenStream {
    derive::options(keys.into(), item.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Makes a struct or an enum one that can be kept as bytes: a partial, a carry, a model.
///
/// ```ignore
/// use segmenta_plugin_sdk::prelude::*;
///
/// #[stored]
/// #[derive(Default)]
/// struct Sum {
///     sum: f64,
///     rows: u64,
/// }
/// ```
#[proc_macro_attribute]
pub fn stored(keys: TokenStream, item: TokenStream) -> TokenStream {
    derive::stored(keys.into(), item.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}
