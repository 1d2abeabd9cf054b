//! Columns whose distribution moved.

use std::collections::BTreeMap;

use crate::alert::{Draft, key};
use crate::facts::{ComparisonId, SeriesKey};
use crate::findings::{Alert, DriftFinding, DriftMethod, Family, Level, Trigger};
use crate::metric::{MetricId, Unit};

/// One alert per column with a PSI to watch. It asks for action only if a figure or the fit concurs: drift without
/// consequence is no reason to do anything.
pub(crate) fn features(drift: &[DriftFinding], concurs: bool) -> Vec<Draft> {
    by_column(drift).into_values().filter(|row| row.level >= Level::Watch).map(|row| draft(row, concurs)).collect()
}

/// The row that speaks for each column: against the baseline before the previous run, of all customers before
/// the worst segment.
pub(crate) fn by_column(drift: &[DriftFinding]) -> BTreeMap<&str, &DriftFinding> {
    let mut columns: BTreeMap<&str, &DriftFinding> = BTreeMap::new();
    let rank = |row: &DriftFinding| {
        let is_baseline = row.comparison == ComparisonId::Baseline;
        (is_baseline, row.key.segment.is_none(), row.value.unwrap_or(0.0))
    };
    let judged = drift.iter().filter(|row| {
        row.method == DriftMethod::Psi && matches!(row.comparison, ComparisonId::Baseline | ComparisonId::Previous)
    });
    for row in judged {
        let best = columns.entry(&row.column).or_insert(row);
        if rank(row) > rank(best) {
            *best = row;
        }
    }
    columns
}

fn draft(row: &DriftFinding, concurs: bool) -> Draft {
    let series = SeriesKey { key: row.key.clone(), channel: None, metric: MetricId::Psi };
    let alert = Alert {
        key: key(&series, Some(&row.column), row.comparison, Default::default()),
        level: if concurs { row.level } else { Level::Watch },
        family: Family::Feature,
        segment: row.key.clone(),
        column: Some(row.column.clone()),
        metric: MetricId::Psi,
        unit: Unit::Number,
        comparison: row.comparison,
        value: row.value,
        expected: Some(0.0),
        lower: Some(0.0),
        upper: row.threshold_watch,
        p: row.p,
        q: row.q,
        triggers: vec![Trigger::Distance],
        ..Alert::default()
    };
    Draft { alert, is_watched: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SegmentKey;

    fn row(column: &str, comparison: ComparisonId, key: SegmentKey, psi: f64, level: Level) -> DriftFinding {
        let (column, value) = (column.to_owned(), Some(psi));
        DriftFinding { column, comparison, key, value, level, ..DriftFinding::default() }
    }

    #[test]
    fn drift_asks_for_action_only_with_company() {
        let rows = [row("age", ComparisonId::Baseline, SegmentKey::total(), 0.4, Level::Act)];
        let level = |concurs| features(&rows, concurs)[0].alert.level;
        assert_eq!((level(false), level(true)), (Level::Watch, Level::Act));
    }

    #[test]
    fn the_baseline_and_the_total_speak_for_a_column() {
        let loyal = SegmentKey::of("value", "loyal");
        let rows = [
            row("age", ComparisonId::Previous, SegmentKey::total(), 0.5, Level::Act),
            row("age", ComparisonId::Baseline, loyal.clone(), 0.3, Level::Act),
            row("age", ComparisonId::Baseline, SegmentKey::total(), 0.02, Level::Ok),
            row("income", ComparisonId::Baseline, loyal, 0.2, Level::Watch),
        ];
        let drafts = features(&rows, true);
        assert_eq!(drafts.len(), 1);
        assert_eq!(drafts[0].alert.key, "value/loyal|psi:income|baseline|either");
    }
}
