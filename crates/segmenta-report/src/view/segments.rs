//! Size and money of every segment, scheme by scheme.

use serde::Serialize;

use super::summary::ratio;
use crate::Report;
use crate::chart::{Bar, Scale};
use crate::format::{Numbers, Printed};
use crate::model::{Figure, Level, MinorUnits, Scheme, SchemeKind, Segment};

/// A scheme with its segments.
#[derive(Debug, Serialize)]
pub(crate) struct SchemeView {
    name: String,
    /// Anchor of its table.
    id: String,
    kind: SchemeKind,
    goal: String,
    rows: Vec<Row>,
    total: Total,
    limits: Vec<Limit>,
    columns: Columns,
    /// Why numbers are missing, each reason once.
    reasons: Vec<String>,
}

/// Which optional columns have a number in them.
#[derive(Debug, Serialize)]
struct Columns {
    change: bool,
    revenue: bool,
    margin: bool,
    potential: bool,
    terms: bool,
    rule: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    rule: Option<String>,
    customers: Printed,
    share: Printed,
    share_bar: Bar,
    change: Printed,
    revenue: Printed,
    revenue_share: Printed,
    margin: Printed,
    margin_share: Printed,
    margin_bar: Option<Bar>,
    margin_change: Option<Printed>,
    margin_rate: Printed,
    mean_margin: Printed,
    potential: Printed,
    terms: Option<String>,
    loss: bool,
}

/// The sums under the table.
#[derive(Debug, Serialize)]
struct Total {
    customers: String,
    revenue: Printed,
    margin: Printed,
    margin_rate: Printed,
    mean_margin: Printed,
    potential: Printed,
}

