//! The shop's orders: who bought when, line by line, with the dirt a real extract brings.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::calendar::{AS_OF, EXTRACTED, FIRST_DAY, SECOND, civil, epoch_day, midnight};
use super::customers::{Customer, Rhythm};
use super::dirt::{self, Dirt, OrderCounts};
use super::lines::{self, Line};
use super::random::Random;
use super::text::count;

/// Demand of a month as a percentage of the mean, January first.
const SEASON: [i64; 12] = [72, 78, 94, 100, 102, 92, 84, 88, 98, 104, 136, 152];

/// An order before its lines are drawn.
#[derive(Debug, Clone, Copy)]
struct Order {
    /// Position among the customers.
    customer: usize,
    /// Microseconds since 1970-01-01.
    ordered_at: i64,
}

/// The orders of all customers by time, and the lines they are written as.
#[derive(Debug)]
pub(crate) struct Orders<'a> {
    customers: &'a [Customer],
    orders: Vec<Order>,
    dirt: BTreeMap<usize, Dirt>,
    random: Random,
    next: usize,
    counts: OrderCounts,
}

impl<'a> Orders<'a> {
    /// Draws when each customer orders. Lines are drawn batch by batch with [`Self::next_batch`].
    pub(crate) fn draw(customers: &'a [Customer], seed: u64) -> Self {
        let mut random = Random::new(seed, 2);
        let mut orders = Vec::new();
        for (position, customer) in customers.iter().enumerate() {
            let times = order_times(customer, &mut random);
            orders.extend(times.map(|ordered_at| Order { customer: position, ordered_at }));
        }
        let on_the_instant = customers.iter().position(|customer| customer.habits.rhythm == Rhythm::Once);
        orders.extend(on_the_instant.map(|customer| Order { customer, ordered_at: midnight(epoch_day(AS_OF)) }));
        orders.sort_by_key(|order| (order.ordered_at, order.customer));
        let times: Vec<i64> = orders.iter().map(|order| order.ordered_at).collect();
        let dirt = dirt::choose(&times, &mut Random::new(seed, 3));
        Self { customers, orders, dirt, random: Random::new(seed, 4), next: 0, counts: OrderCounts::default() }
    }

    /// Lines of the next orders, at least `lines` of them unless the orders end; `None` at the end.
    pub(crate) fn next_batch(&mut self, lines: usize) -> Option<Result<RecordBatch, ArrowError>> {
        let mut rows = Vec::new();
        while rows.len() < lines && self.next < self.orders.len() {
            self.add_order(&mut rows);
        }
        (!rows.is_empty()).then(|| lines::batch(&rows))
    }

    /// What the batches handed out so far hold.
    pub(crate) fn counts(&self) -> &OrderCounts {
        &self.counts
    }

    /// Orders by customer and time, for the contacts that follow an order.
    pub(crate) fn by_time(&self) -> impl Iterator<Item = (&'a Customer, i64)> {
        self.orders.iter().map(|order| (&self.customers[order.customer], order.ordered_at))
    }

    fn add_order(&mut self, rows: &mut Vec<Line>) {
        let position = self.next;
        self.next += 1;
        let order = self.orders[position];
        let mut lines = lines::draw(position, order.ordered_at, &self.customers[order.customer], &mut self.random);
        if let Some(fault) = self.dirt.get(&position) {
            dirt::soil(&mut lines, *fault, position, &mut self.counts);
        }
        self.counts.rows += count(lines.len());
        if order.ordered_at >= midnight(epoch_day(AS_OF)) {
            self.counts.late += count(lines.len());
        }
        self.counts.returns += count(lines.iter().filter(|line| line.quantity < 0).count());
        rows.append(&mut lines);
    }
}

/// When a customer orders, between the first day and the day of the extract.
fn order_times(customer: &Customer, random: &mut Random) -> impl Iterator<Item = i64> + use<> {
    let end = customer.habits.gone_from.unwrap_or_else(|| epoch_day(EXTRACTED));
    let start = customer.signup_date.max(epoch_day(FIRST_DAY));
    let mut days = Vec::new();
    match customer.habits.rhythm {
        Rhythm::Never => {}
        Rhythm::Once => days.push(start + days_between(random, 0, 25)),
        Rhythm::Every { shortest, longest } => {
            let usual_gap = random.between(shortest, longest);
            let first_gap = if start > customer.signup_date { usual_gap } else { 20 };
            let mut day = start + days_between(random, 0, first_gap);
            while day < end {
                days.push(day);
                let gap = usual_gap * random.between(30, 170) / SEASON[month(day)];
                day += i32::try_from(gap.max(1)).expect("a gap of at most some years");
            }
        }
    }
    days.retain(|day| *day < end);
    let times: Vec<i64> = days.into_iter().map(|day| at_some_hour(day, random)).collect();
    times.into_iter()
}

fn days_between(random: &mut Random, low: i64, high: i64) -> i32 {
    i32::try_from(random.between(low, high)).expect("a number of days")
}

fn month(day: i32) -> usize {
    usize::from(civil(day).month().unsigned_abs()) - 1
}

/// An instant between 07:00 and 22:00, most likely in the early afternoon.
pub(crate) fn at_some_hour(day: i32, random: &mut Random) -> i64 {
    midnight(day) + random.around_middle(7 * 3_600, 22 * 3_600 - 1) * SECOND
}
