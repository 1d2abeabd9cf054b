//! What is wrong with a file, as plain data; the command line renders it.

use crate::code::Code;
use crate::model::Span;

/// One mistake, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// Whether the file can still be run.
    pub severity: Severity,
    /// One sentence without a final period; literals in backticks.
    pub message: String,
    /// Places in the file, the primary one first. Empty when the mistake has no place in the
    /// file, such as a missing table or a `--param`.
    pub labels: Vec<Label>,
    /// Further help.
    pub hint: Option<String>,
}

/// A place in the file and what to say there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Byte range of the file's text, on character boundaries.
    pub span: Span,
    /// May be empty.
    pub text: String,
    /// Whether this is the mistake itself rather than a place it refers to.
    pub primary: bool,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but should be looked at.
    Warning,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message.into())
    }

    /// A warning without a place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message.into())
    }

    fn new(code: Code, severity: Severity, message: String) -> Self {
        Self { code, severity, message, labels: Vec::new(), hint: None }
    }

    /// Adds the place of the mistake.
    #[must_use]
    pub fn at(mut self, span: &Span, text: impl Into<String>) -> Self {
        self.labels.insert(0, Label { span: span.clone(), text: text.into(), primary: true });
        self
    }

    /// Adds a place the mistake refers to, such as a definition.
    #[must_use]
    pub fn see(mut self, span: &Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span: span.clone(), text: text.into(), primary: false });
        self
    }

    /// Adds further help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Where the mistake starts in the file; 0 without a place.
    pub fn start(&self) -> usize {
        self.labels.first().map_or(0, |label| label.span.start)
    }
}
