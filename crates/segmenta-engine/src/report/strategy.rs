//! How each group is served.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, UInt64Type};
use segmenta_pipeline::model::{MarginFloor as FloorSpec, Strategy as StrategySpec};
use segmenta_report::model::{
    CapacityCheck, Channel, Exceptions, Figure, Guardrails, MarginFloor, RuleHits, Strategy, Unit, WorkItem, Worklist,
};

use super::{Money, Told};
use crate::stage::strategy::{SCORE, Served};

pub(super) fn strategy(told: &Told<'_>, money: &Money) -> Figure<Strategy> {
    let (Some(spec), Some(served)) = (&told.request.pipeline.strategy, &told.staged.served) else {
        return Figure::missing("no `[strategy]` in the pipeline");
    };
    let unreachable = served.channels.get("none").copied().unwrap_or_default();
    Figure::Known(Strategy {
        scheme: spec.scheme.clone(),
        guardrails: guardrails(spec, served, money),
        rules: served
            .rules
            .iter()
            .map(|(name, customers)| RuleHits { name: name.clone(), customers: *customers })
            .collect(),
        channels: channels(served),
        unreachable: Figure::Known(unreachable),
        capacity: capacity(served),
        exceptions: Exceptions {
            applied: served.exceptions.applied,
            expired: served.exceptions.expired,
            unmatched: served.exceptions.unmatched,
        },
        worklist: worklist(told, spec, served, money),
    })
}

fn guardrails(spec: &StrategySpec, served: &Served, money: &Money) -> Guardrails {
    let rails = &spec.guardrails;
    let of_floor = |figure: Option<_>| Figure::from_option(figure, "no margin floor is set");
    let floor = rails.min_margin_rate;
    Guardrails {
        min_margin_rate: floor,
        margin_floor: match rails.margin_floor {
            FloorSpec::DiscountedPrice => MarginFloor::DiscountedPrice,
            FloorSpec::ListPrice => MarginFloor::ListPrice,
        },
        max_payment_days: rails.max_payment_days,
        discounts_capped: of_floor(floor.map(|_| served.discounts_capped)),
        discount_saved: money.figure(floor.map(|_| served.discount_saved), "no margin floor is set"),
        payment_terms_capped: Figure::from_option(
            rails.max_payment_days.map(|_| served.payment_terms_capped),
            "no longest payment term is set",
        ),
    }
}

fn channels(served: &Served) -> Vec<Channel> {
    let names: std::collections::BTreeSet<&String> = served.channels.keys().chain(served.consented.keys()).collect();
    let channel = |name: &String| Channel {
        name: name.clone(),
        consented: Figure::from_option(served.consented.get(name).copied(), "needs no consent in this pipeline"),
        chosen: served.channels.get(name).copied().unwrap_or_default(),
    };
    names.into_iter().filter(|name| *name != "none").map(channel).collect()
}

fn capacity(served: &Served) -> Vec<CapacityCheck> {
    let check = |finding: &crate::stage::strategy::CapacityFinding| CapacityCheck {
        service: finding.service.clone(),
        customers: finding.customers,
        expected_per_hour: finding.expected_per_hour,
        capacity_per_hour: finding.capacity_per_hour,
        fits: finding.fits(),
    };
    served.capacity.iter().map(check).collect()
}

/// Rows of the list on the page.
const HEAD: usize = 20;

fn worklist(told: &Told<'_>, spec: &StrategySpec, served: &Served, money: &Money) -> Option<Worklist> {
    let (list, rows) = (spec.worklist.as_ref()?, served.worklist.as_ref()?);
    let column = |name: &str| rows.column_by_name(name).expect("part of the work list");
    let text = |name: &str, row: usize| {
        let values = column(name).as_string::<i32>();
        values.is_valid(row).then(|| values.value(row).to_owned())
    };
    let key = column(&told.request.pipeline.entity.key);
    let by_value = list.rank == SCORE;
    let scores = column("score").as_primitive::<Float64Type>();
    let item = |row: usize| WorkItem {
        rank: column("rank").as_primitive::<UInt64Type>().value(row),
        customer: arrow::util::display::array_value_to_string(key, row).unwrap_or_default(),
        segment: text("segment", row).unwrap_or_default(),
        score: if by_value { money.minor(scores.value(row)) as f64 } else { scores.value(row) },
        channel: text("channel", row),
        reason: text("reason", row).unwrap_or_default(),
    };
    Some(Worklist {
        rank_by: list.rank.clone(),
        unit: if by_value { Unit::Money } else { Unit::Number },
        entries: rows.num_rows() as u64,
        per_day: list.per_day,
        head: (0..rows.num_rows().min(HEAD)).map(item).collect(),
    })
}
