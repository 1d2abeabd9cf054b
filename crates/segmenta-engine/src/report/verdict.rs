//! Is anything wrong, and what should be done: the rules behind the first line of the page.

use segmenta_report::model::{Action, Figure, Level, Outcome, Report, Verdict};

use super::Told;

/// Actions on the page.
const MOST: usize = 3;

pub(super) fn no_verdict() -> Verdict {
    Verdict { level: Level::NoVerdict, headline: String::new(), actions: Vec::new() }
}

/// `act` when something holds the run, `watch` when something warned, `no_verdict` without a
/// baseline, else `ok`. The actions are what held or warned, in that order.
pub(super) fn verdict(told: &Told<'_>, report: &Report) -> Verdict {
    let failed = findings(report, Outcome::Fail, Level::Act);
    let warned = findings(report, Outcome::Warn, Level::Watch);
    let (level, headline) = if !told.reasons.is_empty() {
        (Level::Act, format!("Not published: {}", told.reasons[0]))
    } else if !warned.is_empty() {
        (Level::Watch, format!("Published with {} to look at: {}", count(warned.len(), "finding"), warned[0]))
    } else if told.staged.baseline.is_none() {
        (Level::NoVerdict, "First run: there is no baseline yet to compare with".to_owned())
    } else {
        (Level::Ok, format!("Nothing needs doing: {} within their limits", count(report.checks.len(), "check")))
    };
    let action = |text: String| Action { segment: None, text, worth: Figure::missing("not estimated"), since: None };
    let actions = failed.into_iter().chain(warned).take(MOST).map(action).collect();
    Verdict { level, headline, actions }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn findings(report: &Report, outcome: Outcome, level: Level) -> Vec<String> {
    let checks = report.checks.iter().filter(|check| check.outcome == outcome).map(|check| check.text.clone());
    let limits = report.schemes.iter().flat_map(|scheme| {
        let of_level = scheme.limits.iter().filter(move |finding| finding.level == level);
        of_level.map(|finding| format!("scheme `{}`: {}", scheme.name, finding.text))
    });
    let capacity = report.strategy.known().filter(|_| level == Level::Watch).into_iter().flat_map(|strategy| {
        strategy.capacity.iter().filter(|check| !check.fits).map(|check| {
            let (load, capacity) = (check.expected_per_hour, check.capacity_per_hour);
            format!(
                "service `{}` expects {load:.0} contacts in the peak hour and can take {capacity:.0}",
                check.service
            )
        })
    });
    checks.chain(limits).chain(capacity).collect()
}
