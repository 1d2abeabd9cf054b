//! What a process of its own costs.

use std::time::{Duration, Instant};

use arrow_array::RecordBatch;

use super::child::Child;
use super::frame::Part;
use super::settings::Settings;
use crate::library::LibraryFile;
use crate::{Error, Instance, Result, Tenancy};

/// Time of the same call in both modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed {
    /// Rows of the call.
    pub rows: usize,
    /// Median time of a call in the runner's process.
    pub in_process: Duration,
    /// Median time of a call in a process of its own.
    pub isolated: Duration,
}

/// Time from nothing to a child that has loaded the library, median of `times`.
///
/// # Errors
/// As [`LibraryFile::check`], [`Error::NoProcess`] if no child can be started or it ends.
pub fn start_time(file: &LibraryFile, settings: &Settings, times: usize) -> Result<Duration> {
    let inspection = file.check(Tenancy::Alone)?;
    let no_process = |problem: String| Error::NoProcess { plugin: inspection.name.clone(), problem };
    let library = Part::new(&[file.bytes()]).map_err(|error| no_process(error.to_string()))?;
    median(times, || {
        let start = Instant::now();
        let child = Child::start(&inspection.name, file.path(), &library, settings);
        let child = child.map_err(|end| no_process(end.how))?;
        child.map_err(|_| no_process("its library cannot be loaded".to_owned()))?;
        Ok(start.elapsed())
    })
}

/// Applies the same criterion in both modes to each of `batches`, `times` times. It must need no model.
///
/// # Errors
/// As [`Instance::apply`].
pub fn compare(
    in_process: &Instance,
    isolated: &Instance,
    batches: &[RecordBatch],
    times: usize,
) -> Result<Vec<Speed>> {
    let time = |instance: &Instance, batch: &RecordBatch| {
        instance.apply(None, batch)?;
        median(times, || {
            let start = Instant::now();
            instance.apply(None, batch)?;
            Ok(start.elapsed())
        })
    };
    let both = |batch: &RecordBatch| {
        let (in_process, isolated) = (time(in_process, batch)?, time(isolated, batch)?);
        Ok(Speed { rows: batch.num_rows(), in_process, isolated })
    };
    batches.iter().map(both).collect()
}

fn median(times: usize, mut measure: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut measured = (0..times.max(1)).map(|_| measure()).collect::<Result<Vec<_>>>()?;
    measured.sort_unstable();
    Ok(measured[measured.len() / 2])
}
