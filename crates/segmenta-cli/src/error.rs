//! Why a command failed, what the user sees of it, and the exit status.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use segmenta_engine::ExitStatus;
use segmenta_pipeline::Label;
use segmenta_pipeline::model::Span;

use crate::diagnostics::{Message, Render};
use crate::pipeline_file::PipelineFile;

/// Result of a command.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file has mistakes; they were shown.
    #[error("`{path}` has mistakes")]
    Mistakes { path: String },
    /// A file of the user cannot be read or written.
    #[error("cannot {operation} `{}`", .path.display())]
    Io { operation: &'static str, path: PathBuf, source: io::Error },
    /// A directory without pipeline files.
    #[error("there is no pipeline file in `{}`", .path.display())]
    NoPipelines { path: PathBuf },
    /// `new` never replaces a file.
    #[error("`{}` exists already", .path.display())]
    Exists { path: PathBuf },
    /// `--as-of` cannot be read.
    #[error("`{text}` is neither a date nor an instant")]
    AsOf { text: String },
    /// `--as-of` lies ahead: the rows up to it are not all there yet.
    #[error("the date {as_of} is in the future: it is {now} in {zone}")]
    Future { as_of: String, now: String, zone: String },
    /// The zone of `[schedule]` does not exist.
    #[error("there is no time zone `{zone}`")]
    Zone { zone: String, label: Label, file: Box<PipelineFile> },
    /// A plugin library cannot be used.
    #[error(transparent)]
    Plugin(#[from] segmenta_plugin_host::Error),
    /// A plugin library that the pipeline file asks for cannot be used.
    #[error("{source}")]
    Library { source: Box<segmenta_plugin_host::Error>, label: Label, file: Box<PipelineFile> },
    /// A command for authors of plugins stopped.
    #[error(transparent)]
    Author(#[from] segmenta_plugin_check::Error),
    /// A criterion cannot be run without rows.
    #[error("there are no rows to run it on")]
    NoRows,
    /// No plugin and no criterion has this name.
    #[error("no plugin or criterion is called `{name}`")]
    NoPlugin { name: String, known: Vec<String> },
    /// The engine stopped.
    #[error(transparent)]
    Engine(#[from] segmenta_engine::Error),
    /// The engine stopped at something that may stand in the pipeline file.
    #[error("{source}")]
    Run { source: Box<segmenta_engine::Error>, file: Box<PipelineFile> },
    /// A run id or a part of it that names no run.
    #[error("no run `{run}`")]
    NoRun { run: String },
    /// A part of a run id that several runs begin with.
    #[error("several runs begin with `{run}`")]
    ManyRuns { run: String, runs: Vec<String> },
    /// Nothing was published yet.
    #[error("nothing is published in `{}`", .root.display())]
    NothingPublished { root: PathBuf },
    /// The run has no such dataset.
    #[error("the run has no dataset `{dataset}`")]
    NoDataset { dataset: String, known: Vec<String> },
    /// The dataset has several tables.
    #[error("`{dataset}` has several tables")]
    ManyTables { dataset: String, tables: Vec<String> },
    /// No diagnostic has this code.
    #[error("no diagnostic has the code `{code}`")]
    NoCode { code: String },
    /// Threads cannot be started.
    #[error("cannot start {n_threads} threads")]
    Threads { n_threads: usize, source: io::Error },
    /// The standard output is closed or full.
    #[error("cannot write to the standard output")]
    Output(#[source] io::Error),
    /// The page cannot be opened.
    #[error("`{opener}` cannot open the page")]
    Opener { opener: String, source: Option<io::Error> },
    /// A defect of this program; the panic was shown.
    #[error("this is a defect of segmenta")]
    Panicked,
}

impl Error {
    /// What the failure means for whoever called.
    pub(crate) fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Engine(source) => source.exit_status(),
            Self::Run { source, .. } => source.exit_status(),
            Self::Mistakes { .. }
            | Self::Io { operation: "read", .. }
            | Self::NoPipelines { .. }
            | Self::AsOf { .. }
            | Self::Future { .. }
            | Self::Zone { .. }
            | Self::Plugin(_)
            | Self::Library { .. }
            | Self::Author(_) => ExitStatus::Configuration,
            Self::Io { .. } | Self::Output(_) => ExitStatus::Unavailable,
            Self::NothingPublished { .. } | Self::NoDataset { .. } => ExitStatus::NoInput,
            Self::Panicked => ExitStatus::Software,
            Self::Exists { .. }
            | Self::NoRows
            | Self::NoPlugin { .. }
            | Self::NoRun { .. }
            | Self::ManyRuns { .. }
            | Self::ManyTables { .. }
            | Self::NoCode { .. }
            | Self::Opener { .. }
            | Self::Threads { .. } => ExitStatus::Failed,
        }
    }

    /// What to do next.
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Io { operation: "read", source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "`segmenta new DIR` writes a project to start from"
            }
            Self::NoPipelines { .. } => "name the pipeline files",
            Self::NoRows => "name a CSV file with `--rows`",
            Self::Exists { .. } => "choose another directory, or remove it",
            Self::AsOf { .. } => "write 2026-06-01, or an instant such as 2026-06-01T05:00:00Z",
            Self::Future { .. } => "the run sees everything before the date; name one that is over",
            Self::Plugin(error) | Self::Author(segmenta_plugin_check::Error::Plugin(error)) => return error.hint(),
            Self::Library { source, .. } => return source.hint(),
            Self::Author(_) => return None,
            Self::Engine(error) => return engine_hint(error.root()),
            Self::Run { source, .. } => return engine_hint(source.root()),
            Self::NoPlugin { known, .. } => return Some(format!("there are {}", known.join(", "))),
            Self::NoDataset { known, .. } => return Some(format!("it has {}", known.join(", "))),
            Self::ManyTables { tables, .. } => return Some(format!("name one of {}", tables.join(", "))),
            Self::ManyRuns { runs, .. } => return Some(format!("they are {}", runs.join(", "))),
            Self::NoRun { .. } => "`segmenta runs list PIPELINE` shows them",
            Self::NothingPublished { .. } => "`segmenta run PIPELINE` publishes",
            Self::NoCode { .. } => "`segmenta codes` lists them",
            Self::Opener { .. } => "open the path above yourself, or name a program in BROWSER",
            Self::Panicked => "nothing was published; please report the lines above",
            Self::Mistakes { .. } | Self::Io { .. } | Self::Zone { .. } | Self::Threads { .. } | Self::Output(_) => {
                return None;
            }
        };
        Some(hint.to_owned())
    }

    /// The whole message, with its causes and, where there is one, its place in the pipeline file.
    pub(crate) fn render(&self, render: Render) -> String {
        if let Self::Mistakes { .. } = self {
            return String::new();
        }
        let causes = self.causes();
        match self.place() {
            Some((file, labels)) => {
                let mut notes = causes;
                notes.extend(self.hint());
                let message = Message::error(self.code(), self.to_string(), &labels, &notes);
                message.render(file, render)
            }
            None => self.plain(&causes, render),
        }
    }

    fn plain(&self, causes: &[String], render: Render) -> String {
        let mut text = Message::error(self.code(), self.to_string(), &[], &[]).title(render);
        for cause in causes {
            let _ = writeln!(text, "  because {cause}");
        }
        if let Some(hint) = self.hint() {
            let _ = writeln!(text, "hint: {hint}");
        }
        text
    }

    /// The stable code, where there is one.
    fn code(&self) -> Option<&'static str> {
        match self {
            Self::Plugin(error) => Some(error.code()),
            Self::Library { source, .. } => Some(source.code()),
            _ => match self.engine()? {
                segmenta_engine::Error::Criterion { source, .. } => Some(source.code()),
                _ => None,
            },
        }
    }

    /// The engine's error, without what a plan wrapped around it.
    fn engine(&self) -> Option<&segmenta_engine::Error> {
        match self {
            Self::Engine(error) => Some(error.root()),
            Self::Run { source, .. } => Some(source.root()),
            _ => None,
        }
    }

    fn place(&self) -> Option<(&PipelineFile, Vec<Label>)> {
        match self {
            Self::Zone { label, file, .. } | Self::Library { label, file, .. } => Some((file, vec![label.clone()])),
            Self::Run { source, file } => {
                let label = |span: &Span| Label { span: span.clone(), text: String::new(), primary: true };
                source.span().map(|span| (file.as_ref(), vec![label(span)]))
            }
            _ => None,
        }
    }

    /// Every cause that says something its effect does not say already.
    fn causes(&self) -> Vec<String> {
        let mut said = self.to_string();
        let mut causes = Vec::new();
        let mut next = match self.engine() {
            Some(engine) => std::error::Error::source(engine),
            None => std::error::Error::source(self),
        };
        while let Some(cause) = next {
            let text = cause.to_string();
            let text = text.lines().next().unwrap_or_default();
            if !said.contains(text) && !self.is_told_in_full() {
                causes.push(text.to_owned());
                text.clone_into(&mut said);
            }
            next = cause.source();
        }
        causes
    }

    /// Errors of DataFusion are shown by the engine's own sentence, without the internal ones.
    fn is_told_in_full(&self) -> bool {
        use segmenta_engine::Error::{Expression, Plan};
        matches!(self.engine(), Some(Expression { .. } | Plan(_)))
    }
}

