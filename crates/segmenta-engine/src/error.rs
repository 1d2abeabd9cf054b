//! Why a run stopped.

use datafusion::error::DataFusionError;
use segmenta_pipeline::model::Span;

use crate::ExitStatus;

/// Result of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run stopped. Nothing is published after any of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A source cannot be read or broke its contract.
    #[error(transparent)]
    Ingest(#[from] segmenta_ingest::Error),
    /// A plugin refused, failed or gave something unusable.
    #[error("criterion `{criterion}` failed{}", .keys.as_ref().map(|keys| format!(" for {keys}")).unwrap_or_default())]
    Criterion {
        /// Name of the `[criteria]` table.
        criterion: String,
        /// The entities it was labelling: `customer 17`, `customers 1 to 40`.
        keys: Option<String>,
        /// The table in the pipeline file.
        span: Span,
        #[source]
        source: Box<segmenta_plugin_host::Error>,
    },
    /// A criterion is fitted but no entity passes its `where`.
    #[error("criterion `{criterion}` has no rows to fit on")]
    NothingToFit {
        /// Name of the `[criteria]` table.
        criterion: String,
        /// The table in the pipeline file.
        span: Span,
    },
    /// A model is older than its criterion allows, and nothing else is to be done.
    #[error("the model of criterion `{criterion}` was {why}")]
    StaleModel {
        /// Name of the `[criteria]` table.
        criterion: String,
        /// The table in the pipeline file.
        span: Span,
        /// When it was fitted.
        why: String,
    },
    /// The store cannot stage or publish.
    #[error(transparent)]
    Store(#[from] segmenta_store::Error),
    /// An SQL expression of the pipeline file does not fit the data.
    #[error("`{text}` cannot be used: {}", plain(.source))]
    Expression {
        /// The expression.
        text: String,
        /// Its place in the pipeline file.
        span: Span,
        source: Box<DataFusionError>,
    },
    /// The system gives no threads.
    #[error("no threads can be started")]
    Threads {
        #[source]
        source: rayon::ThreadPoolBuildError,
    },
    /// The report cannot be drawn.
    #[error(transparent)]
    Report(#[from] segmenta_report::Error),
    /// A plan failed while it ran.
    #[error("{}", plain(.0))]
    Plan(Box<DataFusionError>),
    /// Arrow or Parquet refused.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
    /// A statistic has no value where one is needed.
    #[error(transparent)]
    Statistic(#[from] segmenta_stats::Error),
    /// A Parquet file cannot be written or read back.
    #[error("`{path}` cannot be written or read as Parquet")]
    Parquet {
        /// The file.
        path: std::path::PathBuf,
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A file of a run cannot be read or written.
    #[error("`{path}` cannot be opened")]
    Io {
        /// The file.
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// No entity is left to segment.
    #[error("no {entity} is left to segment: `{origin}` has {n_rows} rows and none passes the filter")]
    NoEntity {
        /// What is segmented.
        entity: String,
        /// Source or table of the entities.
        origin: String,
        /// Rows before the filter.
        n_rows: usize,
    },
    /// Two rows of the entity source have the same key.
    #[error("the key `{key}` occurs more than once in `{origin}`: {example}")]
    DuplicateKey {
        /// Key column.
        key: String,
        /// Source or table of the entities.
        origin: String,
        /// One value that occurs twice.
        example: String,
    },
    /// A row of the entity source has no key.
    #[error("the key `{key}` is null in {n_rows} rows of `{origin}`")]
    NullKey {
        /// Key column.
        key: String,
        /// Source or table of the entities.
        origin: String,
        /// How many.
        n_rows: usize,
    },
    /// A column that the data does not have.
    #[error("there is no column `{column}` among {}", .known.join(", "))]
    NoColumn {
        /// The missing column.
        column: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A value column must be a number.
    #[error("`{text}` is {found}, not a number")]
    NotNumeric {
        /// The expression.
        text: String,
        /// Its place in the pipeline file.
        span: Span,
        /// Its type.
        found: String,
    },
    /// The money of an entity cannot be counted.
    #[error("`{column}` is not a finite number for {n_rows} {entity}s, first for {key}")]
    NotFinite {
        /// The value column.
        column: String,
        /// What is segmented.
        entity: String,
        /// How many.
        n_rows: usize,
        /// Key of the first.
        key: String,
    },
    /// A segment has no terms.
    #[error("segment `{segment}` of scheme `{scheme}` has no terms")]
    NoTerms {
        /// The scheme.
        scheme: String,
        /// The segment.
        segment: String,
        /// `[strategy]` in the pipeline file.
        span: Span,
    },
    /// The exceptions file cannot be used.
    #[error("`{path}` line {line}: {message}")]
    Exceptions {
        /// The file.
        path: std::path::PathBuf,
        /// 1-based line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A calendar computation left the calendar.
    #[error("the time window leaves the calendar")]
    Calendar {
        #[source]
        source: jiff::Error,
    },
    /// A file of an earlier run is not what was published.
    #[error("`{path}` of run {run_id} is damaged: {message}")]
    Damaged {
        /// The file.
        path: std::path::PathBuf,
        /// The run it belongs to.
        run_id: String,
        /// What is wrong.
        message: String,
    },
}

impl Error {
    /// The error itself, or the one of ours that a plan handed on.
    pub fn root(&self) -> &Self {
        match self {
            Self::Plan(error) => ours(error).unwrap_or(self),
            other => other,
        }
    }

    /// What the failure means for whoever scheduled the run.
    pub fn exit_status(&self) -> ExitStatus {
        match self.root() {
            Self::Ingest(error) => ingest_status(error),
            Self::Criterion { source, .. } => plugin_status(source),
            Self::Store(error) => store_status(error),
            Self::NothingToFit { .. }
            | Self::StaleModel { .. }
            | Self::NoEntity { .. }
            | Self::DuplicateKey { .. }
            | Self::NullKey { .. }
            | Self::NotFinite { .. }
            | Self::Statistic(_)
            | Self::Damaged { .. }
            | Self::Exceptions { .. } => ExitStatus::Data,
            Self::Expression { .. }
            | Self::NoColumn { .. }
            | Self::NotNumeric { .. }
            | Self::NoTerms { .. }
            | Self::Calendar { .. } => ExitStatus::Configuration,
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => ExitStatus::NoInput,
            Self::Io { .. } | Self::Parquet { .. } | Self::Threads { .. } => ExitStatus::Unavailable,
            Self::Report(_) => ExitStatus::Software,
            Self::Plan(_) | Self::Arrow(_) => ExitStatus::Failed,
        }
    }

    /// The place in the pipeline file, where there is one.
    pub fn span(&self) -> Option<&Span> {
        match self.root() {
            Self::Criterion { span, .. }
            | Self::NothingToFit { span, .. }
            | Self::StaleModel { span, .. }
            | Self::Expression { span, .. }
            | Self::NotNumeric { span, .. }
            | Self::NoTerms { span, .. } => Some(span).filter(|span| !span.is_empty()),
            _ => None,
        }
    }
}

impl From<DataFusionError> for Error {
    /// Errors of ours travel through plans as external errors; [`Error::root`] finds them again.
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(ours) => *ours,
                Err(inner) => Self::Plan(Box::new(DataFusionError::External(inner))),
            },
            other => Self::Plan(Box::new(other)),
        }
    }
}

/// The error of ours that a plan handed on; joins and exchanges wrap it in theirs.
fn ours(error: &DataFusionError) -> Option<&Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(ours) = error.downcast_ref::<Error>() {
            return Some(ours.root());
        }
        next = error.source();
    }
    None
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

/// The engine's message without its internal prefixes and back-traces.
fn plain(error: &DataFusionError) -> String {
    if let Some(ours) = ours(error) {
        return ours.to_string();
    }
    let text = error.strip_backtrace();
    let text = text.lines().next().unwrap_or_default();
    let prefixes = ["Error during planning: ", "Schema error: ", "Execution error: ", "SQL error: ", "Arrow error: "];
    let text = prefixes.iter().fold(text, |text, prefix| text.strip_prefix(prefix).unwrap_or(text));
    // Columns of a plan without a name of its own.
    text.replace("\"?table?\".", "").replace("?table?.", "")
}

fn ingest_status(error: &segmenta_ingest::Error) -> ExitStatus {
    use segmenta_ingest::Error as E;
    match error {
        E::NoFiles { .. } => ExitStatus::NoInput,
        E::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => ExitStatus::NoInput,
        E::Io { .. } => ExitStatus::Unavailable,
        E::Expectation { .. } => ExitStatus::NoInput,
        E::Glob { .. } | E::ContractRequired { .. } | E::Option { .. } | E::UnknownColumn { .. } => {
            ExitStatus::Configuration
        }
        E::KeysMissing { .. } | E::NoSuchUnit { .. } | E::Incomplete { .. } => ExitStatus::Software,
        _ => ExitStatus::Data,
    }
}

fn plugin_status(error: &segmenta_plugin_host::Error) -> ExitStatus {
    use segmenta_plugin_host::{Error as E, SegStatus};
    match error {
        E::Plugin(failure) => match failure.status {
            SegStatus::DATA | SegStatus::MODEL | SegStatus::STATE => ExitStatus::Data,
            SegStatus::PARAMS | SegStatus::SCHEMA | SegStatus::UNSUPPORTED => ExitStatus::Configuration,
            _ => ExitStatus::Software,
        },
        E::Nulls { .. } => ExitStatus::Data,
        E::BadOutput { .. }
        | E::TooManyPasses { .. }
        | E::WrongKind { .. }
        | E::BadStatus { .. }
        | E::Crashed { .. }
        | E::Protocol { .. } => ExitStatus::Software,
        _ => ExitStatus::Configuration,
    }
}

fn store_status(error: &segmenta_store::Error) -> ExitStatus {
    use segmenta_store::Error as E;
    match error {
        E::Busy { .. } | E::Conflict { .. } => ExitStatus::Busy,
        E::Unknown { .. } => ExitStatus::Unknown,
        E::RunExists { .. } | E::UnknownRun { .. } | E::NotHeld { .. } | E::NotPublished { .. } | E::Name { .. } => {
            ExitStatus::Configuration
        }
        E::DiskFull { .. } | E::Io { .. } | E::LocksUnsupported { .. } => ExitStatus::Unavailable,
        E::Malformed { .. } | E::Newer { .. } | E::Damaged { .. } => ExitStatus::Data,
        _ => ExitStatus::Software,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn no_terms() -> Error {
        Error::NoTerms { scheme: "value".into(), segment: "big".into(), span: 3..9 }
    }

    /// Hash joins share their error between partitions, operators add context, streams box it.
    fn wrapped(error: Error) -> Vec<DataFusionError> {
        let [a, b, c, d] = [0; 4].map(|_| DataFusionError::from(no_terms()));
        vec![
            DataFusionError::from(error),
            DataFusionError::Shared(Arc::new(a)),
            DataFusionError::Context("while joining".into(), Box::new(b)),
            DataFusionError::Shared(Arc::new(DataFusionError::Context("twice".into(), Box::new(c)))),
            DataFusionError::External(Box::new(DataFusionError::Shared(Arc::new(d)))),
        ]
    }

    #[test]
    fn an_error_of_ours_keeps_status_place_and_text_through_a_plan() {
        for error in wrapped(no_terms()) {
            let error = Error::from(error);
            assert_eq!(error.exit_status(), ExitStatus::Configuration, "{error:?}");
            assert_eq!(error.span(), Some(&(3..9)), "{error:?}");
            assert_eq!(error.to_string(), "segment `big` of scheme `value` has no terms");
        }
    }

    #[test]
    fn an_error_of_ours_is_found_behind_our_own_plan_error() {
        let inner = Error::Plan(Box::new(DataFusionError::Shared(Arc::new(no_terms().into()))));
        let outer = Error::from(DataFusionError::Context("again".into(), Box::new(inner.into())));
        assert_eq!(outer.exit_status().code(), 78);
    }

    #[test]
    fn a_foreign_error_has_no_class_and_loses_its_prefix() {
        let error = Error::from(DataFusionError::Execution("no such thing".into()));
        assert_eq!(error.exit_status(), ExitStatus::Failed);
        assert_eq!(error.to_string(), "no such thing");
        assert_eq!(error.span(), None);
    }

    #[test]
    fn a_missing_file_is_missing_input_and_an_unreadable_one_is_not() {
        let io = |kind: std::io::ErrorKind| {
            let error = segmenta_ingest::Error::Io { operation: "open", path: "a.csv".into(), source: kind.into() };
            Error::from(error).exit_status()
        };
        assert_eq!(io(std::io::ErrorKind::NotFound), ExitStatus::NoInput);
        assert_eq!(io(std::io::ErrorKind::PermissionDenied), ExitStatus::Unavailable);
    }
}
