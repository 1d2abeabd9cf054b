//! A host of the tests' own that calls a plugin's table and keeps what is logged.
#![expect(unsafe_code, reason = "the C table is called here as a host would")]

use std::cell::RefCell;
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use segmenta_plugin_sdk::abi::{
    ABI_VERSION, ArrowArray, ArrowSchema, Linked, NO_PARTITION, SegBuf, SegBytes, SegCall, SegError, SegFit, SegHost,
    SegInstance, SegModel, SegPlugin, SegStatus, SegStr,
};
use segmenta_plugin_sdk::prelude::arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use segmenta_plugin_sdk::prelude::arrow_array::{Array, RecordBatch, StructArray};
use segmenta_plugin_sdk::prelude::arrow_schema::DataType;
use segmenta_plugin_sdk::prelude::{Value, json};

/// Lines that plugins logged.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn log(_: *mut c_void, _: i32, _: SegStr, message: SegStr, _: SegStr) {
    // SAFETY: the plugin's text lives until this call returns.
    let message = String::from_utf8_lossy(unsafe { message.as_bytes() }).into_owned();
    LOG.lock().unwrap_or_else(PoisonError::into_inner).push(message);
}

/// Whether a line that was logged holds `text`.
pub(crate) fn was_logged(text: &str) -> bool {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|line| line.contains(text))
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: SegStatus,
    pub(crate) message: String,
    pub(crate) detail: Value,
}

/// A plugin's functions.
#[derive(Clone, Copy)]
pub(crate) struct Table(pub(crate) &'static SegPlugin);

pub(crate) type Answer<T> = Result<T, Failure>;

fn call() -> SegCall {
    SegCall {
        struct_size: size_of::<SegCall>() as u32,
        max_threads: 1,
        ctx: std::ptr::null_mut(),
        seed: 7,
        partition: NO_PARTITION,
        row_offset: 0,
        mem_limit: 0,
        timeout_ns: 0,
    }
}

/// Makes a call and reads its error.
fn checked(work: impl FnOnce(*mut SegError) -> SegStatus) -> Answer<()> {
    let mut error = SegError::empty();
    let status = work(&mut error);
    // SAFETY: the plugin wrote the error, or left it zeroed.
    let message = String::from_utf8(unsafe { error.message.as_bytes() }.to_vec()).unwrap();
    // SAFETY: as above.
    let detail = segmenta_plugin_sdk::prelude::serde_json::from_slice(unsafe { error.detail_json.as_bytes() });
    // SAFETY: as above.
    unsafe { error.free() };
    if status == SegStatus::OK {
        return Ok(());
    }
    assert_eq!(status, error.code);
    Err(Failure { status, message, detail: detail.unwrap_or_default() })
}

/// Bytes that a call wrote.
fn bytes(work: impl FnOnce(*mut SegBuf, *mut SegError) -> SegStatus) -> Answer<Vec<u8>> {
    let mut buf = SegBuf::empty();
    let called = checked(|error| work(&mut buf, error));
    // SAFETY: the plugin wrote the buffer, or left it zeroed.
    let copied = unsafe { buf.as_bytes() }.to_vec();
    // SAFETY: as above.
    unsafe { buf.free() };
    called.map(|()| copied)
}

/// Calls of `poll` so far, and the one from which on it says to stop; memory and numbers reported.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) polls: u64,
    pub(crate) stop_at: u64,
    pub(crate) memory: Vec<i64>,
    pub(crate) metrics: Vec<(String, f64)>,
}

thread_local! {
    /// What plugins called by this thread asked of [`watching`].
    static SEEN: RefCell<Seen> = RefCell::default();
}

unsafe extern "C" fn poll(_: *mut c_void) -> SegStatus {
    SEEN.with_borrow_mut(|seen| {
        seen.polls += 1;
        if seen.polls == seen.stop_at { SegStatus::CANCELLED } else { SegStatus::OK }
    })
}

unsafe extern "C" fn reserve(_: *mut c_void, bytes: u64) -> SegStatus {
    SEEN.with_borrow_mut(|seen| seen.memory.push(bytes as i64));
    if bytes > 1_000 { SegStatus::RESOURCE } else { SegStatus::OK }
}

