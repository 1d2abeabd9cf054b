//! What a run leaves about itself for later ones: figures of all customers and of every segment.

use std::collections::BTreeMap;

use segmenta_monitor::facts::{Observation, SegmentKey};
use segmenta_monitor::{MetricId, RunFacts};
use segmenta_pipeline::model::{Pipeline, Valuation};

use super::UNASSIGNED;
use super::customers::{Customers, LabelColumn};
use crate::context::Context;

/// The figures of this run that need no earlier one.
///
/// The date stands for the run: two attempts at one date leave the same bytes.
pub(super) fn facts(context: &Context<'_>, customers: &Customers, definition_version: &str) -> RunFacts {
    let pipeline = context.pipeline;
    let n = customers.n_rows() as u64;
    let mut observations = vec![Observation::new(SegmentKey::total(), MetricId::Customers, n, n as f64)];
    observations.extend(figures(&SegmentKey::total(), customers, |_| true));
    let mut labels = BTreeMap::new();
    for (scheme, column) in customers.labels.iter().filter(|(name, _)| pipeline.schemes.contains_key(*name)) {
        labels.insert(scheme.clone(), counts(column));
        observations.extend(of_scheme(scheme, column, customers));
    }
    RunFacts {
        run_id: context.as_of.to_string(),
        as_of: context.as_of.to_string(),
        definition_version: definition_version.to_owned(),
        customers: n,
        currency: pipeline.valuation.as_ref().map(|valuation| valuation.currency.clone()).unwrap_or_default(),
        observations,
        labels,
        depends: depends(pipeline),
        ..RunFacts::default()
    }
}

fn counts(column: &LabelColumn) -> BTreeMap<String, u64> {
    let mut counts = vec![0; column.names.len()];
    column.codes.iter().for_each(|code| counts[*code as usize] += 1);
    column.names.iter().cloned().zip(counts).collect()
}

fn of_scheme(scheme: &str, column: &LabelColumn, customers: &Customers) -> Vec<Observation> {
    let total = customers.n_rows() as u64;
    let counts = counts(column);
    let unassigned = counts.get(UNASSIGNED).copied().unwrap_or_default();
    let mut found = vec![Observation::rate(SegmentKey::scheme(scheme), MetricId::UnassignedShare, unassigned, total)];
    for (code, name) in (0..).zip(&column.names) {
        let key = SegmentKey::of(scheme, name);
        let n = counts[name];
        found.push(Observation::new(key.clone(), MetricId::Customers, n, n as f64));
        found.push(Observation::rate(key.clone(), MetricId::Share, n, total));
        found.extend(figures(&key, customers, |row| column.codes[row] == code));
    }
    found
}

/// Money and orders of the customers that pass.
fn figures(key: &SegmentKey, customers: &Customers, is_of: impl Fn(usize) -> bool) -> Vec<Observation> {
    let rows: Vec<usize> = (0..customers.n_rows()).filter(|row| is_of(*row)).collect();
    let n = rows.len() as u64;
    let mut found = Vec::new();
    let orders = customers.orders.as_ref().map(|orders| rows.iter().map(|row| i128::from(orders[*row])).sum::<i128>());
    if let Some(orders) = orders {
        found.push(Observation::new(key.clone(), MetricId::Orders, n, orders as f64));
    }
    let Some(worth) = &customers.worth else {
        return found;
    };
    for (total, mean, amounts) in [
        (MetricId::Revenue, MetricId::RevenuePerCustomer, &worth.revenue),
        (MetricId::Margin, MetricId::MarginPerCustomer, &worth.margin),
    ] {
        let amounts = rows.iter().map(|row| i128::from(amounts[*row]));
        let (sum, squares) = amounts.fold((0, 0), |(sum, squares), amount| (sum + amount, squares + amount * amount));
        found.push(Observation::money(key.clone(), total.clone(), n, sum, squares));
        found.push(Observation::mean(key.clone(), mean, n, sum, squares));
        if let (MetricId::Revenue, Some(orders)) = (total, orders.filter(|orders| *orders > 0)) {
            found.push(Observation::new(key.clone(), MetricId::Basket, orders as u64, sum as f64 / orders as f64));
        }
    }
    found
}

/// Which columns money is computed from.
fn depends(pipeline: &Pipeline) -> BTreeMap<MetricId, Vec<String>> {
    let Some(valuation) = &pipeline.valuation else {
        return BTreeMap::new();
    };
    let revenue = valuation.revenue.columns.clone();
    let margin = margin_columns(valuation);
    BTreeMap::from([
        (MetricId::Revenue, revenue.clone()),
        (MetricId::RevenuePerCustomer, revenue.clone()),
        (MetricId::Basket, revenue),
        (MetricId::Margin, margin.clone()),
        (MetricId::MarginPerCustomer, margin),
    ])
}

fn margin_columns(valuation: &Valuation) -> Vec<String> {
    let expressions = [
        Some(&valuation.revenue),
        valuation.goods_cost.as_ref(),
        valuation.order_cost.as_ref(),
        valuation.cost_to_serve.as_ref(),
    ];
    expressions.into_iter().flatten().flat_map(|expression| expression.columns.iter().cloned()).collect()
}
