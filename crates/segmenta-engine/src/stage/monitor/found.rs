//! What monitoring has found, as tables: one row per figure, change, effect, move, segment, column, alert.
//!
//! A row says neither run nor date: both are in the path, where a reader of many runs finds them as columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array};
use segmenta_monitor::Findings;
use segmenta_monitor::facts::SegmentKey;
use segmenta_monitor::findings::{
    Alert, BridgeFinding, Delta, DriftFinding, MetricFinding, MigrationFinding, SegmentFinding,
};
use serde::Serialize;

use crate::Result;
use crate::summary::batch;

/// File stem and rows of every table.
pub(crate) fn tables(findings: &Findings) -> Result<Vec<(&'static str, RecordBatch)>> {
    let figures: Vec<&MetricFinding> =
        findings.totals.iter().chain(findings.segments.iter().flat_map(|segment| &segment.metrics)).collect();
    let changes: Vec<(&MetricFinding, &Delta)> =
        figures.iter().flat_map(|figure| figure.deltas.iter().map(move |delta| (*figure, delta))).collect();
    let effects: Vec<Effect<'_>> = findings.bridges.iter().flat_map(effects).collect();
    let moves: Vec<Move<'_>> = findings.migrations.iter().flat_map(moves).collect();
    Ok(vec![
        ("monitor_metrics", metrics(&figures)?),
        ("monitor_changes", self::changes(&changes)?),
        ("monitor_bridge", bridge(&effects)?),
        ("monitor_migration", migration(&moves)?),
        ("monitor_segments", segments(&findings.segments)?),
        ("monitor_drift", drift(&findings.drift)?),
        ("monitor_alerts", alerts(&findings.alerts)?),
    ])
}

/// The word that a value without fields is written as.
fn word(value: &impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

fn text<T>(rows: &[T], value: impl Fn(&T) -> Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

fn float<T>(rows: &[T], value: impl Fn(&T) -> Option<f64>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<Float64Array>())
}

fn count<T>(rows: &[T], value: impl Fn(&T) -> Option<u64>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<UInt64Array>())
}

/// Minor units, exact.
fn minor<T>(rows: &[T], value: impl Fn(&T) -> Option<i128>) -> ArrayRef {
    let amounts = rows.iter().map(value).collect::<Decimal128Array>();
    Arc::new(amounts.with_precision_and_scale(38, 0).expect("38 digits and none behind the point are a decimal"))
}

/// Empty for figures that no scheme decides.
fn scheme(key: &SegmentKey) -> Option<String> {
    Some(key.scheme.clone()).filter(|scheme| !scheme.is_empty())
}

fn metrics(rows: &[&MetricFinding]) -> Result<RecordBatch> {
    batch(vec![
        ("scheme", text(rows, |row| scheme(&row.key))),
        ("segment", text(rows, |row| row.key.segment.clone())),
        ("channel", text(rows, |row| row.channel.clone())),
        ("metric", text(rows, |row| word(&row.metric))),
        ("unit", text(rows, |row| word(&row.unit))),
        ("value", float(rows, |row| row.value)),
        ("n", count(rows, |row| row.n)),
        ("ci_low", float(rows, |row| row.ci_low)),
        ("ci_high", float(rows, |row| row.ci_high)),
        ("usual_low", float(rows, |row| row.usual.lower)),
        ("usual_high", float(rows, |row| row.usual.upper)),
        ("usual_runs", count(rows, |row| Some(row.usual.n_runs as u64))),
        ("target", float(rows, |row| row.target)),
        ("target_status", text(rows, |row| word(&row.target_status))),
        ("level", text(rows, |row| word(&row.level))),
        ("status", text(rows, |row| word(&row.status))),
        ("reason", text(rows, |row| word(&row.reason))),
    ])
}

