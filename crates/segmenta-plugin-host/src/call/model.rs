//! A loaded model inside a plugin.

use std::ptr::NonNull;
use std::sync::Arc;

use segmenta_plugin_abi::{SegBuf, SegBytes, SegModel};

use super::fit::{broken, no_fit};
use super::{At, InstanceHandle};
use crate::{Error, Result};

/// A description of a model may have this many bytes.
const MAX_DESCRIPTION: u64 = 16 << 20;

/// A model, destroyed on drop. It keeps its instance alive.
#[derive(Debug)]
pub(crate) struct ModelHandle {
    pub(crate) instance: Arc<InstanceHandle>,
    ptr: NonNull<SegModel>,
}

// SAFETY: a model is immutable, and the contract lets concurrent plugins be called from all threads;
// around the others the library's lock is held.
unsafe impl Send for ModelHandle {}
// SAFETY: as above.
unsafe impl Sync for ModelHandle {}

impl ModelHandle {
    /// Reads a model's payload.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::TooLarge`], [`Error::WrongKind`] if the plugin has no models.
    pub(crate) fn load(instance: &Arc<InstanceHandle>, payload: &[u8]) -> Result<Self> {
        let load = instance.library.table.model_load.ok_or_else(|| no_fit(instance))?;
        let (bytes, limit) = (payload.len() as u64, instance.limits.model);
        if bytes > limit {
            return Err(Error::TooLarge { owner: instance.criterion.to_owned(), what: "model", bytes, limit });
        }
        let mut out = std::ptr::null_mut();
        let called = instance.library.call(instance.caller("model_load", At::default()), |call, error| {
            let payload = SegBytes::new(payload);
            // SAFETY: the instance is alive; the others are structs of ours.
            unsafe { load(instance.as_ptr(), call, payload, &mut out, error) }
        });
        let model = NonNull::new(out).map(|ptr| Self { instance: Arc::clone(instance), ptr });
        called?;
        model.ok_or_else(|| broken(instance, "`model_load` gave no model"))
    }

    /// The plugin's pointer, valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *const SegModel {
        self.ptr.as_ptr()
    }

    /// The model for a person, as JSON text; `None` if the plugin does not describe models.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::TooLarge`].
    pub(crate) fn describe(&self) -> Result<Option<Vec<u8>>> {
        let library = &self.instance.library;
        let Some(describe) = library.table.model_describe else {
            return Ok(None);
        };
        let mut json = SegBuf::empty();
        let caller = self.instance.caller("model_describe", At::default());
        let called = library.call(caller, |call, error| {
            // SAFETY: the model is alive; the others are structs of ours.
            unsafe { describe(self.as_ptr(), call, &mut json, error) }
        });
        // SAFETY: the plugin wrote the buffer, or left it zeroed.
        let json = unsafe { library.take(caller, "description", json, MAX_DESCRIPTION, called) };
        json.map(Some)
    }
}

impl Drop for ModelHandle {
    fn drop(&mut self) {
        let library = &self.instance.library;
        let destroy = library.table.model_destroy.expect("the table was checked to have all of the fit");
        library.finish(self.instance.caller("model_destroy", At::default()), || {
            // SAFETY: made by `model_load`, destroyed once.
            unsafe { destroy(self.ptr.as_ptr()) };
        });
    }
}
