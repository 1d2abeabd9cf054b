//! The traits an author implements.

use arrow_array::ArrayRef;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Batch, Cx, Error, FitCx, Input, Inputs, Outputs, Result};

/// Says, for each row of a batch, why a [`Criterion`] answers what it answers: one JSON object per row.
pub type Explain<C> = fn(&C, &Batch, &Cx<'_>) -> Result<Vec<serde_json::Value>>;

/// As [`Explain`], for a [`Fitted`] with its model.
pub type ExplainFitted<F> = fn(&F, &<F as Fitted>::Model, &Batch, &Cx<'_>) -> Result<Vec<serde_json::Value>>;

/// What the result for a row may depend on beside the row itself, options and model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// On nothing: the runner cuts, reorders and spreads the rows as it likes.
    Independent,
    /// On the other rows of its batch: the runner hands over all rows at once, in their order.
    Batch,
}

impl Rows {
    /// The name in the `describe` document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Independent => "independent",
            Self::Batch => "batch",
        }
    }
}

/// How alike two results from the same input are, on the same machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Repeat {
    /// To the bit.
    Bitwise,
    /// Numbers up to this relative difference.
    Tolerance(f64),
    /// Not at all; the pipeline has to allow it.
    Never,
}

impl Repeat {
    /// The name in the `describe` document, for example `tolerance:1e-9`.
    pub fn name(self) -> String {
        match self {
            Self::Bitwise => "bitwise".to_owned(),
            Self::Tolerance(share) => format!("tolerance:{share:e}"),
            Self::Never => "none".to_owned(),
        }
    }
}

/// A criterion that needs no model: a row's result depends on that row and the options alone.
pub trait Criterion: Send + Sync + Sized + 'static {
    /// What the pipeline writes in `plugin = "…"`.
    const NAME: &'static str;
    /// One sentence for lists.
    const SUMMARY: &'static str;
    /// What a row's result depends on.
    const ROWS: Rows = Rows::Independent;
    /// How alike two results are.
    const REPEAT: Repeat = Repeat::Bitwise;
    /// Says why, if it can: `Some(Self::explain)`. Without it the library does not offer to explain.
    const EXPLAIN: Option<Explain<Self>> = None;
    /// The options; their doc comments are the manual.
    type Params: DeserializeOwned + JsonSchema;

    /// The columns it reads.
    fn inputs() -> Vec<Input>;

    /// What is known of the outputs before options and columns are, for lists and documentation.
    fn preview() -> Outputs {
        Outputs::label(None)
    }

    /// `true` if an entity has many rows: every input then is a column of lists, one per entity.
    fn grouped() -> bool {
        false
    }

    /// Checks the options against each other and the columns, and says what will be written.
    ///
    /// # Errors
    /// [`Error::Param`] or [`Error::Schema`].
    fn bind(params: Self::Params, inputs: &Inputs) -> Result<(Self, Outputs)>;

    /// One array per output in their order, each with one value per row of `batch`.
    ///
    /// # Errors
    /// Whatever stops the run, [`Error::Data`] for a value that makes no sense.
    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>>;
}

/// Whether partials may be merged in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Any order and grouping gives the same bytes.
    Exact,
    /// Only the order of the partitions gives the same bytes.
    Ordered,
}

impl Merge {
    /// The name in the `describe` document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Ordered => "ordered",
        }
    }
}

/// What a pass over all rows ended with.
#[derive(Debug, Clone, PartialEq)]
pub enum Step<C, M> {
    /// Another pass is needed, with this.
    Again(C),
    /// The model.
    Done(M),
}

