//! `validate`: every mistake of every file, without starting an engine.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::{Args, ValueEnum};
use segmenta_engine::ExitStatus;
use segmenta_pipeline::{Diagnostic, Label, Severity};
use segmenta_plugin_host::Registry;
use serde::Serialize;

use crate::arguments::Reading;
use crate::diagnostics;
use crate::error::{Error, Result};
use crate::pipeline_file::{Checked, PipelineFile, checked_summary};
use crate::plugins;
use crate::program::Program;

const EXAMPLES: &str = "\
Examples:
  segmenta validate                           every pipeline in ./pipelines or .
  segmenta validate shop/retail.toml
  segmenta validate --format json --deny-warnings      for a build server

Exit status: 0 when there is no mistake, 78 when there is one. `segmenta codes`
explains their codes. The files of the sources are looked at by `plan` and
`run`, not here.";

/// Report every mistake of pipeline files at once
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Pipeline files, or directories of them
    #[arg(value_name = "PIPELINE")]
    pipelines: Vec<PathBuf>,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    /// Text for people, or JSON on the standard output
    #[arg(long, value_name = "FORM", default_value = "human")]
    format: Format,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    let mut checked = Vec::new();
    let mut plugins = Plugins::default();
    for path in pipelines(program, &arguments.pipelines)? {
        let file = PipelineFile::open(program, &path)?;
        let registry = plugins.of(program, &arguments.reading, &file)?;
        let found = file.check(program, &arguments.reading, &registry);
        checked.push((file, found));
    }
    match arguments.format {
        Format::Human => tell(program, &checked),
        Format::Json => {
            let files: Vec<FileReport<'_>> = checked.iter().map(|(file, checked)| report(file, checked)).collect();
            program.print_json(&serde_json::json!({ "files": files }))?;
        }
    }
    let fails = |problem: &Diagnostic| arguments.deny_warnings || problem.severity == Severity::Error;
    let failed = checked.iter().any(|(_, checked)| checked.problems.iter().any(fails));
    Ok(if failed { ExitStatus::Configuration } else { ExitStatus::Ok }.code())
}

/// The plugins of files of one directory that ask for none of their own are loaded once.
#[derive(Default)]
struct Plugins {
    shared: Option<(PathBuf, Rc<Registry>)>,
}

impl Plugins {
    fn of(&mut self, program: &Program<'_>, reading: &Reading, file: &PipelineFile) -> Result<Rc<Registry>> {
        let asks = !file.plugins(program, reading).is_empty();
        if let Some((directory, registry)) = self.shared.as_ref().filter(|_| !asks)
            && directory == file.directory()
        {
            return Ok(Rc::clone(registry));
        }
        let registry = Rc::new(plugins::registry_of(program, reading, file)?);
        if !asks {
            self.shared = Some((file.directory().to_owned(), Rc::clone(&registry)));
        }
        Ok(registry)
    }
}

/// The files that are named, and those of the directories that are.
fn pipelines(program: &Program<'_>, given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if given.is_empty() {
        let usual = Path::new("pipelines");
        let directory = if program.path(usual).is_dir() { usual } else { Path::new(".") };
        return in_directory(program, directory);
    }
    let mut files = Vec::new();
    for path in given {
        if program.path(path).is_dir() {
            files.extend(in_directory(program, path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// The `*.toml` files of a directory that have a `[pipeline]`, by name.
fn in_directory(program: &Program<'_>, directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::Io { operation: "read", path: directory.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(program.path(directory)).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if is_toml && std::fs::read_to_string(&path).is_ok_and(|text| is_pipeline(&text)) {
            files.push(directory.join(path.file_name().unwrap_or_default()));
        }
    }
    if files.is_empty() {
        return Err(Error::NoPipelines { path: directory.to_owned() });
    }
    files.sort_unstable();
    Ok(files)
}

fn is_pipeline(text: &str) -> bool {
    text.lines().any(|line| line.trim() == "[pipeline]")
}

/// Every diagnostic, and one line with the counts of each file.
fn tell(program: &mut Program<'_>, checked: &[(PipelineFile, Checked)]) {
    let render = program.render();
    let mut summaries = Vec::new();
    for (file, checked) in checked {
        for problem in &checked.problems {
            if problem.severity == Severity::Error || !program.options.quiet {
                program.say(&(diagnostics::diagnostic(problem, file, render) + "\n"));
            }
        }
        summaries.push(checked_summary(&name(file, checked), &checked.problems));
    }
    let mut problems: Vec<&Diagnostic> = checked.iter().flat_map(|(_, checked)| &checked.problems).collect();
    problems.sort_by_key(|problem| problem.severity);
    let explain = |problem: &&Diagnostic| format!("      (explain a code with `segmenta codes {}`)", problem.code);
    let explain = problems.first().map(explain);
    let line = format!("{}{}\n", summaries.join("      "), explain.unwrap_or_default());
    program.tell(&line);
}

/// The pipeline's name, or that of the file when it could not be read.
fn name(file: &PipelineFile, checked: &Checked) -> String {
    match &checked.pipeline {
        Some(pipeline) => pipeline.pipeline.name.clone(),
        None => Path::new(file.shown()).file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    pipeline: String,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<DiagnosticReport<'a>>,
}

#[derive(Serialize)]
struct DiagnosticReport<'a> {
    code: &'a str,
    name: &'a str,
    severity: &'a str,
    message: &'a str,
    labels: Vec<LabelReport<'a>>,
    hint: Option<&'a str>,
}

/// Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Serialize)]
struct LabelReport<'a> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
    primary: bool,
}

fn report<'a>(file: &'a PipelineFile, checked: &'a Checked) -> FileReport<'a> {
    let count = |severity: Severity| checked.problems.iter().filter(|problem| problem.severity == severity).count();
    FileReport {
        path: file.shown(),
        pipeline: name(file, checked),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        diagnostics: checked.problems.iter().map(|problem| diagnostic(file, problem)).collect(),
    }
}

fn diagnostic<'a>(file: &PipelineFile, problem: &'a Diagnostic) -> DiagnosticReport<'a> {
    DiagnosticReport {
        code: problem.code.as_str(),
        name: problem.code.name(),
        severity: match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &problem.message,
        labels: problem.labels.iter().map(|label| place(file, label)).collect(),
        hint: problem.hint.as_deref(),
    }
}

fn place<'a>(file: &PipelineFile, label: &'a Label) -> LabelReport<'a> {
    let (line, column) = file.line_and_column(label.span.start);
    let (end_line, end_column) = file.line_and_column(label.span.end);
    LabelReport { line, column, end_line, end_column, text: &label.text, primary: label.primary }
}
