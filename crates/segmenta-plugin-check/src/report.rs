//! What a check found.

use serde::{Deserialize, Serialize};

use crate::Level;

/// Everything that was looked at, in the order it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// The file, or the name of a plugin that is linked in.
    pub library: String,
    /// Name of the plugin; empty if it could not be loaded.
    pub plugin: String,
    /// Its version; empty if it could not be loaded.
    pub version: String,
    /// Digest of the file's bytes, 64 hex digits; empty if it could not be loaded.
    pub sha256: String,
    /// Levels that were looked at, whatever came of it.
    pub levels: Vec<Level>,
    /// One per rule.
    pub findings: Vec<Finding>,
}

/// One rule and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The level it belongs to.
    pub level: Level,
    /// Name of the criterion; `None` for what concerns the library.
    pub criterion: Option<String>,
    /// Stable name of the rule.
    pub rule: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// It holds.
    Passed {
        /// What was measured, if a person wants to know; may be empty.
        detail: String,
    },
    /// It does not apply here, or could not be looked at.
    Skipped {
        /// Why.
        why: String,
    },
    /// It holds no more than is needed.
    Warned(Difference),
    /// It does not hold.
    Failed(Difference),
}

/// Why a rule does not hold, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What should have come.
    pub expected: String,
    /// What came.
    pub came: String,
    /// What the author does next.
    pub next: String,
}

impl Report {
    /// The last level up to which every level was looked at and nothing failed.
    pub fn reached(&self) -> Option<Level> {
        let failed = |level: &Level| self.failures().any(|finding| finding.level == *level);
        Level::ALL.into_iter().take_while(|level| self.levels.contains(level) && !failed(level)).last()
    }

    /// Whether nothing failed.
    pub fn is_green(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The rules that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Failed(_)))
    }

    /// As [`Report::failures`], of this rule.
    pub fn failed(&self, rule: &str) -> Option<&Finding> {
        self.failures().find(|finding| finding.rule == rule)
    }

    /// The report as JSON.
    ///
    /// # Panics
    /// Never: it holds texts and lists only.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and lists are always JSON")
    }

    /// Adds what was found by another check of the same library.
    pub(crate) fn append(&mut self, other: Self) {
        for (mine, theirs) in
            [(&mut self.plugin, other.plugin), (&mut self.version, other.version), (&mut self.sha256, other.sha256)]
        {
            if mine.is_empty() {
                *mine = theirs;
            }
        }
        self.findings.extend(other.findings);
    }
}

/// Where the rules of one level and criterion are written down.
pub(crate) struct Sink<'a> {
    level: Level,
    criterion: Option<&'a str>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(level: Level, criterion: Option<&'a str>, findings: &'a mut Vec<Finding>) -> Self {
        Self { level, criterion, findings }
    }

    pub(crate) fn pass(&mut self, rule: &str) {
        self.measured(rule, String::new());
    }

    pub(crate) fn measured(&mut self, rule: &str, detail: String) {
        self.add(rule, Outcome::Passed { detail });
    }

    pub(crate) fn skip(&mut self, rule: &str, why: impl Into<String>) {
        self.add(rule, Outcome::Skipped { why: why.into() });
    }

    pub(crate) fn warn(&mut self, rule: &str, difference: Difference) {
        self.add(rule, Outcome::Warned(difference));
    }

    pub(crate) fn fail(&mut self, rule: &str, difference: Difference) {
        self.add(rule, Outcome::Failed(difference));
    }

    /// Passes with `None`, else fails.
    pub(crate) fn verdict(&mut self, rule: &str, difference: Option<Difference>) {
        match difference {
            None => self.pass(rule),
            Some(difference) => self.fail(rule, difference),
        }
    }

    fn add(&mut self, rule: &str, outcome: Outcome) {
        let criterion = self.criterion.map(str::to_owned);
        self.findings.push(Finding { level: self.level, criterion, rule: rule.to_owned(), outcome });
    }
}

impl Difference {
    pub(crate) fn new(expected: impl Into<String>, came: impl Into<String>, next: impl Into<String>) -> Self {
        Self { expected: expected.into(), came: came.into(), next: next.into() }
    }

    /// An error where none should be.
    pub(crate) fn error(
        expected: impl Into<String>,
        error: &segmenta_plugin_host::Error,
        next: impl Into<String>,
    ) -> Self {
        let next = error.hint().unwrap_or_else(|| next.into());
        Self::new(expected, format!("{}: {error}", error.code()), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_reached_is_the_one_before_the_first_failure() {
        let mut report = Report { levels: Level::ALL[..4].to_vec(), ..Report::default() };
        assert_eq!(report.reached(), Some(Level::Data));
        Sink::new(Level::Contract, None, &mut report.findings).fail("r", Difference::new("a", "b", "c"));
        assert_eq!((report.reached(), report.is_green()), (Some(Level::Load), false));
        Sink::new(Level::Static, None, &mut report.findings).fail("s", Difference::new("a", "b", "c"));
        assert_eq!(report.reached(), None);
        assert_eq!(serde_json::from_str::<Report>(&report.json()).unwrap(), report);
    }
}
