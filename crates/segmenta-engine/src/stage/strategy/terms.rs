//! Terms of segments, rules and exceptions as expressions.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::{Expr, cast, when};
use datafusion::prelude::{coalesce, lit};
use segmenta_pipeline::model::{Strategy, Terms};

use super::{Decided, Exceptions, TERMS};
use crate::context::Context;
use crate::expression::{bind, column};
use crate::{Error, Result};

/// Every segment that occurs must have terms, unless there are default terms.
///
/// # Errors
/// [`Error::NoTerms`] for the first one without.
pub(crate) fn check_terms(strategy: &Strategy, counts: &BTreeMap<Option<String>, u64>) -> Result<()> {
    if strategy.default.is_some() {
        return Ok(());
    }
    let unserved =
        counts.keys().find(|segment| !segment.as_ref().is_some_and(|name| strategy.segments.contains_key(name)));
    match unserved {
        None => Ok(()),
        Some(segment) => Err(Error::NoTerms {
            scheme: strategy.scheme.clone(),
            segment: segment.clone().unwrap_or_else(|| "(none)".into()),
            span: strategy.span.clone(),
        }),
    }
}

/// The six terms before guard-rails, in the order of [`TERMS`].
pub(super) fn decide(
    context: &Context<'_>,
    strategy: &Strategy,
    exceptions: &Exceptions,
    key: &str,
    schema: &DFSchema,
) -> Result<Vec<Decided>> {
    let mut decided: Vec<Decided> =
        TERMS.iter().map(|term| by_segment(strategy, schema, term)).collect::<Result<_>>()?;
    for rule in &strategy.rules {
        let holds = coalesce(vec![bind(context.session, schema, &rule.when)?, lit(false)]);
        for (term, decided) in TERMS.iter().zip(&mut decided) {
            if let Some(value) = value_of(strategy, &rule.set, term, schema)? {
                override_by(decided, holds.clone(), value, lit(format!("rule:{}", rule.name)))?;
            }
        }
    }
    for (term, decided) in TERMS.iter().zip(&mut decided) {
        if let Some(exception) = exceptions.term(term, column(key))? {
            override_by(decided, exception.value.clone().is_not_null(), exception.value, exception.decided_by)?;
        }
    }
    Ok(decided)
}

fn override_by(decided: &mut Decided, holds: Expr, value: Expr, source: Expr) -> Result<()> {
    decided.value = when(holds.clone(), value).otherwise(decided.value.clone())?;
    decided.decided_by = when(holds, source).otherwise(decided.decided_by.clone())?;
    Ok(())
}

fn by_segment(strategy: &Strategy, schema: &DFSchema, term: &str) -> Result<Decided> {
    let fallback = match &strategy.default {
        Some(terms) => value_of(strategy, terms, term, schema)?,
        None => None,
    };
    let fallback = fallback.unwrap_or_else(|| null(term));
    let segment = || column(&strategy.scheme);
    let mut value: Option<datafusion::logical_expr::conditional_expressions::CaseBuilder> = None;
    let mut named = Vec::new();
    for (name, terms) in &strategy.segments {
        let here = value_of(strategy, terms, term, schema)?;
        if here.is_some() {
            named.push(lit(name.as_str()));
        }
        let here = here.unwrap_or_else(|| fallback.clone());
        value = Some(match value {
            None => datafusion::logical_expr::case(segment()).when(lit(name.as_str()), here),
            Some(mut case) => case.when(lit(name.as_str()), here),
        });
    }
    let value = match value {
        None => fallback,
        Some(mut case) => case.otherwise(fallback)?,
    };
    let decided_by = when(segment().in_list(named, false), lit("segment")).otherwise(lit("default"))?;
    Ok(Decided { value, decided_by })
}

fn null(term: &str) -> Expr {
    lit(match term {
        "discount" => ScalarValue::Float64(None),
        "payment_days" | "priority" => ScalarValue::Int64(None),
        _ => ScalarValue::Utf8(None),
    })
}

/// The expression of one term, `None` when these terms leave it open.
fn value_of(strategy: &Strategy, terms: &Terms, term: &str, schema: &DFSchema) -> Result<Option<Expr>> {
    Ok(match term {
        "discount" => terms.discount.map(lit),
        "payment_days" => terms.payment_days.map(lit),
        "priority" => terms.priority.map(lit),
        "service" => terms.service.as_deref().map(lit),
        "offer" => terms.offer.as_deref().map(lit),
        "channel" => terms.channels.as_ref().map(|channels| first_consented(strategy, channels, schema)).transpose()?,
        other => unreachable!("`{other}` is not one of TERMS"),
    })
}

/// The first of `channels` the entity agreed to; a channel without a consent column needs none.
/// `none` when the entity agreed to no channel.
fn first_consented(strategy: &Strategy, channels: &[String], schema: &DFSchema) -> Result<Expr> {
    let mut chosen = lit("none");
    for channel in channels.iter().rev() {
        let Some(consent) = strategy.consent.get(channel) else {
            chosen = lit(channel.as_str());
            continue;
        };
        if !schema.has_column_with_unqualified_name(consent) {
            return Err(Error::NoColumn {
                column: consent.clone(),
                known: schema.fields().iter().map(|field| field.name().clone()).collect(),
            });
        }
        let agreed = coalesce(vec![cast(column(consent), DataType::Boolean), lit(false)]);
        chosen = when(agreed, lit(channel.as_str())).otherwise(chosen)?;
    }
    Ok(chosen)
}
