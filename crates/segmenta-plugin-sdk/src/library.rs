//! The criteria of one library, and the document that describes them.

use std::sync::Arc;

use arrow_schema::{Field, Fields};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::bound::{Bound, bind_fitted, bind_plain};
use crate::export::HostSlot;
use crate::output::LABELS_KEY;
use crate::{Criterion, Error, Fitted, Input, Inputs, Outputs, Result, Type};

/// What [`crate::export_plugin!`] implements once per library.
pub trait Library: 'static {
    /// Name of the plugin.
    const NAME: &'static str;
    /// Semantic version of the plugin.
    const VERSION: &'static str;
    /// Licence as Cargo knows it; empty if it does not.
    const LICENSE: &'static str;
    /// Home or repository as Cargo knows it; empty if it does not.
    const URL: &'static str;
    /// Its criteria, in the order of the macro.
    const CRITERIA: &'static [Entry];

    /// Where the library keeps its host.
    fn host() -> &'static HostSlot;
}

type BindFn = fn(Value, &Inputs) -> Result<(Arc<dyn Bound>, Fields)>;

/// One criterion of a library.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    name: &'static str,
    fitted: bool,
    explains: bool,
    describe: fn() -> Value,
    bind: BindFn,
}

/// An author's type as a criterion of a library. `Kind` only tells the two traits apart, so that
/// [`crate::export_plugin!`] takes both without being told which it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a criterion",
    label = "neither `Criterion` nor `Fitted`",
    note = "write `#[criterion]` before a function, or implement `Criterion` or `Fitted` for a type"
)]
pub trait Exported<Kind> {
    /// The criterion.
    const ENTRY: Entry;
}

/// [`Exported`] by way of [`Criterion`].
#[derive(Debug)]
pub struct ByCriterion;
/// [`Exported`] by way of [`Fitted`].
#[derive(Debug)]
pub struct ByFitted;

impl<C: Criterion> Exported<ByCriterion> for C {
    const ENTRY: Entry = criterion::<C>();
}

impl<F: Fitted> Exported<ByFitted> for F {
    const ENTRY: Entry = fitted::<F>();
}

/// Entry of either kind.
pub const fn entry<T: Exported<Kind>, Kind>() -> Entry {
    T::ENTRY
}

/// Entry of a [`Criterion`].
pub const fn criterion<C: Criterion>() -> Entry {
    let explains = C::EXPLAIN.is_some();
    Entry { name: C::NAME, fitted: false, explains, describe: describe_plain::<C>, bind: bind_plain::<C> }
}

/// Entry of a [`Fitted`].
pub const fn fitted<F: Fitted>() -> Entry {
    let explains = F::EXPLAIN.is_some();
    Entry { name: F::NAME, fitted: true, explains, describe: describe_fitted::<F>, bind: bind_fitted::<F> }
}

impl Entry {
    /// # Errors
    /// What the author answers.
    pub(crate) fn bind(&self, params: Value, inputs: &Inputs) -> Result<(Arc<dyn Bound>, Fields)> {
        (self.bind)(params, inputs)
    }
}

/// Whether a criterion of the library needs a model.
pub(crate) const fn any_fitted<L: Library>() -> bool {
    let mut at = 0;
    while at < L::CRITERIA.len() {
        if L::CRITERIA[at].fitted {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether a criterion of the library explains itself.
pub(crate) const fn any_explains<L: Library>() -> bool {
    let mut at = 0;
    while at < L::CRITERIA.len() {
        if L::CRITERIA[at].explains {
            return true;
        }
        at += 1;
    }
    false
}

/// # Errors
/// [`Error::Unsupported`] if the library has no such criterion.
pub(crate) fn find<L: Library>(name: &str) -> Result<&'static Entry> {
    let entry = L::CRITERIA.iter().find(|entry| entry.name == name);
    entry.ok_or_else(|| Error::Unsupported { what: format!("criterion `{name}`") })
}

/// The `describe` document.
pub(crate) fn describe<L: Library>() -> Value {
    let criteria: Vec<Value> = L::CRITERIA.iter().map(|entry| (entry.describe)()).collect();
    let mut plugin = json!({"name": L::NAME, "version": L::VERSION});
    for (key, text) in [("license", L::LICENSE), ("url", L::URL)] {
        if !text.is_empty() {
            plugin[key] = text.into();
        }
    }
    json!({
        "describe_version": 1,
        "plugin": plugin,
        "criteria": criteria,
    })
}

fn describe_plain<C: Criterion>() -> Value {
    json!({
        "name": C::NAME,
        "summary": C::SUMMARY,
        "kind": "plain",
        "params": schema::<C::Params>(),
        "inputs": describe_inputs(&C::inputs()),
        "outputs": describe_outputs(C::preview()),
        "rows": C::ROWS.name(),
        "grouped": C::grouped(),
        "repeat": {"apply": C::REPEAT.name()},
        "explain": C::EXPLAIN.is_some(),
    })
}

fn describe_fitted<F: Fitted>() -> Value {
    let formats: Vec<u32> = [F::MODEL_FORMAT].iter().chain(F::READS_FORMATS).copied().collect();
    json!({
        "name": F::NAME,
        "summary": F::SUMMARY,
        "kind": "fitted",
        "params": schema::<F::Params>(),
        "inputs": describe_inputs(&F::inputs()),
        "outputs": describe_outputs(F::preview()),
        "rows": F::ROWS.name(),
        "grouped": F::grouped(),
        "fit": {
            "max_passes": F::MAX_PASSES,
            "merge": F::MERGE.name(),
            "model_format": F::MODEL_FORMAT,
            "reads_formats": formats,
            "source": "main",
        },
        "repeat": {"apply": F::REPEAT.name(), "fit": F::REPEAT_FIT.name()},
        "explain": F::EXPLAIN.is_some(),
    })
}

fn schema<P: JsonSchema>() -> Value {
    SchemaGenerator::default().into_root_schema_for::<P>().to_value()
}

fn describe_inputs(inputs: &[Input]) -> Vec<Value> {
    inputs.iter().map(describe_input).collect()
}

fn describe_input(input: &Input) -> Value {
    let types: Vec<&str> = input.types.iter().map(|kind| kind.name()).collect();
    json!({
        "name": input.name,
        "types": types,
        "nullable": input.nullable,
        "optional": input.optional,
        "many": input.many,
        "description": input.description,
    })
}

fn describe_outputs(outputs: Outputs) -> Vec<Value> {
    outputs.into_fields().iter().map(|field| describe_output(field)).collect()
}

/// A type without a name in the contract is given as Arrow prints it.
fn describe_output(field: &Field) -> Value {
    let kind = Type::ALL.into_iter().find(|kind| kind.matches(field.data_type()));
    let kind = kind.map_or_else(|| field.data_type().to_string(), |kind| kind.name().to_owned());
    let mut output = json!({"name": field.name(), "type": kind, "nullable": field.is_nullable()});
    let labels = field.metadata().get(LABELS_KEY).and_then(|labels| serde_json::from_str(labels).ok());
    if let Some(labels) = labels {
        output["labels"] = labels;
    }
    output
}
