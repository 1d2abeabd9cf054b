//! Function tables that break the contract. Written against the C structs, as a careless author would.
#![expect(unsafe_code, reason = "these plugins are written in terms of raw pointers")]

use std::cell::Cell;

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Fields};
use segmenta_plugin_host::{Linked, Registry};
use segmenta_plugin_sdk::abi::{
    ABI_VERSION, ArrowSchema, SegAbiNote, SegBuf, SegCall, SegError, SegHost, SegInstance, SegPlugin, SegStatus, SegStr,
};
use serde_json::json;

use crate::{assert_still_works, bound, integers};

thread_local! {
    /// Instances of this thread that are alive, to see that each is destroyed once.
    pub(crate) static ALIVE: Cell<i64> = const { Cell::new(0) };
}

pub(crate) static NOTE: SegAbiNote = SegAbiNote::new("hostile", "0.0.0", "", "", 0);

/// A table that is right but for what a test changes, with `apply` of [`crate::hostile_rows`].
pub(crate) const TABLE: SegPlugin = SegPlugin {
    struct_size: size_of::<SegPlugin>() as u32,
    abi_version: ABI_VERSION,
    flags: 0,
    describe: Some(describe),
    create: Some(create),
    destroy: Some(destroy),
    fit_begin: None,
    fit_update: None,
    fit_save: None,
    fit_merge: None,
    fit_finish: None,
    fit_destroy: None,
    model_load: None,
    model_describe: None,
    model_destroy: None,
    apply: Some(crate::hostile_rows::apply),
    explain: None,
};

/// An entry function that gives a constant table.
macro_rules! entry {
    ($table:expr) => {{
        static BAD: SegPlugin = $table;
        unsafe extern "C" fn entry(_: *const SegHost, _: *mut SegError) -> *const SegPlugin {
            &BAD
        }
        Linked { note: &NOTE, entry }
    }};
}

pub(crate) fn hostile() -> Linked {
    entry!(TABLE)
}

unsafe extern "C" fn describe(json: *mut SegBuf, _: *mut SegError) -> SegStatus {
    let criterion = json!({
        "name": "hostile",
        "kind": "plain",
        "params": {"type": "object"},
        "inputs": [{"name": "x", "types": ["int64"], "nullable": true}],
    });
    let document = json!({
        "describe_version": 1,
        "plugin": {"name": "hostile", "version": "0.0.0"},
        "criteria": [criterion],
    });
    // SAFETY: the host hands in a place for a buffer.
    unsafe { json.write(SegBuf::from_vec(document.to_string().into_bytes())) };
    SegStatus::OK
}

/// The columns announced: a label and a number that is never null.
pub(crate) fn fields() -> Fields {
    let label = Field::new("label", DataType::Utf8, true);
    vec![label, Field::new("score", DataType::Int64, false)].into()
}

/// Gives the option `case` as the instance, and misbehaves for the cases that start with `create`.
unsafe extern "C" fn create(
    _: *const SegCall,
    _: SegStr,
    params: SegStr,
    _: *const ArrowSchema,
    out: *mut *mut SegInstance,
    output: *mut ArrowSchema,
    _: *mut SegError,
) -> SegStatus {
    // SAFETY: the host's text lives until this call returns.
    let params: serde_json::Value = serde_json::from_slice(unsafe { params.as_bytes() }).unwrap();
    let case = params["case"].as_str().unwrap().to_owned();
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    let label = Field::new("label", DataType::Utf8, true);
    let announced = match case.as_str() {
        "create-number" => DataType::Int64,
        "create-no-columns" => DataType::Struct(Fields::empty()),
        "create-no-label" => DataType::Struct(vec![number("score")].into()),
        "create-twice" => DataType::Struct(vec![label, number("a"), number("a")].into()),
        "create-name" => DataType::Struct(vec![label, number("a\nb")].into()),
        "create-view" => DataType::Struct(vec![label, Field::new("a", DataType::Utf8View, true)].into()),
        _ => DataType::Struct(fields()),
    };
    if case != "create-no-schema" {
        let schema = FFI_ArrowSchema::try_from(announced).unwrap();
        // SAFETY: the host hands in an empty struct; both types are the same C struct.
        unsafe { output.cast::<FFI_ArrowSchema>().write(schema) };
    }
    if case == "create-no-format" {
        // SAFETY: written above.
        unsafe { (*output).format = std::ptr::null() };
        // The callback of arrow-rs would free the format, so the schema is leaked instead.
        // SAFETY: written above.
        unsafe { (*output).release = Some(keep) };
    }
    let fails = case == "create-error-with-instance";
    if case != "create-no-instance" {
        ALIVE.set(ALIVE.get() + 1);
        // SAFETY: the host hands in a place for a pointer.
        unsafe { out.write(Box::into_raw(Box::new(case)).cast()) };
    }
    if fails { SegStatus(4_711) } else { SegStatus::OK }
}

unsafe extern "C" fn keep(schema: *mut ArrowSchema) {
    // SAFETY: the host passes the struct it was given.
    unsafe { (*schema).release = None };
}

