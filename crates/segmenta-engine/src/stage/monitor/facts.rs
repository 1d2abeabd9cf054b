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
    observations.extend(sums(customers, 1, |_| 0)[0].figures(&SegmentKey::total(), customers));
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
    let groups = sums(customers, column.names.len(), |row| column.codes[row] as usize);
    let unassigned = column.names.iter().position(|name| name == UNASSIGNED).map_or(0, |at| groups[at].n);
    let mut found = vec![Observation::rate(SegmentKey::scheme(scheme), MetricId::UnassignedShare, unassigned, total)];
    for (name, sums) in column.names.iter().zip(&groups) {
        let key = SegmentKey::of(scheme, name);
        found.push(Observation::new(key.clone(), MetricId::Customers, sums.n, sums.n as f64));
        found.push(Observation::rate(key.clone(), MetricId::Share, sums.n, total));
        found.extend(sums.figures(&key, customers));
    }
    found
}

/// Exact sums over a group of customers.
#[derive(Clone, Debug, Default)]
struct Sums {
    n: u64,
    orders: i128,
    revenue: Amounts,
    margin: Amounts,
}

/// Sum and sum of squares, in minor units.
#[derive(Clone, Debug, Default)]
struct Amounts {
    sum: i128,
    squares: i128,
}

impl Amounts {
    fn add(&mut self, amount: i64) {
        let amount = i128::from(amount);
        self.sum += amount;
        self.squares += amount * amount;
    }
}

/// One pass over all customers.
fn sums(customers: &Customers, n_groups: usize, group: impl Fn(usize) -> usize) -> Vec<Sums> {
    let mut groups = vec![Sums::default(); n_groups];
    for row in 0..customers.n_rows() {
        let sums = &mut groups[group(row)];
        sums.n += 1;
        if let Some(orders) = &customers.orders {
            sums.orders += i128::from(orders[row]);
        }
        if let Some(worth) = &customers.worth {
            sums.revenue.add(worth.revenue[row]);
            sums.margin.add(worth.margin[row]);
        }
    }
    groups
}

impl Sums {
    /// Orders and money, as far as the pipeline knows them.
    fn figures(&self, key: &SegmentKey, customers: &Customers) -> Vec<Observation> {
        let mut found = Vec::new();
        let has_orders = customers.orders.is_some();
        if has_orders {
            found.push(Observation::new(key.clone(), MetricId::Orders, self.n, self.orders as f64));
        }
        if customers.worth.is_none() {
            return found;
        }
        for (total, mean, amounts) in [
            (MetricId::Revenue, MetricId::RevenuePerCustomer, &self.revenue),
            (MetricId::Margin, MetricId::MarginPerCustomer, &self.margin),
        ] {
            found.push(Observation::money(key.clone(), total, self.n, amounts.sum, amounts.squares));
            found.push(Observation::mean(key.clone(), mean, self.n, amounts.sum, amounts.squares));
        }
        if has_orders && self.orders > 0 {
            let per_order = self.revenue.sum as f64 / self.orders as f64;
            found.push(Observation::new(key.clone(), MetricId::Basket, self.orders as u64, per_order));
        }
        found
    }
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
