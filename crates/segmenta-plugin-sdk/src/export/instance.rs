//! `create`, `destroy`, `apply` and `explain`.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, Fields};
use segmenta_plugin_abi::{ArrowArray, ArrowSchema, SegCall, SegError, SegInstance, SegModel, SegStatus, SegStr};
use serde_json::Value;

use super::guard::{answer, guarded};
use super::{HostSlot, model, write};
use crate::bound::{Bound, Loaded, check_output, explanations};
use crate::library::{self, Library};
use crate::{Batch, Cx, Error, Inputs, Result, import, panics};

/// Key of the run's own values among the parameters.
const RUN_KEY: &str = "$run";
/// The one column of an explanation.
const EXPLAIN: &str = "explain";

/// A criterion bound to options, columns and the run's date. What the host holds as `seg_instance`
/// is an [`Arc`] of it; fits and models keep their own.
pub(super) struct Instance {
    pub(super) bound: Arc<dyn Bound>,
    pub(super) inputs: Fields,
    outputs: Fields,
    as_of_us: i64,
    host: &'static HostSlot,
    pub(super) poisoned: AtomicBool,
}

impl Instance {
    /// # Safety
    /// `call` is null or readable.
    pub(super) unsafe fn cx(&self, call: *const SegCall) -> Cx<'_> {
        // SAFETY: the caller vouches for `call`.
        let (call, ctx) = unsafe { import::call(call) };
        Cx { host: self.host.handle().during(ctx), as_of_us: self.as_of_us, call, of: PhantomData }
    }
}

pub(super) unsafe extern "C" fn create<L: Library>(
    _: *const SegCall,
    criterion: SegStr,
    params: SegStr,
    input: *const ArrowSchema,
    out: *mut *mut SegInstance,
    output: *mut ArrowSchema,
    error: *mut SegError,
) -> SegStatus {
    let created = panics::catch(|| {
        // SAFETY: the host's text lives until this call returns.
        let criterion = unsafe { import::text(criterion) }?;
        // SAFETY: as above.
        let params = unsafe { import::text(params) }?;
        // SAFETY: the host made the schema and keeps it until this call returns.
        let inputs = unsafe { import::inputs(input) }?;
        let instance = bind::<L>(criterion, params, &inputs)?;
        let schema = write::schema(&instance.outputs)?;
        Ok((instance, schema))
    });
    let write = |(instance, schema): (Instance, _)| {
        let instance = Arc::into_raw(Arc::new(instance)).cast_mut();
        // SAFETY: the host hands in a place for a pointer.
        unsafe { out.write(instance.cast()) };
        // SAFETY: the host hands in an empty struct of its own.
        unsafe { write::put_schema(schema, output) };
    };
    // SAFETY: the host hands in a zeroed error of its own.
    unsafe { answer(created, error, write) }
}

fn bind<L: Library>(criterion: &str, params: &str, inputs: &Inputs) -> Result<Instance> {
    let entry = library::find::<L>(criterion)?;
    let (params, as_of_us) = split_run(params)?;
    let (bound, outputs) = entry.bind(params, inputs)?;
    Ok(Instance {
        bound,
        inputs: Fields::clone(inputs.fields()),
        outputs,
        as_of_us,
        host: L::host(),
        poisoned: AtomicBool::new(false),
    })
}

/// The options without the run's own values, and the run's moment.
fn split_run(params: &str) -> Result<(Value, i64)> {
    let params = serde_json::from_str(params).map_err(|error| Error::param("", error.to_string()))?;
    let Value::Object(mut params) = params else {
        return Err(Error::param("", "the options are not a table"));
    };
    let run = params.shift_remove(RUN_KEY).unwrap_or_default();
    let as_of_us = run.get("as_of_us").and_then(Value::as_i64);
    let as_of_us = as_of_us.ok_or_else(|| Error::param(RUN_KEY, "has no `as_of_us`"))?;
    Ok((params.into(), as_of_us))
}

pub(super) unsafe extern "C" fn destroy(instance: *mut SegInstance) {
    if instance.is_null() {
        return;
    }
    // SAFETY: the host gives back, once, what `create` made.
    let instance = unsafe { Arc::from_raw(instance.cast::<Instance>().cast_const()) };
    let host = instance.host;
    dispose(host, || drop(instance));
}

/// Logs an error that nobody can be given.
pub(super) fn log_lost(host: &HostSlot, what: &str, error: &Error) {
    let place = match error {
        Error::Panicked { location: Some(location), .. } => format!(" at {location}"),
        _ => String::new(),
    };
    host.handle().log(crate::Level::Error, &format!("while {what} was dropped: {error}{place}"));
}

