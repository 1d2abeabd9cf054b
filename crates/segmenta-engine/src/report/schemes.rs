//! Schemes, their segments and who moved between them.

use segmenta_pipeline::model::{Scheme as SchemeSpec, SchemeKind as KindSpec};
use segmenta_report::model::{
    Figure, Level, LimitFinding, Migration, Scheme, SchemeKind, Segment, SegmentBaseline, Terms,
};

use super::{Money, NO_BASELINE, Told};
use crate::Result;
use crate::stage::monitor;
use crate::summary::Group;

pub(super) fn schemes(told: &Told<'_>, money: &Money) -> Result<Vec<Scheme>> {
    let mut schemes: Vec<Scheme> = Vec::new();
    for (name, groups) in &told.staged.groups {
        let spec = &told.request.pipeline.schemes[name];
        schemes.push(Scheme {
            name: name.clone(),
            kind: match spec.kind {
                KindSpec::Strategic => SchemeKind::Strategic,
                KindSpec::Operational => SchemeKind::Operational,
            },
            goal: spec.goal.clone(),
            segments: segments(told, money, name, spec, groups),
            limits: limits(told, name),
            migration: migration(told, name),
        });
    }
    schemes.sort_by_key(|scheme| scheme.kind != SchemeKind::Strategic);
    Ok(schemes)
}

const NO_SEGMENT: &str = "(no segment)";

/// Segments by descending margin, or by size when nothing is valued.
fn segments(told: &Told<'_>, money: &Money, scheme: &str, spec: &SchemeSpec, groups: &[Group]) -> Vec<Segment> {
    let total = |name: &str| groups.iter().filter_map(|group| group.money(name)).reduce(|a, b| a + b);
    let customers: u64 = groups.iter().map(|group| group.customers).sum();
    let (revenue, margin) = (total("revenue"), total("margin"));
    let mut ordered: Vec<&Group> = groups.iter().collect();
    ordered.sort_by(|a, b| {
        let key = |group: &Group| group.money("margin").unwrap_or(group.customers as f64);
        key(b).total_cmp(&key(a)).then_with(|| a.segment.cmp(&b.segment))
    });
    let segment = |group: &&Group| {
        let not_valued = "the pipeline values nothing";
        let name = group.segment.as_deref();
        let share = |part: Option<f64>, whole: Option<f64>| {
            let share = part.zip(whole).filter(|(_, whole)| *whole != 0.0).map(|(part, whole)| part / whole);
            Figure::from_option(share, "the total is 0")
        };
        Segment {
            name: name.unwrap_or(NO_SEGMENT).to_owned(),
            rule: name.and_then(|name| rule(spec, name)),
            customers: group.customers,
            share: group.customers as f64 / customers.max(1) as f64,
            revenue: money.figure(group.money("revenue"), not_valued),
            revenue_share: share(group.money("revenue"), revenue),
            margin: money.figure(group.money("margin"), not_valued),
            margin_share: share(group.money("margin"), margin),
            margin_rate: share(group.money("margin"), group.money("revenue")),
            mean_margin: money.figure(group.money("margin").map(|margin| margin / group.customers as f64), not_valued),
            potential: potential(told, money, group),
            terms: name.and_then(|name| terms(told, scheme, name)),
            baseline: before(told, money, scheme, group),
        }
    };
    ordered.iter().map(segment).collect()
}

fn potential(told: &Told<'_>, money: &Money, group: &Group) -> Figure<i64> {
    let wanted = told.request.pipeline.valuation.as_ref().is_some_and(|valuation| valuation.potential.is_some());
    money.figure(group.money("potential").filter(|_| wanted), "no benchmark in the pipeline")
}

fn rule(spec: &SchemeSpec, name: &str) -> Option<String> {
    spec.segments.iter().find(|rule| rule.name == name).map(|rule| rule.when.text.clone())
}

fn terms(told: &Told<'_>, scheme: &str, segment: &str) -> Option<Terms> {
    let strategy = told.request.pipeline.strategy.as_ref().filter(|strategy| strategy.scheme == scheme)?;
    let own = strategy.segments.get(segment).or(strategy.default.as_ref())?;
    let default = strategy.default.clone().unwrap_or_default();
    Some(Terms {
        discount: own.discount.or(default.discount),
        payment_days: own.payment_days.or(default.payment_days),
        priority: own.priority.or(default.priority),
        service: own.service.clone().or(default.service),
        channels: own.channels.clone().or(default.channels).unwrap_or_default(),
        offer: own.offer.clone().or(default.offer),
    })
}

fn before(told: &Told<'_>, money: &Money, scheme: &str, group: &Group) -> Figure<SegmentBaseline> {
    let Some(baseline) = &told.staged.baseline else {
        return Figure::missing(NO_BASELINE);
    };
    let segments = baseline.state.segments.get(scheme);
    let same = segments.and_then(|segments| segments.iter().find(|segment| segment.segment == group.segment));
    let before = same.map(|segment| SegmentBaseline {
        customers: segment.customers,
        share: segment.customers as f64 / baseline.state.customers.max(1) as f64,
        revenue: money.figure(segment.revenue, "not valued in the baseline"),
        margin: money.figure(segment.margin, "not valued in the baseline"),
    });
    Figure::from_option(before, "new since the baseline")
}

fn limits(told: &Told<'_>, scheme: &str) -> Vec<LimitFinding> {
    let findings = told.staged.limits.iter().filter(|(name, _)| name == scheme).flat_map(|(_, findings)| findings);
    let finding = |finding: &crate::stage::schemes::LimitFinding| LimitFinding {
        limit: finding.limit.to_owned(),
        level: if finding.fails { Level::Act } else { Level::Watch },
        text: finding.text.clone(),
    };
    findings.map(finding).collect()
}

fn migration(told: &Told<'_>, scheme: &str) -> Figure<Migration> {
    if told.staged.baseline.is_none() {
        return Figure::missing(NO_BASELINE);
    }
    let found = told.staged.monitoring.migrations.iter().find(|(name, _)| name == scheme);
    let Some((_, migration)) = found else {
        return Figure::missing("the baseline has no such scheme");
    };
    let monitor::Migration { labels, matched, new, gone } = migration;
    let nobody = "no customer is in both runs";
    let moved = migration.moved_share();
    let tv = told.staged.monitoring.drift.iter().find(|drift| drift.column == scheme).and_then(|drift| drift.tv);
    Figure::Known(Migration {
        labels: labels.clone(),
        matched: matched.clone(),
        new: new.clone(),
        gone: gone.clone(),
        stability: Figure::from_option(moved.map(|moved| 1.0 - moved), nobody),
        moved_share: Figure::from_option(moved, nobody),
        net_moved_share: Figure::from_option(tv, "one of the runs has no customers"),
    })
}
