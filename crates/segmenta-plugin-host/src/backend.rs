//! A plugin's objects, whichever process they live in: what [`crate::Instance`] calls.

use std::sync::Arc;

use arrow_array::StructArray;
use arrow_schema::Fields;

use crate::call::{self, At, Verdict};
use crate::process;
use crate::{Error, Limits, Result};

/// A plugin that can be called.
#[derive(Debug, Clone)]
pub(crate) enum Library {
    /// In this process.
    Here(Arc<call::Library>),
    /// In processes of its own.
    Apart(Arc<process::Pool>),
}

/// A bound criterion.
#[derive(Debug, Clone)]
pub(crate) enum InstanceHandle {
    /// In this process.
    Here(Arc<call::Seats>),
    /// In processes of its own.
    Apart(Arc<process::Instance>),
}

/// A loaded model.
#[derive(Debug)]
pub(crate) enum ModelHandle {
    /// In this process.
    Here(call::Models),
    /// In processes of its own.
    Apart(process::Model),
}

/// A partial aggregation.
pub(crate) enum FitHandle<'a> {
    /// In this process.
    Here(call::FitHandle<'a>),
    /// In processes of its own.
    Apart(process::Fit<'a>),
}

impl Library {
    /// Whether arrays must be copied to start at offset 0; they do so in another process anyway.
    pub(crate) fn wants_compact(&self) -> bool {
        match self {
            Self::Here(library) => library.wants_compact(),
            Self::Apart(_) => false,
        }
    }

    /// The `describe` document, not looked at yet.
    pub(crate) fn describe(&self) -> Result<Vec<u8>> {
        match self {
            Self::Here(library) => library.description(),
            Self::Apart(pool) => pool.describe(),
        }
    }

    /// Binds a criterion, and gives the columns it will write.
    pub(crate) fn create(
        &self,
        criterion: &str,
        params: &str,
        inputs: &Fields,
        limits: Limits,
    ) -> Result<(InstanceHandle, Fields)> {
        match self {
            Self::Here(library) => {
                let (handle, fields) = call::Seats::create(library, criterion, params, inputs, limits)?;
                Ok((InstanceHandle::Here(Arc::new(handle)), fields))
            }
            Self::Apart(pool) => {
                let (instance, fields) = process::Instance::create(pool, criterion, params, inputs, limits)?;
                Ok((InstanceHandle::Apart(Arc::new(instance)), fields))
            }
        }
    }
}

impl InstanceHandle {
    /// Columns `fields` for each of `rows`; the model is one that this instance loaded.
    pub(crate) fn apply(
        &self,
        model: Option<&ModelHandle>,
        at: At,
        rows: &StructArray,
        fields: &Fields,
    ) -> Result<StructArray> {
        match self {
            Self::Here(instance) => instance.apply(model.and_then(ModelHandle::here), at, rows, fields),
            Self::Apart(instance) => instance.apply(model.and_then(ModelHandle::apart), at, rows, fields),
        }
    }

    /// One JSON object for each of `rows`, as text.
    pub(crate) fn explain(&self, model: Option<&ModelHandle>, rows: &StructArray) -> Result<StructArray> {
        match self {
            Self::Here(instance) => instance.explain(model.and_then(ModelHandle::here), rows),
            Self::Apart(instance) => instance.explain(model.and_then(ModelHandle::apart), rows),
        }
    }

    /// Reads a model's payload.
    pub(crate) fn load_model(&self, payload: &[u8]) -> Result<ModelHandle> {
        match self {
            Self::Here(instance) => call::Models::load(instance, payload).map(ModelHandle::Here),
            Self::Apart(instance) => instance.load_model(payload).map(ModelHandle::Apart),
        }
    }

    /// A partial that has seen no rows.
    pub(crate) fn begin_fit(&self, at: At, pass: u32, carry: &[u8]) -> Result<FitHandle<'_>> {
        match self {
            Self::Here(instance) => call::FitHandle::begin(instance, at, pass, carry).map(FitHandle::Here),
            Self::Apart(instance) => instance.begin_fit(at, pass, carry).map(FitHandle::Apart),
        }
    }
}

impl ModelHandle {
    fn here(&self) -> Option<&call::Models> {
        match self {
            Self::Here(model) => Some(model),
            Self::Apart(_) => None,
        }
    }

    fn apart(&self) -> Option<&process::Model> {
        match self {
            Self::Here(_) => None,
            Self::Apart(model) => Some(model),
        }
    }

    /// Whether this instance loaded the model.
    pub(crate) fn is_of(&self, instance: &InstanceHandle) -> bool {
        match (self, instance) {
            (Self::Here(model), InstanceHandle::Here(instance)) => Arc::ptr_eq(model.seats(), instance),
            (Self::Apart(model), InstanceHandle::Apart(instance)) => Arc::ptr_eq(&model.instance, instance),
            _ => false,
        }
    }

    /// The model for a person, as JSON text; `None` if the plugin does not describe models.
    pub(crate) fn describe(&self) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Here(model) => model.describe(),
            Self::Apart(model) => model.describe(),
        }
    }

    pub(crate) fn bad_output(&self, problem: String) -> Error {
        let criterion = match self {
            Self::Here(model) => model.seats().criterion(),
            Self::Apart(model) => model.instance.criterion(),
        };
        Error::BadOutput { criterion: criterion.to_owned(), problem }
    }
}

impl FitHandle<'_> {
    /// Adds rows.
    pub(crate) fn update(&mut self, rows: &StructArray) -> Result<()> {
        match self {
            Self::Here(fit) => fit.update(rows),
            Self::Apart(fit) => fit.update(rows),
        }
    }

    /// What the partial has seen, as bytes.
    pub(crate) fn save(&mut self) -> Result<Vec<u8>> {
        match self {
            Self::Here(fit) => fit.save(),
            Self::Apart(fit) => fit.save(),
        }
    }

    /// Adds what another partial has seen.
    pub(crate) fn merge(&mut self, partial: &[u8]) -> Result<()> {
        match self {
            Self::Here(fit) => fit.merge(partial),
            Self::Apart(fit) => fit.merge(partial),
        }
    }

    /// Ends the pass.
    pub(crate) fn finish(self) -> Result<Verdict> {
        match self {
            Self::Here(fit) => fit.finish(),
            Self::Apart(fit) => fit.finish(),
        }
    }
}
