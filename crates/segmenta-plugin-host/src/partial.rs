//! Partials one by one, for those who test what [`Instance::fit`] takes for granted.

use arrow_array::RecordBatch;

use crate::backend::FitHandle;
use crate::call::{At, Verdict};
use crate::{Instance, Result};

/// A partial aggregation. It belongs to the thread that made it.
pub struct Partial<'a> {
    instance: &'a Instance,
    handle: FitHandle<'a>,
}

/// What a pass over the rows ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassEnd {
    /// The rows are wanted once more; what the next pass is handed.
    Again(Vec<u8>),
    /// The model's own bytes.
    Done(Vec<u8>),
}

impl Instance {
    /// A partial that has seen no rows. `leaf` is `None` for the one that the others are merged into;
    /// `carry` is empty in pass 0.
    ///
    /// # Errors
    /// [`crate::Error::WrongKind`], [`crate::Error::Plugin`].
    pub fn partial(&self, seed: u64, leaf: Option<u64>, pass: u32, carry: &[u8]) -> Result<Partial<'_>> {
        self.fit_info()?;
        let handle = self.handle.begin_fit(At { seed, leaf, ..At::default() }, pass, carry)?;
        Ok(Partial { instance: self, handle })
    }
}

impl Partial<'_> {
    /// Adds rows, with columns as for [`Instance::apply`].
    ///
    /// # Errors
    /// As [`Instance::apply`].
    pub fn update(&mut self, batch: &RecordBatch) -> Result<()> {
        self.handle.update(&self.instance.binding.rows(batch)?)
    }

    /// What it has seen, as bytes.
    ///
    /// # Errors
    /// [`crate::Error::Plugin`], [`crate::Error::TooLarge`].
    pub fn save(&mut self) -> Result<Vec<u8>> {
        self.handle.save()
    }

    /// Adds what another partial has seen.
    ///
    /// # Errors
    /// [`crate::Error::Plugin`].
    pub fn merge(&mut self, saved: &[u8]) -> Result<()> {
        self.handle.merge(saved)
    }

    /// Ends the pass.
    ///
    /// # Errors
    /// [`crate::Error::Plugin`], [`crate::Error::TooLarge`].
    pub fn finish(self) -> Result<PassEnd> {
        Ok(match self.handle.finish()? {
            Verdict::Again(carry) => PassEnd::Again(carry),
            Verdict::Done(model) => PassEnd::Done(model),
        })
    }
}
