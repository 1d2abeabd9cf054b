//! The fit functions.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use segmenta_plugin_abi::table::{FIT_AGAIN, FIT_DONE};
use segmenta_plugin_abi::{ArrowArray, SegBuf, SegBytes, SegCall, SegError, SegFit, SegInstance, SegStatus};

use super::guard::{answer, answer_bytes, guarded};
use super::instance::{self, Instance};
use crate::bound::{Finished, Fitting};
use crate::{Result, import, panics};

/// What the host holds as `seg_fit`. A panic poisons this partial and no other, so that the error of
/// each does not depend on which thread came first.
struct Fit {
    instance: Arc<Instance>,
    fitting: Box<dyn Fitting>,
    poisoned: AtomicBool,
}

/// # Safety
/// `fit` is null or what `begin` made, not yet destroyed, and used by this thread only.
unsafe fn with<T>(fit: *mut SegFit, work: impl FnOnce(&Instance, &mut dyn Fitting) -> Result<T>) -> Option<Result<T>> {
    // SAFETY: the caller vouches for the pointer.
    let fit = unsafe { fit.cast::<Fit>().as_mut() }?;
    let Fit { instance, fitting, poisoned } = fit;
    Some(guarded(poisoned, || work(instance, fitting.as_mut())))
}

pub(super) unsafe extern "C" fn begin(
    instance: *const SegInstance,
    call: *const SegCall,
    pass: u32,
    carry: SegBytes,
    out: *mut *mut SegFit,
    error: *mut SegError,
) -> SegStatus {
    if instance.is_null() {
        return SegStatus::STATE;
    }
    // SAFETY: the host passes what `create` made, and it is not null.
    let instance = unsafe { instance::share(instance) };
    let begun = panics::catch(|| {
        // SAFETY: the host's bytes live until this call returns.
        let carry = unsafe { carry.as_bytes() };
        // SAFETY: the call struct is readable until this call returns.
        let cx = unsafe { instance.cx(call) };
        Arc::clone(&instance.bound).fit_begin(pass, carry, cx)
    });
    let write = |fitting| {
        let poisoned = AtomicBool::new(false);
        let fit = Box::new(Fit { instance: Arc::clone(&instance), fitting, poisoned });
        // SAFETY: the host hands in a place for a pointer.
        unsafe { out.write(Box::into_raw(fit).cast()) };
    };
    // SAFETY: the host hands in a zeroed error of its own.
    unsafe { answer(begun, error, write) }
}

pub(super) unsafe extern "C" fn update(
    fit: *mut SegFit,
    call: *const SegCall,
    batch: *mut ArrowArray,
    error: *mut SegError,
) -> SegStatus {
    let work = |instance: &Instance, fitting: &mut dyn Fitting| {
        // SAFETY: the call struct is readable until this call returns.
        let cx = unsafe { instance.cx(call) };
        // SAFETY: the host made the batch for the bound columns.
        let batch = unsafe { import::batch(batch, &instance.inputs) }?;
        fitting.update(&batch, cx)
    };
    // SAFETY: the host passes what `begin` made, one thread at a time.
    let Some(updated) = (unsafe { with(fit, work) }) else {
        return SegStatus::STATE;
    };
    // SAFETY: the host hands in a zeroed error of its own.
    unsafe { answer(updated, error, drop) }
}

pub(super) unsafe extern "C" fn save(
    fit: *mut SegFit,
    _: *const SegCall,
    partial: *mut SegBuf,
    error: *mut SegError,
) -> SegStatus {
    // SAFETY: the host passes what `begin` made, one thread at a time.
    let Some(saved) = (unsafe { with(fit, |_, fitting| fitting.save()) }) else {
        return SegStatus::STATE;
    };
    // SAFETY: the host hands in a zeroed buffer and error of its own.
    unsafe { answer_bytes(saved, partial, error) }
}

pub(super) unsafe extern "C" fn merge(
    into: *mut SegFit,
    _: *const SegCall,
    partial: SegBytes,
    error: *mut SegError,
) -> SegStatus {
    // SAFETY: the host's bytes live until this call returns.
    let partial = unsafe { partial.as_bytes() };
    // SAFETY: the host passes what `begin` made, one thread at a time.
    let Some(merged) = (unsafe { with(into, |_, fitting| fitting.merge(partial)) }) else {
        return SegStatus::STATE;
    };
    // SAFETY: the host hands in a zeroed error of its own.
    unsafe { answer(merged, error, drop) }
}

pub(super) unsafe extern "C" fn finish(
    fit: *mut SegFit,
    call: *const SegCall,
    verdict: *mut u32,
    out: *mut SegBuf,
    error: *mut SegError,
) -> SegStatus {
    let work = |instance: &Instance, fitting: &mut dyn Fitting| {
        // SAFETY: the call struct is readable until this call returns.
        let cx = unsafe { instance.cx(call) };
        fitting.finish(cx)
    };
    // SAFETY: the host passes what `begin` made, one thread at a time.
    let Some(finished) = (unsafe { with(fit, work) }) else {
        return SegStatus::STATE;
    };
    let write = |finished| {
        let (answer, bytes) = match finished {
            Finished::Again(carry) => (FIT_AGAIN, carry),
            Finished::Done(model) => (FIT_DONE, model),
        };
        // SAFETY: the host hands in a place for the verdict.
        unsafe { verdict.write(answer) };
        // SAFETY: the host hands in a zeroed buffer of its own.
        unsafe { out.write(SegBuf::from_vec(bytes)) };
    };
    // SAFETY: the host hands in a zeroed error of its own.
    unsafe { answer(finished, error, write) }
}

pub(super) unsafe extern "C" fn destroy(fit: *mut SegFit) {
    if fit.is_null() {
        return;
    }
    // SAFETY: the host gives back, once, what `begin` made.
    let fit = unsafe { Box::from_raw(fit.cast::<Fit>()) };
    let host = fit.instance.host();
    instance::dispose(host, || drop(fit));
}
