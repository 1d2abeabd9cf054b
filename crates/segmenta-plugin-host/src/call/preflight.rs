//! A walk over raw C structs before arrow-rs sees them, since it asserts where a plugin may be wrong.

use std::ffi::{c_char, c_void};

use arrow_schema::DataType;
use segmenta_plugin_abi::arrow::FLAG_NULLABLE;
use segmenta_plugin_abi::{ArrowArray, ArrowSchema};

/// Nesting of types, at most.
const MAX_DEPTH: usize = 64;
/// Nested fields of one type, at most.
const MAX_CHILDREN: i64 = 10_000;
/// Bytes of a format or name, at most.
const MAX_TEXT: usize = 64 << 10;
/// Bytes of a column's metadata, at most.
const MAX_METADATA: usize = 1 << 20;
/// Rows and offset together stay below this, so that no multiplication with a width overflows.
const MAX_ROWS: i64 = 1 << 62;

type Checked = Result<(), String>;

/// A type that can be read without surprises.
///
/// # Safety
/// Pointers in `schema` are null or point to what the Arrow specification says.
pub(super) unsafe fn any_schema(schema: &ArrowSchema) -> Checked {
    if schema.release.is_none() {
        return Err("it gave no output type".to_owned());
    }
    // SAFETY: as of this function.
    unsafe { any_schema_at(schema, 0) }
}

/// # Safety
/// As [`any_schema`].
unsafe fn any_schema_at(schema: &ArrowSchema, depth: usize) -> Checked {
    if depth > MAX_DEPTH {
        return Err(format!("its output type is nested more than {MAX_DEPTH} deep"));
    }
    // SAFETY: the caller vouches for the pointers.
    if unsafe { bounded(schema.format) }.is_none_or(|format| format.is_empty()) {
        return Err("a type has no readable format".to_owned());
    }
    // SAFETY: the caller vouches for the pointers.
    if !schema.name.is_null() && unsafe { bounded(schema.name) }.is_none() {
        return Err("a column has no readable name".to_owned());
    }
    // SAFETY: the caller vouches for the pointers.
    if !unsafe { is_metadata(schema.metadata) } {
        return Err("a column has unreadable metadata".to_owned());
    }
    if !schema.dictionary.is_null() {
        return Err("a column is a dictionary".to_owned());
    }
    if !(0..=MAX_CHILDREN).contains(&schema.n_children) {
        return Err(format!("a type has {} nested fields", schema.n_children));
    }
    for at in 0..schema.n_children as usize {
        // SAFETY: the caller vouches for the pointers, and `at` is below `n_children`.
        let child = unsafe { child(schema.children, at) }.ok_or("a nested type is missing")?;
        // SAFETY: the caller vouches for the pointers.
        unsafe { any_schema_at(child, depth + 1) }?;
    }
    Ok(())
}

/// The type that was announced, field by field.
///
/// # Safety
/// As [`any_schema`], for both.
pub(super) unsafe fn same_schema(found: &ArrowSchema, wanted: &ArrowSchema) -> Checked {
    // SAFETY: as of this function.
    unsafe { any_schema(found) }?;
    // SAFETY: as of this function.
    let format = unsafe { bounded(found.format) };
    if format != Some("+s") {
        return Err("the type is not a struct".to_owned());
    }
    if found.n_children != wanted.n_children {
        return Err(format!("{} columns instead of {}", found.n_children, wanted.n_children));
    }
    // SAFETY: as of this function; the numbers of children are equal.
    unsafe { same_children(found, wanted) }
}

/// # Safety
/// As [`same_schema`]; both have the same number of children, and `any_schema` walked them.
unsafe fn same_children(found: &ArrowSchema, wanted: &ArrowSchema) -> Checked {
    for at in 0..wanted.n_children as usize {
        // SAFETY: the caller vouches for the pointers, and `at` is below `n_children`.
        let found = unsafe { child(found.children, at) };
        // SAFETY: as above.
        let wanted = unsafe { child(wanted.children, at) };
        let (Some(found), Some(wanted)) = (found, wanted) else {
            return Err("a nested type is missing".to_owned());
        };
        // SAFETY: as of this function.
        unsafe { same_field(found, wanted) }?;
    }
    Ok(())
}

