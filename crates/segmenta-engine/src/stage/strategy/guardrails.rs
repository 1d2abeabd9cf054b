//! Limits that no term may cross.

use datafusion::logical_expr::{Expr, when};
use datafusion::prelude::{coalesce, lit};
use segmenta_pipeline::model::{MarginFloor, Strategy};

use super::{Decided, TERMS};
use crate::Result;
use crate::expression::column;
use crate::profile::Profile;
use crate::summary::total;

/// Lowers discounts to the margin floor and shortens payment terms to the limit; a term that was
/// changed is decided by `guardrail:min_margin_rate` or `guardrail:max_payment_days`.
pub(super) fn apply(strategy: &Strategy, profile: &Profile, mut terms: Vec<Decided>) -> Result<Vec<Decided>> {
    let rails = &strategy.guardrails;
    for (name, term) in TERMS.iter().zip(&mut terms) {
        match (*name, rails.min_margin_rate, rails.max_payment_days) {
            ("discount", Some(floor), _) => {
                let most = most_discount(floor, rails.margin_floor, overall_margin_rate(profile)?);
                cap(term, most, "guardrail:min_margin_rate")?;
            }
            ("payment_days", _, Some(most)) => cap(term, lit(most), "guardrail:max_payment_days")?,
            _ => {}
        }
    }
    Ok(terms)
}

fn cap(term: &mut Decided, most: Expr, by: &str) -> Result<()> {
    let over = term.value.clone().gt(most.clone());
    term.decided_by = when(over.clone(), lit(by)).otherwise(term.decided_by.clone())?;
    term.value = when(over, most).otherwise(term.value.clone())?;
    Ok(())
}

/// Largest discount that keeps the margin rate `c` at the floor `f`, not below 0:
/// `1 − (1 − c)/(1 − f)` of the discounted price, or `c − f` of the list price.
///
/// An entity without revenue has no margin rate of its own and is judged by that of all entities
/// together. At c = 40 %, f = 10 %: 33.3 % and 30 %.
fn most_discount(floor: f64, reading: MarginFloor, overall: f64) -> Expr {
    let rate = coalesce(vec![column("margin_rate"), lit(overall)]);
    let most = match reading {
        MarginFloor::DiscountedPrice => lit(1.0) - (lit(1.0) - rate) / lit(1.0 - floor),
        MarginFloor::ListPrice => rate - lit(floor),
    };
    datafusion::functions::core::expr_fn::greatest(vec![most, lit(0.0)])
}

fn overall_margin_rate(profile: &Profile) -> Result<f64> {
    let (revenue, margin) = (total(profile, "revenue")?, total(profile, "margin")?);
    Ok(if revenue > 0.0 { margin / revenue } else { 0.0 })
}