unsafe extern "C" fn release(_: *mut c_void, bytes: u64) {
    SEEN.with_borrow_mut(|seen| seen.memory.push(-(bytes as i64)));
}

unsafe extern "C" fn metric(_: *mut c_void, name: SegStr, value: f64) {
    // SAFETY: the plugin's text lives until this call returns.
    let name = String::from_utf8_lossy(unsafe { name.as_bytes() }).into_owned();
    SEEN.with_borrow_mut(|seen| seen.metrics.push((name, value)));
}

/// Runs `work` with tables of [`Table::watched`]; gives what their calls asked of the host.
pub(crate) fn watching<T>(stop_at: u64, work: impl FnOnce() -> T) -> (T, Seen) {
    SEEN.set(Seen { stop_at, ..Seen::default() });
    let done = work();
    (done, SEEN.take())
}

impl Table {
    /// Asks a plugin for its table with a host that keeps what is asked of it. The first host of a
    /// library stays.
    pub(crate) fn watched(linked: &Linked) -> Self {
        let host: &'static SegHost = Box::leak(Box::new(SegHost {
            struct_size: size_of::<SegHost>() as u32,
            abi_version: ABI_VERSION,
            features: 0,
            ctx: std::ptr::null_mut(),
            log_enabled: None,
            log: Some(log),
            poll: Some(poll),
            mem_reserve: Some(reserve),
            mem_release: Some(release),
            metric: Some(metric),
        }));
        Self::entered(linked, host).unwrap()
    }

    /// Asks a plugin for its table with a host that logs into [`LOG`].
    pub(crate) fn of(linked: &Linked) -> Self {
        let host: &'static SegHost = Box::leak(Box::new(SegHost {
            struct_size: size_of::<SegHost>() as u32,
            abi_version: ABI_VERSION,
            features: 0,
            ctx: std::ptr::null_mut(),
            log_enabled: None,
            log: Some(log),
            poll: None,
            mem_reserve: None,
            mem_release: None,
            metric: None,
        }));
        Self::entered(linked, host).unwrap()
    }

    /// Asks a plugin for its table with a host of the caller's.
    pub(crate) fn entered(linked: &Linked, host: &'static SegHost) -> Answer<Self> {
        let mut table = std::ptr::null();
        let entered = checked(|error| {
            // SAFETY: the host lives for ever, the error is zeroed.
            table = unsafe { (linked.entry)(host, error) };
            if table.is_null() { SegStatus::UNSUPPORTED } else { SegStatus::OK }
        });
        // SAFETY: a table that is not null lives as long as the program.
        entered.map(|()| Self(unsafe { &*table }))
    }

    pub(crate) fn describe(self) -> Answer<Value> {
        // SAFETY: both structs are zeroed.
        let json = bytes(|json, error| unsafe { (self.0.describe.unwrap())(json, error) });
        json.map(|json| segmenta_plugin_sdk::prelude::serde_json::from_slice(&json).unwrap())
    }

    /// Binds a criterion to the columns of `batch`.
    pub(crate) fn create(self, criterion: &str, params: &Value, batch: &RecordBatch) -> Answer<*mut SegInstance> {
        let mut params = params.clone();
        params["$run"] = json!({"as_of_us": 0});
        let params = params.to_string();
        let input = FFI_ArrowSchema::try_from(DataType::Struct(batch.schema().fields().clone())).unwrap();
        let (mut instance, mut output) = (std::ptr::null_mut(), FFI_ArrowSchema::empty());
        let (criterion, params) = (SegStr::new(criterion), SegStr::new(&params));
        let (input, output) = (std::ptr::from_ref(&input).cast(), std::ptr::from_mut(&mut output).cast());
        let create = self.0.create.unwrap();
        // SAFETY: every pointer lives until the call returns.
        checked(|error| unsafe { create(&call(), criterion, params, input, &mut instance, output, error) })?;
        Ok(instance)
    }

    pub(crate) fn destroy(self, instance: *mut SegInstance) {
        // SAFETY: made by `create`, given back once.
        unsafe { (self.0.destroy.unwrap())(instance) };
    }

    pub(crate) fn apply(
        self,
        instance: *mut SegInstance,
        model: *mut SegModel,
        batch: &RecordBatch,
    ) -> Answer<StructArray> {
        self.rows(self.0.apply.unwrap(), instance, model, batch)
    }

    pub(crate) fn explain(
        self,
        instance: *mut SegInstance,
        model: *mut SegModel,
        batch: &RecordBatch,
    ) -> Answer<StructArray> {
        self.rows(self.0.explain.unwrap(), instance, model, batch)
    }

    fn rows(
        self,
        function: segmenta_plugin_sdk::abi::table::ApplyFn,
        instance: *mut SegInstance,
        model: *mut SegModel,
        batch: &RecordBatch,
    ) -> Answer<StructArray> {
        let mut rows = FFI_ArrowArray::new(&StructArray::from(batch.clone()).to_data());
        let (mut out, mut schema) = (FFI_ArrowArray::empty(), FFI_ArrowSchema::empty());
        let rows: *mut ArrowArray = std::ptr::from_mut(&mut rows).cast();
        let place: *mut ArrowArray = std::ptr::from_mut(&mut out).cast();
        let kind: *mut ArrowSchema = std::ptr::from_mut(&mut schema).cast();
        // SAFETY: the objects are the plugin's own, every pointer lives until the call returns.
        checked(|error| unsafe { function(instance, model, &call(), rows, place, kind, error) })?;
        // SAFETY: the plugin wrote both on success.
        Ok(StructArray::from(unsafe { from_ffi(out, &schema) }.unwrap()))
    }

    pub(crate) fn begin(self, instance: *mut SegInstance) -> Answer<*mut SegFit> {
        let mut fit = std::ptr::null_mut();
        let (begin, carry) = (self.0.fit_begin.unwrap(), SegBytes::new(&[]));
        // SAFETY: the instance is the plugin's own.
        checked(|error| unsafe { begin(instance, &call(), 0, carry, &mut fit, error) })?;
        Ok(fit)
    }

    pub(crate) fn update(self, fit: *mut SegFit, batch: &RecordBatch) -> Answer<()> {
        let mut rows = FFI_ArrowArray::new(&StructArray::from(batch.clone()).to_data());
        let rows: *mut ArrowArray = std::ptr::from_mut(&mut rows).cast();
        // SAFETY: the fit is the plugin's own, the rows are of the bound columns.
        checked(|error| unsafe { (self.0.fit_update.unwrap())(fit, &call(), rows, error) })
    }

    pub(crate) fn save(self, fit: *mut SegFit) -> Answer<Vec<u8>> {
        // SAFETY: the fit is the plugin's own.
        bytes(|partial, error| unsafe { (self.0.fit_save.unwrap())(fit, &call(), partial, error) })
    }

    pub(crate) fn merge(self, fit: *mut SegFit, partial: &[u8]) -> Answer<()> {
        let partial = SegBytes::new(partial);
        // SAFETY: the fit is the plugin's own.
        checked(|error| unsafe { (self.0.fit_merge.unwrap())(fit, &call(), partial, error) })
    }

    pub(crate) fn finish(self, fit: *mut SegFit) -> Answer<Vec<u8>> {
        let mut verdict = 9;
        // SAFETY: the fit is the plugin's own.
        bytes(|out, error| unsafe { (self.0.fit_finish.unwrap())(fit, &call(), &mut verdict, out, error) })
    }

    pub(crate) fn fit_destroy(self, fit: *mut SegFit) {
        // SAFETY: made by `begin`, given back once.
        unsafe { (self.0.fit_destroy.unwrap())(fit) };
    }

    pub(crate) fn load(self, instance: *mut SegInstance, bytes: &[u8]) -> Answer<*mut SegModel> {
        let mut model = std::ptr::null_mut();
        let (load, payload) = (self.0.model_load.unwrap(), SegBytes::new(bytes));
        // SAFETY: the instance is the plugin's own.
        checked(|error| unsafe { load(instance, &call(), payload, &mut model, error) })?;
        Ok(model)
    }

    pub(crate) fn describe_model(self, model: *mut SegModel) -> Answer<Vec<u8>> {
        // SAFETY: the model is the plugin's own.
        bytes(|json, error| unsafe { (self.0.model_describe.unwrap())(model, &call(), json, error) })
    }

    pub(crate) fn model_destroy(self, model: *mut SegModel) {
        // SAFETY: made by `load`, given back once.
        unsafe { (self.0.model_destroy.unwrap())(model) };
    }
}
