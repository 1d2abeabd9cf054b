//! A partial aggregation inside a plugin.

use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::{Array, StructArray};
use segmenta_plugin_abi::table::{FIT_AGAIN, FIT_DONE};
use segmenta_plugin_abi::{SegBuf, SegBytes, SegFit, SegStatus};

use super::{At, Caller, InstanceHandle, Rows, Seats, Taken};
use crate::{Error, Result};

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
    instance: Taken<'a, Arc<InstanceHandle>>,
    at: At,
    ptr: NonNull<SegFit>,
}

impl<'a> FitHandle<'a> {
    /// A partial that has seen no rows.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::WrongKind`] if the plugin has no fitted criteria.
    pub(crate) fn begin(seats: &'a Seats, at: At, pass: u32, carry: &[u8]) -> Result<Self> {
        let instance = seats.instance()?;
        let begin = instance.library.table.fit_begin.ok_or_else(|| no_fit(&instance))?;
        let mut out = std::ptr::null_mut();
        let called = instance.library.call(instance.caller("fit_begin", at), |call, error| {
            let carry = SegBytes::new(carry);
            // SAFETY: the instance is alive; the others are structs of ours.
            unsafe { begin(instance.as_ptr(), call, pass, carry, &mut out, error) }
        });
        let Some(ptr) = NonNull::new(out) else {
            called?;
            return Err(broken(&instance, "`fit_begin` gave no partial"));
        };
        let fit = Self { instance, at, ptr };
        called.map(|()| fit)
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`Error::Plugin`].
    pub(crate) fn update(&mut self, rows: &StructArray) -> Result<()> {
        let library = &self.instance.library;
        let update = library.table.fit_update.expect("the table was checked to have all of the fit");
        let mut batch = Rows::new(rows);
        let caller = Caller { rows: rows.len(), ..self.instance.caller("fit_update", self.at) };
        library.call(caller, |call, error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { update(self.ptr.as_ptr(), call, batch.as_mut_ptr(), error) }
        })
    }

    /// What the partial has seen, as bytes.
    ///
    /// # Errors
    /// [`Error::Plugin`], [`Error::TooLarge`].
    pub(crate) fn save(&mut self) -> Result<Vec<u8>> {
        let library = &self.instance.library;
        let save = library.table.fit_save.expect("the table was checked to have all of the fit");
        let mut out = SegBuf::empty();
        let caller = self.instance.caller("fit_save", self.at);
        let called = library.call(caller, |call, error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { save(self.ptr.as_ptr(), call, &mut out, error) }
        });
        // SAFETY: the plugin wrote the buffer, or left it zeroed.
        unsafe { library.take(caller, "partial", out, self.instance.limits.partial, called) }
    }

    /// Adds what another partial has seen.
    ///
    /// # Errors
    /// [`Error::Plugin`].
    pub(crate) fn merge(&mut self, partial: &[u8]) -> Result<()> {
        let library = &self.instance.library;
        let merge = library.table.fit_merge.expect("the table was checked to have all of the fit");
        library.call(self.instance.caller("fit_merge", self.at), |call, error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { merge(self.ptr.as_ptr(), call, SegBytes::new(partial), error) }
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
        let caller = Caller { max_threads, ..self.instance.caller("fit_finish", self.at) };
        let (mut verdict, mut out) = (u32::MAX, SegBuf::empty());
        let called = library.call(caller, |call, error| {
            // SAFETY: this thread alone has the partial; the others are structs of ours.
            unsafe { finish(self.ptr.as_ptr(), call, &mut verdict, &mut out, error) }
        });
        let (what, limit) = match verdict {
            FIT_AGAIN => ("carry", self.instance.limits.partial),
            _ => ("model", self.instance.limits.model),
        };
        // SAFETY: the plugin wrote the buffer, or left it zeroed.
        let bytes = unsafe { library.take(caller, what, out, limit, called) }?;
        match verdict {
            FIT_DONE => Ok(Verdict::Done(bytes)),
            FIT_AGAIN => Ok(Verdict::Again(bytes)),
            _ => Err(broken(&self.instance, "`fit_finish` gave no verdict")),
        }
    }
}

impl Drop for FitHandle<'_> {
    fn drop(&mut self) {
        let library = &self.instance.library;
        let destroy = library.table.fit_destroy.expect("the table was checked to have all of the fit");
        library.finish(self.instance.caller("fit_destroy", self.at), || {
            // SAFETY: made by `fit_begin`, destroyed once.
            unsafe { destroy(self.ptr.as_ptr()) };
        });
    }
}

pub(super) fn no_fit(instance: &InstanceHandle) -> Error {
    Error::WrongKind { criterion: instance.criterion.to_owned(), problem: "is not fitted" }
}

/// A plugin that says it is done and is not.
pub(super) fn broken(instance: &InstanceHandle, problem: &str) -> Error {
    let caller = instance.caller("fit", At::default());
    instance.library.failure(caller, SegStatus::INTERNAL, problem.to_owned(), "")
}
