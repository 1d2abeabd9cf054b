//! Our own program: built for release, run as a user runs it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::figures::{self, Figures};
use super::measure::{self, Measurement};
use super::{Options, peers};
use crate::error::Error;
use crate::workspace;

/// The dates of the first segmentation and of the scheduled re-run.
const DATES: [&str; 2] = ["2026-05-01", "2026-06-01"];

/// The released program.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
}

impl Program {
    /// Builds it.
    ///
    /// # Errors
    /// [`Error::Program`] when the build fails.
    pub(crate) fn build() -> Result<Self, Error> {
        let program = "cargo build --release -p segmenta-cli";
        let status = Command::new(env!("CARGO"))
            .args(["build", "--release", "--locked", "-p", "segmenta-cli"])
            .current_dir(workspace::root())
            .status()
            .map_err(Error::start(program))?;
        if !status.success() {
            return Err(Error::Program { program: program.to_owned(), status, message: String::new() });
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        Ok(Self { path: workspace::below_root(&target).join("release/segmenta") })
    }

    /// The main job on the generated files: two runs into an empty directory.
    pub(crate) fn main_job(&self, options: &Options) -> Result<(Measurement, Figures), Error> {
        let out = options.bench_dir.join("out/segmenta");
        let measurement = self.two_runs(options, &peers::input(options), &out)?;
        let psi = buyers_psi(options, &out)?;
        Ok((measurement, figures::of_report(&report(&out, DATES[1])?, psi)?))
    }

    /// One run on the committed sample, the median of five: what a newcomer waits for.
    pub(crate) fn sample_job(&self, options: &Options) -> Result<Measurement, Error> {
        let input = workspace::below_root(Path::new("pipelines/data/retail"));
        let out = options.bench_dir.join("out/sample");
        let mut runs = Vec::new();
        for _ in 0..5 {
            remove(&out)?;
            runs.push(self.run(options, &input, &out, DATES[1])?);
        }
        runs.sort_by(|one, other| one.wall_seconds.total_cmp(&other.wall_seconds));
        Ok(runs[2])
    }

    fn two_runs(&self, options: &Options, input: &Path, out: &Path) -> Result<Measurement, Error> {
        remove(out)?;
        let first = self.run(options, input, out, DATES[0])?;
        Ok(first.then(self.run(options, input, out, DATES[1])?))
    }

    fn run(&self, options: &Options, input: &Path, out: &Path, as_of: &str) -> Result<Measurement, Error> {
        let param = |name: &str, value: &Path| OsString::from(format!("{name}={}", value.display()));
        let arguments = [
            OsString::from("run"),
            workspace::below_root(Path::new("pipelines/retail.toml")).into_os_string(),
            OsString::from("--param"),
            param("data", input),
            OsString::from("--param"),
            param("out", out),
            OsString::from("--as-of"),
            OsString::from(as_of),
        ];
        Ok(measure::run(&options.python, &options.bench_dir, &self.path, &arguments)?.0)
    }
}

fn remove(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { path: directory.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}

/// The PSI of customers with orders, computed from the published tables as the peers define it.
fn buyers_psi(options: &Options, out: &Path) -> Result<BTreeMap<String, f64>, Error> {
    let script = workspace::below_root(Path::new("xtask/src/bench/buyers_psi.py"));
    let mut arguments = vec![script.into_os_string()];
    for date in DATES {
        arguments.push(only_run(out, date)?.join("segments/value.parquet").into_os_string());
    }
    let (_, printed) = measure::run(&options.python, &options.bench_dir, &options.python, &arguments)?;
    serde_json::from_str(&printed)
        .map_err(|source| Error::Json { what: format!("the printed PSI `{printed}`"), source })
}

/// The directory of the only run of a date.
fn only_run(out: &Path, as_of: &str) -> Result<PathBuf, Error> {
    let date = out.join(format!("as_of={as_of}"));
    let mut entries = fs::read_dir(&date).map_err(Error::file(&date))?;
    let run =
        entries.next().ok_or_else(|| Error::Missing { what: "run".to_owned(), place: date.display().to_string() })?;
    Ok(run.map_err(Error::file(&date))?.path())
}

/// The report of the only run of a date.
fn report(out: &Path, as_of: &str) -> Result<serde_json::Value, Error> {
    let path = only_run(out, as_of)?.join("report.json");
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    serde_json::from_str(&text).map_err(|source| Error::Json { what: format!("`{}`", path.display()), source })
}