unsafe extern "C" fn destroy(instance: *mut SegInstance) {
    ALIVE.set(ALIVE.get() - 1);
    // SAFETY: made by `create`; the host destroys it once.
    drop(unsafe { Box::from_raw(instance.cast::<String>()) });
}

/// Refuses to start without a word.
unsafe extern "C" fn silent(_: *const SegHost, _: *mut SegError) -> *const SegPlugin {
    std::ptr::null()
}

/// Refuses to start and says why.
unsafe extern "C" fn talking(_: *const SegHost, error: *mut SegError) -> *const SegPlugin {
    // SAFETY: the host hands in a zeroed struct.
    unsafe { (*error).message = SegBuf::from_vec(b"no licence".to_vec()) };
    std::ptr::null()
}

unsafe extern "C" fn fit_destroy(_: *mut segmenta_plugin_sdk::abi::SegFit) {}

unsafe extern "C" fn garbage(json: *mut SegBuf, _: *mut SegError) -> SegStatus {
    // SAFETY: the host hands in a place for a buffer.
    unsafe { json.write(SegBuf::from_vec(vec![0xff, 0xfe])) };
    SegStatus::OK
}

unsafe extern "C" fn huge(json: *mut SegBuf, _: *mut SegError) -> SegStatus {
    // SAFETY: the host hands in a place for a buffer.
    unsafe { json.write(SegBuf::from_vec(vec![b' '; 2 << 20])) };
    SegStatus::OK
}

unsafe extern "C" fn failing(_: *mut SegBuf, error: *mut SegError) -> SegStatus {
    // SAFETY: the host hands in a zeroed struct.
    unsafe { (*error).message = SegBuf::from_vec(vec![b'a', 0xff]) };
    // SAFETY: as above.
    unsafe { (*error).detail_json = SegBuf::from_vec(b"{not json".to_vec()) };
    SegStatus::IO
}

fn refused(linked: Linked) -> (&'static str, String) {
    let error = Registry::new(&[linked]).unwrap_err();
    assert_still_works();
    (error.code(), error.to_string())
}

#[test]
fn a_bad_table_is_refused_by_name_of_what_is_wrong() {
    let small = entry!(SegPlugin { struct_size: 120, ..TABLE });
    let other_major = entry!(SegPlugin { abi_version: 2 << 16, ..TABLE });
    let flags = entry!(SegPlugin { flags: 1 << 50, ..TABLE });
    let no_apply = entry!(SegPlugin { apply: None, ..TABLE });
    let half_fit = entry!(SegPlugin { fit_destroy: Some(fit_destroy), ..TABLE });
    let bad = [
        (small, "120 bytes"),
        (other_major, "ABI major 2"),
        (flags, "unknown flags"),
        (no_apply, "`apply` is missing"),
        (half_fit, "`fit_begin` is missing, while"),
    ];
    for (linked, problem) in bad {
        let (code, message) = refused(linked);
        assert_eq!(code, "bad-table", "{message}");
        assert!(message.contains(problem), "{message}");
    }
}

#[test]
fn an_entry_without_a_table_is_an_error_with_its_words() {
    assert_eq!(refused(Linked { note: &NOTE, entry: silent }).0, "entry-failed");
    let (code, message) = refused(Linked { note: &NOTE, entry: talking });
    assert_eq!((code, message.contains("no licence")), ("entry-failed", true));
}

#[test]
fn a_description_that_is_none_is_refused() {
    assert_eq!(refused(entry!(SegPlugin { describe: Some(garbage), ..TABLE })).0, "bad-describe");
    assert_eq!(refused(entry!(SegPlugin { describe: Some(huge), ..TABLE })).0, "bad-describe");
    let (code, message) = refused(entry!(SegPlugin { describe: Some(failing), ..TABLE }));
    assert_eq!(code, "io");
    assert!(message.ends_with("a\u{fffd}"), "{message}");
}

#[test]
fn an_instance_that_was_bound_wrongly_is_destroyed_once() {
    let registry = Registry::new(&[hostile()]).unwrap();
    let bind = |case: &str| {
        let params = json!({"case": case});
        let error = bound(&registry, "hostile", &params, &integers("x", vec![])).unwrap_err();
        assert_eq!(ALIVE.get(), 0, "{case}");
        assert_still_works();
        (error.code(), error.to_string())
    };
    let wrong = [
        ("create-no-instance", "gave no instance"),
        ("create-no-schema", "gave no output type"),
        ("create-no-format", "no readable format"),
        ("create-no-columns", "writes 0 columns"),
        ("create-no-label", "first column is not the text `label`"),
        ("create-twice", "column `a` is there twice"),
        ("create-name", "no name of a column"),
        ("create-view", "has type Utf8View"),
    ];
    for (case, problem) in wrong {
        let (code, message) = bind(case);
        assert_eq!(code, "bad-bind", "{case}: {message}");
        assert!(message.contains(problem), "{case}: {message}");
    }
    assert_eq!(bind("create-number").0, "bad-bind");
    assert_eq!(bind("create-error-with-instance").0, "internal");
}
