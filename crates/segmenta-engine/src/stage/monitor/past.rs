//! PastRun runs of the pipeline: their figures, and which role each plays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{ToSpan, civil::Date};
use segmenta_monitor::RunFacts;
use segmenta_monitor::facts::ComparisonId;
use segmenta_monitor::profile::FrozenBins;
use segmenta_store::{Commit, History};

use crate::context::Context;
use crate::{Error, Result};

/// Path of a run's figures inside its directory.
pub(crate) const FACTS_FILE: &str = "monitor/facts.json";

/// Latest runs whose figures are looked at; older ones only in a role, so that years of nightly runs stay cheap.
const LATEST_RUNS: usize = 60;
/// Days between a run and the date one year before another that still make them runs of the same period.
const SAME_PERIOD_DAYS: i32 = 15;

/// Published runs of earlier dates, oldest first, one per date.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(super) runs: Vec<PastRun>,
    /// Which of them is the accepted one, or the first.
    accepted: Option<usize>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct PastRun {
    pub(super) run_id: String,
    /// Directory of its files.
    pub(super) directory: PathBuf,
    pub(super) facts: RunFacts,
}

impl Past {
    /// Reads the figures of earlier runs. Runs of a program that did not write any are passed over.
    ///
    /// # Errors
    /// [`Error::Damaged`] for figures that cannot be read.
    pub(crate) fn read(context: &Context<'_>, history: &History) -> Result<Self> {
        let accepted = history.baseline()?.map(|commit| commit.as_of);
        let by_date: BTreeMap<String, Commit> =
            history.commits()?.into_iter().map(|commit| (commit.as_of.clone(), commit)).collect();
        let earlier = by_date.into_values().filter(|commit| commit.as_of < context.as_of.to_string());
        let mut past = Self::default();
        for (age, commit) in earlier.rev().enumerate() {
            let directory = history.directory(&commit);
            let Some(facts) = read_facts(&directory.join(FACTS_FILE), &commit.run_id)? else {
                continue;
            };
            if age < LATEST_RUNS || has_role(&facts, accepted.as_deref(), context.as_of.date()) {
                past.runs.push(PastRun { run_id: commit.run_id, directory, facts });
            }
        }
        past.runs.reverse();
        past.accepted = past.runs.iter().position(|run| accepted.as_ref() == Some(&run.facts.as_of));
        past.mark_baseline(history.accepted()?.is_some());
        Ok(past)
    }

    /// Runs join the baseline by themselves while it is short and nothing asks for action, and all those up to
    /// a run that a person accepted.
    fn mark_baseline(&mut self, by_a_person: bool) {
        let up_to = self.accepted.filter(|_| by_a_person).map_or(0, |at| at + 1);
        for run in self.runs.iter_mut().take(up_to) {
            run.facts.is_accepted = true;
        }
    }

    /// The bins that a column is counted with: those of the baseline, or of the first run that watched it.
    pub(super) fn bins(&self, column: &str) -> Option<&FrozenBins> {
        let baseline = self.accepted.map(|at| &self.runs[at]);
        let mut profiles = baseline.into_iter().chain(&self.runs).flat_map(|run| &run.facts.profiles);
        profiles.find(|known| known.column == column && known.key.segment.is_none())?.profile.frozen()
    }

    /// Roles and the runs that play them; one run may play several.
    pub(super) fn roles(&self, as_of: Date) -> Vec<(ComparisonId, &PastRun)> {
        let previous = self.runs.last().map(|run| (ComparisonId::Previous, run));
        let baseline = self.accepted.map(|at| (ComparisonId::Baseline, &self.runs[at]));
        let near = self.runs.iter().filter_map(|run| Some((days_from_year_ago(&run.facts, as_of)?, run)));
        let year_ago = near.min_by_key(|(days, _)| *days).map(|(_, run)| (ComparisonId::SamePeriodLastYear, run));
        previous.into_iter().chain(baseline).chain(year_ago).collect()
    }
}

