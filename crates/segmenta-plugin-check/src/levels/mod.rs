//! One file per level. The level `static` is in [`still`], as `static` is a word of the language.

mod apart;
mod contract;
mod fit;
pub(crate) mod load;
mod odd;
mod rows;
pub(crate) mod still;
pub(crate) mod stress;

use segmenta_plugin_host::{CriterionInfo, Error, Registry};

use crate::options::{Options, Target};
use crate::report::{Difference, Sink};
use crate::subject::Subject;
use crate::{Level, bench};

/// What a level looks at.
pub(crate) struct Checking<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) info: &'a CriterionInfo,
    pub(crate) options: &'a Options,
    pub(crate) target: &'a Target,
}

/// The rules of one level above `load` for one criterion.
pub(crate) fn run(level: Level, checking: &Checking<'_>, sink: &mut Sink<'_>) {
    let Checking { registry, info, options, .. } = *checking;
    let subject = match Subject::find(registry, info, options) {
        Ok(subject) => subject,
        Err(difference) => return sink.fail("usable", difference),
    };
    match level {
        Level::Static | Level::Load => {}
        Level::Contract => contract::check(&subject, sink),
        Level::Data => odd::check(&subject, sink),
        Level::Rows => rows::check(&subject, sink),
        Level::Fit => fit::check(&subject, sink),
        Level::Stress => stress::check(&subject, checking.target, sink),
        Level::Process => apart::check(&subject, checking.target, sink),
        Level::Bench => bench::check(&subject, sink),
    }
}

/// Whether an error is one that a criterion may answer odd rows with, rather than a defect.
pub(crate) fn is_refusal(error: &Error) -> bool {
    matches!(error.code(), "data" | "schema" | "params" | "input" | "nulls" | "unsupported")
}

/// A difference for an error that is a defect.
pub(crate) fn defect(what: &str, error: &Error) -> Difference {
    let place = match error {
        Error::Plugin(failure) => failure.location.as_deref(),
        _ => None,
    };
    let next = match (error.code(), place) {
        ("panic", Some(place)) => format!("look at {place}"),
        ("panic", None) => "look for the panic in the criterion's code".to_owned(),
        ("bad-output", _) => "write one value of the announced type for every row".to_owned(),
        _ => "answer what cannot be used with a `data` error that names column and row".to_owned(),
    };
    Difference::error(format!("{what}: a result or a refusal"), error, next)
}
