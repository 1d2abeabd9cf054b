//! What a criterion may know about the run: its date, its seed, whether to go on. Never a clock.

use std::fmt;
use std::marker::PhantomData;

use crate::import::HostHandle;
use crate::{Error, Result, sample};

const US_PER_DAY: i64 = 86_400_000_000;

/// Severity of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Level {
    /// Something failed.
    Error = segmenta_plugin_abi::host::LOG_ERROR,
    /// Odd, but the result is right.
    Warn = segmenta_plugin_abi::host::LOG_WARN,
    /// Something finished.
    Info = segmenta_plugin_abi::host::LOG_INFO,
    /// For the plugin's author.
    Debug = segmenta_plugin_abi::host::LOG_DEBUG,
    /// For the plugin's author, in detail.
    Trace = segmenta_plugin_abi::host::LOG_TRACE,
}

/// One call of the runner.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    pub(crate) host: HostHandle,
    pub(crate) as_of_us: i64,
    pub(crate) call: Call,
    /// It cannot be kept beyond the call.
    pub(crate) of: PhantomData<&'a ()>,
}

/// The numbers of a call, copied out of the C struct.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) max_threads: u32,
    pub(crate) seed: u64,
    pub(crate) partition: Option<u64>,
    pub(crate) row_offset: u64,
}

impl Cx<'_> {
    /// The run's date in days since 1970-01-01 UTC: everything before its first moment counts.
    pub fn as_of(&self) -> i32 {
        let days = self.as_of_us.div_euclid(US_PER_DAY);
        i32::try_from(days).expect("any count of microseconds in 64 bits is below 2^31 days")
    }

    /// The run's moment in microseconds since 1970-01-01 UTC, exclusive: what happened at or after it
    /// is not part of the run.
    pub fn as_of_us(&self) -> i64 {
        self.as_of_us
    }

    /// The same number for the same criterion of runs with the same seed, whatever the machine,
    /// threads or batches.
    pub fn seed(&self) -> u64 {
        self.call.seed
    }

    /// Whether to go on. Cheap; call it every few thousand rows.
    ///
    /// # Errors
    /// [`Error::Cancelled`] or [`Error::TimedOut`], to be handed on with `?`.
    pub fn poll(&self) -> Result<()> {
        self.host.poll()
    }

    /// Whether a row is in a sample of `rate`, a share from 0 to 1.
    ///
    /// Depends on the key and the seed alone: not on the order of rows, batches or threads. A sample
    /// holds every smaller one. The key is text or bytes; of a number take `to_le_bytes()`.
    pub fn sample(&self, key: impl AsRef<[u8]>, rate: f64) -> bool {
        sample::contains(self.call.seed, key.as_ref(), rate)
    }

    /// Asks for memory before it is taken, in bytes, for what outgrows a few columns. It is given back
    /// when the answer is dropped, which is to be before the call returns.
    ///
    /// # Errors
    /// [`Error::Resource`] if the runner's budget does not have it.
    pub fn reserve(&self, bytes: u64) -> Result<Reserved<'_>> {
        self.host.reserve(bytes)?;
        Ok(Reserved { host: self.host, bytes, of: PhantomData })
    }

    /// Reports a number about the call to the run's log: rounds until a fit settled, rows passed over.
    pub fn metric(&self, name: &str, value: f64) {
        self.host.metric(name, value);
    }

    /// Writes a line to the run's log; never one per row. The message is only made if it is kept.
    pub fn log(&self, level: Level, message: impl fmt::Display) {
        if self.host.keeps(level) {
            self.host.log(level, &message.to_string());
        }
    }
}

/// Memory that the runner granted; given back when it is dropped.
#[derive(Debug)]
pub struct Reserved<'a> {
    host: HostHandle,
    bytes: u64,
    of: PhantomData<&'a ()>,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.host.release(self.bytes);
    }
}

/// One call of a fit. `C` is what the last pass carried over.
#[derive(Debug, Clone, Copy)]
pub struct FitCx<'a, C> {
    pub(crate) cx: Cx<'a>,
    pub(crate) pass: u32,
    pub(crate) carry: Option<&'a C>,
}

impl<'a, C> FitCx<'a, C> {
    /// Passes over the rows so far: 0 in the first.
    pub fn pass(&self) -> u32 {
        self.pass
    }

    /// What the last pass answered with [`crate::Step::Again`]; `None` in the first pass.
    pub fn carry(&self) -> Option<&'a C> {
        self.carry
    }

    /// As [`FitCx::carry`], for code that only runs in later passes.
    ///
    /// # Errors
    /// [`Error::State`] in the first pass.
    pub fn carried(&self) -> Result<&'a C> {
        let problem = || "the first pass has no carry".to_owned();
        self.carry.ok_or_else(|| Error::State { problem: problem() })
    }

    /// Ordinal of the part of the rows this partial sees, set by the data and not by threads;
    /// `None` while partials are merged and finished.
    pub fn partition(&self) -> Option<u64> {
        self.cx.call.partition
    }

    /// Rows of the partition before this batch.
    pub fn row_offset(&self) -> u64 {
        self.cx.call.row_offset
    }

    /// Threads this call may occupy, its own included; at least 1. More than 1 only in `finish`.
    ///
    /// The result must not depend on it.
    pub fn max_threads(&self) -> usize {
        self.cx.call.max_threads.max(1) as usize
    }

    /// As [`Cx::seed`].
    pub fn seed(&self) -> u64 {
        self.cx.seed()
    }

    /// As [`Cx::as_of`].
    pub fn as_of(&self) -> i32 {
        self.cx.as_of()
    }

    /// As [`Cx::as_of_us`].
    pub fn as_of_us(&self) -> i64 {
        self.cx.as_of_us()
    }

    /// As [`Cx::poll`].
    ///
    /// # Errors
    /// As [`Cx::poll`].
    pub fn poll(&self) -> Result<()> {
        self.cx.poll()
    }

    /// As [`Cx::reserve`].
    ///
    /// # Errors
    /// As [`Cx::reserve`].
    pub fn reserve(&self, bytes: u64) -> Result<Reserved<'_>> {
        self.cx.reserve(bytes)
    }

    /// As [`Cx::metric`].
    pub fn metric(&self, name: &str, value: f64) {
        self.cx.metric(name, value);
    }

    /// As [`Cx::sample`].
    pub fn sample(&self, key: impl AsRef<[u8]>, rate: f64) -> bool {
        self.cx.sample(key, rate)
    }

    /// As [`Cx::log`].
    pub fn log(&self, level: Level, message: impl fmt::Display) {
        self.cx.log(level, message);
    }
}
