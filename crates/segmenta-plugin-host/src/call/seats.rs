//! Instances and models for workers that must not share one.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::StructArray;
use arrow_schema::Fields;

use super::{At, InstanceHandle, ModelHandle, SharedLibrary};
use crate::running::intern;
use crate::{Error, Limits, Result};

/// One object for all workers, or one for each that works at the moment.
#[derive(Debug)]
enum Workers<T> {
    /// The plugin says that many threads may use it at once.
    Shared(T),
    /// Objects that nobody uses at the moment.
    Each(Mutex<Vec<T>>),
}

/// An object that nobody else uses until it is dropped, unless it is shared.
#[derive(Debug)]
pub(crate) enum Taken<'a, T> {
    Shared(&'a T),
    Own { from: &'a Mutex<Vec<T>>, object: Option<T> },
}

impl<T> Workers<T> {
    /// The shared object, a free one, or a new one.
    fn take(&self, make: impl FnOnce() -> Result<T>) -> Result<Taken<'_, T>> {
        match self {
            Self::Shared(object) => Ok(Taken::Shared(object)),
            Self::Each(from) => {
                let free = from.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let object = free.map_or_else(make, Ok)?;
                Ok(Taken::Own { from, object: Some(object) })
            }
        }
    }
}

impl<T> Deref for Taken<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Shared(object) => object,
            Self::Own { object, .. } => object.as_ref().expect("it is given back on drop only"),
        }
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        if let Self::Own { from, object } = self {
            let object = object.take();
            from.lock().unwrap_or_else(PoisonError::into_inner).extend(object);
        }
    }
}

/// A bound criterion, as many times as there are workers.
#[derive(Debug)]
pub(crate) struct Seats {
    library: SharedLibrary,
    criterion: &'static str,
    params: String,
    inputs: Fields,
    outputs: Fields,
    limits: Limits,
    instances: Workers<Arc<InstanceHandle>>,
}

/// A model, as many times as there are workers.
#[derive(Debug)]
pub(crate) struct Models {
    seats: Arc<Seats>,
    payload: Vec<u8>,
    models: Workers<ModelHandle>,
}

impl Seats {
    /// Binds the criterion once, and gives the columns it will write.
    ///
    /// # Errors
    /// As [`InstanceHandle::create`].
    pub(crate) fn create(
        library: &SharedLibrary,
        criterion: &str,
        params: &str,
        inputs: &Fields,
        limits: Limits,
    ) -> Result<(Self, Fields)> {
        let criterion = intern(criterion);
        let (first, outputs) = InstanceHandle::create(library, criterion, params, inputs, limits)?;
        let first = Arc::new(first);
        let instances =
            if library.needs_seats() { Workers::Each(Mutex::new(vec![first])) } else { Workers::Shared(first) };
        let (library, inputs, params) = (Arc::clone(library), Fields::clone(inputs), params.to_owned());
        let seats = Self { library, criterion, params, inputs, outputs: Fields::clone(&outputs), limits, instances };
        Ok((seats, outputs))
    }

    /// Name of the criterion.
    pub(crate) fn criterion(&self) -> &'static str {
        self.criterion
    }

    /// Columns `fields` for each of `rows`.
    ///
    /// # Errors
    /// As [`InstanceHandle::apply`], and as [`Seats::create`] if one more worker needs an instance.
    pub(crate) fn apply(
        &self,
        model: Option<&Models>,
        at: At,
        rows: &StructArray,
        fields: &Fields,
    ) -> Result<StructArray> {
        match model {
            None => self.instance()?.apply(None, at, rows, fields),
            Some(model) => {
                let model = model.take()?;
                model.instance.apply(Some(&model), at, rows, fields)
            }
        }
    }

    /// One JSON object for each of `rows`, as text.
    ///
    /// # Errors
    /// As [`InstanceHandle::explain`].
    pub(crate) fn explain(&self, model: Option<&Models>, rows: &StructArray) -> Result<StructArray> {
        match model {
            None => self.instance()?.explain(None, rows),
            Some(model) => {
                let model = model.take()?;
                model.instance.explain(Some(&model), rows)
            }
        }
    }

    /// An instance for this worker.
    ///
    /// # Errors
    /// As [`Seats::create`] if one more is needed.
    pub(crate) fn instance(&self) -> Result<Taken<'_, Arc<InstanceHandle>>> {
        self.instances.take(|| self.another())
    }

    /// A model with the instance it belongs to, which is its own unless instances are shared.
    fn model(&self, payload: &[u8]) -> Result<ModelHandle> {
        match &self.instances {
            Workers::Shared(instance) => ModelHandle::load(instance, payload),
            Workers::Each(_) => ModelHandle::load(&self.another()?, payload),
        }
    }

    fn another(&self) -> Result<Arc<InstanceHandle>> {
        let Self { library, criterion, params, inputs, limits, .. } = self;
        let (instance, outputs) = InstanceHandle::create(library, criterion, params, inputs, *limits)?;
        if outputs != self.outputs {
            let problem = "it announces other columns the second time".to_owned();
            return Err(Error::BadBind { criterion: (*criterion).to_owned(), problem });
        }
        Ok(Arc::new(instance))
    }
}

impl Models {
    /// Reads a model's payload, once for now.
    ///
    /// # Errors
    /// As [`ModelHandle::load`].
    pub(crate) fn load(seats: &Arc<Seats>, payload: &[u8]) -> Result<Self> {
        let first = seats.model(payload)?;
        let models = match &seats.instances {
            Workers::Shared(_) => Workers::Shared(first),
            Workers::Each(_) => Workers::Each(Mutex::new(vec![first])),
        };
        Ok(Self { seats: Arc::clone(seats), payload: payload.to_vec(), models })
    }

    /// What read the model.
    pub(crate) fn seats(&self) -> &Arc<Seats> {
        &self.seats
    }

    /// The model for a person, as JSON text; `None` if the plugin does not describe models.
    ///
    /// # Errors
    /// As [`ModelHandle::describe`].
    pub(crate) fn describe(&self) -> Result<Option<Vec<u8>>> {
        self.take()?.describe()
    }

    fn take(&self) -> Result<Taken<'_, ModelHandle>> {
        self.models.take(|| self.seats.model(&self.payload))
    }
}