impl From<segmenta_store::Error> for Error {
    /// The engine knows what each of them means for whoever called.
    fn from(error: segmenta_store::Error) -> Self {
        Self::Engine(segmenta_engine::Error::Store(error))
    }
}

fn store_hint(error: &segmenta_store::Error) -> Option<&'static str> {
    use segmenta_store::Error;
    Some(match error {
        Error::Busy { .. } => "wait for it to end; one run at a time publishes to a directory",
        Error::DiskFull { .. } => "make room and run again; nothing was published",
        Error::LocksUnsupported { .. } => "publish to a local disk",
        Error::UnknownRun { .. } | Error::NotHeld { .. } | Error::NotPublished { .. } => {
            "`segmenta runs list PIPELINE` shows the runs and how they stand"
        }
        Error::Unknown { .. } => "`segmenta runs show PIPELINE` settles it",
        _ => return None,
    })
}

fn engine_hint(error: &segmenta_engine::Error) -> Option<String> {
    match error {
        segmenta_engine::Error::Criterion { source, .. } => source.hint(),
        segmenta_engine::Error::Ingest(error) => error.hint(),
        segmenta_engine::Error::Store(error) => store_hint(error).map(str::to_owned),
        segmenta_engine::Error::NothingToFit { .. } => {
            Some("loosen its `where`, or look at the rows of its source".to_owned())
        }
        segmenta_engine::Error::Damaged { path, .. } if path.ends_with("monitor/facts.json") => {
            Some("restore it from a copy; without the file its run is left out of comparisons".to_owned())
        }
        segmenta_engine::Error::StaleModel { .. } => {
            Some("set `refit`, raise `max_age`, or set `on_stale` to \"fit\" or \"warn\"".to_owned())
        }
        _ => None,
    }
}
