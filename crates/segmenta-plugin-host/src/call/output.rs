//! Rows that a plugin gives back: nothing about them is believed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::{Array, StructArray};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Fields, Schema, TimeUnit};
use segmenta_plugin_abi::{ArrowArray, ArrowSchema};

use super::preflight;
use crate::running::{Deed, Running};

/// Columns that a criterion may write.
const MAX_FIELDS: usize = 1_000;

/// A struct that a plugin may have written; what it left is released on drop.
pub(super) struct Written(ArrowArray);

/// A plugin's array as it gave it, kept until everybody is done with it.
struct Original {
    array: ArrowArray,
    deed: Deed,
}

impl Written {
    /// The plugin's callback is called through ours, so that a report can name it.
    pub(super) fn new(array: ArrowArray, deed: Deed) -> Self {
        if array.release.is_none() {
            return Self(array);
        }
        // Every member but the callback is plain and may be copied.
        let ArrowArray { length, null_count, offset, n_buffers, n_children, buffers, children, dictionary, .. } = array;
        let original = Box::new(Original { array, deed });
        Self(ArrowArray {
            length,
            null_count,
            offset,
            n_buffers,
            n_children,
            buffers,
            children,
            dictionary,
            release: Some(release),
            private_data: Box::into_raw(original).cast(),
        })
    }
}

unsafe extern "C" fn release(view: *mut ArrowArray) {
    // SAFETY: whoever calls has the struct that `Written::new` made, or a copy that it was moved to.
    let view = unsafe { &mut *view };
    view.release = None;
    // SAFETY: made by `Written::new`; the callback is gone from the struct, so it is called once.
    let mut original = unsafe { Box::from_raw(view.private_data.cast::<Original>()) };
    let _running = Running::start(&original.deed);
    if let Some(release) = original.array.release {
        // SAFETY: the plugin's own callback for this struct, called once.
        unsafe { release(&mut original.array) };
    }
}

/// A struct that a plugin may have written; what it left is released on drop.
pub(super) struct WrittenSchema(pub(super) ArrowSchema);

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(release) = self.0.release {
            // SAFETY: the plugin's own callback for this struct, called once.
            unsafe { release(&mut self.0) };
        }
    }
}

impl Drop for WrittenSchema {
    fn drop(&mut self) {
        if let Some(release) = self.0.release {
            // SAFETY: the plugin's own callback for this struct, called once.
            unsafe { release(&mut self.0) };
        }
    }
}

/// The columns that `create` announced.
///
/// # Errors
/// What is wrong with them.
pub(super) fn read_bound(schema: &WrittenSchema) -> Result<Fields, String> {
    // SAFETY: the plugin wrote the struct, or left it empty.
    unsafe { preflight::any_schema(&schema.0) }?;
    let raw = std::ptr::from_ref(&schema.0).cast::<FFI_ArrowSchema>();
    let read = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: both types are the C struct of the Arrow specification; it was walked above.
        Schema::try_from(unsafe { &*raw })
    }));
    let schema = read.map_err(|_| "its output type cannot be read".to_owned())?;
    let fields = schema.map_err(|error| error.to_string())?.fields;
    check_bound(&fields)?;
    Ok(fields)
}

/// The columns that a criterion may announce.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn check_bound(fields: &Fields) -> Result<(), String> {
    if fields.is_empty() || fields.len() > MAX_FIELDS {
        return Err(format!("it writes {} columns", fields.len()));
    }
    if fields[0].name() != segmenta_plugin_sdk::LABEL || fields[0].data_type() != &DataType::Utf8 {
        return Err("its first column is not the text `label`".to_owned());
    }
    for (at, field) in fields.iter().enumerate() {
        let name = field.name();
        if !crate::describe::is_name(name) {
            return Err(format!("{name:?} is no name of a column"));
        }
        if fields.iter().take(at).any(|other| other.name() == name) {
            return Err(format!("column `{name}` is there twice"));
        }
        if !is_plain(field.data_type()) {
            return Err(format!("column `{name}` has type {}", field.data_type()));
        }
    }
    Ok(())
}

/// The types that may come back; a type that Arrow gets one day cannot break a run.
fn is_plain(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::Binary | DataType::Boolean | DataType::Date32 => true,
        DataType::Decimal128(_, _) | DataType::Timestamp(TimeUnit::Microsecond, _) => true,
        DataType::Float32 | DataType::Float64 => true,
        DataType::List(item) => is_plain(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_plain(field.data_type())),
        other => other.is_integer(),
    }
}

/// The rows that `apply` wrote: as many as `rows`, of exactly the announced columns.
///
/// # Errors
/// What is wrong with them.
pub(super) fn read(
    mut array: Written,
    schema: &WrittenSchema,
    fields: &Fields,
    rows: &StructArray,
) -> Result<StructArray, String> {
    let data_type = DataType::Struct(Fields::clone(fields));
    let wanted = FFI_ArrowSchema::try_from(&data_type).map_err(|error| error.to_string())?;
    // SAFETY: both types are the C struct of the Arrow specification.
    let wanted = unsafe { &*std::ptr::from_ref(&wanted).cast::<ArrowSchema>() };
    // SAFETY: the plugin wrote the struct, or left it empty; arrow-rs made the other.
    unsafe { preflight::same_schema(&schema.0, wanted) }?;
    // SAFETY: the plugin wrote the struct, or left it empty.
    unsafe { preflight::array(&mut array.0, &data_type) }?;
    let found = array.0.length;
    if found != rows.len() as i64 {
        return Err(format!("{found} rows for {} that went in", rows.len()));
    }
    import(array, data_type)
}

/// Takes the array over and reads every value once.
fn import(mut array: Written, data_type: DataType) -> Result<StructArray, String> {
    let raw: *mut FFI_ArrowArray = std::ptr::from_mut(&mut array.0).cast();
    // SAFETY: both types are the C struct of the Arrow specification; ours becomes empty.
    let array = unsafe { FFI_ArrowArray::from_raw(raw) };
    let read = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the pre-flight compared the layout with the type; lengths of buffers are taken on
        // trust, since C gives none.
        let rows = unsafe { from_ffi_and_data_type(array, data_type) };
        let rows = rows.map_err(|error| error.to_string())?;
        check_nulls(&rows)?;
        rows.validate_full().map_err(|error| error.to_string())?;
        Ok(StructArray::from(rows))
    }));
    read.unwrap_or_else(|_| Err("they cannot be read".to_owned()))
}

fn check_nulls(rows: &ArrayData) -> Result<(), String> {
    if rows.null_count() > 0 {
        return Err("whole rows are null".to_owned());
    }
    let DataType::Struct(fields) = rows.data_type() else {
        return Ok(());
    };
    for (column, field) in rows.child_data().iter().zip(fields) {
        let has_nulls = || column.slice(rows.offset(), rows.len()).null_count() > 0;
        if !field.is_nullable() && has_nulls() {
            return Err(format!("column `{}` takes no nulls and has some", field.name()));
        }
    }
    Ok(())
}
