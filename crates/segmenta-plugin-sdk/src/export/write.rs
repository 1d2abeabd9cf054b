//! Handing arrays and types out, with release callbacks that do not unwind.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Fields};
use segmenta_plugin_abi::{ArrowArray, ArrowSchema};

use super::{HostSlot, instance};
use crate::{Error, Result, panics};

/// The struct type of `fields`.
///
/// # Errors
/// [`Error::Internal`] for a type that Arrow cannot hand over.
pub(super) fn schema(fields: &Fields) -> Result<FFI_ArrowSchema> {
    let schema = FFI_ArrowSchema::try_from(DataType::Struct(Fields::clone(fields)));
    schema.map_err(|error| Error::internal(error.to_string()))
}

/// The columns as one struct array, and its type.
///
/// # Errors
/// [`Error::Internal`] if the columns do not fit the fields.
pub(super) fn rows(columns: Vec<ArrayRef>, fields: &Fields, rows: usize) -> Result<(ArrayData, FFI_ArrowSchema)> {
    let array = StructArray::try_new_with_length(Fields::clone(fields), columns, None, rows);
    let array = array.map_err(|error| Error::internal(error.to_string()))?;
    Ok((array.into_data(), schema(fields)?))
}

/// # Safety
/// `out` is the host's empty struct.
pub(super) unsafe fn put_schema(schema: FFI_ArrowSchema, out: *mut ArrowSchema) {
    // SAFETY: both types are the C struct of the Arrow specification. Its release frees text and
    // nested types, which cannot panic.
    unsafe { out.cast::<FFI_ArrowSchema>().write(schema) };
}

/// An array on its way out. The owner of a buffer may have a `drop` of the author's, which must not run
/// inside of Arrow's release: a panic could not leave that one. So `rows` is the last owner.
struct Given {
    array: FFI_ArrowArray,
    rows: ArrayData,
    host: &'static HostSlot,
}

/// Writes an array whose buffers are dropped inside a guard.
///
/// # Safety
/// `out` is the host's empty struct.
pub(super) unsafe fn put_array(rows: ArrayData, host: &'static HostSlot, out: *mut ArrowArray) {
    let mut inner = Box::new(Given { array: FFI_ArrowArray::new(&rows), rows, host });
    let view: *mut ArrowArray = std::ptr::from_mut(&mut inner.array).cast();
    // SAFETY: both types are the C struct of the Arrow specification; a bitwise copy owns nothing
    // until its release is called, and that one is replaced below.
    let mut outer = unsafe { view.read() };
    outer.private_data = Box::into_raw(inner).cast();
    outer.release = Some(release);
    // SAFETY: the caller vouches for `out`.
    unsafe { out.write(outer) };
}

unsafe extern "C" fn release(array: *mut ArrowArray) {
    // SAFETY: the receiver passes the struct it was given, or a bitwise copy of it.
    let Some(array) = (unsafe { array.as_mut() }) else {
        return;
    };
    if array.release.take().is_none() {
        return;
    }
    // SAFETY: `private_data` is the box of `put_array`, and `release` was still set, so it is freed once.
    let inner = unsafe { Box::from_raw(array.private_data.cast::<Given>()) };
    array.private_data = std::ptr::null_mut();
    let Given { array, rows, host } = *inner;
    drop(array);
    let dropped = panics::catch(|| {
        drop(rows);
        Ok(())
    });
    if let Err(error) = dropped {
        instance::log_lost(host, "an array", &error);
    }
}

const _: () = {
    assert!(size_of::<FFI_ArrowArray>() == size_of::<ArrowArray>());
    assert!(size_of::<FFI_ArrowSchema>() == size_of::<ArrowSchema>());
};
