//! A level in a child process, so that a library that ends the process ends only that.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use segmenta_plugin_host::HostShape;
use segmenta_plugin_host::process::Launcher;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::options::{Child, Effort, Fixture, FixtureRows, Options, Target};
use crate::report::{Difference, Sink};
use crate::{Error, Level, Report, Result, check};

/// What a child is asked to do.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    library: PathBuf,
    criterion: Option<String>,
    level: Level,
    task: Task,
    as_of_us: i64,
    seed: u64,
    threads: usize,
    effort: Effort,
    fixtures: Vec<FixtureFile>,
    launcher: Option<Launch>,
}

/// What a child does, since it can be done in a process of its own only.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Task {
    /// All rules of the level.
    Level,
    /// The library starts under another host.
    Host(HostShape),
    /// The run is cancelled this long after it began.
    Cancel { after_us: u64 },
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Level => f.write_str("all of it"),
            Self::Host(shape) => write!(f, "the part `{}`", shape.name()),
            Self::Cancel { after_us } => write!(f, "a run that is cancelled after {after_us} us"),
        }
    }
}

/// A [`Launcher`] in writing.
#[derive(Debug, Serialize, Deserialize)]
struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FixtureFile {
    criterion: Option<String>,
    params: Value,
    csv: Option<PathBuf>,
}

/// What the program of [`Child`] does: reads the request in `path`, and writes the answer beside it.
///
/// # Errors
/// [`Error::File`], [`Error::Content`] if `path` is no request.
pub fn child_main(path: &Path) -> Result<()> {
    let text = fs::read(path).map_err(Error::read(path))?;
    let request: Request = serde_json::from_slice(&text).map_err(|error| Error::content(path, error))?;
    let Request { library, criterion, level, task, as_of_us, seed, threads, effort, fixtures, launcher } = request;
    let rows = |csv: Option<PathBuf>| csv.map_or(FixtureRows::Generated, FixtureRows::Csv);
    let fixtures = fixtures.into_iter();
    let fixtures =
        fixtures.map(|file| Fixture { criterion: file.criterion, params: file.params, rows: rows(file.csv) });
    let launcher =
        launcher.map(|Launch { program, arguments, environment }| Launcher { program, arguments, environment });
    let options =
        Options { criterion, fixtures: fixtures.collect(), as_of_us, seed, threads, effort, child: None, launcher };
    let target = Target::File(library);
    let report = match task {
        Task::Level => check::level_alone(&target, level, &options),
        Task::Host(shape) => check::under(&target, shape, &options),
        Task::Cancel { after_us } => check::cancelled(&target, Duration::from_micros(after_us), &options),
    };
    let answer = answer_path(path);
    fs::write(&answer, report.json()).map_err(Error::written(&answer))
}

/// One level of `library` in a child; here if its rows are in memory, which leaves out what only a child
/// can do.
pub(crate) fn run(child: &Child, library: &Path, level: Level, task: Task, options: &Options) -> Report {
    let Some(request) = request(library, level, task, options) else {
        return match task {
            Task::Level => check::level_here(&Target::File(library.to_owned()), level, options),
            Task::Host(_) | Task::Cancel { .. } => Report::default(),
        };
    };
    match in_child(child, &request) {
        Ok(report) => report,
        Err(difference) => {
            let mut report = Report::default();
            Sink::new(level, None, &mut report.findings).fail("survives", difference);
            report
        }
    }
}

fn request(library: &Path, level: Level, task: Task, options: &Options) -> Option<Request> {
    let csv = |rows: &FixtureRows| match rows {
        FixtureRows::Generated => Some(None),
        FixtureRows::Csv(path) => Some(Some(path.clone())),
        FixtureRows::Batch(_) => None,
    };
    let fixtures = options.fixtures.iter().map(|fixture| {
        let (criterion, params) = (fixture.criterion.clone(), fixture.params.clone());
        Some(FixtureFile { criterion, params, csv: csv(&fixture.rows)? })
    });
    let Options { as_of_us, seed, threads, effort, .. } = *options;
    let library = fs::canonicalize(library).unwrap_or_else(|_| library.to_owned());
    let launch = |launcher: Launcher| {
        let Launcher { program, arguments, environment } = launcher;
        Launch { program, arguments, environment }
    };
    let (fixtures, launcher) = (fixtures.collect::<Option<_>>()?, options.launcher.clone().map(launch));
    Some(Request {
        library,
        criterion: options.criterion.clone(),
        level,
        task,
        as_of_us,
        seed,
        threads,
        effort,
        fixtures,
        launcher,
    })
}

fn in_child(child: &Child, request: &Request) -> Result<Report, Difference> {
    let broken = |problem: String| {
        Difference::new("a child process looks at the library", problem, "see that the program can be started")
    };
    let folder = Folder::new().map_err(|error| broken(error.to_string()))?;
    let path = folder.0.join("request.json");
    let text = serde_json::to_string(request).expect("paths and numbers are always JSON");
    fs::write(&path, text).map_err(|error| broken(error.to_string()))?;
    let status = Command::new(&child.program)
        .args(&child.arguments)
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| broken(error.to_string()))?;
    let answer = fs::read(answer_path(&path)).ok();
    let report = answer.and_then(|answer| serde_json::from_slice(&answer).ok());
    report.ok_or_else(|| {
        Difference::new(
            format!("level `{}`, {}, comes to its end", request.level, request.task),
            format!("the process ended early, with {}", ended(status)),
            "run it again under a debugger; a library must not end the process, nor read memory it does not have",
        )
    })
}

#[cfg(unix)]
fn ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => format!("exit code {}", status.code().unwrap_or(-1)),
    }
}

#[cfg(not(unix))]
fn ended(status: ExitStatus) -> String {
    status.to_string()
}

fn answer_path(request: &Path) -> PathBuf {
    request.with_file_name("answer.json")
}

/// A folder that is removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("segmenta-check-{}-{number}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the temporary folder is the system's to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}
