//! Errors of the child as they cross to the runner, where they are the errors of an in-process call.

use segmenta_plugin_abi::SegStatus;
use serde::{Deserialize, Serialize};

use crate::running::intern;
use crate::{Error, Failure};

/// An error that a call into a plugin can end in.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Remote {
    Plugin(Box<Refusal>),
    BadStatus(String),
    BadBind(String),
    BadDescribe(String),
    BadOutput(String),
    TooLarge {
        what: String,
        bytes: u64,
        limit: u64,
    },
    WrongKind(String),
    NoEntry {
        expected: String,
        found: Vec<String>,
    },
    Dlopen(String),
    SideEffect(String),
    EntryFailed(String),
    BadTable(String),
    /// No other error is expected once the runner has looked at the file.
    Other(String),
}

/// What a plugin answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Refusal {
    status: i32,
    message: String,
    problem: Option<String>,
    column: Option<String>,
    row: Option<u64>,
    leaf: Option<u64>,
    rows: Option<std::ops::Range<u64>>,
    param: Option<String>,
    hint: Option<String>,
    location: Option<String>,
    backtrace: Option<String>,
}

/// The call that an error belongs to, as the runner knows it.
pub(super) struct Place<'a> {
    pub(super) plugin: &'a str,
    pub(super) criterion: &'a str,
    pub(super) call: &'static str,
    /// The library.
    pub(super) path: &'a std::path::Path,
}

impl From<Error> for Remote {
    fn from(error: Error) -> Self {
        match error {
            Error::Plugin(failure) => Self::Plugin(Box::new(refusal(*failure))),
            Error::BadStatus { problem, .. } => Self::BadStatus(problem),
            Error::BadBind { problem, .. } => Self::BadBind(problem),
            Error::BadDescribe { problem, .. } => Self::BadDescribe(problem),
            Error::BadOutput { problem, .. } => Self::BadOutput(problem),
            Error::TooLarge { what, bytes, limit, .. } => Self::TooLarge { what: what.to_owned(), bytes, limit },
            Error::WrongKind { problem, .. } => Self::WrongKind(problem.to_owned()),
            Error::NoEntry { expected, found, .. } => Self::NoEntry { expected, found },
            Error::Dlopen { problem, .. } => Self::Dlopen(problem),
            Error::SideEffect { what, .. } => Self::SideEffect(what.to_owned()),
            Error::EntryFailed { problem, .. } => Self::EntryFailed(problem),
            Error::BadTable { problem, .. } => Self::BadTable(problem),
            other => Self::Other(other.to_string()),
        }
    }
}

fn refusal(failure: Failure) -> Refusal {
    let Failure { message, problem, column, row, leaf, rows, param, hint, location, backtrace, .. } = failure;
    let status = failure.status.0;
    Refusal { status, message, problem, column, row, leaf, rows, param, hint, location, backtrace }
}

impl Remote {
    /// The error as the same call would give it in-process. Who was called is not believed but known.
    pub(super) fn at(self, place: &Place<'_>) -> Error {
        let (plugin, criterion) = (place.plugin.to_owned(), place.criterion.to_owned());
        let path = || place.path.to_owned();
        match self {
            Self::Plugin(refusal) => Error::Plugin(Box::new(refusal.at(place))),
            Self::BadStatus(problem) => Error::BadStatus { plugin, criterion, call: place.call, problem },
            Self::BadBind(problem) => Error::BadBind { criterion, problem },
            Self::BadDescribe(problem) => Error::BadDescribe { plugin, problem },
            Self::BadOutput(problem) => Error::BadOutput { criterion, problem },
            Self::TooLarge { what, bytes, limit } => {
                let owner = if criterion.is_empty() { plugin } else { criterion };
                Error::TooLarge { owner, what: word(&what), bytes, limit }
            }
            Self::WrongKind(problem) => Error::WrongKind { criterion, problem: word(&problem) },
            Self::NoEntry { expected, found } => Error::NoEntry { path: path(), expected, found },
            Self::Dlopen(problem) => Error::Dlopen { path: path(), problem },
            Self::SideEffect(what) => Error::SideEffect { path: path(), what: word(&what) },
            Self::EntryFailed(problem) => Error::EntryFailed { plugin, problem },
            Self::BadTable(problem) => Error::BadTable { plugin, problem },
            Self::Other(problem) => Error::Protocol { plugin, problem },
        }
    }
}

impl Refusal {
    fn at(self, place: &Place<'_>) -> Failure {
        let Self { message, problem, column, row, leaf, rows, param, hint, location, backtrace, .. } = self;
        Failure {
            plugin: place.plugin.to_owned(),
            criterion: place.criterion.to_owned(),
            call: place.call,
            status: SegStatus(self.status),
            message,
            problem,
            column,
            row,
            leaf,
            rows,
            param,
            hint,
            location,
            backtrace,
        }
    }
}

/// A word of ours that came back; anything long is none.
fn word(text: &str) -> &'static str {
    if text.len() <= 100 { intern(text) } else { "answer" }
}
