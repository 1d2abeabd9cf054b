//! A plugin's objects in children, with the functions that the in-process ones have.

use std::sync::Arc;

use arrow_array::{Array, StructArray};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field, Fields};

use super::frame::Part;
use super::job::{Body, History, Job, ModelRecipe, Recipe, Step};
use super::message::{Answer, Ask, Caps, Object};
use super::pool::Pool;
use super::rows;
use crate::call::{self, At, Verdict};
use crate::{Error, Limits, Result};

/// A history of a fit that is larger is not kept. Bytes.
const MAX_HISTORY: u64 = 1 << 30;

/// A bound criterion.
#[derive(Debug)]
pub(crate) struct Instance {
    pool: Arc<Pool>,
    recipe: Arc<Recipe>,
}

/// A loaded model.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) instance: Arc<Instance>,
    recipe: ModelRecipe,
}

/// A partial aggregation. It stays in one child as long as that one lives.
pub(crate) struct Fit<'a> {
    instance: &'a Instance,
    history: History,
    bytes: u64,
    at: At,
    slot: usize,
}

impl Pool {
    /// The `describe` document; it is asked for twice, and must be the same.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(crate) fn describe(&self) -> Result<Vec<u8>> {
        match self.run(&Job::new(Ask::Describe, None))? {
            (Answer::Bytes, Some(json)) => Ok(json.to_vec()),
            _ => Err(self.astray()),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> Result<Body> {
        let failed = |error| Error::NoProcess { plugin: self.name.clone(), problem: format!("no memory, {error}") };
        Part::new(&[bytes]).map(Body::Bytes).map_err(failed)
    }

    fn rows(&self, rows: &StructArray) -> Result<Body> {
        let failed = |error| Error::NoProcess { plugin: self.name.clone(), problem: format!("rows, {error}") };
        Ok(Body::Rows(rows::write(rows).map_err(failed)?.into()))
    }

    fn astray(&self) -> Error {
        Error::Protocol { plugin: self.name.clone(), problem: "it gave an answer to something else".to_owned() }
    }
}

impl Instance {
    /// Binds a criterion, and gives the columns it will write.
    ///
    /// # Errors
    /// As [`Pool::run`], [`Error::BadBind`].
    pub(crate) fn create(
        pool: &Arc<Pool>,
        criterion: &str,
        params: &str,
        inputs: &Fields,
        limits: Limits,
    ) -> Result<(Self, Fields)> {
        let bad = |problem: String| Error::BadBind { criterion: criterion.to_owned(), problem };
        let (id, caps) = (pool.id(), Caps { memory: limits.memory, partial: limits.partial, model: limits.model });
        let (criterion, params) = (criterion.to_owned(), params.to_owned());
        let ask = Ask::Create { instance: id, criterion: criterion.clone(), params, caps };
        let create = Step { ask, body: Some(pool.bytes(&rows::write_columns(inputs))?) };
        let recipe = Arc::new(Recipe { id, criterion: criterion.clone(), create: create.clone(), limits });
        let instance = Self { pool: Arc::clone(pool), recipe };
        let job = Job { criterion: &criterion, limits, ..Job::new(create.ask, create.body) };
        let columns = match pool.run(&job)? {
            (Answer::Columns, Some(columns)) => rows::read_columns(&columns).map_err(bad)?,
            _ => return Err(pool.astray()),
        };
        call::check_bound(&columns).map_err(bad)?;
        Ok((instance, columns))
    }

    /// Name of the criterion.
    pub(crate) fn criterion(&self) -> &str {
        &self.recipe.criterion
    }

    /// Columns `fields` for each of `rows`.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(crate) fn apply(
        &self,
        model: Option<&Model>,
        at: At,
        rows: &StructArray,
        fields: &Fields,
    ) -> Result<StructArray> {
        let (instance, model_id) = (self.recipe.id, model.map(|model| model.recipe.id));
        self.rows(Ask::Apply { instance, model: model_id, place: at.into() }, model, at, rows, fields)
    }

    /// One JSON object for each of `rows`, as text.
    ///
    /// # Errors
    /// As [`Pool::run`], [`Error::WrongKind`] if the plugin explains nothing.
    pub(crate) fn explain(&self, model: Option<&Model>, rows: &StructArray) -> Result<StructArray> {
        let (instance, model_id) = (self.recipe.id, model.map(|model| model.recipe.id));
        let fields = Fields::from(vec![Field::new("explain", DataType::Utf8, false)]);
        self.rows(Ask::Explain { instance, model: model_id }, model, At::default(), rows, &fields)
    }

    fn rows(
        &self,
        ask: Ask,
        model: Option<&Model>,
        at: At,
        rows: &StructArray,
        fields: &Fields,
    ) -> Result<StructArray> {
        let (body, n_rows) = (Some(self.pool.rows(rows)?), Some(rows.len()));
        let model = model.map(|model| &model.recipe);
        let job = Job { model, at, n_rows, ..Job::of(&self.recipe, ask, body) };
        match self.pool.run(&job)? {
            (Answer::Rows, Some(written)) => rows::read(&written, fields, rows.len())
                .map_err(|problem| Error::BadOutput { criterion: self.criterion().to_owned(), problem }),
            _ => Err(self.pool.astray()),
        }
    }