#[derive(Debug, Serialize)]
struct Limit {
    limit: String,
    level: Level,
    text: String,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Vec<SchemeView> {
    let numbered = report.schemes.iter().enumerate();
    numbered.map(|(index, scheme)| scheme_view(index, scheme, numbers)).collect()
}

fn scheme_view(index: usize, scheme: &Scheme, numbers: &Numbers) -> SchemeView {
    let segments = &scheme.segments;
    let before = segments.iter().filter_map(|segment| segment.baseline.known());
    let shares = segments.iter().map(|segment| segment.share);
    let share_scale = Scale::over(shares.chain(before.map(|before| before.share)));
    let margin_scale = Scale::over(segments.iter().filter_map(|segment| segment.margin_share.known().copied()));
    SchemeView {
        name: scheme.name.clone(),
        id: format!("scheme-{}", index + 1),
        kind: scheme.kind,
        goal: scheme.goal.clone(),
        rows: segments.iter().map(|segment| row(segment, share_scale, margin_scale, numbers)).collect(),
        total: total(segments, numbers),
        limits: limits(scheme),
        columns: Columns {
            change: segments.iter().any(|segment| segment.baseline.known().is_some()),
            revenue: segments.iter().any(|segment| segment.revenue.known().is_some()),
            margin: segments.iter().any(|segment| segment.margin.known().is_some()),
            potential: segments.iter().any(|segment| segment.potential.known().is_some()),
            terms: segments.iter().any(|segment| segment.terms.is_some()),
            rule: segments.iter().any(|segment| segment.rule.is_some()),
        },
        reasons: reasons(segments),
    }
}

fn row(segment: &Segment, share_scale: Scale, margin_scale: Scale, numbers: &Numbers) -> Row {
    let baseline = segment.baseline.known();
    let of_group = |printed| numbers.of_group(segment.customers, printed);
    let money = |amount: &MinorUnits| of_group(numbers.money_cell(*amount));
    let share = |share: &f64| of_group(numbers.share_printed(*share));
    let is_shown = !numbers.is_small(segment.customers);
    let shown_share = if is_shown { segment.share } else { 0.0 };
    let before_share = baseline.filter(|before| is_shown && !numbers.is_small(before.customers));
    let margin_bar = |share: &f64| Bar::new(margin_scale, *share, None);
    Row {
        name: segment.name.clone(),
        rule: segment.rule.clone(),
        customers: numbers.people_printed(segment.customers),
        share: of_group(numbers.share_printed(segment.share)),
        share_bar: Bar::new(share_scale, shown_share, before_share.map(|before| before.share)),
        change: Printed::figure(&segment.baseline, |before| {
            numbers.of_group(
                before.customers,
                of_group(Printed {
                    exact: Some(numbers.signed_count(difference(segment.customers, before.customers))),
                    ..Printed::full(numbers.points(segment.share - before.share))
                        .sorted_by(segment.share - before.share)
                }),
            )
        }),
        revenue: Printed::figure(&segment.revenue, money),
        revenue_share: Printed::figure(&segment.revenue_share, share),
        margin: Printed::figure(&segment.margin, money),
        margin_share: Printed::figure(&segment.margin_share, share),
        margin_bar: segment.margin_share.known().filter(|_| is_shown).map(margin_bar),
        margin_change: margin_change(segment, numbers).filter(|_| is_shown),
        margin_rate: Printed::figure(&segment.margin_rate, share),
        mean_margin: Printed::figure(&segment.mean_margin, money),
        potential: Printed::figure(&segment.potential, money),
        terms: segment.terms.as_ref().map(|terms| super::served::short_terms(terms, numbers)),
        loss: segment.margin.known().is_some_and(|margin| *margin < 0),
    }
}

fn margin_change(segment: &Segment, numbers: &Numbers) -> Option<Printed> {
    let before = *segment.baseline.known()?.margin.known()? as f64;
    let now = *segment.margin.known()? as f64;
    let change = numbers.relative_change(now, before)?;
    Some(Printed::full(change).sorted_by((now - before) / before.abs()))
}

fn total(segments: &[Segment], numbers: &Numbers) -> Total {
    let customers = segments.iter().map(|segment| segment.customers).sum();
    let revenue = sum(segments.iter().map(|segment| &segment.revenue));
    let margin = sum(segments.iter().map(|segment| &segment.margin));
    let money = |amount: &MinorUnits| numbers.money_cell(*amount);
    let rate = match (revenue.known(), margin.known()) {
        (Some(revenue), Some(margin)) if *revenue > 0 => numbers.share_printed(*margin as f64 / *revenue as f64),
        _ => Printed::missing("no revenue to divide by"),
    };
    let mean = |margin: &MinorUnits| {
        let mean = ratio(margin.unsigned_abs(), customers).round() as MinorUnits;
        numbers.money_cell(mean * margin.signum())
    };
    Total {
        customers: numbers.count(customers),
        revenue: Printed::figure(&revenue, money),
        margin: Printed::figure(&margin, money),
        margin_rate: rate,
        mean_margin: Printed::figure(&margin, mean),
        potential: Printed::figure(&sum(segments.iter().map(|s| &s.potential)), money),
    }
}

/// The sum of the known amounts; missing, for the first reason, when none is known.
fn sum<'a>(amounts: impl Iterator<Item = &'a Figure<MinorUnits>> + Clone) -> Figure<MinorUnits> {
    if amounts.clone().any(|amount| amount.known().is_some()) {
        return Figure::Known(amounts.filter_map(|amount| amount.known()).sum());
    }
    let reason = amounts.clone().find_map(|amount| amount.reason());
    Figure::missing(reason.unwrap_or("no segments"))
}

fn limits(scheme: &Scheme) -> Vec<Limit> {
    let finding = scheme.limits.iter().map(|finding| Limit {
        limit: finding.limit.clone(),
        level: finding.level,
        text: finding.text.clone(),
    });
    finding.collect()
}

fn reasons(segments: &[Segment]) -> Vec<String> {
    let mut reasons = Vec::new();
    for segment in segments {
        let money = [&segment.revenue, &segment.margin, &segment.mean_margin, &segment.potential];
        let of_money = money.into_iter().filter_map(|figure| figure.reason());
        let shares = [&segment.revenue_share, &segment.margin_share, &segment.margin_rate];
        let of_shares = shares.into_iter().filter_map(|figure| figure.reason());
        for reason in of_money.chain(of_shares).chain(segment.baseline.reason()) {
            if !reasons.iter().any(|known| known == reason) {
                reasons.push(reason.to_owned());
            }
        }
    }
    reasons
}

/// `now - before` of two counts.
fn difference(now: u64, before: u64) -> i64 {
    let size = i64::try_from(now.abs_diff(before)).unwrap_or(i64::MAX);
    if now >= before { size } else { -size }
}
