//! A partial aggregation inside a plugin.

use std::ptr::NonNull;

use arrow_array::StructArray;
use segmenta_plugin_abi::table::{FIT_AGAIN, FIT_DONE};
use segmenta_plugin_abi::{SegBuf, SegBytes, SegCall, SegFit, SegStatus};

use super::{At, InstanceHandle, Rows};
use crate::{Error, Result};

/// A partial or carry may have this many bytes: room for a sample of 2²⁵ numbers.
const MAX_PARTIAL: u64 = 256 << 20;
/// A model may have this many bytes.
pub(super) const MAX_MODEL: u64 = 1 << 30;

/// What a pass ended with.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Carry for the next pass.
    Again(Vec<u8>),
    /// The model.
    Done(Vec<u8>),
}

/// A partial, destroyed on drop.
pub(crate) struct FitHandle<'a> {
    instance: &'a InstanceHandle,
    at: At,
    ptr: NonNull<SegFit>,
}

impl<'a> FitHandle<'a> {
    /// A partial that has seen no rows.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::WrongKind`] if the plugin has no fitted criteria.
    pub(crate) fn begin(instance: &'a InstanceHandle, at: At, pass: u32, carry: &[u8]) -> Result<Self> {
        let begin = instance.library.table.fit_begin.ok_or_else(|| no_fit(instance))?;
        let call = instance.library.call_struct(at);
        let mut out = std::ptr::null_mut();
        let called = instance.library.call(instance.caller("fit_begin", at.leaf), |error| {
            let carry = SegBytes::new(carry);
            // SAFETY: the instance is alive; the others are structs of ours.
            unsafe { begin(instance.as_ptr(), &call, pass, carry, &mut out, error) }
        });
        let fit = NonNull::new(out).map(|ptr| Self { instance, at, ptr });
        called?;
        fit.ok_or_else(|| broken(instance, "`fit_begin` gave no partial"))
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`Error::Plugin`].
    pub(crate) fn update(&mut self, rows: &StructArray) -> Result<()> {
        let library = &self.instance.library;
        let update = library.table.fit_update.expect("the table was checked to have all of the fit");
        let call = library.call_struct(self.at);
        let mut batch = Rows::new(rows);
        library.call(self.instance.caller("fit_update", self.at.leaf), |error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { update(self.ptr.as_ptr(), &call, batch.as_mut_ptr(), error) }
        })
    }

    /// What the partial has seen, as bytes.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::TooLarge`].
    pub(crate) fn save(&mut self) -> Result<Vec<u8>> {
        let library = &self.instance.library;
        let save = library.table.fit_save.expect("the table was checked to have all of the fit");
        let call = library.call_struct(self.at);
        let mut out = SegBuf::empty();
        let called = library.call(self.instance.caller("fit_save", self.at.leaf), |error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { save(self.ptr.as_ptr(), &call, &mut out, error) }
        });
        // SAFETY: the plugin wrote the buffer, or left it zeroed.
        unsafe { library.take(&self.instance.criterion, "partial", out, MAX_PARTIAL, called) }
    }

    /// Adds what another partial has seen.
    ///
    /// # Errors
    /// [`Error::Plugin`].
    pub(crate) fn merge(&mut self, partial: &[u8]) -> Result<()> {
        let library = &self.instance.library;
        let merge = library.table.fit_merge.expect("the table was checked to have all of the fit");
        let call = library.call_struct(self.at);
        library.call(self.instance.caller("fit_merge", self.at.leaf), |error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { merge(self.ptr.as_ptr(), &call, SegBytes::new(partial), error) }
        })
    }

    /// Ends the pass.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::TooLarge`].
    pub(crate) fn finish(self) -> Result<Verdict> {
        let library = &self.instance.library;
        let finish = library.table.fit_finish.expect("the table was checked to have all of the fit");
        let max_threads = u32::try_from(rayon::current_num_threads()).unwrap_or(1);
        let call = SegCall { max_threads, ..library.call_struct(self.at) };
        let (mut verdict, mut out) = (u32::MAX, SegBuf::empty());
        let called = library.call(self.instance.caller("fit_finish", self.at.leaf), |error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { finish(self.ptr.as_ptr(), &call, &mut verdict, &mut out, error) }
        });
        let (what, limit) = match verdict {
            FIT_AGAIN => ("carry", MAX_PARTIAL),
            _ => ("model", MAX_MODEL),
        };
        // SAFETY: the plugin wrote the buffer, or left it zeroed.
        let bytes = unsafe { library.take(&self.instance.criterion, what, out, limit, called) }?;
        match verdict {
            FIT_DONE => Ok(Verdict::Done(bytes)),
            FIT_AGAIN => Ok(Verdict::Again(bytes)),
            _ => Err(broken(self.instance, "`fit_finish` gave no verdict")),
        }
    }
}

impl Drop for FitHandle<'_> {
    fn drop(&mut self) {
        let library = &self.instance.library;
        let destroy = library.table.fit_destroy.expect("the table was checked to have all of the fit");
        let _serial = library.lock();
        // SAFETY: made by `fit_begin`, destroyed once.
        unsafe { destroy(self.ptr.as_ptr()) };
    }
}

pub(super) fn no_fit(instance: &InstanceHandle) -> Error {
    Error::WrongKind { criterion: instance.criterion.clone(), problem: "is not fitted" }
}

/// A plugin that says it is done and is not.
pub(super) fn broken(instance: &InstanceHandle, problem: &str) -> Error {
    let caller = instance.caller("fit", None);
    instance.library.failure(caller, SegStatus::INTERNAL, problem.to_owned(), "")
}
