//! What was read from each source, and what became of every row.

use serde::Serialize;

use super::summary::ratio;
use crate::Report;
use crate::format::{Numbers, Printed};
use crate::model::{BadRows, Level, Source};

/// The section on the sources.
#[derive(Debug, Serialize)]
pub(crate) struct Intake {
    rows: Vec<Row>,
    quarantined: Vec<Reason>,
    filtered: Vec<Reason>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    found: Printed,
    accepted: Printed,
    quarantined: Printed,
    quarantined_share: String,
    filtered: Printed,
    blank: Printed,
    counted: Printed,
    coverage: Printed,
    newest: Option<String>,
    bad_rows: BadRows,
    level: Level,
}

/// Rows that did not come in, for one reason.
#[derive(Debug, Serialize)]
struct Reason {
    source: String,
    reason: String,
    column: Option<String>,
    rows: String,
    share: String,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Intake {
    Intake {
        rows: report.sources.iter().map(|source| row(source, numbers)).collect(),
        quarantined: report.sources.iter().flat_map(|s| quarantined(s, numbers)).collect(),
        filtered: report.sources.iter().flat_map(|s| filtered(s, numbers)).collect(),
    }
}

fn row(source: &Source, numbers: &Numbers) -> Row {
    let quarantined = source.quarantined_rows();
    Row {
        name: source.name.clone(),
        found: numbers.count_printed(source.found),
        accepted: numbers.count_printed(source.accepted),
        quarantined: numbers.count_printed(quarantined),
        quarantined_share: numbers.share(ratio(quarantined, source.found)),
        filtered: numbers.count_printed(source.filtered_rows()),
        blank: numbers.count_printed(source.blank),
        counted: Printed::figure(&source.counted, |rows| numbers.count_printed(*rows)),
        coverage: Printed::figure(&source.coverage, |share| numbers.share_printed(*share)),
        newest: source.newest.as_deref().map(|newest| numbers.date(newest)),
        bad_rows: source.bad_rows,
        level: if source.ties_out { Level::Ok } else { Level::Act },
    }
}

fn quarantined(source: &Source, numbers: &Numbers) -> Vec<Reason> {
    let reason = source.quarantined.iter().map(|rejected| Reason {
        source: source.name.clone(),
        reason: rejected.rule.clone(),
        column: rejected.column.clone(),
        rows: numbers.count(rejected.rows),
        share: numbers.share(ratio(rejected.rows, source.found)),
    });
    reason.collect()
}

fn filtered(source: &Source, numbers: &Numbers) -> Vec<Reason> {
    let reason = source.filtered.iter().map(|filtered| Reason {
        source: source.name.clone(),
        reason: filtered.filter.clone(),
        column: None,
        rows: numbers.count(filtered.rows),
        share: numbers.share(ratio(filtered.rows, source.found)),
    });
    reason.collect()
}
