//! Calls that crashed twice, kept so that they can be made again: the rows as an Arrow file that any
//! tool reads, and beside it every request that a fresh child must be told.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{RecordBatch, StructArray};
use arrow_ipc::writer::FileWriter;
use arrow_schema::Schema;
use serde::{Deserialize, Serialize};

use super::child::{Child, End, Why};
use super::frame::Part;
use super::job::{Body, Job, Step};
use super::message::{self, Ask};
use super::pool::Pool;
use super::rows;
use super::settings::Settings;
use crate::library::LibraryFile;
use crate::{Error, Result};

/// Key of the Arrow file's metadata that says what happened, as JSON.
const CALL: &str = "seg.crash";
/// Extension of the file with the requests.
const REQUESTS: &str = "requests";

/// A call that crashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// Name of the plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// Digest of its library, 64 hex digits.
    pub sha256: String,
    /// The library.
    pub library: PathBuf,
    /// Name of the criterion; empty outside of a criterion's calls.
    pub criterion: String,
    /// Member of the function table.
    pub call: String,
    /// Rows that it worked on.
    pub rows: Option<Range<u64>>,
    /// Ordinal of the leaf that a fit was working on.
    pub leaf: Option<u64>,
    /// Signal or exit code.
    pub how: String,
}

/// What a kept call did when it was made again.
#[derive(Debug)]
pub struct Replay {
    /// What happened the first time.
    pub crash: Crash,
    /// What happened now.
    pub outcome: Result<()>,
}

/// A request and the length of its body.
#[derive(Serialize, Deserialize)]
struct Kept {
    ask: Ask,
    body: Option<u64>,
}

/// Keeps a call that crashed, and gives the Arrow file. `None` if nobody wants it or it cannot be written.
pub(super) fn keep(pool: &Pool, job: &Job<'_>, end: &End) -> Option<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let directory = pool.settings.crash_directory.as_ref()?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!("{}-{}-{count}.arrow", pool.name, std::process::id()));
    match write(&path, pool, job, end) {
        Ok(()) => Some(path),
        Err(error) => {
            let path = path.display();
            tracing::warn!(%path, %error, "a call that crashed cannot be kept");
            None
        }
    }
}

fn write(path: &Path, pool: &Pool, job: &Job<'_>, end: &End) -> io::Result<()> {
    let crash = Crash {
        plugin: pool.name.clone(),
        version: pool.version.clone(),
        sha256: pool.sha256.clone(),
        library: fs::canonicalize(&pool.path).unwrap_or_else(|_| pool.path.clone()),
        criterion: job.criterion.to_owned(),
        call: end.call.to_owned(),
        rows: job.rows(),
        leaf: job.at.leaf,
        how: end.how.clone(),
    };
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    write_rows(path, &crash, rows_of(job))?;
    write_requests(&path.with_extension(REQUESTS), job)
}

/// The rows of the call, if it has some.
fn rows_of(job: &Job<'_>) -> Option<StructArray> {
    let (body, columns) = (job.body.as_ref()?, job.instance?.create.body.as_ref()?);
    job.n_rows?;
    let fields = rows::read_columns(&columns.read().ok()?).ok()?;
    rows::read_any(&body.read().ok()?, &fields).ok()
}

fn write_rows(path: &Path, crash: &Crash, rows: Option<StructArray>) -> io::Result<()> {
    let fields = rows.as_ref().map(|rows| rows.fields().clone()).unwrap_or_default();
    let told = serde_json::to_string(crash)?;
    let schema = Arc::new(Schema::new_with_metadata(fields, [(CALL.to_owned(), told)].into()));
    let failed = |error: arrow_schema::ArrowError| io::Error::other(error);
    let mut file = FileWriter::try_new_buffered(File::create_new(path)?, &schema).map_err(failed)?;
    if let Some(rows) = rows {
        let batch = RecordBatch::try_new(schema, rows.columns().to_vec()).map_err(failed)?;
        file.write(&batch).map_err(failed)?;
    }
    file.finish().map_err(failed)
}

