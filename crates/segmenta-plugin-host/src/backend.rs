//! A plugin's objects, whichever process they live in: what [`crate::Instance`] calls.

use std::sync::Arc;

use arrow_array::StructArray;
use arrow_schema::Fields;

use crate::call::{self, At, Verdict};
use crate::{Error, Limits, Result};

/// A plugin that can be called.
#[derive(Debug, Clone)]
pub(crate) enum Library {
    /// In this process.
    Here(Arc<call::Library>),
}

/// A bound criterion.
#[derive(Debug, Clone)]
pub(crate) enum InstanceHandle {
    /// In this process.
    Here(Arc<call::Seats>),
}

/// A loaded model.
#[derive(Debug)]
pub(crate) enum ModelHandle {
    /// In this process.
    Here(call::Models),
}

/// A partial aggregation.
pub(crate) enum FitHandle<'a> {
    /// In this process.
    Here(call::FitHandle<'a>),
}

impl Library {
    /// Whether arrays must be copied to start at offset 0.
    pub(crate) fn wants_compact(&self) -> bool {
        match self {
            Self::Here(library) => library.wants_compact(),
        }
    }

    /// The `describe` document, not looked at yet.
    pub(crate) fn describe(&self) -> Result<Vec<u8>> {
        match self {
            Self::Here(library) => library.description(),
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
            Self::Here(instance) => {
                let model = model.map(|ModelHandle::Here(model)| model);
                instance.apply(model, at, rows, fields)
            }
        }
    }

    /// One JSON object for each of `rows`, as text.
    pub(crate) fn explain(&self, model: Option<&ModelHandle>, rows: &StructArray) -> Result<StructArray> {
        match self {
            Self::Here(instance) => {
                let model = model.map(|ModelHandle::Here(model)| model);
                instance.explain(model, rows)
            }
        }
    }

    /// Reads a model's payload.
    pub(crate) fn load_model(&self, payload: &[u8]) -> Result<ModelHandle> {
        match self {
            Self::Here(instance) => call::Models::load(instance, payload).map(ModelHandle::Here),
        }
    }

    /// A partial that has seen no rows.
    pub(crate) fn begin_fit(&self, at: At, pass: u32, carry: &[u8]) -> Result<FitHandle<'_>> {
        match self {
            Self::Here(instance) => call::FitHandle::begin(instance, at, pass, carry).map(FitHandle::Here),
        }
    }
}

impl ModelHandle {
    /// Whether this instance loaded the model.
    pub(crate) fn is_of(&self, instance: &InstanceHandle) -> bool {
        match (self, instance) {
            (Self::Here(model), InstanceHandle::Here(instance)) => Arc::ptr_eq(model.seats(), instance),
        }
    }

    /// The model for a person, as JSON text; `None` if the plugin does not describe models.
    pub(crate) fn describe(&self) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Here(model) => model.describe(),
        }
    }

    pub(crate) fn bad_output(&self, problem: String) -> Error {
        let criterion = match self {
            Self::Here(model) => model.seats().criterion(),
        };
        Error::BadOutput { criterion: criterion.to_owned(), problem }
    }
}

impl FitHandle<'_> {
    /// Adds rows.
    pub(crate) fn update(&mut self, rows: &StructArray) -> Result<()> {
        match self {
            Self::Here(fit) => fit.update(rows),
        }
    }

    /// What the partial has seen, as bytes.
    pub(crate) fn save(&mut self) -> Result<Vec<u8>> {
        match self {
            Self::Here(fit) => fit.save(),
        }
    }

    /// Adds what another partial has seen.
    pub(crate) fn merge(&mut self, partial: &[u8]) -> Result<()> {
        match self {
            Self::Here(fit) => fit.merge(partial),
        }
    }

    /// Ends the pass.
    pub(crate) fn finish(self) -> Result<Verdict> {
        match self {
            Self::Here(fit) => fit.finish(),
        }
    }
}