/// # Safety
/// As [`same_schema`].
unsafe fn same_field(found: &ArrowSchema, wanted: &ArrowSchema) -> Checked {
    // SAFETY: the caller vouches for the pointers.
    let name = unsafe { bounded(wanted.name) }.unwrap_or_default();
    // SAFETY: the caller vouches for the pointers.
    let found_name = unsafe { bounded(found.name) }.unwrap_or_default();
    if found_name != name {
        return Err(format!("column `{found_name}` where `{name}` was announced"));
    }
    // SAFETY: the caller vouches for the pointers.
    let format = unsafe { bounded(found.format) };
    // SAFETY: the caller vouches for the pointers.
    let wanted_format = unsafe { bounded(wanted.format) };
    if format != wanted_format || found.n_children != wanted.n_children {
        let (format, wanted) = (format.unwrap_or_default(), wanted_format.unwrap_or_default());
        return Err(format!("column `{name}` has Arrow format `{format}` instead of `{wanted}`"));
    }
    if (found.flags ^ wanted.flags) & FLAG_NULLABLE != 0 {
        return Err(format!("column `{name}` changed whether it takes nulls"));
    }
    // SAFETY: as of this function; the numbers of children are equal.
    unsafe { same_children(found, wanted) }
}

/// An array that has the shape of `data_type` at every level. Null counts are set to "not counted",
/// so that they are counted and not believed.
///
/// # Safety
/// Pointers in `array` are null or point to what the Arrow specification says for its counts.
pub(super) unsafe fn array(array: &mut ArrowArray, data_type: &DataType) -> Checked {
    if array.release.is_none() {
        return Err("there are none".to_owned());
    }
    // SAFETY: as of this function.
    unsafe { array_at(array, data_type, "rows") }
}

/// # Safety
/// As [`array`].
unsafe fn array_at(array: &mut ArrowArray, data_type: &DataType, name: &str) -> Checked {
    check_counts(array, data_type).map_err(|problem| format!("{name}: {problem}"))?;
    // SAFETY: as of this function; the number of buffers is that of the type.
    unsafe { check_buffers(array, data_type) }.map_err(|problem| format!("{name}: {problem}"))?;
    array.null_count = -1;
    let children: Vec<(&str, &DataType)> = match data_type {
        DataType::Struct(fields) => fields.iter().map(|field| (field.name().as_str(), field.data_type())).collect(),
        DataType::List(item) => vec![(name, item.data_type())],
        _ => Vec::new(),
    };
    let needed = array.length + array.offset;
    for (at, (name, child_type)) in children.into_iter().enumerate() {
        // SAFETY: the caller vouches for the pointers; `at` is below the number of children.
        let child = unsafe { child_mut(array.children, at) };
        let child = child.ok_or_else(|| format!("column `{name}` is missing"))?;
        if child.release.is_none() {
            return Err(format!("column `{name}` was released already"));
        }
        // SAFETY: as of this function.
        unsafe { array_at(child, child_type, name) }?;
        if matches!(data_type, DataType::Struct(_)) && child.length < needed {
            return Err(format!("column `{name}` has {} values for {needed} rows", child.length));
        }
    }
    Ok(())
}

fn check_counts(array: &ArrowArray, data_type: &DataType) -> Checked {
    let (length, offset) = (array.length, array.offset);
    if length < 0 || offset < 0 || length.checked_add(offset).is_none_or(|sum| sum >= MAX_ROWS) {
        return Err(format!("length {length} and offset {offset}"));
    }
    if !(-1..=length).contains(&array.null_count) {
        return Err(format!("{} nulls in {length} values", array.null_count));
    }
    let (n_buffers, n_children) = shape(data_type);
    if array.n_buffers != n_buffers || array.n_children != n_children {
        let (buffers, children) = (array.n_buffers, array.n_children);
        return Err(format!("{buffers} buffers and {children} children for type {data_type}"));
    }
    if !array.dictionary.is_null() {
        return Err("a dictionary that the type does not have".to_owned());
    }
    Ok(())
}