/// Whether a run is compared with however old it is.
fn has_role(facts: &RunFacts, accepted: Option<&str>, as_of: Date) -> bool {
    facts.is_accepted || accepted == Some(facts.as_of.as_str()) || days_from_year_ago(facts, as_of).is_some()
}

/// How far a run is from the same period last year; `None` when that is too far.
fn days_from_year_ago(facts: &RunFacts, as_of: Date) -> Option<i32> {
    let then = as_of.checked_sub(1.year()).ok()?;
    let date: Date = facts.as_of.get(..10)?.parse().ok()?;
    Some(date.since(then).ok()?.get_days().abs()).filter(|days| *days <= SAME_PERIOD_DAYS)
}

/// What a run left about itself in its directory; `None` where it left no figures.
///
/// # Errors
/// [`Error::Damaged`] for figures that cannot be read.
pub fn run_facts(directory: &Path) -> Result<Option<RunFacts>> {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    read_facts(&directory.join(FACTS_FILE), name.strip_prefix("run=").unwrap_or(&name))
}

fn read_facts(path: &Path, run_id: &str) -> Result<Option<RunFacts>> {
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|source| Error::Io { path: path.to_owned(), source })?,
    };
    let facts = serde_json::from_slice(&text).map_err(|error| Error::Damaged {
        path: path.to_owned(),
        run_id: run_id.to_owned(),
        message: error.to_string(),
    })?;
    Ok(Some(facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn past(dates: &[&str], accepted: Option<usize>) -> Past {
        let run = |as_of: &&str| PastRun {
            run_id: format!("run of {as_of}"),
            directory: PathBuf::new(),
            facts: RunFacts { as_of: (*as_of).to_owned(), ..RunFacts::default() },
        };
        Past { runs: dates.iter().map(run).collect(), accepted }
    }

    fn played(past: &Past, as_of: Date) -> Vec<(ComparisonId, &str)> {
        past.roles(as_of).into_iter().map(|(role, run)| (role, run.facts.as_of.as_str())).collect()
    }

    #[test]
    fn the_last_the_accepted_and_last_years_run_are_compared_with() {
        let runs = past(&["2025-04-20", "2025-05-10", "2025-06-02", "2026-04-01"], Some(0));
        let expected = [
            (ComparisonId::Previous, "2026-04-01"),
            (ComparisonId::Baseline, "2025-04-20"),
            (ComparisonId::SamePeriodLastYear, "2025-05-10"),
        ];
        assert_eq!(played(&runs, date(2026, 5, 1)), expected);
        assert_eq!(played(&runs, date(2026, 9, 1)).len(), 2);
        assert_eq!(played(&past(&[], None), date(2026, 5, 1)), []);
    }

    /// Nightly runs: 300 days are more than the latest runs, and the baseline must not roll along.
    #[test]
    fn an_old_run_counts_if_it_is_of_the_baseline_or_of_last_year() {
        let as_of = date(2026, 10, 28);
        let has_role = |run: &str, is_accepted: bool, accepted: Option<&str>| {
            let facts = RunFacts { as_of: run.to_owned(), is_accepted, ..RunFacts::default() };
            has_role(&facts, accepted, as_of)
        };
        assert!(!has_role("2026-01-01", false, Some("2026-01-02")));
        assert!(has_role("2026-01-01", true, None));
        assert!(has_role("2026-01-02", false, Some("2026-01-02")));
        assert!(has_role("2025-11-12", false, None));
        assert!(!has_role("2025-11-13", false, None));
    }

    #[test]
    fn everything_up_to_the_run_that_a_person_accepted_is_the_baseline() {
        let dates: Vec<String> = (1..=20).map(|day| format!("2026-01-{day:02}")).collect();
        let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
        let accepted = |at, by_a_person| {
            let mut past = past(&dates, at);
            past.runs[17].facts.is_accepted = true; // It joined by itself.
            past.mark_baseline(by_a_person);
            past.runs.iter().filter(|run| run.facts.is_accepted).count()
        };
        assert_eq!(accepted(Some(0), false), 1);
        assert_eq!(accepted(Some(2), true), 4);
        assert_eq!(accepted(Some(18), true), 19);
    }
}
