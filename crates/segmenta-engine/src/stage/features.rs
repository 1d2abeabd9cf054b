//! The profile's plan: entities with the aggregates of every `[features]` table, by ascending key.

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::{Expr, SortExpr};
use datafusion::prelude::{SessionContext, coalesce, lit};
use segmenta_pipeline::model::{Feature, Pipeline};

use crate::expression::{bind, column};
use crate::source_table::SourceTable;
use crate::stage::criteria::grouped_inputs;
use crate::stage::features::summary::Purchases;
use crate::{AsOf, Result};

mod summary;

/// One row per entity that passes the entity's filter, ascending by key, with the `needed`
/// columns of the entity source and of every feature.
///
/// Entities without rows in a feature's source are kept: their counts are 0, their other
/// aggregates null, and the sums of a purchase summary 0.
pub(crate) fn profile_plan(
    session: &SessionContext,
    pipeline: &Pipeline,
    entities: DataFrame,
    as_of: AsOf,
    needed: &BTreeSet<String>,
) -> Result<DataFrame> {
    let key = &pipeline.entity.key;
    let mut profile = entities_plan(session, pipeline, entities, needed)?;
    for (name, feature) in &pipeline.features {
        for part in feature_parts(session, feature, as_of, needed)? {
            profile = join(profile, part, key, &format!("{name} key"))?;
        }
    }
    for (name, criterion) in &pipeline.criteria {
        if let Some(from) = &criterion.from {
            let lists = grouped_inputs(session, pipeline, name, criterion, from)?;
            profile = join(profile, lists, key, &format!("{name} key"))?;
        }
    }
    Ok(profile.sort(vec![SortExpr::new(column(key), true, false)])?)
}

fn entities_plan(
    session: &SessionContext,
    pipeline: &Pipeline,
    entities: DataFrame,
    needed: &BTreeSet<String>,
) -> Result<DataFrame> {
    let key = &pipeline.entity.key;
    let kept = match &pipeline.entity.filter {
        Some(filter) => {
            let holds = bind(session, entities.schema(), filter)?;
            entities.filter(holds)?
        }
        None => entities,
    };
    let names: Vec<String> = kept.schema().fields().iter().map(|field| field.name().clone()).collect();
    let wanted = names.iter().filter(|name| *name == key || needed.contains(*name));
    Ok(kept.select(wanted.map(|name| column(name)).collect::<Vec<_>>())?)
}

/// One row per key with the aggregates of one source, and how a missing row is filled.
pub(crate) struct Part {
    /// Has the column [`Part::KEY`] beside `columns`.
    pub(crate) rows: DataFrame,
    /// The columns to take over, as expressions over the joined rows.
    pub(crate) columns: Vec<Expr>,
}

impl Part {
    /// Name of the key column until the join has renamed it.
    pub(crate) const KEY: &'static str = "key of the part";
}

fn join(profile: DataFrame, part: Part, key: &str, part_key: &str) -> Result<DataFrame> {
    if part.columns.is_empty() {
        return Ok(profile);
    }
    let own: Vec<Expr> = profile.schema().fields().iter().map(|field| column(field.name())).collect();
    let renamed = part.rows.schema().fields().iter().map(|field| match field.name().as_str() {
        Part::KEY => column(Part::KEY).alias(part_key),
        name => column(name),
    });
    let renamed = renamed.collect::<Vec<_>>();
    let rows = part.rows.select(renamed)?;
    let joined = profile.join_on(rows, JoinType::Left, [column(key).eq(column(part_key))])?;
    Ok(joined.select(own.into_iter().chain(part.columns).collect::<Vec<_>>())?)
}

fn feature_parts(
    session: &SessionContext,
    feature: &Feature,
    as_of: AsOf,
    needed: &BTreeSet<String>,
) -> Result<Vec<Part>> {
    let rows = feature_rows(session, feature)?;
    let mut aggregates = Vec::new();
    let mut columns = Vec::new();
    let purchases = feature.summary.as_ref().map(|summary| Purchases::bind(session, &rows, summary)).transpose()?;
    if let Some(purchases) = &purchases {
        purchases.add(as_of, needed, &mut aggregates, &mut columns)?;
    }
    for (name, sql) in feature.columns.iter().filter(|(name, _)| needed.contains(*name)) {
        let aggregate = bind(session, rows.schema(), sql)?;
        let filled = if is_count(&aggregate) { coalesce(vec![column(name), lit(0_i64)]) } else { column(name) };
        columns.push(filled.alias(name));
        aggregates.push(aggregate.alias(name));
    }
    let mut parts = Vec::new();
    if let Some(part) = purchases.filter(|_| needed.contains("spend_mean_repeat")) {
        parts.push(part.mean_of_repeat_orders(rows.clone(), &feature.key)?);
    }
    if !aggregates.is_empty() {
        parts.push(Part { rows: aggregate_by_key(rows, &feature.key, aggregates)?, columns });
    }
    Ok(parts)
}

fn feature_rows(session: &SessionContext, feature: &Feature) -> Result<DataFrame> {
    let rows = rows_by_key(session, &feature.from, &feature.key)?;
    match &feature.filter {
        Some(filter) => {
            let holds = bind(session, rows.schema(), filter)?;
            Ok(rows.filter(holds)?)
        }
        None => Ok(rows),
    }
}

/// The rows of a source or table; those of a source that is read from its files come out by key.
fn rows_by_key(session: &SessionContext, from: &str, key: &str) -> Result<DataFrame> {
    let table = futures::executor::block_on(session.table_provider(table_name(from)))?;
    let any: &dyn Any = table.as_ref();
    match any.downcast_ref::<SourceTable>() {
        Some(source) => Ok(session.read_table(Arc::new(source.by_key(key)))?),
        None => Ok(futures::executor::block_on(session.table(table_name(from)))?),
    }
}

/// A table reference that keeps the name as it is.
pub(crate) fn table_name(name: &str) -> datafusion::common::TableReference {
    datafusion::common::TableReference::bare(name.to_owned())
}

/// One row per key, the key under the name [`Part::KEY`].
pub(crate) fn aggregate_by_key(rows: DataFrame, key: &str, aggregates: Vec<Expr>) -> Result<DataFrame> {
    Ok(rows.aggregate(vec![column(key).alias(Part::KEY)], aggregates)?)
}

/// Whether a missing group means 0: the expression is a count.
fn is_count(expr: &Expr) -> bool {
    let mut counts = false;
    let outermost = expr.apply(|node| {
        Ok(match node {
            Expr::Alias(_) | Expr::Cast(_) => TreeNodeRecursion::Continue,
            Expr::AggregateFunction(function) => {
                counts = matches!(function.func.name(), "count" | "exact_count_distinct");
                TreeNodeRecursion::Stop
            }
            _ => TreeNodeRecursion::Stop,
        })
    });
    outermost.is_ok() && counts
}

#[cfg(test)]
mod tests;