/// Buffers and children of the types that may come back.
fn shape(data_type: &DataType) -> (i64, i64) {
    match data_type {
        DataType::Struct(fields) => (1, fields.len() as i64),
        DataType::List(_) => (2, 1),
        DataType::Utf8 | DataType::Binary => (3, 0),
        _ => (2, 0),
    }
}

/// # Safety
/// As [`array`]; `n_buffers` was compared with the type.
unsafe fn check_buffers(array: &ArrowArray, data_type: &DataType) -> Checked {
    if array.buffers.is_null() || !array.buffers.is_aligned() {
        return Err("the list of buffers is missing".to_owned());
    }
    if array.n_children > 0 && (array.children.is_null() || !array.children.is_aligned()) {
        return Err("the list of children is missing".to_owned());
    }
    let end = (array.length + array.offset) as usize;
    if array.n_buffers < 2 || end == 0 {
        return Ok(());
    }
    // SAFETY: the list has at least two entries.
    let second: *const c_void = unsafe { array.buffers.wrapping_add(1).read() };
    if second.is_null() {
        return Err("the buffer of values is missing".to_owned());
    }
    if matches!(data_type, DataType::Utf8 | DataType::Binary | DataType::List(_)) {
        // SAFETY: the buffer holds one offset more than there are values.
        let last = unsafe { second.cast::<i32>().wrapping_add(end).read_unaligned() };
        if last < 0 {
            return Err(format!("the last offset is {last}"));
        }
    }
    Ok(())
}

/// # Safety
/// `children` is null or has more than `at` entries, each null or a valid struct.
unsafe fn child<'a, T>(children: *mut *mut T, at: usize) -> Option<&'a T> {
    // SAFETY: as of this function.
    let child = unsafe { child_ptr(children, at) }?;
    // SAFETY: the caller vouches for the entry.
    unsafe { child.as_ref() }
}

/// # Safety
/// As [`child`], and nothing else refers to the struct.
unsafe fn child_mut<'a, T>(children: *mut *mut T, at: usize) -> Option<&'a mut T> {
    // SAFETY: as of this function.
    let child = unsafe { child_ptr(children, at) }?;
    // SAFETY: the caller vouches for the entry.
    unsafe { child.as_mut() }
}

/// # Safety
/// `children` is null or has more than `at` entries.
unsafe fn child_ptr<T>(children: *mut *mut T, at: usize) -> Option<*mut T> {
    if children.is_null() || !children.is_aligned() {
        return None;
    }
    // SAFETY: the caller vouches for at least `at + 1` entries.
    let child = unsafe { children.wrapping_add(at).read() };
    child.is_aligned().then_some(child)
}

/// Whether metadata is absent or pairs of texts of at most [`MAX_METADATA`] bytes in all: their number,
/// then for each text its length and its bytes.
///
/// # Safety
/// `metadata` is null or readable as far as its own lengths say, up to [`MAX_METADATA`].
unsafe fn is_metadata(metadata: *const c_char) -> bool {
    if metadata.is_null() {
        return true;
    }
    // SAFETY: the caller vouches for the bytes up to the limit, which `at` is compared with below.
    let number = |at: usize| unsafe { metadata.wrapping_add(at).cast::<i32>().read_unaligned() };
    let Ok(pairs) = usize::try_from(number(0)) else {
        return false;
    };
    let mut at = 4;
    for _ in 0..pairs.saturating_mul(2) {
        let end = usize::try_from(number(at)).ok().and_then(|len| len.checked_add(at + 4));
        match end {
            Some(end) if end < MAX_METADATA => at = end,
            _ => return false,
        }
    }
    true
}

/// Text that ends with NUL within [`MAX_TEXT`] bytes and is UTF-8.
///
/// # Safety
/// `text` is null or readable up to its NUL or [`MAX_TEXT`].
unsafe fn bounded<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    let text = text.cast::<u8>();
    // SAFETY: the caller vouches for every byte up to the NUL.
    let len = (0..MAX_TEXT).find(|at| unsafe { text.wrapping_add(*at).read() } == 0)?;
    // SAFETY: these bytes were read above.
    let bytes = unsafe { std::slice::from_raw_parts(text, len) };
    std::str::from_utf8(bytes).ok()
}
