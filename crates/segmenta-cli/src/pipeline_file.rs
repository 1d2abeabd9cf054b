//! A pipeline file on its way to a checked pipeline.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use segmenta_pipeline::model::{PluginUse, Span};
use segmenta_pipeline::{Diagnostic, OpenCatalog, Pipeline, ReadOptions, Severity};
use segmenta_plugin_host::Registry;

use crate::arguments::Reading;
use crate::catalog::PluginCatalog;
use crate::diagnostics;
use crate::error::{Error, Result};
use crate::program::Program;

/// The text of a pipeline file and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct PipelineFile {
    shown: String,
    directory: PathBuf,
    text: String,
}

/// What the checker says of a file.
#[derive(Debug)]
pub(crate) struct Checked {
    /// `None` when there is an error.
    pub(crate) pipeline: Option<Pipeline>,
    /// In file order.
    pub(crate) problems: Vec<Diagnostic>,
}

impl PipelineFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Error::Io`] when it is not there or is not UTF-8.
    pub(crate) fn open(program: &Program<'_>, given: &Path) -> Result<Self> {
        let path = program.path(given);
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|source| Error::Io { operation: "read", path: given.to_owned(), source })?;
        let directory = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Ok(Self { shown: given.display().to_string(), directory, text })
    }

    /// The path as the user wrote it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where the file is.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The plugins it asks for.
    pub(crate) fn plugins(&self, program: &Program<'_>, reading: &Reading) -> IndexMap<String, PluginUse> {
        let variable = |name: &str| program.environment.variables.get(name).cloned();
        let options =
            ReadOptions { directory: &self.directory, params: &reading.pairs(), env: &variable, catalog: &OpenCatalog };
        segmenta_pipeline::plugins(&self.text, &options)
    }

    /// Line and column of a byte, both counted from 1, the column in characters.
    pub(crate) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at.min(self.text.len())];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// The place of the value of a key in a table, as far as plain text search can tell.
    pub(crate) fn place_of(&self, value: &str) -> Option<Span> {
        let start = self.text.find(&format!("\"{value}\""))?;
        Some(start..start + value.len() + 2)
    }

    /// Everything that is wrong with the file.
    pub(crate) fn check(&self, program: &Program<'_>, reading: &Reading, registry: &Registry) -> Checked {
        let variable = |name: &str| program.environment.variables.get(name).cloned();
        let options = ReadOptions {
            directory: &self.directory,
            params: &reading.pairs(),
            env: &variable,
            catalog: &PluginCatalog::new(registry),
        };
        let (pipeline, problems) = segmenta_pipeline::read(&self.text, &options);
        Checked { pipeline, problems }
    }

    /// The checked pipeline; warnings and errors are shown.
    ///
    /// # Errors
    /// [`Error::Mistakes`] when one of them is an error.
    pub(crate) fn pipeline(
        &self,
        program: &mut Program<'_>,
        reading: &Reading,
        registry: &Registry,
    ) -> Result<Pipeline> {
        let checked = self.check(program, reading, registry);
        let render = program.render();
        for problem in &checked.problems {
            if problem.severity == Severity::Error || !program.options.quiet {
                program.say(&(diagnostics::diagnostic(problem, self, render) + "\n"));
            }
        }
        checked.pipeline.ok_or_else(|| {
            program.say(&format!("{}\n", checked_summary(&self.shown, &checked.problems)));
            Error::Mistakes { path: self.shown.clone() }
        })
    }
}

/// `retail: 5 errors, 1 warning`.
pub(crate) fn checked_summary(name: &str, problems: &[Diagnostic]) -> String {
    let count = |severity: Severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let counted = |n: usize, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let parts = [counted(count(Severity::Error), "error"), counted(count(Severity::Warning), "warning")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{name}: {}", if parts.is_empty() { "ok".to_owned() } else { parts.join(", ") })
}
