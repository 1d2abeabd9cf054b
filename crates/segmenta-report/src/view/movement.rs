//! Who moved between segments: one heat table per scheme.

use serde::Serialize;

use super::summary::ratio;
use crate::Report;
use crate::format::{Numbers, Printed};
use crate::model::{Migration, Scheme};

/// Steps of the heat scale; each is a class of the style sheet.
const HEAT_STEPS: f64 = 6.0;

/// The movement of one scheme; `reason` says why there is none to show.
#[derive(Debug, Serialize)]
pub(crate) struct SchemeMovement {
    scheme: String,
    reason: Option<String>,
    moved: Option<Moved>,
}

#[derive(Debug, Serialize)]
struct Moved {
    matched: String,
    moved: String,
    moved_share: Printed,
    net_moved_share: Printed,
    stability: Printed,
    new: String,
    gone: String,
    labels: Vec<String>,
    rows: Vec<Row>,
    new_row: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    label: String,
    before: String,
    cells: Vec<HeatCell>,
    gone: String,
}

/// Share of the row's customers who went to the column's segment.
#[derive(Debug, Serialize)]
struct HeatCell {
    share: String,
    customers: String,
    heat: u8,
    stayed: bool,
    empty: bool,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Vec<SchemeMovement> {
    report.schemes.iter().map(|scheme| scheme_movement(scheme, numbers)).collect()
}

fn scheme_movement(scheme: &Scheme, numbers: &Numbers) -> SchemeMovement {
    SchemeMovement {
        scheme: scheme.name.clone(),
        reason: scheme.migration.reason().map(str::to_owned),
        moved: scheme.migration.known().map(|migration| moved(migration, numbers)),
    }
}

fn moved(migration: &Migration, numbers: &Numbers) -> Moved {
    let share = |share: &f64| numbers.share_printed(*share);
    let count = |value: &u64| numbers.people(*value);
    let rows = migration.labels.iter().enumerate();
    Moved {
        matched: numbers.count(migration.matched_customers()),
        moved: numbers.people(migration.moved_customers()),
        moved_share: Printed::figure(&migration.moved_share, share),
        net_moved_share: Printed::figure(&migration.net_moved_share, share),
        stability: Printed::figure(&migration.stability, share),
        new: numbers.people(migration.new.iter().sum()),
        gone: numbers.people(migration.gone.iter().sum()),
        labels: migration.labels.clone(),
        rows: rows.map(|(index, label)| row(migration, index, label, numbers)).collect(),
        new_row: migration.new.iter().map(count).collect(),
    }
}

fn row(migration: &Migration, index: usize, label: &str, numbers: &Numbers) -> Row {
    let counts = migration.matched.get(index).map_or(&[][..], Vec::as_slice);
    let gone = migration.gone.get(index).copied().unwrap_or(0);
    let matched: u64 = counts.iter().sum();
    let is_small = |customers: u64| numbers.is_small(customers);
    let cell = |(column, customers): (usize, &u64)| HeatCell {
        share: if is_small(*customers) {
            numbers.people(*customers)
        } else {
            numbers.share(ratio(*customers, matched))
        },
        customers: numbers.people(*customers),
        heat: if is_small(*customers) { 1 } else { heat(ratio(*customers, matched)) },
        stayed: column == index,
        empty: *customers == 0,
    };
    Row {
        label: label.to_owned(),
        before: numbers.people(matched + gone),
        cells: counts.iter().enumerate().map(cell).collect(),
        gone: numbers.people(gone),
    }
}

/// 0 for nothing, then equal steps of the square root, so that small flows are told apart.
fn heat(share: f64) -> u8 {
    (share.clamp(0.0, 1.0).sqrt() * HEAT_STEPS).ceil() as u8
}

#[cfg(test)]
mod tests {
    use super::heat;

    #[test]
    fn heat_grows_from_nothing_to_everyone() {
        assert_eq!([0.0, 0.01, 0.05, 0.25, 0.5, 1.0].map(heat), [0, 1, 2, 3, 5, 6]);
    }
}