/// Every request that leads to the call, then the call: their heads, then their bodies.
fn write_requests(path: &Path, job: &Job<'_>) -> io::Result<()> {
    let call = Step { ask: job.ask.clone(), body: job.body.clone() };
    let before = job.needs().flat_map(|(_, steps)| steps);
    let steps: Vec<&Step> = before.chain([&call]).collect();
    let kept = |step: &&Step| Kept { ask: step.ask.clone(), body: step.body.as_ref().map(Body::len) };
    let heads = message::encode(&steps.iter().map(kept).collect::<Vec<_>>());
    let mut file = File::create_new(path)?;
    file.write_all(&(heads.len() as u64).to_le_bytes())?;
    file.write_all(&heads)?;
    for body in steps.iter().filter_map(|step| step.body.as_ref()) {
        file.write_all(&body.read().map_err(io::Error::other)?)?;
    }
    Ok(())
}

/// Makes a kept call again, in a fresh child, once. The library must be the one that crashed.
///
/// # Errors
/// [`Error::Read`] if the files are not there or not those of a crash, [`Error::PinMismatch`] if the
/// library is another one by now. What the call does is in [`Replay::outcome`].
pub fn replay(path: &Path, settings: &Settings) -> Result<Replay> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let crash = read_crash(path).map_err(unreadable)?;
    let steps = read_requests(&path.with_extension(REQUESTS)).map_err(unreadable)?;
    let file = LibraryFile::read(&crash.library)?;
    if file.sha256() != crash.sha256 {
        let (plugin, expected, found) = (crash.plugin, crash.sha256, file.sha256().to_owned());
        return Err(Error::PinMismatch { plugin: format!("`{plugin}`"), expected, found });
    }
    let outcome = again(&file, &crash, &steps, settings);
    Ok(Replay { crash, outcome })
}

fn read_crash(path: &Path) -> io::Result<Crash> {
    let file = arrow_ipc::reader::FileReader::try_new(File::open(path)?, None).map_err(io::Error::other)?;
    let told = file.schema().metadata().get(CALL).cloned();
    let told = told.ok_or_else(|| io::Error::other("it is no file of a crash"))?;
    Ok(serde_json::from_str(&told)?)
}

fn read_requests(path: &Path) -> io::Result<Vec<Step>> {
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let bytes = fs::read(path)?;
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(io::Error::other)?;
    let (heads, mut bodies) = rest.split_at_checked(length).ok_or_else(cut)?;
    let kept: Vec<Kept> = message::decode(heads).map_err(io::Error::other)?;
    let mut steps = Vec::new();
    for Kept { ask, body } in kept {
        let mut take = |length: u64| {
            let at = usize::try_from(length).map_err(io::Error::other)?;
            let (body, rest) = bodies.split_at_checked(at).ok_or_else(cut)?;
            bodies = rest;
            Part::new(&[body]).map(Body::Bytes)
        };
        steps.push(Step { ask, body: body.map(&mut take).transpose()? });
    }
    Ok(steps)
}

/// Loads the library in a child and makes the calls in order.
fn again(file: &LibraryFile, crash: &Crash, steps: &[Step], settings: &Settings) -> Result<()> {
    let pool = Pool::start(file, settings)?;
    let library = Part::new(&[file.bytes()]).map_err(|source| Error::Read { path: file.path().to_owned(), source })?;
    let ended = |end: End| match end.why {
        Why::Crash => Error::Crashed {
            plugin: crash.plugin.clone(),
            criterion: crash.criterion.clone(),
            call: end.call,
            rows: crash.rows.clone(),
            how: end.how,
        },
        _ => pool.ended(&Job::new(Ask::Describe, None), end),
    };
    let place =
        |call| super::remote::Place { plugin: &crash.plugin, criterion: &crash.criterion, call, path: file.path() };
    let started = Child::start(&crash.plugin, file.path(), &library, settings).map_err(ended)?;
    let mut child = started.map_err(|remote| remote.at(&place("load")))?;
    for step in steps {
        let answered = child.ask(&step.ask, step.body.as_ref(), None).map_err(ended)?;
        answered.map_err(|remote| remote.at(&place(step.ask.call())))?;
    }
    Ok(())
}
