//! Wall time and peak memory of one program.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::Error;

/// Starts a program and writes down what the kernel counted for it. The standard library cannot ask
/// for the resource use of a child; Python, which the other programs need anyway, can.
const WRAPPER: &str = "
import json, os, sys, time
started = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
counted = {
    'wall_seconds': time.monotonic() - started,
    'peak_kib': usage.ru_maxrss,
    'processor_seconds': usage.ru_utime + usage.ru_stime,
}
with open(sys.argv[1], 'w') as file:
    json.dump(counted, file)
sys.exit(os.waitstatus_to_exitcode(status))
";

/// What one run of a program took.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(crate) struct Measurement {
    /// From start to end, by the wall clock.
    pub(crate) wall_seconds: f64,
    /// Largest resident memory, in KiB as Linux counts it.
    pub(crate) peak_kib: u64,
    /// User and system time of all threads.
    pub(crate) processor_seconds: f64,
}

impl Measurement {
    /// Two programs one after the other: times add up, the larger peak counts.
    pub(crate) fn then(self, next: Self) -> Self {
        Self {
            wall_seconds: self.wall_seconds + next.wall_seconds,
            peak_kib: self.peak_kib.max(next.peak_kib),
            processor_seconds: self.processor_seconds + next.processor_seconds,
        }
    }
}

/// Runs a program to its end and returns what it took and what it printed.
///
/// # Errors
/// [`Error::Program`] when it fails.
pub(crate) fn run(
    python: &Path,
    bench_dir: &Path,
    program: &Path,
    arguments: &[OsString],
) -> Result<(Measurement, String), Error> {
    let name = program.display().to_string();
    let counted = bench_dir.join("measurement.json");
    let output = Command::new(python)
        .args(["-c", WRAPPER])
        .arg(&counted)
        .arg(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(Error::start(&name))?;
    if !output.status.success() {
        return Err(Error::Program { program: name, status: output.status, message: String::new() });
    }
    let text = fs::read_to_string(&counted).map_err(Error::file(&counted))?;
    let measurement = serde_json::from_str(&text)
        .map_err(|source| Error::Json { what: format!("`{}`", counted.display()), source })?;
    Ok((measurement, String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_add_up_and_keep_the_larger_peak() {
        let one = Measurement { wall_seconds: 1.5, peak_kib: 300, processor_seconds: 2.0 };
        let other = Measurement { wall_seconds: 0.5, peak_kib: 200, processor_seconds: 1.0 };
        let both = Measurement { wall_seconds: 2.0, peak_kib: 300, processor_seconds: 3.0 };
        assert_eq!(one.then(other), both);
    }
}
