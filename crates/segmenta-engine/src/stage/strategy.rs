//! `[strategy]`: gives every entity exactly one value of each term, and says what decided it.
//!
//! The order, later wins: terms of the segment (or the default), rules in file order, the
//! exception of the entity, guard-rails.

mod capacity;
mod exceptions;
mod guardrails;
mod served;
mod terms;
mod worklist;

pub(crate) use capacity::{CapacityFinding, capacity};
pub(crate) use exceptions::{ExceptionUse, Exceptions};
pub(crate) use served::{Served, serve};
pub(crate) use terms::check_terms;
pub(crate) use worklist::{SCORE, worklist};

use arrow::array::RecordBatch;
use datafusion::logical_expr::Expr;
use segmenta_pipeline::model::Strategy;

use crate::Result;
use crate::context::Context;
use crate::expression::column;
use crate::profile::Profile;

/// Columns of the actions table after the entity key: the segment, then each term and what decided it.
pub(crate) const TERMS: [&str; 6] = ["discount", "payment_days", "service", "channel", "offer", "priority"];

/// The discount that segment, rule or exception gave, for those who audit the guard-rail.
pub(crate) const BEFORE_GUARDRAILS: &str = "discount_before_guardrails";

/// One row per entity in profile order: key, `segment`, and for each of [`TERMS`] the value and
/// `<term>_decided_by`: `segment`, `default`, `rule:<name>`, `exception:<owner>` or
/// `guardrail:<name>`.
pub(crate) async fn actions(
    context: &Context<'_>,
    strategy: &Strategy,
    exceptions: &Exceptions,
    profile: &Profile,
) -> Result<Vec<RecordBatch>> {
    let plan = profile.plan(context.session)?;
    let schema = plan.schema().clone();
    let key = &context.pipeline.entity.key;
    let decided = terms::decide(context, strategy, exceptions, key, &schema)?;
    let before = decided[0].value.clone().alias(BEFORE_GUARDRAILS);
    let guarded = guardrails::apply(strategy, profile, decided)?;
    let mut columns: Vec<Expr> = vec![column(key), column(&strategy.scheme).alias("segment")];
    for (name, term) in TERMS.iter().zip(guarded) {
        columns.push(term.value.alias(*name));
        columns.push(term.decided_by.alias(format!("{name}_decided_by")));
    }
    columns.push(before);
    profile.evaluate(context.session, context.runner, columns).await
}

/// A term's value and what decided it, as expressions over the profile.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) value: Expr,
    pub(crate) decided_by: Expr,
}

#[cfg(test)]
mod tests;