fn changes(rows: &[(&MetricFinding, &Delta)]) -> Result<RecordBatch> {
    batch(vec![
        ("scheme", text(rows, |(figure, _)| scheme(&figure.key))),
        ("segment", text(rows, |(figure, _)| figure.key.segment.clone())),
        ("channel", text(rows, |(figure, _)| figure.channel.clone())),
        ("metric", text(rows, |(figure, _)| word(&figure.metric))),
        ("comparison", text(rows, |(_, delta)| word(&delta.comparison))),
        ("before", float(rows, |(_, delta)| delta.value)),
        ("now", float(rows, |(figure, _)| figure.value)),
        ("change", float(rows, |(_, delta)| delta.abs)),
        ("relative_change", float(rows, |(_, delta)| delta.rel)),
        ("lower", float(rows, |(_, delta)| delta.lower)),
        ("upper", float(rows, |(_, delta)| delta.upper)),
        ("p", float(rows, |(_, delta)| delta.p)),
        ("q", float(rows, |(_, delta)| delta.q)),
        ("level", text(rows, |(_, delta)| word(&delta.level))),
        ("status", text(rows, |(_, delta)| word(&delta.status))),
        ("reason", text(rows, |(_, delta)| word(&delta.reason))),
    ])
}

/// One effect of a bridge: of a segment, or of all customers.
struct Effect<'a> {
    of: &'a BridgeFinding,
    component: &'static str,
    segment: Option<&'a str>,
    effect: i128,
}

fn effects(of: &BridgeFinding) -> Vec<Effect<'_>> {
    let whole = |component, effect: Option<i128>| effect.map(|effect| Effect { of, component, segment: None, effect });
    let mut found: Vec<Effect<'_>> =
        [whole("start", of.start_minor), whole("volume", of.volume_minor), whole("end", of.end_minor)]
            .into_iter()
            .flatten()
            .collect();
    for segment in &of.by_segment {
        for (component, effect) in [("mix", segment.mix_minor), ("rate", segment.rate_minor)] {
            found.push(Effect { of, component, segment: Some(&segment.segment), effect });
        }
    }
    if let Some(customers) = &of.customer_bridge {
        let parts = [
            ("new", customers.new),
            ("lost", customers.lost),
            ("stay", customers.stay),
            ("move_up", customers.move_up),
            ("move_down", customers.move_down),
        ];
        found.extend(parts.map(|(component, effect)| Effect { of, component, segment: None, effect }));
    }
    found
}

fn bridge(rows: &[Effect<'_>]) -> Result<RecordBatch> {
    batch(vec![
        ("comparison", text(rows, |row| word(&row.of.comparison))),
        ("scheme", text(rows, |row| Some(row.of.scheme.clone()))),
        ("metric", text(rows, |row| word(&row.of.metric))),
        ("component", text(rows, |row| Some(row.component.to_owned()))),
        ("segment", text(rows, |row| row.segment.map(str::to_owned))),
        ("effect_minor", minor(rows, |row| Some(row.effect))),
    ])
}

/// Customers between two segments; no segment before for new ones, none now for those who are gone.
struct Move<'a> {
    of: &'a MigrationFinding,
    from: Option<&'a str>,
    to: Option<&'a str>,
    customers: u64,
}

fn moves(of: &MigrationFinding) -> Vec<Move<'_>> {
    let named = || of.labels.iter().map(String::as_str);
    let mut found = Vec::new();
    for (from, row) in named().zip(&of.matched) {
        found.extend(named().zip(row).map(|(to, n)| Move { of, from: Some(from), to: Some(to), customers: *n }));
    }
    found.extend(named().zip(&of.new).map(|(to, n)| Move { of, from: None, to: Some(to), customers: *n }));
    found.extend(named().zip(&of.gone).map(|(from, n)| Move { of, from: Some(from), to: None, customers: *n }));
    found.retain(|found| found.customers > 0);
    found
}

