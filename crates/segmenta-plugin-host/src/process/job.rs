//! One call with all that a fresh child must be told before it.

use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::Buffer;

use super::frame::Part;
use super::message::{Ask, Id, Object};
use crate::Limits;
use crate::call::At;

/// What a request works on; cheap to clone, so that it can be made again.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Bytes(Part),
    /// Rows as [`super::rows::write`] gives them: they share the memory of the caller's.
    Rows(Arc<[Buffer]>),
}

impl Body {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(part) => part.len(),
            Self::Rows(buffers) => buffers.iter().map(|buffer| buffer.len() as u64).sum(),
        }
    }

    /// Its bytes in one piece.
    pub(super) fn read(&self) -> Result<Buffer, String> {
        match self {
            Self::Bytes(part) => part.read(),
            Self::Rows(buffers) => {
                let slices: Vec<&[u8]> = buffers.iter().map(Buffer::as_slice).collect();
                Ok(Buffer::from_vec(slices.concat()))
            }
        }
    }
}

/// A request with its body; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) ask: Ask,
    pub(super) body: Option<Body>,
}

/// How an instance comes to be.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) id: Id,
    pub(super) criterion: String,
    pub(super) create: Step,
    pub(super) limits: Limits,
}

/// How a model comes to be.
#[derive(Debug)]
pub(super) struct ModelRecipe {
    pub(super) id: Id,
    pub(super) load: Step,
}

/// How a partial came to be what it is.
#[derive(Debug)]
pub(super) struct History {
    pub(super) id: Id,
    pub(super) steps: Vec<Step>,
    /// Whether it became too large to be kept, so that a crash is final.
    pub(super) cut: bool,
}

/// A call.
pub(super) struct Job<'a> {
    pub(super) ask: Ask,
    pub(super) body: Option<Body>,
    pub(super) criterion: &'a str,
    pub(super) limits: Limits,
    pub(super) at: At,
    /// Rows in the body.
    pub(super) n_rows: Option<usize>,
    /// The one child that it must go to.
    pub(super) slot: Option<usize>,
    pub(super) instance: Option<&'a Arc<Recipe>>,
    pub(super) model: Option<&'a ModelRecipe>,
    pub(super) fit: Option<&'a History>,
}

impl<'a> Job<'a> {
    /// A call that needs no instance.
    pub(super) fn new(ask: Ask, body: Option<Body>) -> Self {
        Self {
            ask,
            body,
            criterion: "",
            limits: Limits::default(),
            at: At::default(),
            n_rows: None,
            slot: None,
            instance: None,
            model: None,
            fit: None,
        }
    }

    /// A call of an instance.
    pub(super) fn of(instance: &'a Arc<Recipe>, ask: Ask, body: Option<Body>) -> Self {
        let (criterion, limits) = (instance.criterion.as_str(), instance.limits);
        Self { criterion, limits, instance: Some(instance), ..Self::new(ask, body) }
    }

    /// Objects that a child must have before the call and how they are made, in this order.
    pub(super) fn needs(&self) -> impl Iterator<Item = (Object, &'a [Step])> {
        let instance = self.instance.map(|made| (Object::Instance(made.id), std::slice::from_ref(&made.create)));
        let model = self.model.map(|made| (Object::Model(made.id), std::slice::from_ref(&made.load)));
        let fit = self.fit.filter(|made| !made.steps.is_empty());
        let fit = fit.map(|made| (Object::Fit(made.id), made.steps.as_slice()));
        instance.into_iter().chain(model).chain(fit)
    }

    /// The object that a child has once it has answered.
    pub(super) fn makes(&self) -> Option<Object> {
        match self.ask {
            Ask::Create { instance, .. } => Some(Object::Instance(instance)),
            Ask::LoadModel { model, .. } => Some(Object::Model(model)),
            Ask::Begin { fit, .. } => Some(Object::Fit(fit)),
            _ => None,
        }
    }

    /// Whether a fresh child can be brought to where this call starts.
    pub(super) fn can_be_repeated(&self) -> bool {
        self.fit.is_none_or(|history| !history.cut)
    }

    /// The rows that it works on, counted from 0 if nobody says where they start.
    pub(super) fn rows(&self) -> Option<Range<u64>> {
        let first = self.at.first_row.unwrap_or(0);
        self.n_rows.map(|rows| first..first + rows as u64)
    }
}
