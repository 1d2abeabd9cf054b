//! The `drift` dataset.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};

use super::found;
use super::{Drift, DriftKind, Monitoring};
use crate::Result;
use crate::stage::monitor::checks::Outcome;
use crate::summary::batch;

/// File stem and rows of every table: `drift`, `drift_bins`, `migration`, `checks`, and `monitor_…`.
pub(crate) fn tables(monitoring: &Monitoring) -> Result<Vec<(&'static str, RecordBatch)>> {
    let mut tables = vec![
        ("drift", drift(&monitoring.drift)?),
        ("drift_bins", bins(&monitoring.drift)?),
        ("migration", migration(monitoring)?),
        ("checks", checks(monitoring)?),
    ];
    tables.extend(found::tables(&monitoring.findings)?);
    Ok(tables)
}

fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn floats(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

fn kind(drift: &Drift) -> &'static str {
    match drift.kind {
        DriftKind::Scheme => "scheme",
        DriftKind::Criterion => "criterion",
        DriftKind::Feature => "feature",
    }
}

fn drift(rows: &[Drift]) -> Result<RecordBatch> {
    let band =
        |drift: &Drift| drift.psi.band.map(|band| serde_json::json!(band).as_str().unwrap_or_default().to_owned());
    let bands: Vec<Option<String>> = rows.iter().map(band).collect();
    batch(vec![
        ("column", text(rows.iter().map(|row| Some(row.column.as_str())))),
        ("kind", text(rows.iter().map(|row| Some(kind(row))))),
        ("psi", floats(rows.iter().map(|row| row.psi.psi))),
        ("psi_noise_floor_99", floats(rows.iter().map(|row| row.psi.noise_floor_99))),
        ("psi_band", text(bands.iter().map(Option::as_deref))),
        ("total_variation", floats(rows.iter().map(|row| row.tv))),
        ("null_share_reference", floats(rows.iter().map(|row| Some(row.null_share_reference)))),
        ("null_share_current", floats(rows.iter().map(|row| Some(row.null_share_current)))),
    ])
}

fn bins(rows: &[Drift]) -> Result<RecordBatch> {
    let rows: Vec<(&str, &(String, u64, u64))> =
        rows.iter().flat_map(|row| row.bins.iter().map(|bin| (row.column.as_str(), bin))).collect();
    batch(vec![
        ("column", text(rows.iter().map(|row| Some(row.0)))),
        ("bin", text(rows.iter().map(|row| Some(row.1.0.as_str())))),
        ("reference", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.1.1)))),
        ("current", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.1.2)))),
    ])
}

/// `from_segment` is null for new customers, `to_segment` for those who are gone.
fn migration(monitoring: &Monitoring) -> Result<RecordBatch> {
    let mut rows: Vec<(&str, Option<&str>, Option<&str>, u64)> = Vec::new();
    for (scheme, migration) in &monitoring.migrations {
        let labels = &migration.labels;
        for (from, row) in labels.iter().zip(&migration.matched) {
            rows.extend(
                labels.iter().zip(row).map(|(to, n)| (scheme.as_str(), Some(from.as_str()), Some(to.as_str()), *n)),
            );
        }
        rows.extend(labels.iter().zip(&migration.new).map(|(to, n)| (scheme.as_str(), None, Some(to.as_str()), *n)));
        rows.extend(
            labels.iter().zip(&migration.gone).map(|(from, n)| (scheme.as_str(), Some(from.as_str()), None, *n)),
        );
    }
    rows.retain(|row| row.3 > 0);
    batch(vec![
        ("scheme", text(rows.iter().map(|row| Some(row.0)))),
        ("from_segment", text(rows.iter().map(|row| row.1))),
        ("to_segment", text(rows.iter().map(|row| row.2))),
        ("customers", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.3)))),
    ])
}

fn checks(monitoring: &Monitoring) -> Result<RecordBatch> {
    let rows = &monitoring.checks;
    let metric = |check: &segmenta_pipeline::model::Check| {
        serde_json::json!(check.metric).as_str().unwrap_or_default().to_owned()
    };
    let metrics: Vec<String> = rows.iter().map(|row| metric(&row.check)).collect();
    let outcome = |outcome: Outcome| match outcome {
        Outcome::Pass => "pass",
        Outcome::Warn => "warn",
        Outcome::Fail => "fail",
        Outcome::NoBaseline => "no_baseline",
        Outcome::NotMeasured => "not_measured",
    };
    batch(vec![
        ("check", text(rows.iter().map(|row| Some(row.name.as_str())))),
        ("metric", text(metrics.iter().map(|metric| Some(metric.as_str())))),
        ("of", text(rows.iter().map(|row| Some(row.check.of.as_str())))),
        ("value", floats(rows.iter().map(|row| row.value.as_ref().ok().copied()))),
        ("warn", floats(rows.iter().map(|row| row.check.warn.or(row.check.warn_below)))),
        ("fail", floats(rows.iter().map(|row| row.check.fail.or(row.check.fail_below)))),
        ("outcome", text(rows.iter().map(|row| Some(outcome(row.outcome))))),
        ("reason", text(rows.iter().map(|row| row.value.as_ref().err().map(String::as_str)))),
    ])
}
