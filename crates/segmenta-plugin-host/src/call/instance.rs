//! A bound criterion inside a plugin.

use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::StructArray;
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Fields};
use segmenta_plugin_abi::{ArrowArray, ArrowSchema, SegInstance, SegStr};

use super::output::{self, Written, WrittenSchema};
use super::{At, Caller, ModelHandle, Rows, SharedLibrary};
use crate::{Error, Result};

/// A criterion with options and columns, destroyed when the last owner drops it.
#[derive(Debug)]
pub(crate) struct InstanceHandle {
    pub(super) library: SharedLibrary,
    pub(crate) criterion: String,
    ptr: NonNull<SegInstance>,
}

// SAFETY: an instance is immutable, and the contract lets concurrent plugins be called from all
// threads; around the others the library's lock is held.
unsafe impl Send for InstanceHandle {}
// SAFETY: as above.
unsafe impl Sync for InstanceHandle {}

impl InstanceHandle {
    /// Binds a criterion, and gives the columns it will write.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::BadBind`].
    pub(crate) fn create(
        library: &SharedLibrary,
        criterion: &str,
        params: &str,
        inputs: &Fields,
    ) -> Result<(Self, Fields)> {
        let bad = |problem: String| Error::BadBind { criterion: criterion.to_owned(), problem };
        let input = FFI_ArrowSchema::try_from(DataType::Struct(Fields::clone(inputs)));
        let input = input.map_err(|error| bad(error.to_string()))?;
        let create = library.table.create.expect("the table was checked to have `create`");
        let call = library.call_struct(At::default());
        let mut out = std::ptr::null_mut();
        let mut schema = WrittenSchema(ArrowSchema::empty());
        let called = library.call(Caller { criterion, call: "create", leaf: None }, |error| {
            let input = std::ptr::from_ref(&input).cast();
            let (name, params) = (SegStr::new(criterion), SegStr::new(params));
            // SAFETY: the table was checked; every pointer is to a struct of ours.
            unsafe { create(&call, name, params, input, &mut out, &mut schema.0, error) }
        });
        let instance =
            NonNull::new(out).map(|ptr| Self { library: Arc::clone(library), criterion: criterion.to_owned(), ptr });
        called?;
        let instance = instance.ok_or_else(|| bad("it gave no instance".to_owned()))?;
        let outputs = output::read_bound(&schema).map_err(bad)?;
        Ok((instance, outputs))
    }

    /// The plugin's pointer, valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *const SegInstance {
        self.ptr.as_ptr()
    }

    pub(super) fn caller(&self, call: &'static str, leaf: Option<u64>) -> Caller<'_> {
        Caller { criterion: &self.criterion, call, leaf }
    }

    /// Columns `fields` for each of `rows`.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::BadOutput`].
    pub(crate) fn apply(
        &self,
        model: Option<&ModelHandle>,
        rows: &StructArray,
        fields: &Fields,
    ) -> Result<StructArray> {
        let apply = self.library.table.apply.expect("the table was checked to have `apply`");
        let call = self.library.call_struct(At::default());
        let model = model.map_or(std::ptr::null(), ModelHandle::as_ptr);
        let mut batch = Rows::new(rows);
        let mut array = Written(ArrowArray::empty());
        let mut schema = WrittenSchema(ArrowSchema::empty());
        self.library.call(self.caller("apply", None), |error| {
            let instance = self.as_ptr();
            let (batch, out) = (batch.as_mut_ptr(), &mut array.0);
            // SAFETY: instance and model are alive and belong together; the others are structs of ours.
            unsafe { apply(instance, model, &call, batch, out, &mut schema.0, error) }
        })?;
        output::read(array, &schema, fields, rows)
            .map_err(|problem| Error::BadOutput { criterion: self.criterion.clone(), problem })
    }
}

impl Drop for InstanceHandle {
    fn drop(&mut self) {
        let destroy = self.library.table.destroy.expect("the table was checked to have `destroy`");
        let _serial = self.library.lock();
        // SAFETY: made by `create`, destroyed once; models and fits keep their instance alive.
        unsafe { destroy(self.ptr.as_ptr()) };
    }
}