/// Runs an author's `drop`; a panic in it can only be logged.
pub(super) fn dispose(host: &HostSlot, work: impl FnOnce()) {
    let dropped = panics::catch(|| {
        work();
        Ok(())
    });
    if let Err(error) = dropped {
        log_lost(host, "an object", &error);
    }
}

impl Instance {
    pub(super) fn host(&self) -> &'static HostSlot {
        self.host
    }
}

/// # Safety
/// `instance` is null or what `create` made, not yet destroyed.
pub(super) unsafe fn borrow<'a>(instance: *const SegInstance) -> Option<&'a Instance> {
    // SAFETY: the caller vouches for the pointer.
    unsafe { instance.cast::<Instance>().as_ref() }
}

/// One more owner.
///
/// # Safety
/// As [`borrow`], and not null.
pub(super) unsafe fn share(instance: *const SegInstance) -> Arc<Instance> {
    let instance = instance.cast::<Instance>();
    // SAFETY: the caller vouches for the pointer; `create` made it from an `Arc`.
    unsafe { Arc::increment_strong_count(instance) };
    // SAFETY: the count of the line above belongs to the result.
    unsafe { Arc::from_raw(instance) }
}

pub(super) unsafe extern "C" fn apply(
    instance: *const SegInstance,
    model: *const SegModel,
    call: *const SegCall,
    batch: *mut ArrowArray,
    out: *mut ArrowArray,
    out_schema: *mut ArrowSchema,
    error: *mut SegError,
) -> SegStatus {
    let places = (out, out_schema, error);
    let work = |call: &Rows<'_>| {
        let columns = match call.model {
            None => call.instance.bound.apply(&call.batch, &call.cx)?,
            Some(model) => model.apply(&call.batch, &call.cx)?,
        };
        check_output(&columns, &call.instance.outputs, call.batch.rows())?;
        Ok((columns, Fields::clone(&call.instance.outputs)))
    };
    // SAFETY: the host passes what the contract says.
    unsafe { write_rows((instance, model, call, batch), places, work) }
}

pub(super) unsafe extern "C" fn explain(
    instance: *const SegInstance,
    model: *const SegModel,
    call: *const SegCall,
    batch: *mut ArrowArray,
    out: *mut ArrowArray,
    out_schema: *mut ArrowSchema,
    error: *mut SegError,
) -> SegStatus {
    let places = (out, out_schema, error);
    let work = |call: &Rows<'_>| {
        let explained = match call.model {
            None => call.instance.bound.explain(&call.batch, &call.cx)?,
            Some(model) => model.explain(&call.batch, &call.cx)?,
        };
        let column = explanations(&explained, call.batch.rows())?;
        Ok((vec![column], vec![Field::new(EXPLAIN, DataType::Utf8, false)].into()))
    };
    // SAFETY: the host passes what the contract says.
    unsafe { write_rows((instance, model, call, batch), places, work) }
}

/// A call of `apply` or `explain`.
struct Rows<'a> {
    instance: &'a Instance,
    model: Option<&'a dyn Loaded>,
    batch: Batch,
    cx: Cx<'a>,
}

/// What a host passes to `apply` and `explain`.
type Passed = (*const SegInstance, *const SegModel, *const SegCall, *mut ArrowArray);
/// Where the answer goes.
type Places = (*mut ArrowArray, *mut ArrowSchema, *mut SegError);

/// Runs `work` on a batch and hands its columns out.
///
/// # Safety
/// As `apply` of the contract.
unsafe fn write_rows(
    (instance, model, call, batch): Passed,
    (out, out_schema, error): Places,
    work: impl FnOnce(&Rows<'_>) -> Result<(Vec<ArrayRef>, Fields)>,
) -> SegStatus {
    // SAFETY: the host passes what `create` made.
    let Some(instance) = (unsafe { borrow(instance) }) else {
        return SegStatus::STATE;
    };
    let written = guarded(&instance.poisoned, || {
        // SAFETY: the host passes what `model_load` made, or null.
        let model = unsafe { model::borrow(model) };
        let model = model.map(|model| model.of(instance)).transpose()?;
        // SAFETY: the call struct is readable until this call returns.
        let cx = unsafe { instance.cx(call) };
        // SAFETY: the host made the batch for the bound columns.
        let batch = unsafe { import::batch(batch, &instance.inputs) }?;
        let call = Rows { instance, model, batch, cx };
        let (columns, fields) = work(&call)?;
        write::rows(columns, &fields, call.batch.rows())
    });
    let write = |(array, schema)| {
        // SAFETY: the host hands in an empty struct of its own.
        unsafe { write::put_array(array, instance.host, out) };
        // SAFETY: as above.
        unsafe { write::put_schema(schema, out_schema) };
    };
    // SAFETY: the host hands in a zeroed error of its own.
    unsafe { answer(written, error, write) }
}
