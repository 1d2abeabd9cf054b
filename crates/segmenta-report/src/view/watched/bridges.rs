//! Why totals changed: volume, mix and rate, and the same change customer by customer.

use segmenta_monitor::MetricId;
use segmenta_monitor::facts::ComparisonId;
use segmenta_monitor::findings::{BridgeFinding, BridgeSegment, Findings};
use serde::Serialize;

use super::{because, customers};
use crate::chart::{Bar, Scale, Waterfall};
use crate::format::{Numbers, Printed, minor};

/// The waterfall of the first screen.
#[derive(Debug, Serialize)]
pub(super) struct WaterfallView {
    metric: String,
    shape: Waterfall,
    start: Printed,
    volume: Printed,
    mix: Printed,
    rate: Printed,
    end: Printed,
}

/// One bridge with its parts by segment.
#[derive(Debug, Serialize)]
pub(super) struct BridgeView {
    scheme: String,
    metric: String,
    comparison: ComparisonId,
    reason: Option<String>,
    start: Option<Printed>,
    end: Option<Printed>,
    volume: Option<Printed>,
    mix: Option<Printed>,
    rate: Option<Printed>,
    /// Without segments too small to be printed.
    rows: Vec<Row>,
    parts: Vec<Part>,
    simpson: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    segment: String,
    mix: Printed,
    mix_bar: Bar,
    rate: Printed,
    rate_bar: Bar,
    both: Printed,
}

/// A part of the customer bridge.
#[derive(Debug, Serialize)]
struct Part {
    name: &'static str,
    customers: Printed,
    effect: Printed,
}

/// The bridge of the first screen: revenue by the main scheme against the previous run.
pub(super) fn first(findings: &Findings, main_scheme: &str, numbers: &Numbers) -> Option<WaterfallView> {
    let of_previous = |bridge: &&BridgeFinding| bridge.comparison == ComparisonId::Previous;
    let mut bridges = findings.bridges.iter().filter(of_previous);
    let bridge = bridges.find(|bridge| bridge.scheme == main_scheme && bridge.metric == MetricId::Revenue)?;
    let start = minor(bridge.start_minor?);
    let effects = [bridge.volume_minor?, bridge.mix_minor?, bridge.rate_minor?];
    Some(WaterfallView {
        metric: bridge.metric.as_str().to_owned(),
        shape: Waterfall::new(start as f64, &effects.map(|effect| minor(effect) as f64)),
        start: numbers.money_printed(start),
        volume: numbers.signed_money(effects[0]),
        mix: numbers.signed_money(effects[1]),
        rate: numbers.signed_money(effects[2]),
        end: numbers.money_printed(minor(bridge.end_minor?)),
    })
}

pub(super) fn view(findings: &Findings, numbers: &Numbers) -> Vec<BridgeView> {
    findings.bridges.iter().map(|bridge| bridge_view(findings, bridge, numbers)).collect()
}

fn bridge_view(findings: &Findings, bridge: &BridgeFinding, numbers: &Numbers) -> BridgeView {
    let total = |amount: Option<i128>| amount.map(|amount| numbers.money_printed(minor(amount)));
    let effect = |amount: Option<i128>| amount.map(|amount| numbers.signed_money(amount));
    let is_small = |row: &BridgeSegment| numbers.is_small(customers(findings, &bridge.scheme, &row.segment));
    let shown = bridge.by_segment.iter().filter(|row| !is_small(row));
    let sizes = shown.clone().flat_map(|row| [row.mix_minor, row.rate_minor]);
    let scale = Scale::over(sizes.map(|size| minor(size) as f64));
    let mut segments: Vec<&BridgeSegment> = shown.collect();
    segments.sort_by_key(|row| std::cmp::Reverse(row.mix_minor.saturating_add(row.rate_minor).saturating_abs()));
    BridgeView {
        scheme: bridge.scheme.clone(),
        metric: bridge.metric.as_str().to_owned(),
        comparison: bridge.comparison,
        reason: bridge.start_minor.is_none().then(|| because(bridge.status, bridge.reason)),
        start: total(bridge.start_minor),
        end: total(bridge.end_minor),
        volume: effect(bridge.volume_minor),
        mix: effect(bridge.mix_minor),
        rate: effect(bridge.rate_minor),
        rows: segments.into_iter().map(|row| row_view(row, scale, numbers)).collect(),
        parts: parts(bridge, numbers),
        simpson: bridge.simpson,
    }
}

fn row_view(row: &BridgeSegment, scale: Scale, numbers: &Numbers) -> Row {
    let bar = |amount: i128| Bar::new(scale, minor(amount) as f64, None);
    Row {
        segment: row.segment.clone(),
        mix: numbers.signed_money(row.mix_minor),
        mix_bar: bar(row.mix_minor),
        rate: numbers.signed_money(row.rate_minor),
        rate_bar: bar(row.rate_minor),
        both: numbers.signed_money(row.mix_minor.saturating_add(row.rate_minor)),
    }
}

fn parts(bridge: &BridgeFinding, numbers: &Numbers) -> Vec<Part> {
    let Some(by_customer) = &bridge.customer_bridge else {
        return Vec::new();
    };
    let parts = [
        ("new", by_customer.n_new, by_customer.new),
        ("lost", by_customer.n_lost, by_customer.lost),
        ("stay", by_customer.n_stay, by_customer.stay),
        ("move_up", by_customer.n_move_up, by_customer.move_up),
        ("move_down", by_customer.n_move_down, by_customer.move_down),
    ];
    let part = |(name, customers, effect)| Part {
        name,
        customers: numbers.people_printed(customers),
        effect: numbers.of_group(customers, numbers.signed_money(effect)),
    };
    parts.map(part).into()
}
