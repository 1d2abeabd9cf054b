//! `run`: one run of a pipeline, from its sources to what it publishes.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::tz::TimeZone;
use segmenta_engine::{AsOf, ExitStatus, LocalRunner, Outcome, Request, Resources};
use segmenta_pipeline::Pipeline;
use segmenta_store::Store;
use serde_json::{Value, json};

use crate::arguments::Reading;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::memory::{self, Size};
use crate::pipeline_file::PipelineFile;
use crate::program::Program;
use crate::progress::Progress;
use crate::run_id::run_id;
use crate::{as_of, plugins, text};

const EXAMPLES: &str = "\
Examples:
  segmenta run shop/retail.toml --as-of 2026-06-01
  segmenta run shop/retail.toml --param data=/data/shop --param clusters=4
  segmenta run shop/retail.toml --no-publish      look first, then `release` it

The run sees everything before the date. The same inputs, file and date publish
the same files; a run that is published already is not made again. A failed
check holds the run: what was published before stays current until somebody
calls `segmenta release`.";

/// Stack of the threads that plan and compute: deep expressions recurse.
const STACK_BYTES: usize = 16 << 20;

/// Run a pipeline and publish what it finds
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Pipeline file
    pipeline: PathBuf,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    resources: ResourceArguments,
    /// Id of the run, such as the scheduler's; a new UUID without it
    #[arg(long, value_name = "ID")]
    run_id: Option<String>,
    /// Run even if the same run is published already
    #[arg(long)]
    force: bool,
    /// Hold the run instead of publishing it
    #[arg(long)]
    no_publish: bool,
    /// The outcome as a JSON object on the standard output
    #[arg(long)]
    json: bool,
}

/// The moment a command is for.
#[derive(Debug, Clone, Args)]
pub(crate) struct When {
    /// Date the run is for, or an instant such as 2026-06-01T05:00:00Z; today without it. Dates are
    /// those of the pipeline's time zone
    #[arg(long = "as-of", value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}

/// What a run may use; none of it changes what is published.
#[derive(Debug, Clone, Args)]
pub(crate) struct ResourceArguments {
    /// Threads that compute; all cores without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Memory budget, such as 8GiB; three quarters of what the machine or its container has without it
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,
    /// Rows per batch; 131072 divided by the threads without it, from 8192 to 65536
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    batch_rows: Option<u32>,
}

impl ResourceArguments {
    pub(crate) fn resources(&self) -> Resources {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let budget = self.memory.unwrap_or_else(memory::default_budget);
        let threads = self.threads.map_or_else(cores, usize::from);
        Resources {
            threads,
            memory_bytes: usize::try_from(budget.bytes).unwrap_or(usize::MAX),
            batch_rows: self.batch_rows.map_or_else(|| batch_rows(threads), |rows| rows as usize),
        }
    }
}

/// Large batches spare work per batch and look-ups that leave the cache; the exchange between threads
/// holds up to one per pair of threads, so that many threads take smaller ones.
fn batch_rows(threads: usize) -> usize {
    (131_072 / threads.max(1)).clamp(8_192, 65_536)
}

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    let file = PipelineFile::open(program, &arguments.pipeline)?;
    let registry = plugins::registry_of(program, &arguments.reading, &file)?;
    let pipeline = file.pipeline(program, &arguments.reading, &registry)?;
    let zone = as_of::zone(&pipeline, &file)?;
    let as_of = as_of::as_of(arguments.when.as_of.as_deref(), &zone, program.environment.now())?;
    let store = Store::open(&pipeline.outputs.path)?;
    let id = arguments.run_id.clone().unwrap_or_else(|| run_id(program.environment.now()));

    let is_terminal = program.environment.stderr_is_terminal;
    let progress = Progress::new(&program.options, is_terminal, &mut *program.stderr);
    let console = Console::new(program.environment, program.started, zone, progress);
    let request = Request {
        pipeline: &pipeline,
        registry: &registry,
        runner: &LocalRunner,
        resources: arguments.resources.resources(),
        as_of,
        run_id: &id,
        program_version: env!("CARGO_PKG_VERSION"),
        command: &command_line(arguments, as_of),
        force: arguments.force,
        hold: arguments.no_publish,
        surroundings: &console,
    };
    console.note(&format!("run {id} of {} at {as_of} started", pipeline.pipeline.name), "started");
    let ended = console.watch(|| execute(&request, &store));
    console.end();
    let took = text::duration(segmenta_engine::Surroundings::elapsed_ms(&console));
    drop(console);

