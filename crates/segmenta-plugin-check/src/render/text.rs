//! For a terminal.

use std::fmt::Write;

use crate::{Difference, Finding, Outcome, Report};

impl Report {
    /// One line per level and criterion, then everything that is wrong with what was expected, what
    /// came, and the next step. Ends with the level reached.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let name = if self.plugin.is_empty() { &self.library } else { &self.plugin };
        let _ = writeln!(text, "{name} {}", self.version);
        for level in &self.levels {
            let findings: Vec<&Finding> = self.findings.iter().filter(|finding| finding.level == *level).collect();
            let _ = writeln!(text, "  {level:<9} {}", summary(&findings));
        }
        for finding in &self.findings {
            match &finding.outcome {
                Outcome::Failed(difference) => block(&mut text, "error", finding, difference),
                Outcome::Warned(difference) => block(&mut text, "warning", finding, difference),
                Outcome::Passed { .. } | Outcome::Skipped { .. } => {}
            }
        }
        let _ = match self.reached() {
            Some(level) => writeln!(text, "\nreached level {level}"),
            None => writeln!(text, "\nreached no level"),
        };
        text
    }
}

fn summary(findings: &[&Finding]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| findings.iter().filter(|finding| wanted(&finding.outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let warned = count(|outcome| matches!(outcome, Outcome::Warned(_)));
    let passed = count(|outcome| matches!(outcome, Outcome::Passed { .. }));
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped { .. }));
    let mut parts = vec![format!("{passed} passed")];
    for (count, what) in [(failed, "failed"), (warned, "to look at"), (skipped, "left out")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let mark = if failed > 0 { "FAILED" } else { "ok    " };
    format!("{mark} {}", parts.join(", "))
}

fn block(text: &mut String, kind: &str, finding: &Finding, difference: &Difference) {
    let owner = finding.criterion.as_ref().map_or_else(String::new, |criterion| format!(" of `{criterion}`"));
    let _ = writeln!(text, "\n{kind}[{}]: {}{owner}", finding.level, finding.rule);
    let _ = writeln!(text, "  expected: {}", difference.expected);
    let _ = writeln!(text, "  came:     {}", difference.came);
    let _ = writeln!(text, "  next:     {}", difference.next);
}