    /// Reads a model's payload, in one child for now.
    ///
    /// # Errors
    /// As [`Pool::run`], [`Error::TooLarge`].
    pub(crate) fn load_model(self: &Arc<Self>, payload: &[u8]) -> Result<Model> {
        self.refuse_large("model", payload.len(), self.recipe.limits.model)?;
        let id = self.pool.id();
        let ask = Ask::LoadModel { instance: self.recipe.id, model: id };
        let load = Step { ask, body: Some(self.pool.bytes(payload)?) };
        let recipe = ModelRecipe { id, load: load.clone() };
        let model = Model { instance: Arc::clone(self), recipe };
        match self.pool.run(&Job::of(&self.recipe, load.ask, load.body))? {
            (Answer::Done, _) => Ok(model),
            _ => Err(self.pool.astray()),
        }
    }

    /// A partial that has seen no rows.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(crate) fn begin_fit(&self, at: At, pass: u32, carry: &[u8]) -> Result<Fit<'_>> {
        let id = self.pool.id();
        let history = History { id, steps: Vec::new(), cut: false };
        let mut fit = Fit { instance: self, history, bytes: 0, at, slot: self.pool.any_slot() };
        let ask = Ask::Begin { instance: self.recipe.id, fit: id, place: at.into(), pass };
        fit.step(ask, self.pool.bytes(carry)?, None)?;
        Ok(fit)
    }

    fn refuse_large(&self, what: &'static str, bytes: usize, limit: u64) -> Result<()> {
        let (bytes, owner) = (bytes as u64, self.criterion().to_owned());
        if bytes > limit { Err(Error::TooLarge { owner, what, bytes, limit }) } else { Ok(()) }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.pool.forget(Object::Instance(self.recipe.id));
    }
}

impl Model {
    /// The model for a person, as JSON text; `None` if the plugin does not describe models.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(crate) fn describe(&self) -> Result<Option<Vec<u8>>> {
        let ask = Ask::DescribeModel { model: self.recipe.id };
        let job = Job { model: Some(&self.recipe), ..Job::of(&self.instance.recipe, ask, None) };
        match self.instance.pool.run(&job)? {
            (Answer::Bytes, Some(json)) => Ok(Some(json.to_vec())),
            (Answer::Nothing, _) => Ok(None),
            _ => Err(self.instance.pool.astray()),
        }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.instance.pool.forget(Object::Model(self.recipe.id));
    }
}

impl Fit<'_> {
    /// Adds rows.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(crate) fn update(&mut self, rows: &StructArray) -> Result<()> {
        let body = self.instance.pool.rows(rows)?;
        self.step(Ask::Update { fit: self.history.id }, body, Some(rows.len()))
    }

    /// Adds what another partial has seen.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub(crate) fn merge(&mut self, partial: &[u8]) -> Result<()> {
        let body = self.instance.pool.bytes(partial)?;
        self.step(Ask::Merge { fit: self.history.id }, body, None)
    }

    /// What the partial has seen, as bytes.
    ///
    /// # Errors
    /// As [`Pool::run`], [`Error::TooLarge`].
    pub(crate) fn save(&mut self) -> Result<Vec<u8>> {
        match self.ask(Ask::Save { fit: self.history.id }, None, None)? {
            (Answer::Bytes, Some(bytes)) => {
                self.instance.refuse_large("partial", bytes.len(), self.instance.recipe.limits.partial)?;
                Ok(bytes.to_vec())
            }
            _ => Err(self.instance.pool.astray()),
        }
    }

    /// Ends the pass.
    ///
    /// # Errors
    /// As [`Pool::run`], [`Error::TooLarge`].
    pub(crate) fn finish(self) -> Result<Verdict> {
        let Limits { partial, model, .. } = self.instance.recipe.limits;
        match self.ask(Ask::Finish { fit: self.history.id }, None, None)? {
            (Answer::Again, Some(carry)) => {
                self.instance.refuse_large("carry", carry.len(), partial)?;
                Ok(Verdict::Again(carry.to_vec()))
            }
            (Answer::Model, Some(bytes)) => {
                self.instance.refuse_large("model", bytes.len(), model)?;
                Ok(Verdict::Done(bytes.to_vec()))
            }
            _ => Err(self.instance.pool.astray()),
        }
    }

    /// A call that changes the partial, and is kept so that a fresh child can be told.
    fn step(&mut self, ask: Ask, body: Body, n_rows: Option<usize>) -> Result<()> {
        let (answer, _) = self.ask(ask.clone(), Some(body.clone()), n_rows)?;
        if answer != Answer::Done {
            return Err(self.instance.pool.astray());
        }
        self.bytes += body.len();
        if self.bytes > MAX_HISTORY {
            self.history.cut = true;
            self.history.steps.clear();
        } else {
            self.history.steps.push(Step { ask, body: Some(body) });
        }
        Ok(())
    }

    fn ask(&self, ask: Ask, body: Option<Body>, n_rows: Option<usize>) -> Result<(Answer, Option<Buffer>)> {
        let (fit, slot) = (Some(&self.history), Some(self.slot));
        let job = Job { fit, slot, at: self.at, n_rows, ..Job::of(&self.instance.recipe, ask, body) };
        self.instance.pool.run(&job)
    }
}

impl Drop for Fit<'_> {
    fn drop(&mut self) {
        self.instance.pool.forget(Object::Fit(self.history.id));
    }
}
