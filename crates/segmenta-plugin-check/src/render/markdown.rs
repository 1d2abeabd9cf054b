//! For a README.

use std::fmt::Write;

use crate::{Outcome, Report};

impl Report {
    /// A Markdown table of what was looked at: a row per level and rule, a column per criterion.
    pub fn markdown(&self) -> String {
        let mut columns: Vec<&str> = Vec::new();
        for finding in &self.findings {
            let column = finding.criterion.as_deref().unwrap_or("library");
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        let mut table = format!("| level | rule | {} |\n", columns.join(" | "));
        let _ = writeln!(table, "|---|---|{}", "---|".repeat(columns.len()));
        let mut rules: Vec<(crate::Level, &str)> = Vec::new();
        for finding in &self.findings {
            let rule = (finding.level, finding.rule.as_str());
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        for (level, rule) in rules {
            let cells = columns.iter().map(|column| self.cell(level, rule, column)).collect::<Vec<_>>();
            let _ = writeln!(table, "| {level} | {} | {} |", escaped(rule), cells.join(" | "));
        }
        table
    }

    fn cell(&self, level: crate::Level, rule: &str, column: &str) -> String {
        let is = |finding: &&crate::Finding| {
            finding.level == level
                && finding.rule == rule
                && finding.criterion.as_deref().unwrap_or("library") == column
        };
        match self.findings.iter().find(is).map(|finding| &finding.outcome) {
            None => String::new(),
            Some(Outcome::Passed { detail }) if detail.is_empty() => "yes".to_owned(),
            Some(Outcome::Passed { detail }) => format!("yes ({})", escaped(detail)),
            Some(Outcome::Skipped { .. }) => "–".to_owned(),
            Some(Outcome::Warned(difference)) => format!("look: {}", escaped(&difference.came)),
            Some(Outcome::Failed(difference)) => format!("**no**: {}", escaped(&difference.came)),
        }
    }
}

/// Text in a cell.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
