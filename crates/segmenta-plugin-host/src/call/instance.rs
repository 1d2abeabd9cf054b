//! A bound criterion inside a plugin.

use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::{Array, StructArray};
use arrow_schema::{DataType, Field, Fields};
use segmenta_plugin_abi::table::ApplyFn;
use segmenta_plugin_abi::{ArrowArray, ArrowSchema, SegInstance, SegStatus, SegStr};

use super::output::{self, Written, WrittenSchema};
use super::{At, Caller, ModelHandle, Rows, SharedLibrary};
use crate::running::{Deed, Running};
use crate::{Error, Limits, Result};

/// A criterion with options and columns, destroyed when the last owner drops it.
#[derive(Debug)]
pub(crate) struct InstanceHandle {
    pub(super) library: SharedLibrary,
    pub(crate) criterion: &'static str,
    pub(super) limits: Limits,
    ptr: NonNull<SegInstance>,
}

// SAFETY: an instance is immutable, and the contract lets concurrent plugins be called from all
// threads; of the others each thread takes an instance of its own, or the library's lock is held.
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
        criterion: &'static str,
        params: &str,
        inputs: &Fields,
        limits: Limits,
    ) -> Result<(Self, Fields)> {
        let bad = |problem: String| Error::BadBind { criterion: criterion.to_owned(), problem };
        let input = FFI_ArrowSchema::try_from(DataType::Struct(Fields::clone(inputs)));
        let input = input.map_err(|error| bad(error.to_string()))?;
        let create = library.table.create.expect("the table was checked to have `create`");
        let mut out = std::ptr::null_mut();
        let mut schema = WrittenSchema(ArrowSchema::empty());
        let caller = Caller { criterion, limits, ..Caller::new("create") };
        let called = library.call(caller, |call, error| {
            let input = std::ptr::from_ref(&input).cast();
            let (name, params) = (SegStr::new(criterion), SegStr::new(params));
            // SAFETY: the table was checked; every pointer is to a struct of ours.
            unsafe { create(call, name, params, input, &mut out, &mut schema.0, error) }
        });
        let instance = NonNull::new(out).map(|ptr| Self { library: Arc::clone(library), criterion, limits, ptr });
        called?;
        let instance = instance.ok_or_else(|| bad("it gave no instance".to_owned()))?;
        let _running = Running::start(&library.deed(&caller));
        let outputs = output::read_bound(&schema).map_err(bad)?;
        Ok((instance, outputs))
    }

    /// The plugin's pointer, valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *const SegInstance {
        self.ptr.as_ptr()
    }

    pub(super) fn caller(&self, call: &'static str, at: At) -> Caller {
        Caller { criterion: self.criterion, at, limits: self.limits, ..Caller::new(call) }
    }

    /// Columns `fields` for each of `rows`.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::BadOutput`].
    pub(crate) fn apply(
        &self,
        model: Option<&ModelHandle>,
        at: At,
        rows: &StructArray,
        fields: &Fields,
    ) -> Result<StructArray> {
        let apply = self.library.table.apply.expect("the table was checked to have `apply`");
        self.row_call("apply", apply, model, at, rows, fields)
    }

    /// One JSON object for each of `rows`, as text.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the plugin explains nothing, [`Error::Plugin`], [`Error::BadOutput`].
    pub(crate) fn explain(&self, model: Option<&ModelHandle>, rows: &StructArray) -> Result<StructArray> {
        let problem = "explains nothing";
        let none = || Error::WrongKind { criterion: self.criterion.to_owned(), problem };
        let explain = self.library.table.explain.ok_or_else(none)?;
        let fields = Fields::from(vec![Field::new("explain", DataType::Utf8, false)]);
        self.row_call("explain", explain, model, At::default(), rows, &fields)
    }

    /// A call that writes a row for each row.
    fn row_call(
        &self,
        name: &'static str,
        function: ApplyFn,
        model: Option<&ModelHandle>,
        at: At,
        rows: &StructArray,
        fields: &Fields,
    ) -> Result<StructArray> {
        let caller = Caller { rows: rows.len(), ..self.caller(name, at) };
        let model = model.map_or(std::ptr::null(), ModelHandle::as_ptr);
        let mut batch = Rows::new(rows);
        let mut array = ArrowArray::empty();
        let mut schema = WrittenSchema(ArrowSchema::empty());
        let called = self.library.call(caller, |call, error| {
            let (batch, out) = (batch.as_mut_ptr(), &mut array);
            // SAFETY: instance and model are alive and belong together; the others are structs of ours.
            unsafe { function(self.as_ptr(), model, call, batch, out, &mut schema.0, error) }
        });
        let array = Written::new(array, self.library.deed(&self.caller("release", at)));
        called?;
        // Bytes are read here that only the plugin vouches for.
        let _running = Running::start(&Deed { timeout: None, ..self.library.deed(&caller) });
        let written = output::read(array, &schema, fields, rows)
            .map_err(|problem| Error::BadOutput { criterion: self.criterion.to_owned(), problem })?;
        self.check_size(caller, &written)?;
        Ok(written)
    }

    /// Refuses rows that take more memory than the plugin may.
    fn check_size(&self, caller: Caller, written: &StructArray) -> Result<()> {
        let bytes = written.get_array_memory_size() as u64;
        match self.limits.memory {
            Some(limit) if bytes > limit => {
                let message = format!("its rows take {bytes} bytes, {limit} are allowed");
                Err(self.library.failure(caller, SegStatus::RESOURCE, message, ""))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for InstanceHandle {
    fn drop(&mut self) {
        let destroy = self.library.table.destroy.expect("the table was checked to have `destroy`");
        self.library.finish(self.caller("destroy", At::default()), || {
            // SAFETY: made by `create`, destroyed once; models and fits keep their instance alive.
            unsafe { destroy(self.ptr.as_ptr()) };
        });
    }
}
