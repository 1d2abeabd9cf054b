//! Diagnostics as text: code, place, caret, suggestion, the site of the definition.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use segmenta_pipeline::{Diagnostic, Label, Severity};

use crate::pipeline_file::PipelineFile;

/// How messages are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Render {
    /// Text only.
    Plain,
    /// With ANSI colors.
    Colored,
}

/// A message about places of a pipeline file.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    severity: Severity,
    code: Option<&'a str>,
    text: String,
    labels: &'a [Label],
    notes: &'a [String],
}

impl<'a> Message<'a> {
    /// An error that is no diagnostic of the checker.
    pub(crate) fn error(code: Option<&'a str>, text: String, labels: &'a [Label], notes: &'a [String]) -> Self {
        Self { severity: Severity::Error, code, text, labels, notes }
    }

    /// The first line, with a line break.
    pub(crate) fn title(&self, render: Render) -> String {
        renderer(render).render(&[Group::with_title(self.heading())]) + "\n"
    }

    /// The message with an excerpt of the file, the definition sites, and its notes. Ends in a line break.
    pub(crate) fn render(&self, file: &PipelineFile, render: Render) -> String {
        let mut group = Group::with_title(self.heading());
        for snippet in snippets(file, self.labels) {
            group = group.element(snippet);
        }
        if self.labels.is_empty() {
            group = group.element(Origin::path(file.shown()));
        }
        for note in self.notes {
            group = group.element(Level::NOTE.no_name().message(note.as_str()));
        }
        renderer(render).render(&[group]) + "\n"
    }

    fn heading(&self) -> annotate_snippets::Title<'_> {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(self.text.as_str());
        match self.code {
            Some(code) => title.id(code),
            None => title,
        }
    }
}

/// A diagnostic of the checker. Ends in a line break.
pub(crate) fn diagnostic(problem: &Diagnostic, file: &PipelineFile, render: Render) -> String {
    let notes: Vec<String> = problem.hint.iter().cloned().collect();
    let message = Message {
        severity: problem.severity,
        code: Some(problem.code.as_str()),
        text: problem.message.clone(),
        labels: &problem.labels,
        notes: &notes,
    };
    message.render(file, render)
}

/// One excerpt for the mistake itself, and one for each place it refers to.
fn snippets<'a>(file: &'a PipelineFile, labels: &'a [Label]) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let annotation = |label: &'a Label, kind: AnnotationKind| {
        let annotation = kind.span(label.span.clone());
        if label.text.is_empty() { annotation } else { annotation.label(label.text.as_str()) }
    };
    let excerpt = || Snippet::source(file.text()).path(file.shown());
    let own: Vec<_> = labels.iter().filter(|label| label.primary).collect();
    let mut excerpts = Vec::new();
    if !own.is_empty() {
        excerpts.push(excerpt().annotations(own.into_iter().map(|label| annotation(label, AnnotationKind::Primary))));
    }
    for label in labels.iter().filter(|label| !label.primary) {
        excerpts.push(excerpt().annotation(annotation(label, AnnotationKind::Context)));
    }
    excerpts
}

fn renderer(render: Render) -> Renderer {
    match render {
        Render::Plain => Renderer::plain(),
        Render::Colored => Renderer::styled(),
    }
}
