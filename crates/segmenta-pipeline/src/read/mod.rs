//! From the file's tables to the checked model, one file per table.

mod params;
mod reader;

mod columns;
mod entity;
mod features;
mod formats;
mod header;
mod schedule;
mod sources;
mod tables;

mod criteria;
mod inputs;
mod options;
mod plugins;

mod monitor;
mod outputs;
mod report;
mod schemes;
mod strategy;
mod terms;
mod valuation;

use std::path::Path;

use indexmap::IndexMap;
use toml::de::DeTable;

use crate::catalog::Catalog;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::Problems;
use crate::model::{Pipeline, PluginUse};
use reader::Reader;

/// What a file is read with besides its text.
#[derive(Clone, Copy)]
pub struct ReadOptions<'a> {
    /// Directory of the file; relative paths in it are resolved against this one.
    pub directory: &'a Path,
    /// `--param` values, the last of equal keys winning; typed by the default in `[params]`.
    pub params: &'a [(String, String)],
    /// The environment, as far as `${env.X}` asks for it.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// What plugins there are.
    pub catalog: &'a dyn Catalog,
}

/// Reads and checks a pipeline file.
///
/// Gives the pipeline if nothing is an error, and everything there is to say, in file order. Only
/// text that is not TOML hides other mistakes.
pub fn read(text: &str, options: &ReadOptions<'_>) -> (Option<Pipeline>, Vec<Diagnostic>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut problems: Problems = errors.iter().map(|error| syntax(text, error)).collect();
    if problems.iter().any(|problem| problem.code == Code::Syntax) {
        return (None, problems);
    }
    let (pipeline, found) = Reader::read(text, document.get_ref(), options);
    problems.extend(found);
    problems.sort_by_key(Diagnostic::start);
    problems.dedup();
    let usable = problems.iter().all(|problem| problem.severity == Severity::Warning);
    (usable.then_some(pipeline), problems)
}

/// The plugins that a file loads, by name: what has to be known before a [`Catalog`] can answer.
///
/// Says nothing of mistakes; [`read`] reports them with all others.
pub fn plugins(text: &str, options: &ReadOptions<'_>) -> IndexMap<String, PluginUse> {
    let (document, _) = DeTable::parse_recoverable(text);
    Reader::read_plugins(text, document.get_ref(), options)
}

fn syntax(text: &str, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    let end = text.len();
    let span = span.start.min(end)..span.end.min(end);
    if error.message() == "duplicate key" {
        let message = format!("`{}` stands twice", text.get(span.clone()).unwrap_or_default());
        return Diagnostic::error(Code::DuplicateKey, message).at(&span, "remove or rename one of the two");
    }
    Diagnostic::error(Code::Syntax, format!("this is not TOML: {}", error.message())).at(&span, "")
}
