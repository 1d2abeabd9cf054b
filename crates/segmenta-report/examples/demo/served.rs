//! Strategy of the invented shop.

use segmenta_report::model::*;

pub(crate) fn strategy() -> Strategy {
    let channel =
        |name: &str, consented, chosen| Channel { name: name.into(), consented: Figure::Known(consented), chosen };
    let capacity = |service: &str, customers, expected_per_hour, capacity_per_hour| CapacityCheck {
        service: service.into(),
        customers,
        expected_per_hour,
        capacity_per_hour,
        fits: expected_per_hour <= capacity_per_hour,
    };
    Strategy {
        scheme: "value".into(),
        guardrails: Guardrails {
            min_margin_rate: Some(0.05),
            margin_floor: MarginFloor::DiscountedPrice,
            max_payment_days: Some(60),
            discounts_capped: Figure::Known(214),
            discount_saved: Figure::Known(1_204_418),
            payment_terms_capped: Figure::Known(0),
        },
        rules: vec![RuleHits { name: "late_payers".into(), customers: 37 }],
        channels: vec![channel("email", 1_391, 1_204), channel("sms", 702, 385)],
        unreachable: Figure::Known(411),
        capacity: vec![capacity("call", 620, 12.4, 240.0), capacity("chat", 888, 44.4, 30.0)],
        exceptions: Exceptions { applied: 4, expired: 2, unmatched: 1 },
        worklist: Some(worklist()),
    }
}

fn worklist() -> Worklist {
    let item = |rank: u64| WorkItem {
        rank,
        customer: (10_000 + rank * 37).to_string(),
        segment: if rank.is_multiple_of(3) { "at_risk".into() } else { "cannot_lose_them".into() },
        score: 214_000.0 - rank as f64 * 4_113.0,
        channel: (!rank.is_multiple_of(5)).then(|| "sms".to_owned()),
        reason: format!("last order {} days ago, used to buy every month", 80 + rank * 3),
    };
    Worklist {
        rank_by: "value_at_stake".into(),
        unit: Unit::Money,
        entries: 238,
        per_day: 200,
        head: (1..=20).map(item).collect(),
    }
}
