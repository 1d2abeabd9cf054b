//! Criteria as objects: what the C functions call without knowing the author's types.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::Fields;
use serde_json::Value;

use crate::{Batch, Criterion, Cx, Error, FitCx, Fitted, Inputs, Result, Step, codec};

/// A criterion bound to options and columns.
pub(crate) trait Bound: Send + Sync {
    /// # Errors
    /// What the author answers; [`Error::Unsupported`] for a fitted criterion.
    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>>;

    /// # Errors
    /// What the author answers; [`Error::Unsupported`] for a fitted criterion or one that does not
    /// explain.
    fn explain(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<Value>>;

    /// # Errors
    /// What the author answers; [`Error::Unsupported`] for a criterion without a model.
    fn fit_begin(self: Arc<Self>, pass: u32, carry: &[u8], cx: Cx<'_>) -> Result<Box<dyn Fitting>>;

    /// # Errors
    /// [`Error::Model`]; [`Error::Unsupported`] for a criterion without a model.
    fn model_load(self: Arc<Self>, bytes: &[u8]) -> Result<Box<dyn Loaded>>;
}

/// A partial on its way to a model.
pub(crate) trait Fitting: Send {
    fn update(&mut self, batch: &Batch, cx: Cx<'_>) -> Result<()>;
    fn save(&self) -> Result<Vec<u8>>;
    fn merge(&mut self, partial: &[u8]) -> Result<()>;
    fn finish(&mut self, cx: Cx<'_>) -> Result<Finished>;
}

/// Bytes that end a pass.
pub(crate) enum Finished {
    Again(Vec<u8>),
    Done(Vec<u8>),
}

/// A model with the criterion that reads it.
pub(crate) trait Loaded: Send + Sync {
    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>>;
    fn explain(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<Value>>;
    fn describe(&self) -> String;
}

/// A bound [`Criterion`].
pub(crate) struct Plain<C>(C);

/// A bound [`Fitted`].
pub(crate) struct Learner<F>(F);

/// Binds a [`Criterion`].
///
/// # Errors
/// What the author answers; [`Error::Param`] for options that cannot be read.
pub(crate) fn bind_plain<C: Criterion>(params: Value, inputs: &Inputs) -> Result<(Arc<dyn Bound>, Fields)> {
    let (criterion, outputs) = C::bind(options(params)?, inputs)?;
    Ok((Arc::new(Plain(criterion)), outputs.into_fields()))
}

/// Binds a [`Fitted`].
///
/// # Errors
/// What the author answers; [`Error::Param`] for options that cannot be read.
pub(crate) fn bind_fitted<F: Fitted>(params: Value, inputs: &Inputs) -> Result<(Arc<dyn Bound>, Fields)> {
    let (criterion, outputs) = F::bind(options(params)?, inputs)?;
    Ok((Arc::new(Learner(criterion)), outputs.into_fields()))
}

fn options<P: serde::de::DeserializeOwned>(params: Value) -> Result<P> {
    serde_json::from_value(params).map_err(|error| Error::param("", error.to_string()))
}

impl<C: Criterion> Bound for Plain<C> {
    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        self.0.apply(batch, cx)
    }

    fn explain(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<Value>> {
        let explain = C::EXPLAIN.ok_or_else(|| unsupported("an explanation", C::NAME))?;
        explain(&self.0, batch, cx)
    }

    fn fit_begin(self: Arc<Self>, _: u32, _: &[u8], _: Cx<'_>) -> Result<Box<dyn Fitting>> {
        Err(unsupported("a fit", C::NAME))
    }

    fn model_load(self: Arc<Self>, _: &[u8]) -> Result<Box<dyn Loaded>> {
        Err(unsupported("a model", C::NAME))
    }
}

impl<F: Fitted> Bound for Learner<F> {
    fn apply(&self, _: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        Err(unsupported("a result without a model", F::NAME))
    }

    fn explain(&self, _: &Batch, _: &Cx<'_>) -> Result<Vec<Value>> {
        Err(unsupported("an explanation without a model", F::NAME))
    }

    fn fit_begin(self: Arc<Self>, pass: u32, carry: &[u8], cx: Cx<'_>) -> Result<Box<dyn Fitting>> {
        let carry = match pass {
            0 => None,
            _ => Some(codec::from_bytes::<F::Carry>("carry", carry)?),
        };
        let part = self.0.begin(&FitCx { cx, pass, carry: carry.as_ref() })?;
        Ok(Box::new(Partial { learner: self, pass, carry, part: Some(part) }))
    }

    fn model_load(self: Arc<Self>, bytes: &[u8]) -> Result<Box<dyn Loaded>> {
        let model = read_model::<F>(bytes)?;
        self.0.check_model(&model)?;
        Ok(Box::new(Model { learner: self, model }))
    }
}

fn unsupported(what: &str, criterion: &str) -> Error {
    Error::Unsupported { what: format!("{what} of criterion `{criterion}`") }
}

fn read_model<F: Fitted>(bytes: &[u8]) -> Result<F::Model> {
    let (format, content) = codec::split_model(bytes)?;
    if format == F::MODEL_FORMAT {
        codec::from_bytes("model", content)
    } else if F::READS_FORMATS.contains(&format) {
        F::migrate(format, content)
    } else {
        Err(Error::model(format!("models of format {format} are not known")))
    }
}

/// A [`Fitted::Partial`] with what its calls need. `part` is taken by `finish`.
struct Partial<F: Fitted> {
    learner: Arc<Learner<F>>,
    pass: u32,
    carry: Option<F::Carry>,
    part: Option<F::Partial>,
}

fn finished() -> Error {
    Error::State { problem: "the fit is finished".to_owned() }
}

impl<F: Fitted> Fitting for Partial<F> {
    fn update(&mut self, batch: &Batch, cx: Cx<'_>) -> Result<()> {
        let cx = FitCx { cx, pass: self.pass, carry: self.carry.as_ref() };
        let part = self.part.as_mut().ok_or_else(finished)?;
        self.learner.0.update(part, batch, &cx)
    }

    fn save(&self) -> Result<Vec<u8>> {
        codec::to_bytes("partial", self.part.as_ref().ok_or_else(finished)?)
    }

    fn merge(&mut self, partial: &[u8]) -> Result<()> {
        let part = self.part.as_mut().ok_or_else(finished)?;
        self.learner.0.merge(part, codec::from_bytes("partial", partial)?)
    }

    fn finish(&mut self, cx: Cx<'_>) -> Result<Finished> {
        let cx = FitCx { cx, pass: self.pass, carry: self.carry.as_ref() };
        let part = self.part.take().ok_or_else(finished)?;
        match self.learner.0.finish(part, &cx)? {
            Step::Again(carry) => codec::to_bytes("carry", &carry).map(Finished::Again),
            Step::Done(model) => codec::model_to_bytes(F::MODEL_FORMAT, &model).map(Finished::Done),
        }
    }
}

struct Model<F: Fitted> {
    learner: Arc<Learner<F>>,
    model: F::Model,
}

impl<F: Fitted> Loaded for Model<F> {
    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        self.learner.0.apply(&self.model, batch, cx)
    }

    fn explain(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<Value>> {
        let explain = F::EXPLAIN.ok_or_else(|| unsupported("an explanation", F::NAME))?;
        explain(&self.learner.0, &self.model, batch, cx)
    }

    fn describe(&self) -> String {
        self.learner.0.describe_model(&self.model).to_string()
    }
}

/// Compares what a criterion wrote with what it said it would write.
///
/// # Errors
/// [`Error::Internal`] naming the first column that differs.
pub(crate) fn check_output(columns: &[ArrayRef], fields: &Fields, rows: usize) -> Result<()> {
    if columns.len() != fields.len() {
        let problem = format!("wrote {} columns instead of {}", columns.len(), fields.len());
        return Err(Error::internal(problem));
    }
    for (column, field) in columns.iter().zip(fields) {
        let name = field.name();
        if column.data_type() != field.data_type() {
            let (found, wanted) = (column.data_type(), field.data_type());
            return Err(Error::internal(format!("wrote {found} into `{name}`, which is {wanted}")));
        }
        if column.len() != rows {
            let found = column.len();
            return Err(Error::internal(format!("wrote {found} values of `{name}` for {rows} rows")));
        }
        if !field.is_nullable() && column.null_count() > 0 {
            return Err(Error::internal(format!("wrote a null into `{name}`, which has none")));
        }
    }
    Ok(())
}

/// Explanations as text, one JSON object for each of `rows` rows.
///
/// # Errors
/// [`Error::Internal`] if there are fewer or more, or one is no object.
pub(crate) fn explanations(explained: &[Value], rows: usize) -> Result<ArrayRef> {
    if explained.len() != rows {
        let found = explained.len();
        return Err(Error::internal(format!("gave {found} explanations for {rows} rows")));
    }
    if let Some(row) = explained.iter().position(|explained| !explained.is_object()) {
        return Err(Error::internal(format!("the explanation of row {row} is no JSON object")));
    }
    let texts: StringArray = explained.iter().map(|explained| Some(explained.to_string())).collect();
    Ok(Arc::new(texts))
}