/// A criterion that learns a model from all rows before it is applied to each.
///
/// The rows are cut into partitions. Each is folded into a partial by `begin` and `update`; all
/// partials are merged, in the order of the partitions, into one from a fresh `begin`; `finish` turns
/// that one into the model or asks for another pass.
/// Partials, carries and models are stored with `postcard`, which keeps every bit of a number but no
/// field names: they cannot hold `serde_json::Value`, untagged enums or skipped fields, and should
/// hold no hash maps, whose order is not the same twice. Configuration stays in `self`.
pub trait Fitted: Send + Sync + Sized + 'static {
    /// What the pipeline writes in `plugin = "…"`.
    const NAME: &'static str;
    /// One sentence for lists.
    const SUMMARY: &'static str;
    /// Changes with the layout of [`Fitted::Model`].
    const MODEL_FORMAT: u32 = 1;
    /// Older formats that [`Fitted::migrate`] reads.
    const READS_FORMATS: &'static [u32] = &[];
    /// Whether partials may be merged in any order.
    const MERGE: Merge = Merge::Exact;
    /// Passes after which a fit that still answers [`Step::Again`] is an error.
    const MAX_PASSES: u32 = 1;
    /// What a row's result depends on.
    const ROWS: Rows = Rows::Independent;
    /// How alike two results of the same model are.
    const REPEAT: Repeat = Repeat::Bitwise;
    /// How alike two models of the same rows are.
    const REPEAT_FIT: Repeat = Repeat::Bitwise;
    /// Says why, if it can: `Some(Self::explain)`. Without it the library does not offer to explain.
    const EXPLAIN: Option<ExplainFitted<Self>> = None;
    /// The options; their doc comments are the manual.
    type Params: DeserializeOwned + JsonSchema;
    /// What is known about the rows of a partition.
    type Partial: Serialize + DeserializeOwned + Send;
    /// What a pass hands to the next one; `()` for one pass.
    type Carry: Serialize + DeserializeOwned + Send + Sync;
    /// What the rows taught.
    type Model: Serialize + DeserializeOwned + Send + Sync;

    /// The columns it reads.
    fn inputs() -> Vec<Input>;

    /// What is known of the outputs before options and columns are, for lists and documentation.
    fn preview() -> Outputs {
        Outputs::label(None)
    }

    /// `true` if an entity has many rows: every input then is a column of lists, one per entity.
    fn grouped() -> bool {
        false
    }

    /// Checks the options against each other and the columns, and says what will be written.
    ///
    /// # Errors
    /// [`Error::Param`] or [`Error::Schema`].
    fn bind(params: Self::Params, inputs: &Inputs) -> Result<(Self, Outputs)>;

    /// A partial that has seen no rows. Merging it into another changes nothing.
    ///
    /// # Errors
    /// Whatever stops the run.
    fn begin(&self, cx: &FitCx<'_, Self::Carry>) -> Result<Self::Partial>;

    /// Adds the rows of `batch`.
    ///
    /// # Errors
    /// Whatever stops the run, [`Error::Data`] for a value that makes no sense.
    fn update(&self, part: &mut Self::Partial, batch: &Batch, cx: &FitCx<'_, Self::Carry>) -> Result<()>;

    /// Adds what `other` has seen. `other` comes from stored bytes: check what must hold.
    ///
    /// # Errors
    /// [`Error::Model`] if the two do not belong together.
    fn merge(&self, into: &mut Self::Partial, other: Self::Partial) -> Result<()>;

    /// The model, or what the next pass needs, from all rows.
    ///
    /// # Errors
    /// [`Error::Rows`] if the rows cannot be fitted, for instance because there are none.
    fn finish(&self, part: Self::Partial, cx: &FitCx<'_, Self::Carry>) -> Result<Step<Self::Carry, Self::Model>>;

    /// One array per output in their order, each with one value per row of `batch`.
    ///
    /// # Errors
    /// Whatever stops the run, [`Error::Data`] for a value that makes no sense.
    fn apply(&self, model: &Self::Model, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>>;

    /// The model for the report: thresholds, centres, what a person wants to see.
    fn describe_model(&self, model: &Self::Model) -> serde_json::Value;

    /// Whether a model read from bytes fits this criterion and its options. Bytes may be hostile:
    /// refuse lengths that do not agree, numbers that are not finite.
    ///
    /// # Errors
    /// [`Error::Model`].
    fn check_model(&self, _model: &Self::Model) -> Result<()> {
        Ok(())
    }

    /// Reads a model of one of [`Fitted::READS_FORMATS`].
    ///
    /// # Errors
    /// [`Error::Model`]; always, unless overridden.
    fn migrate(format: u32, _payload: &[u8]) -> Result<Self::Model> {
        Err(Error::model(format!("models of format {format} are not known")))
    }
}
