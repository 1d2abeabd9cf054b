//! The standard purchase summary: `summary = { order, time, amount, cost }`.
//!
//! | column | value | without orders |
//! |---|---|---|
//! | `orders_total` | distinct orders | 0 |
//! | `repeat_orders` | orders after the first | 0 |
//! | `days_since_last` | whole days from the date of the last order to `as_of` | null |
//! | `days_first_to_last` | whole days from the date of the first to that of the last order | null |
//! | `tenure_days` | whole days from the date of the first order to `as_of` | null |
//! | `spend_total` | sum of all amounts | 0 |
//! | `spend_mean_repeat` | mean amount of the orders after the first; null for one order | null |
//! | `goods_cost_total` | sum of all costs | 0 |
//! | `first_order`, `last_order` | earliest and latest time | null |
//!
//! # Source
//! Fader and Hardie's conventions for repeat orders and observation times; the names keep them
//! apart from recency, frequency and monetary value of RFM scoring, which mean something else.

use std::collections::BTreeSet;

use arrow::datatypes::DataType;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{count, max, min, sum};
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::{Expr, ExprFunctionExt, SortExpr, cast, when};
use datafusion::prelude::{SessionContext, coalesce, lit};
use segmenta_pipeline::model::Summary;

use super::Part;
use crate::expression::{bind, column};
use crate::functions::use_exact_aggregates;
use crate::{AsOf, Result};

/// A summary's expressions, bound to the rows they are taken of.
pub(super) struct Purchases {
    order: Expr,
    time: Expr,
    amount: Expr,
    cost: Option<Expr>,
    exact: ExactOver,
}

/// Replaces sums by exact ones over the rows of one source.
struct ExactOver(datafusion::common::DFSchema);

impl ExactOver {
    fn sum(&self, amount: &Expr) -> Result<Expr> {
        Ok(use_exact_aggregates(sum(cast(amount.clone(), DataType::Float64)), &self.0)?)
    }

    fn count_distinct(&self, order: &Expr) -> Result<Expr> {
        let distinct = count(order.clone()).distinct().build()?;
        Ok(use_exact_aggregates(distinct, &self.0)?)
    }
}

impl Purchases {
    pub(super) fn bind(session: &SessionContext, rows: &DataFrame, summary: &Summary) -> Result<Self> {
        let schema = rows.schema();
        Ok(Self {
            order: bind(session, schema, &summary.order)?,
            time: bind(session, schema, &summary.time)?,
            amount: bind(session, schema, &summary.amount)?,
            cost: summary.cost.as_ref().map(|cost| bind(session, schema, cost)).transpose()?,
            exact: ExactOver(schema.clone()),
        })
    }

    /// Adds the aggregates, and the columns made of them, that are needed.
    pub(super) fn add(
        &self,
        as_of: AsOf,
        needed: &BTreeSet<String>,
        aggregates: &mut Vec<Expr>,
        columns: &mut Vec<Expr>,
    ) -> Result<()> {
        let wants = |names: &[&str]| names.iter().any(|name| needed.contains(*name));
        if wants(&["orders_total", "repeat_orders"]) {
            aggregates.push(self.exact.count_distinct(&self.order)?.alias("orders_total"));
        }
        if wants(&["first_order", "tenure_days", "days_first_to_last"]) {
            aggregates.push(min(self.time.clone()).alias("first_order"));
        }
        if wants(&["last_order", "days_since_last", "days_first_to_last"]) {
            aggregates.push(max(self.time.clone()).alias("last_order"));
        }
        if wants(&["spend_total"]) {
            aggregates.push(self.exact.sum(&self.amount)?.alias("spend_total"));
        }
        if let Some(cost) = self.cost.as_ref().filter(|_| wants(&["goods_cost_total"])) {
            aggregates.push(self.exact.sum(cost)?.alias("goods_cost_total"));
        }
        columns.extend(self.columns(as_of)?.into_iter().filter(|(name, _)| wants(&[name])).map(|(_, expr)| expr));
        Ok(())
    }

    fn columns(&self, as_of: AsOf) -> Result<Vec<(&'static str, Expr)>> {
        let orders = || coalesce(vec![column("orders_total"), lit(0_i64)]);
        let repeats = when(orders().gt(lit(0_i64)), orders() - lit(1_i64)).otherwise(lit(0_i64))?;
        let today = || lit(as_of.days());
        let zero_if_none = |name| coalesce(vec![column(name), lit(0.0)]);
        let mut columns = vec![
            ("orders_total", orders()),
            ("repeat_orders", repeats),
            ("days_since_last", today() - day("last_order")),
            ("days_first_to_last", day("last_order") - day("first_order")),
            ("tenure_days", today() - day("first_order")),
            ("spend_total", zero_if_none("spend_total")),
            ("first_order", column("first_order")),
            ("last_order", column("last_order")),
        ];
        if self.cost.is_some() {
            columns.push(("goods_cost_total", zero_if_none("goods_cost_total")));
        }
        Ok(columns.into_iter().map(|(name, expr)| (name, expr.alias(name))).collect())
    }

    /// `spend_mean_repeat`: lines are merged to orders first; the first order is the earliest, the
    /// smallest order number deciding between orders of one instant.
    pub(super) fn mean_of_repeat_orders(&self, rows: DataFrame, key: &str) -> Result<Part> {
        let placed = min(self.time.clone()).alias("placed");
        let amount = self.exact.sum(&self.amount)?.alias("amount");
        let numbered = rows.filter(self.order.clone().is_not_null())?;
        let orders = numbered
            .aggregate(vec![column(key).alias(Part::KEY), self.order.clone().alias("order")], vec![placed, amount])?;
        let by_time = vec![SortExpr::new(column("placed"), true, false), SortExpr::new(column("order"), true, false)];
        let first = first_value_udaf().call(vec![column("amount")]).order_by(by_time).build()?;
        let over = ExactOver(orders.schema().clone());
        let aggregates = vec![
            first.alias("first amount"),
            over.sum(&column("amount"))?.alias("total amount"),
            count(column("order")).alias("orders"),
        ];
        let customers = orders.aggregate(vec![column(Part::KEY)], aggregates)?;
        let repeats = cast(column("orders") - lit(1_i64), DataType::Float64);
        let mean = (column("total amount") - column("first amount")) / repeats;
        let mean = when(column("orders").gt(lit(1_i64)), mean).end()?;
        Ok(Part { rows: customers, columns: vec![mean.alias("spend_mean_repeat")] })
    }
}

/// Days since 1970-01-01 of a time column.
fn day(time: &str) -> Expr {
    cast(cast(column(time), DataType::Date32), DataType::Int32)
}
