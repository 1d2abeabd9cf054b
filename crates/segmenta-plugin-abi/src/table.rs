//! The table of functions a plugin offers.

use crate::{ArrowArray, ArrowSchema, SegBuf, SegBytes, SegCall, SegError, SegHost, SegStatus, SegStr};

/// A criterion with parameters and columns; only the plugin knows its layout.
#[repr(C)]
pub struct SegInstance {
    _opaque: [u8; 0],
}

/// A loaded model; only the plugin knows its layout.
#[repr(C)]
pub struct SegModel {
    _opaque: [u8; 0],
}

/// A partial aggregation; only the plugin knows its layout.
#[repr(C)]
pub struct SegFit {
    _opaque: [u8; 0],
}

/// Immutable objects may be used by many threads at once.
pub const CONCURRENT: u64 = 1 << 0;
/// One call at a time into the whole library.
pub const SERIAL: u64 = 1 << 1;
/// Arrays may have offsets.
pub const RAW_ARROW: u64 = 1 << 2;
/// Must not be loaded into the runner's process.
pub const PROCESS_ONLY: u64 = 1 << 3;
/// Calls may wait for input or output.
pub const BLOCKING: u64 = 1 << 4;
/// Every flag this version defines.
pub const KNOWN_FLAGS: u64 = CONCURRENT | SERIAL | RAW_ARROW | PROCESS_ONLY | BLOCKING;

/// Verdict of `fit_finish`: the output is the model.
pub const FIT_DONE: u32 = 0;
/// Verdict of `fit_finish`: the output is the carry for another pass.
pub const FIT_AGAIN: u32 = 1;

/// The only function a library exports: gives its table, or null and an error.
pub type EntryFn = unsafe extern "C" fn(*const SegHost, *mut SegError) -> *const SegPlugin;

/// `describe`.
pub type DescribeFn = unsafe extern "C" fn(*mut SegBuf, *mut SegError) -> SegStatus;
/// `create`.
pub type CreateFn = unsafe extern "C" fn(
    *const SegCall,
    SegStr,
    SegStr,
    *const ArrowSchema,
    *mut *mut SegInstance,
    *mut ArrowSchema,
    *mut SegError,
) -> SegStatus;
/// `fit_begin`.
pub type FitBeginFn = unsafe extern "C" fn(
    *const SegInstance,
    *const SegCall,
    u32,
    SegBytes,
    *mut *mut SegFit,
    *mut SegError,
) -> SegStatus;
/// `fit_update`.
pub type FitUpdateFn = unsafe extern "C" fn(*mut SegFit, *const SegCall, *mut ArrowArray, *mut SegError) -> SegStatus;
/// `fit_save`.
pub type FitSaveFn = unsafe extern "C" fn(*mut SegFit, *const SegCall, *mut SegBuf, *mut SegError) -> SegStatus;
/// `fit_merge`.
pub type FitMergeFn = unsafe extern "C" fn(*mut SegFit, *const SegCall, SegBytes, *mut SegError) -> SegStatus;
/// `fit_finish`.
pub type FitFinishFn =
    unsafe extern "C" fn(*mut SegFit, *const SegCall, *mut u32, *mut SegBuf, *mut SegError) -> SegStatus;
/// `model_load`.
pub type ModelLoadFn =
    unsafe extern "C" fn(*const SegInstance, *const SegCall, SegBytes, *mut *mut SegModel, *mut SegError) -> SegStatus;
/// `model_describe`.
pub type ModelDescribeFn =
    unsafe extern "C" fn(*const SegModel, *const SegCall, *mut SegBuf, *mut SegError) -> SegStatus;
/// `apply` and `explain`.
pub type ApplyFn = unsafe extern "C" fn(
    *const SegInstance,
    *const SegModel,
    *const SegCall,
    *mut ArrowArray,
    *mut ArrowArray,
    *mut ArrowSchema,
    *mut SegError,
) -> SegStatus;

/// The table; what each member does is said in the header.
#[repr(C)]
#[derive(Debug)]
pub struct SegPlugin {
    /// Size of this struct in the plugin's build.
    pub struct_size: u32,
    /// ABI version of the plugin's build.
    pub abi_version: u32,
    /// [`CONCURRENT`] and its neighbours.
    pub flags: u64,
    /// Required.
    pub describe: Option<DescribeFn>,
    /// Required.
    pub create: Option<CreateFn>,
    /// Required.
    pub destroy: Option<unsafe extern "C" fn(*mut SegInstance)>,
    /// Fit group.
    pub fit_begin: Option<FitBeginFn>,
    /// Fit group.
    pub fit_update: Option<FitUpdateFn>,
    /// Fit group.
    pub fit_save: Option<FitSaveFn>,
    /// Fit group.
    pub fit_merge: Option<FitMergeFn>,
    /// Fit group.
    pub fit_finish: Option<FitFinishFn>,
    /// Fit group.
    pub fit_destroy: Option<unsafe extern "C" fn(*mut SegFit)>,
    /// Fit group.
    pub model_load: Option<ModelLoadFn>,
    /// Optional.
    pub model_describe: Option<ModelDescribeFn>,
    /// Fit group.
    pub model_destroy: Option<unsafe extern "C" fn(*mut SegModel)>,
    /// Required.
    pub apply: Option<ApplyFn>,
    /// Optional.
    pub explain: Option<ApplyFn>,
}

assert_layout!(
    SegPlugin,
    128,
    [
        struct_size = 0,
        abi_version = 4,
        flags = 8,
        describe = 16,
        create = 24,
        destroy = 32,
        fit_begin = 40,
        fit_update = 48,
        fit_save = 56,
        fit_merge = 64,
        fit_finish = 72,
        fit_destroy = 80,
        model_load = 88,
        model_describe = 96,
        model_destroy = 104,
        apply = 112,
        explain = 120
    ]
);
