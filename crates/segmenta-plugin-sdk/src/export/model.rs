//! The model functions.

use std::sync::Arc;

use segmenta_plugin_abi::{SegBuf, SegBytes, SegCall, SegError, SegInstance, SegModel, SegStatus};

use super::guard::{answer, answer_bytes, guarded};
use super::instance::{self, Instance};
use crate::bound::Loaded;
use crate::{Error, Result};

/// What the host holds as `seg_model`.
pub(super) struct Model {
    instance: Arc<Instance>,
    loaded: Box<dyn Loaded>,
}

impl Model {
    /// The model, if it was loaded for this instance.
    ///
    /// # Errors
    /// [`Error::State`] if it was loaded for another one, whose options may differ.
    pub(super) fn of(&self, instance: &Instance) -> Result<&dyn Loaded> {
        if std::ptr::eq(Arc::as_ptr(&self.instance), instance) {
            return Ok(self.loaded.as_ref());
        }
        Err(Error::State { problem: "the model was loaded for another instance".to_owned() })
    }
}

/// # Safety
/// `model` is null or what `load` made, not yet destroyed.
pub(super) unsafe fn borrow<'a>(model: *const SegModel) -> Option<&'a Model> {
    // SAFETY: the caller vouches for the pointer.
    unsafe { model.cast::<Model>().as_ref() }
}

pub(super) unsafe extern "C" fn load(
    instance: *const SegInstance,
    _: *const SegCall,
    payload: SegBytes,
    out: *mut *mut SegModel,
    error: *mut SegError,
) -> SegStatus {
    if instance.is_null() {
        return SegStatus::STATE;
    }
    // SAFETY: the host passes what `create` made, and it is not null.
    let instance = unsafe { instance::share(instance) };
    let loaded = guarded(&instance.poisoned, || {
        // SAFETY: the host's bytes live until this call returns.
        let payload = unsafe { payload.as_bytes() };
        Arc::clone(&instance.bound).model_load(payload)
    });
    let write = |loaded| {
        let model = Box::new(Model { instance: Arc::clone(&instance), loaded });
        // SAFETY: the host hands in a place for a pointer.
        unsafe { out.write(Box::into_raw(model).cast()) };
    };
    // SAFETY: the host hands in a zeroed error of its own.
    unsafe { answer(loaded, error, write) }
}

pub(super) unsafe extern "C" fn describe(
    model: *const SegModel,
    _: *const SegCall,
    json: *mut SegBuf,
    error: *mut SegError,
) -> SegStatus {
    // SAFETY: the host passes what `load` made.
    let Some(model) = (unsafe { borrow(model) }) else {
        return SegStatus::STATE;
    };
    let described = guarded(&model.instance.poisoned, || Ok(model.loaded.describe().into_bytes()));
    // SAFETY: the host hands in a zeroed buffer and error of its own.
    unsafe { answer_bytes(described, json, error) }
}

pub(super) unsafe extern "C" fn destroy(model: *mut SegModel) {
    if model.is_null() {
        return;
    }
    // SAFETY: the host gives back, once, what `load` made.
    let model = unsafe { Box::from_raw(model.cast::<Model>()) };
    let host = model.instance.host();
    instance::dispose(host, || drop(model));
}
