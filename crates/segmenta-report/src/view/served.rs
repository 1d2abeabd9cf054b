//! How each group is served: terms, guard-rails, reach, capacity, work list.

use serde::Serialize;

use super::summary::ratio;
use crate::Report;
use crate::format::{Numbers, Printed};
use crate::model::{CapacityCheck, Channel, Guardrails, Level, Strategy, Terms, WorkItem, Worklist};

/// Entries of the work list that are shown.
const MOST_WORK_ITEMS: usize = 20;

/// The section on service; `reason` says why it is empty.
#[derive(Debug, Serialize)]
pub(crate) struct Served {
    reason: Option<String>,
    plan: Option<Plan>,
}

#[derive(Debug, Serialize)]
struct Plan {
    scheme: String,
    terms: Vec<TermsRow>,
    guardrails: GuardrailsView,
    rules: Vec<RuleView>,
    channels: Vec<ChannelView>,
    unreachable: Printed,
    unreachable_share: Option<String>,
    capacity: Vec<CapacityView>,
    exceptions_applied: String,
    exceptions_expired: u64,
    exceptions_unmatched: u64,
    worklist: Option<WorklistView>,
}

#[derive(Debug, Serialize)]
struct TermsRow {
    segment: String,
    customers: Printed,
    discount: Option<Printed>,
    payment_days: Option<Printed>,
    service: Option<String>,
    channels: Vec<String>,
    offer: Option<String>,
    priority: Option<i64>,
}

#[derive(Debug, Serialize)]
struct GuardrailsView {
    min_margin_rate: Option<String>,
    list_price: bool,
    max_payment_days: Option<i64>,
    discounts_capped: Printed,
    discount_saved: Printed,
    payment_terms_capped: Printed,
}

#[derive(Debug, Serialize)]
struct RuleView {
    name: String,
    customers: String,
}

#[derive(Debug, Serialize)]
struct ChannelView {
    name: String,
    consented: Printed,
    chosen: String,
}

#[derive(Debug, Serialize)]
struct CapacityView {
    service: String,
    customers: String,
    expected: String,
    capacity: String,
    load: Option<String>,
    level: Level,
}

#[derive(Debug, Serialize)]
struct WorklistView {
    rank_by: String,
    entries: String,
    per_day: String,
    items: Vec<WorkItemView>,
}

#[derive(Debug, Serialize)]
struct WorkItemView {
    rank: Printed,
    customer: String,
    segment: String,
    score: Printed,
    channel: Option<String>,
    reason: String,
}

/// The terms of a segment in one line: `5% · 60 d · call`.
pub(super) fn short_terms(terms: &Terms, numbers: &Numbers) -> String {
    let discount = terms.discount.map(|discount| numbers.threshold_share(discount));
    let days = terms.payment_days.map(|days| format!("{days}\u{a0}d"));
    let parts = [discount, days, terms.service.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Served {
    Served {
        reason: report.strategy.reason().map(str::to_owned),
        plan: report.strategy.known().map(|strategy| plan(report, strategy, numbers)),
    }
}

fn plan(report: &Report, strategy: &Strategy, numbers: &Numbers) -> Plan {
    let customers = report.totals.customers.current.known();
    let count = |value: &u64| Printed::full(numbers.count(*value));
    let unreachable_share = match (strategy.unreachable.known(), customers) {
        (Some(unreachable), Some(all)) => Some(numbers.share(ratio(*unreachable, *all))),
        _ => None,
    };
    let rule =
        |rule: &crate::model::RuleHits| RuleView { name: rule.name.clone(), customers: numbers.count(rule.customers) };
    Plan {
        scheme: strategy.scheme.clone(),
        terms: terms(report, strategy, numbers),
        guardrails: guardrails(&strategy.guardrails, numbers),
        rules: strategy.rules.iter().map(rule).collect(),
        channels: strategy.channels.iter().map(|c| channel(c, numbers)).collect(),
        unreachable: Printed::figure(&strategy.unreachable, count),
        unreachable_share,
        capacity: strategy.capacity.iter().map(|check| capacity(check, numbers)).collect(),
        exceptions_applied: numbers.count(strategy.exceptions.applied),
        exceptions_expired: strategy.exceptions.expired,
        exceptions_unmatched: strategy.exceptions.unmatched,
        worklist: strategy.worklist.as_ref().map(|worklist| worklist_view(worklist, numbers)),
    }
}

fn terms(report: &Report, strategy: &Strategy, numbers: &Numbers) -> Vec<TermsRow> {
    let scheme = report.schemes.iter().find(|scheme| scheme.name == strategy.scheme);
    let segments = scheme.map_or(&[][..], |scheme| scheme.segments.as_slice());
    let with_terms = segments.iter().filter_map(|segment| Some((segment, segment.terms.as_ref()?)));
    let row = with_terms.map(|(segment, terms)| TermsRow {
        segment: segment.name.clone(),
        customers: numbers.people_printed(segment.customers),
        discount: terms.discount.map(|share| Printed::full(numbers.threshold_share(share)).sorted_by(share)),
        payment_days: terms.payment_days.map(|days| Printed::full(days.to_string()).sorted_by(days as f64)),
        service: terms.service.clone(),
        channels: terms.channels.clone(),
        offer: terms.offer.clone(),
        priority: terms.priority,
    });
    row.collect()
}

fn guardrails(guardrails: &Guardrails, numbers: &Numbers) -> GuardrailsView {
    let count = |value: &u64| Printed::full(numbers.count(*value));
    GuardrailsView {
        min_margin_rate: guardrails.min_margin_rate.map(|rate| numbers.threshold_share(rate)),
        list_price: guardrails.margin_floor == crate::model::MarginFloor::ListPrice,
        max_payment_days: guardrails.max_payment_days,
        discounts_capped: Printed::figure(&guardrails.discounts_capped, count),
        discount_saved: Printed::figure(&guardrails.discount_saved, |saved| numbers.money_printed(*saved)),
        payment_terms_capped: Printed::figure(&guardrails.payment_terms_capped, count),
    }
}

fn channel(channel: &Channel, numbers: &Numbers) -> ChannelView {
    ChannelView {
        name: channel.name.clone(),
        consented: Printed::figure(&channel.consented, |consented| numbers.people_printed(*consented)),
        chosen: numbers.people(channel.chosen),
    }
}

fn capacity(check: &CapacityCheck, numbers: &Numbers) -> CapacityView {
    let has_capacity = check.capacity_per_hour > 0.0;
    CapacityView {
        service: check.service.clone(),
        customers: numbers.count(check.customers),
        expected: numbers.number(check.expected_per_hour),
        capacity: numbers.number(check.capacity_per_hour),
        load: has_capacity.then(|| numbers.whole_share(check.expected_per_hour / check.capacity_per_hour)),
        level: if check.fits { Level::Ok } else { Level::Act },
    }
}

fn worklist_view(worklist: &Worklist, numbers: &Numbers) -> WorklistView {
    let item = |item: &WorkItem| WorkItemView {
        rank: numbers.count_printed(item.rank),
        customer: item.customer.clone(),
        segment: item.segment.clone(),
        score: numbers.in_unit(item.score, worklist.unit),
        channel: item.channel.clone(),
        reason: item.reason.clone(),
    };
    WorklistView {
        rank_by: worklist.rank_by.clone(),
        entries: numbers.count(worklist.entries),
        per_day: numbers.count(worklist.per_day),
        items: worklist.head.iter().take(MOST_WORK_ITEMS).map(item).collect(),
    }
}
