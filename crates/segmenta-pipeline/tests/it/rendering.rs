//! Diagnostics as plain text, `line:column` and all.

use segmenta_pipeline::{Diagnostic, Severity};

/// One block per diagnostic: place, message, what stands at the caret, further places, hint.
pub(crate) fn render(text: &str, problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| render_one(text, problem)).collect::<Vec<_>>().join("\n")
}

fn render_one(text: &str, problem: &Diagnostic) -> String {
    let word = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut lines = vec![format!("{word}[{}]: {}", problem.code, problem.message)];
    for label in &problem.labels {
        let (line, column) = position(text, label.span.start);
        let arrow = if label.primary { "-->" } else { ":::" };
        let quoted = text[label.span.clone()].lines().next().unwrap_or_default();
        lines.push(format!("  {arrow} {line}:{column} {quoted} | {}", label.text).trim_end().to_owned());
    }
    lines.extend(problem.hint.iter().map(|hint| format!("  = {hint}")));
    lines.join("\n") + "\n"
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
