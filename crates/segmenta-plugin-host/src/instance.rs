//! A criterion ready to be fitted and applied.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{Schema, SchemaRef};
use rayon::prelude::*;
use segmenta_plugin_sdk::{COLUMN_KEY, LABELS_KEY};
use serde_json::Value;

use crate::backend::{InstanceHandle, ModelHandle};
use crate::binding::Binding;
use crate::call::{At, Verdict};
use crate::describe::{CriterionInfo, FitInfo};
use crate::envelope::InputColumn;
use crate::{Error, Result, digest};

/// A criterion bound to options, columns and the run's date. Used by any number of threads.
#[derive(Debug)]
pub struct Instance {
    pub(crate) info: Arc<CriterionInfo>,
    pub(crate) identity: Identity,
    pub(crate) as_of_us: i64,
    pub(crate) binding: Binding,
    pub(crate) handle: InstanceHandle,
    pub(crate) output: SchemaRef,
}

/// What a result or a model depends on, beside the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name of the plugin.
    pub plugin: String,
    /// Version of the plugin.
    pub version: String,
    /// Digest of the library file; of name and version for a plugin that is linked in.
    pub sha256: String,
    /// Name of the criterion.
    pub criterion: String,
    /// Digest of the options that a model depends on.
    pub params_hash: String,
    /// Digest of names and types of the columns.
    pub input_hash: String,
}

/// A model as the plugin made it, to be put into an [`crate::envelope`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FittedModel {
    /// The plugin's own bytes.
    pub bytes: Vec<u8>,
    /// Passes over the rows.
    pub passes: u32,
    /// Leaves of the rows.
    pub leaves: u64,
    /// Rows of all leaves.
    pub rows: u64,
}

/// A model that is loaded and can be applied by the instance that loaded it.
#[derive(Debug)]
pub struct Model {
    handle: ModelHandle,
}

impl Model {
    /// The model for a person: thresholds, centres. Null if the plugin does not say.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::BadOutput`] if it is no JSON.
    pub fn describe(&self) -> Result<Value> {
        let Some(json) = self.handle.describe()? else {
            return Ok(Value::Null);
        };
        let bad = |error| self.handle.bad_output(format!("the description of its model is no JSON, {error}"));
        serde_json::from_slice(&json).map_err(bad)
    }
}

impl Instance {
    /// The columns that [`Instance::apply`] gives: `label` first.
    pub fn output_schema(&self) -> &SchemaRef {
        &self.output
    }

    /// The labels that can occur, if they are known before the rows are.
    pub fn labels(&self) -> Option<Vec<String>> {
        let json = self.output.field(0).metadata().get(LABELS_KEY)?;
        serde_json::from_str(json).ok()
    }

    /// The criterion as its plugin describes it.
    pub fn info(&self) -> &CriterionInfo {
        &self.info
    }

    /// What a result depends on.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The columns as the plugin gets them.
    pub fn inputs(&self) -> Vec<InputColumn> {
        let column = |field: &arrow_schema::FieldRef| InputColumn {
            name: field.name().clone(),
            column: field.metadata().get(COLUMN_KEY).unwrap_or(field.name()).clone(),
            data_type: field.data_type().to_string(),
        };
        self.binding.fields().iter().map(column).collect()
    }

    /// One row of [`Instance::output_schema`] for each row of `batch`, in the same order. Columns are
    /// found by the names they were bound under.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if a model is missing or too much, [`Error::Input`], [`Error::Nulls`],
    /// [`Error::Plugin`], [`Error::BadOutput`].
    pub fn apply(&self, model: Option<&Model>, batch: &RecordBatch) -> Result<RecordBatch> {
        self.apply_at(model, batch, At::default())
    }

    /// As [`Instance::apply`], for a batch that is part of something larger: `partition` is its ordinal,
    /// `first_row` counts within it. Errors and crash reports then name the rows.
    ///
    /// # Errors
    /// As [`Instance::apply`].
    pub fn apply_part(
        &self,
        model: Option<&Model>,
        batch: &RecordBatch,
        partition: Option<u64>,
        first_row: u64,
    ) -> Result<RecordBatch> {
        self.apply_at(model, batch, At { seed: 0, leaf: partition, first_row: Some(first_row) })
    }

    fn apply_at(&self, model: Option<&Model>, batch: &RecordBatch, at: At) -> Result<RecordBatch> {
        self.check_model(model)?;
        let rows = self.binding.rows(batch)?;
        let handle = model.map(|model| &model.handle);
        let written = self.handle.apply(handle, at, &rows, self.output.fields())?;
        let (_, columns, _) = written.into_parts();
        let batch = RecordBatch::try_new(SchemaRef::clone(&self.output), columns);
        Ok(batch.expect("the columns were compared with the schema"))
    }

