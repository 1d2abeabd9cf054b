//! How the groups are made.

use serde::Serialize;

use super::summary::ratio;
use crate::Report;
use crate::chart::{Bar, Scale};
use crate::format::{Numbers, Printed};
use crate::model::{Cell, Criterion, ModelTable};

/// One criterion.
#[derive(Debug, Serialize)]
pub(crate) struct CriterionView {
    name: String,
    description: Option<String>,
    plugin: String,
    plugin_version: String,
    library: Printed,
    inputs: Vec<String>,
    options: Vec<String>,
    fitted_at: Printed,
    refit: Option<String>,
    labels: Vec<LabelView>,
    notes: Vec<String>,
    tables: Vec<TableView>,
}

#[derive(Debug, Serialize)]
struct LabelView {
    label: Option<String>,
    customers: Printed,
    share: Printed,
    bar: Bar,
}

#[derive(Debug, Serialize)]
struct TableView {
    caption: String,
    columns: Vec<String>,
    rows: Vec<Vec<CellView>>,
}

#[derive(Debug, Serialize)]
struct CellView {
    printed: Printed,
    number: bool,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Vec<CriterionView> {
    report.criteria.iter().map(|criterion| criterion_view(criterion, numbers)).collect()
}

fn criterion_view(criterion: &Criterion, numbers: &Numbers) -> CriterionView {
    CriterionView {
        name: criterion.name.clone(),
        description: criterion.description.clone(),
        plugin: criterion.plugin.clone(),
        plugin_version: criterion.plugin_version.clone(),
        library: Printed::figure(&criterion.plugin_sha256, |sha256| short_hash(sha256)),
        inputs: criterion.inputs.clone(),
        options: criterion.options.clone(),
        fitted_at: Printed::figure(&criterion.fitted_at, |at| Printed::full(numbers.date(at))),
        refit: criterion.refit.clone(),
        labels: labels(criterion, numbers),
        notes: criterion.notes.clone(),
        tables: criterion.tables.iter().map(|table| table_view(table, numbers)).collect(),
    }
}

fn labels(criterion: &Criterion, numbers: &Numbers) -> Vec<LabelView> {
    let all: u64 = criterion.labels.iter().map(|label| label.customers).sum();
    let share = |customers: u64| ratio(customers, all);
    let scale = Scale::over(criterion.labels.iter().map(|label| share(label.customers)));
    let label = criterion.labels.iter().map(|label| LabelView {
        label: label.label.clone(),
        customers: numbers.people_printed(label.customers),
        share: numbers.of_group(label.customers, numbers.share_printed(share(label.customers))),
        bar: Bar::new(scale, if numbers.is_small(label.customers) { 0.0 } else { share(label.customers) }, None),
    });
    label.collect()
}

fn table_view(table: &ModelTable, numbers: &Numbers) -> TableView {
    let cell = |cell: &Cell| match cell {
        Cell::Number(value) => CellView { printed: numbers.number_printed(*value), number: true },
        Cell::Text(text) => CellView { printed: Printed::full(text.clone()), number: false },
        Cell::Empty(()) => CellView { printed: Printed::full(String::new()), number: false },
    };
    TableView {
        caption: table.caption.clone(),
        columns: table.columns.clone(),
        rows: table.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
    }
}

/// The first twelve digits of a hash, with the whole of it behind them.
pub(super) fn short_hash(hash: &str) -> Printed {
    let short: String = hash.chars().take(12).collect();
    Printed::rounded(short, hash.to_owned())
}