    let outcome = match ended? {
        Ok(outcome) => outcome,
        Err(source) => return Err(Error::Run { source: Box::new(source), file: Box::new(file) }),
    };
    let target = Ended { pipeline: &pipeline, shown: &arguments.pipeline, as_of, run_id: &id, took: &took };
    target.tell(program, &outcome);
    if arguments.json {
        program.print_json(&target.json(&outcome))?;
    }
    Ok(status(&outcome).code())
}

/// Runs on threads of its own: one pool for plans, one for statistics and fits, which the run's own
/// thread belongs to.
fn execute(request: &Request<'_>, store: &Store) -> Result<segmenta_engine::Result<Outcome>> {
    let n_threads = request.resources.threads;
    let failed = |source| Error::Threads { n_threads, source };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(n_threads)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(failed)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|error| failed(std::io::Error::other(error)))?;
    Ok(pool.install(|| runtime.block_on(segmenta_engine::run(request, store))))
}

fn status(outcome: &Outcome) -> ExitStatus {
    match outcome {
        Outcome::UpToDate(_) | Outcome::Published { .. } => ExitStatus::Ok,
        Outcome::Held { .. } => ExitStatus::Data,
    }
}

/// The command that repeats the run, for its record.
fn command_line(arguments: &Arguments, as_of: AsOf) -> String {
    let mut words = vec!["segmenta run".to_owned(), quoted(&arguments.pipeline.to_string_lossy())];
    words.push(format!("--as-of {as_of}"));
    for param in &arguments.reading.params {
        words.push(format!("--param {}", quoted(&format!("{}={}", param.name, param.value))));
    }
    for directory in &arguments.reading.plugins.plugin_dirs {
        words.push(format!("--plugin-dir {}", quoted(&directory.to_string_lossy())));
    }
    words.join(" ")
}

/// As a POSIX shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A run that ended without an error, for those who asked for it.
struct Ended<'a> {
    pipeline: &'a Pipeline,
    /// The pipeline file as the user wrote it.
    shown: &'a Path,
    as_of: AsOf,
    run_id: &'a str,
    took: &'a str,
}

impl Ended<'_> {
    fn tell(&self, program: &mut Program<'_>, outcome: &Outcome) {
        let Self { pipeline, as_of, run_id, took, .. } = self;
        let name = &pipeline.pipeline.name;
        match outcome {
            Outcome::UpToDate(commit) => program.tell(&format!(
                "up to date: {name} at {as_of} is published as generation {} by run {}\n",
                commit.generation, commit.run_id
            )),
            Outcome::Published { commit, directory, warnings } => {
                for warning in warnings {
                    program.say(&format!("warning: {warning}\n"));
                }
                program.tell(&format!("published {name} at {as_of} as generation {} in {took}\n", commit.generation));
                program.tell(&format!("  {}\n", main_file(directory).display()));
            }
            Outcome::Held { reasons, directory } => {
                program.say(&format!("held {name} at {as_of}: nothing was published\n"));
                for reason in reasons {
                    program.say(&format!("  {reason}\n"));
                }
                program.say(&format!("  {}\n", main_file(directory).display()));
                let shown = quoted(&self.shown.to_string_lossy());
                program.say(&format!(
                    "hint: publish it with `segmenta release {shown} {run_id}`, drop it with `segmenta discard {shown} {run_id}`\n"
                ));
            }
        }
    }

    fn json(&self, outcome: &Outcome) -> Value {
        let mut value = json!({
            "pipeline": self.pipeline.pipeline.name,
            "as_of": self.as_of.to_string(),
            "run_id": self.run_id,
            "exit": status(outcome).code(),
        });
        match outcome {
            Outcome::UpToDate(commit) => {
                value["status"] = json!("up_to_date");
                value["published_by"] = json!(commit.run_id);
                value["generation"] = json!(commit.generation);
            }
            Outcome::Published { commit, directory, warnings } => {
                value["status"] = json!("published");
                value["generation"] = json!(commit.generation);
                value["directory"] = json!(directory);
                value["warnings"] = json!(warnings);
            }
            Outcome::Held { reasons, directory } => {
                value["status"] = json!("held");
                value["directory"] = json!(directory);
                value["reasons"] = json!(reasons);
            }
        }
        value
    }
}

/// The report where there is one, else the directory.
fn main_file(directory: &Path) -> PathBuf {
    let report = directory.join("report.html");
    if report.is_file() { report } else { directory.to_owned() }
}

/// The zone and the date of a command, for its heading.
pub(crate) fn heading(pipeline: &Pipeline, as_of: AsOf, zone: &TimeZone) -> String {
    format!("{} at {as_of} {}", pipeline.pipeline.name, zone.iana_name().unwrap_or("UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("data=/shop/2026"), "data=/shop/2026");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