fn migration(rows: &[Move<'_>]) -> Result<RecordBatch> {
    batch(vec![
        ("comparison", text(rows, |row| word(&row.of.comparison))),
        ("scheme", text(rows, |row| Some(row.of.scheme.clone()))),
        ("stage", text(rows, |row| word(&row.of.stage))),
        ("from_segment", text(rows, |row| row.from.map(str::to_owned))),
        ("to_segment", text(rows, |row| row.to.map(str::to_owned))),
        ("customers", count(rows, |row| Some(row.customers))),
    ])
}

fn segments(rows: &[SegmentFinding]) -> Result<RecordBatch> {
    batch(vec![
        ("scheme", text(rows, |row| scheme(&row.key))),
        ("segment", text(rows, |row| row.key.segment.clone())),
        ("lineage", text(rows, |row| word(&row.lineage))),
        ("from_segment", text(rows, |row| row.from_segment.clone())),
        ("jaccard", float(rows, |row| row.jaccard)),
        ("customers", count(rows, |row| Some(row.customers))),
        ("share", float(rows, |row| row.share)),
        ("stay_rate", float(rows, |row| row.stay_rate)),
        ("silhouette", float(rows, |row| row.silhouette)),
        ("level", text(rows, |row| word(&row.level))),
        ("recommendation", text(rows, |row| word(&row.recommendation))),
    ])
}

fn drift(rows: &[DriftFinding]) -> Result<RecordBatch> {
    batch(vec![
        ("column", text(rows, |row| Some(row.column.clone()))),
        ("scheme", text(rows, |row| scheme(&row.key))),
        ("segment", text(rows, |row| row.key.segment.clone())),
        ("comparison", text(rows, |row| word(&row.comparison))),
        ("method", text(rows, |row| word(&row.method))),
        ("value", float(rows, |row| row.value)),
        ("noise_floor_99", float(rows, |row| row.noise_floor_99)),
        ("p", float(rows, |row| row.p)),
        ("n_ref", count(rows, |row| Some(row.n_ref))),
        ("n_cur", count(rows, |row| Some(row.n_cur))),
        ("null_share_ref", float(rows, |row| row.null_share_ref)),
        ("null_share_cur", float(rows, |row| row.null_share_cur)),
        ("error_bound", float(rows, |row| row.error_bound)),
        ("level", text(rows, |row| word(&row.level))),
        ("status", text(rows, |row| word(&row.status))),
        ("reason", text(rows, |row| word(&row.reason))),
    ])
}

fn alerts(rows: &[Alert]) -> Result<RecordBatch> {
    batch(vec![
        ("key", text(rows, |row| Some(row.key.clone()))),
        ("level", text(rows, |row| word(&row.level))),
        ("family", text(rows, |row| word(&row.family))),
        ("scheme", text(rows, |row| scheme(&row.segment))),
        ("segment", text(rows, |row| row.segment.segment.clone())),
        ("channel", text(rows, |row| row.channel.clone())),
        ("column", text(rows, |row| row.column.clone())),
        ("metric", text(rows, |row| word(&row.metric))),
        ("comparison", text(rows, |row| word(&row.comparison))),
        ("direction", text(rows, |row| word(&row.direction))),
        ("value", float(rows, |row| row.value)),
        ("expected", float(rows, |row| row.expected)),
        ("lower", float(rows, |row| row.lower)),
        ("upper", float(rows, |row| row.upper)),
        ("relative_change", float(rows, |row| row.rel_change)),
        ("money_effect_minor", minor(rows, |row| row.money_effect_minor)),
        ("p", float(rows, |row| row.p)),
        ("q", float(rows, |row| row.q)),
        ("state", text(rows, |row| word(&row.state))),
        ("first_seen", text(rows, |row| Some(row.first_seen_run.clone()))),
        ("consecutive_runs", integers(rows, |row| i64::from(row.consecutive_runs))),
        ("cause_hint", text(rows, |row| word(&row.cause.hint))),
        ("action", text(rows, |row| word(&row.action))),
        ("explained_by", text(rows, |row| row.explained_by.clone())),
    ])
}

fn integers<T>(rows: &[T], value: impl Fn(&T) -> i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(rows.iter().map(value)))
}
