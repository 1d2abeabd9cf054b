//! The criteria of one library, and the document that describes them.

use std::sync::Arc;

use arrow_schema::Fields;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::bound::{Bound, bind_fitted, bind_plain};
use crate::export::HostSlot;
use crate::output::LABEL;
use crate::{Criterion, Error, Fitted, Input, Inputs, Result};

/// What [`crate::export_plugin!`] implements once per library.
pub trait Library: 'static {
    /// Name of the plugin.
    const NAME: &'static str;
    /// Semantic version of the plugin.
    const VERSION: &'static str;
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
    describe: fn() -> Value,
    bind: BindFn,
}

/// Entry of a [`Criterion`].
pub const fn criterion<C: Criterion>() -> Entry {
    Entry { name: C::NAME, describe: describe_plain::<C>, bind: bind_plain::<C> }
}

/// Entry of a [`Fitted`].
pub const fn fitted<F: Fitted>() -> Entry {
    Entry { name: F::NAME, describe: describe_fitted::<F>, bind: bind_fitted::<F> }
}

impl Entry {
    /// # Errors
    /// What the author answers.
    pub(crate) fn bind(&self, params: Value, inputs: &Inputs) -> Result<(Arc<dyn Bound>, Fields)> {
        (self.bind)(params, inputs)
    }
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
    json!({
        "describe_version": 1,
        "plugin": {"name": L::NAME, "version": L::VERSION},
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
        "outputs": describe_outputs(),
        "rows": "independent",
        "grouped": C::grouped(),
        "repeat": {"apply": "bitwise"},
        "explain": false,
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
        "outputs": describe_outputs(),
        "rows": "independent",
        "grouped": F::grouped(),
        "fit": {
            "max_passes": F::MAX_PASSES,
            "merge": F::MERGE.name(),
            "model_format": F::MODEL_FORMAT,
            "reads_formats": formats,
            "source": "main",
        },
        "repeat": {"apply": "bitwise", "fit": "bitwise"},
        "explain": false,
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

/// What is known of the outputs before options and columns are: the label.
fn describe_outputs() -> Value {
    json!([{"name": LABEL, "type": "utf8", "nullable": true}])
}