    /// Why each row of `batch` got what [`Instance::apply`] gives: one JSON object per row.
    ///
    /// # Errors
    /// [`Error::WrongKind`] also if the criterion explains nothing, and as [`Instance::apply`].
    pub fn explain(&self, model: Option<&Model>, batch: &RecordBatch) -> Result<Vec<Value>> {
        self.check_model(model)?;
        let rows = self.binding.rows(batch)?;
        let written = self.handle.explain(model.map(|model| &model.handle), &rows)?;
        let texts = written.column(0).as_string::<i32>();
        let read = |(row, text): (usize, Option<&str>)| {
            let value = serde_json::from_str(text.unwrap_or_default());
            value.ok().filter(Value::is_object).ok_or_else(|| Error::BadOutput {
                criterion: self.info.name.clone(),
                problem: format!("the explanation of row {row} is no JSON object"),
            })
        };
        texts.iter().enumerate().map(read).collect()
    }

    fn check_model(&self, model: Option<&Model>) -> Result<()> {
        let wrong = |problem| Err(Error::WrongKind { criterion: self.info.name.clone(), problem });
        match (&self.info.fit, model) {
            (Some(_), None) => wrong("needs a model"),
            (None, Some(_)) => wrong("takes no model"),
            (Some(_), Some(model)) if !model.handle.is_of(&self.handle) => {
                wrong("got a model that another instance loaded")
            }
            _ => Ok(()),
        }
    }

    /// Reads the bytes of a [`FittedModel`].
    ///
    /// # Errors
    /// [`Error::Plugin`] if the plugin refuses them, [`Error::WrongKind`], [`Error::TooLarge`].
    pub fn load_model(&self, bytes: &[u8]) -> Result<Arc<Model>> {
        self.fit_info()?;
        let handle = self.handle.load_model(bytes)?;
        Ok(Arc::new(Model { handle }))
    }

    /// Learns a model from all rows. One leaf is one partial; leaves run in parallel on the current
    /// rayon pool, and their partials are merged in the order of `leaves`, so that the bytes depend on
    /// the leaves alone. `seed` is to depend on the run and the criterion and on nothing else.
    ///
    /// # Errors
    /// [`Error::WrongKind`], [`Error::TooManyPasses`], and as [`Instance::apply`]. If several leaves
    /// fail, the first one is reported.
    pub fn fit(&self, leaves: &[RecordBatch], seed: u64) -> Result<FittedModel> {
        let fit = self.fit_info()?;
        let rows: Vec<Result<StructArray>> = leaves.par_iter().map(|leaf| self.binding.rows(leaf)).collect();
        let rows = rows.into_iter().collect::<Result<Vec<_>>>()?;
        let mut carry = Vec::new();
        for pass in 0..fit.max_passes {
            match self.pass(&rows, seed, pass, &carry)? {
                Verdict::Again(next) => carry = next,
                Verdict::Done(bytes) => return Ok(fitted(bytes, pass + 1, &rows)),
            }
        }
        let (criterion, passes) = (self.info.name.clone(), fit.max_passes);
        Err(Error::TooManyPasses { criterion, passes })
    }

    /// One look at all rows.
    fn pass(&self, leaves: &[StructArray], seed: u64, pass: u32, carry: &[u8]) -> Result<Verdict> {
        let partial = |(leaf, rows): (usize, &StructArray)| {
            let at = At { seed, leaf: Some(leaf as u64), first_row: Some(0) };
            let mut partial = self.handle.begin_fit(at, pass, carry)?;
            partial.update(rows)?;
            partial.save()
        };
        let partials: Vec<Result<Vec<u8>>> = leaves.par_iter().enumerate().map(partial).collect();
        let mut all = self.handle.begin_fit(At { seed, ..At::default() }, pass, carry)?;
        for partial in partials {
            all.merge(&partial?)?;
        }
        all.finish()
    }

    pub(crate) fn fit_info(&self) -> Result<&FitInfo> {
        let criterion = || self.info.name.clone();
        self.info.fit.as_ref().ok_or_else(|| Error::WrongKind { criterion: criterion(), problem: "is not fitted" })
    }
}

fn fitted(bytes: Vec<u8>, passes: u32, leaves: &[StructArray]) -> FittedModel {
    let rows = leaves.iter().map(|leaf| leaf.len() as u64).sum();
    FittedModel { bytes, passes, leaves: leaves.len() as u64, rows }
}

/// Digest of names and types of the columns that a plugin gets.
pub(crate) fn input_hash(fields: &arrow_schema::Fields) -> String {
    let line = |field: &arrow_schema::FieldRef| format!("{}\t{}\n", field.name(), field.data_type());
    digest::sha256(fields.iter().map(line).collect::<String>().as_bytes())
}

/// The schema of the columns that a plugin announced.
pub(crate) fn schema(fields: arrow_schema::Fields) -> SchemaRef {
    Arc::new(Schema::new(fields))
}
