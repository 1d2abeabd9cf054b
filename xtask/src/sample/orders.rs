//! The shop's orders: who bought when, line by line, with the dirt a real extract brings.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::ArrowError;
use serde::Serialize;

use super::calendar::{AS_OF, EXTRACTED, FIRST_DAY, SECOND, civil, epoch_day, midnight};
use super::customers::{Customer, Rhythm};
use super::random::Random;

/// Channels the contract knows, and how many of 100 orders they take.
pub(crate) const CHANNELS: [(&str, u64); 4] =
    [("web", 45), ("store", 35), ("app", 15), ("phone", 5)];
/// A channel that somebody added to the shop without telling anyone.
const UNKNOWN_CHANNEL: &str = "kiosk";

/// Demand of a month as a percentage of the mean, January first.
const SEASON: [i64; 12] = [72, 78, 94, 100, 102, 92, 84, 88, 98, 104, 136, 152];

/// What is sold: name, usual price in cents, cost of goods as a percentage of the price, popularity.
const CATEGORIES: [Category; 12] = [
    Category::new("books", 1_450, 64, 14),
    Category::new("beauty", 1_890, 48, 12),
    Category::new("electronics", 8_900, 82, 5),
    Category::new("food", 890, 71, 16),
    Category::new("furniture", 14_900, 62, 2),
    Category::new("garden", 2_650, 58, 7),
    Category::new("kitchen", 2_990, 55, 9),
    Category::new("office", 1_190, 60, 8),
    Category::new("pets", 1_690, 66, 8),
    Category::new("shoes", 5_990, 52, 5),
    Category::new("sports", 3_890, 59, 6),
    Category::new("toys", 1_990, 57, 8),
];

/// Orders of 10,000 that get each kind of dirt.
const UNKNOWN_CHANNEL_PER_10_000: usize = 8;
const UNKNOWN_CUSTOMER_PER_10_000: usize = 6;
const NULL_CATEGORY_PER_10_000: usize = 10;
const NEGATIVE_PRICE_PER_10_000: usize = 10;
const DELIVERED_TWICE_PER_10_000: usize = 6;
/// Lines of 1,000 that are goods sent back.
const RETURNS_PER_MILLE: u64 = 20;
/// Dirt only falls on orders older than this, so that its counts hold for the runs of the last months.
const DIRT_BEFORE_DAYS: i32 = 60;

#[derive(Debug, Clone, Copy)]
struct Category {
    name: &'static str,
    price_cents: i64,
    cost_percent: i64,
    popularity: u64,
}

impl Category {
    const fn new(name: &'static str, price_cents: i64, cost_percent: i64, popularity: u64) -> Self {
        Self {
            name,
            price_cents,
            cost_percent,
            popularity,
        }
    }
}

/// An order before its lines are drawn.
#[derive(Debug, Clone, Copy)]
struct Order {
    /// Position among the customers.
    customer: usize,
    /// Microseconds since 1970-01-01.
    ordered_at: i64,
}

/// What is wrong with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dirt {
    UnknownChannel,
    UnknownCustomer,
    NullCategory,
    NegativePrice,
    DeliveredTwice,
}

/// Rows of each kind in `orders.parquet`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OrderCounts {
    /// All rows.
    pub(crate) rows: u64,
    /// Rows at or after the run date: filtered by `event_time`.
    pub(crate) late: u64,
    /// Rows with a negative quantity: valid.
    pub(crate) returns: u64,
    /// Exact repetitions of an earlier row: valid under the shipped contract.
    pub(crate) repeated: u64,
    /// Rows that break the contract, by what is wrong. No row has two faults.
    pub(crate) bad: BadOrderCounts,
}

/// Rows of `orders.parquet` that break the contract.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BadOrderCounts {
    /// `channel` is not in the list.
    pub(crate) unknown_channel: u64,
    /// `customer_id` is not among the customers.
    pub(crate) unknown_customer: u64,
    /// `category` is null.
    pub(crate) null_category: u64,
    /// `unit_price` is below 0.
    pub(crate) negative_price: u64,
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
            orders.extend(times.map(|ordered_at| Order {
                customer: position,
                ordered_at,
            }));
        }
        let on_the_instant = customers
            .iter()
            .position(|customer| customer.habits.rhythm == Rhythm::Once);
        orders.extend(on_the_instant.map(|customer| Order {
            customer,
            ordered_at: midnight(epoch_day(AS_OF)),
        }));
        orders.sort_by_key(|order| (order.ordered_at, order.customer));
        let dirt = choose_dirt(&orders, &mut Random::new(seed, 3));
        Self {
            customers,
            orders,
            dirt,
            random: Random::new(seed, 4),
            next: 0,
            counts: OrderCounts::default(),
        }
    }

    /// Lines of the next orders, at least `lines` of them unless the orders end; `None` at the end.
    pub(crate) fn next_batch(&mut self, lines: usize) -> Option<Result<RecordBatch, ArrowError>> {
        let mut rows = Vec::new();
        while rows.len() < lines && self.next < self.orders.len() {
            self.add_order(&mut rows);
        }
        (!rows.is_empty()).then(|| batch(&rows))
    }

    /// What the batches handed out so far hold.
    pub(crate) fn counts(&self) -> &OrderCounts {
        &self.counts
    }

    /// Orders by customer and time, for the contacts that follow an order.
    pub(crate) fn by_time(&self) -> impl Iterator<Item = (&'a Customer, i64)> {
        self.orders
            .iter()
            .map(|order| (&self.customers[order.customer], order.ordered_at))
    }

    fn add_order(&mut self, rows: &mut Vec<Line>) {
        let position = self.next;
        self.next += 1;
        let order = self.orders[position];
        let mut lines = order_lines(
            position,
            order,
            &self.customers[order.customer],
            &mut self.random,
        );
        if let Some(dirt) = self.dirt.get(&position) {
            soil(&mut lines, *dirt, position, &mut self.counts);
        }
        self.counts.rows += count(lines.len());
        if order.ordered_at >= midnight(epoch_day(AS_OF)) {
            self.counts.late += count(lines.len());
        }
        self.counts.returns += count(lines.iter().filter(|line| line.quantity < 0).count());
        rows.append(&mut lines);
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).expect("a number of rows fits 64 bits")
}

/// When a customer orders, between the first day and the day of the extract.
fn order_times(customer: &Customer, random: &mut Random) -> impl Iterator<Item = i64> + use<> {
    let end = customer
        .habits
        .gone_from
        .unwrap_or_else(|| epoch_day(EXTRACTED));
    let start = customer.signup_date.max(epoch_day(FIRST_DAY));
    let mut days = Vec::new();
    match customer.habits.rhythm {
        Rhythm::Never => {}
        Rhythm::Once => days.push(start + days_between(random, 0, 25)),
        Rhythm::Every { shortest, longest } => {
            let usual_gap = random.between(shortest, longest);
            let first_gap = if start > customer.signup_date {
                usual_gap
            } else {
                20
            };
            let mut day = start + days_between(random, 0, first_gap);
            while day < end {
                days.push(day);
                let gap = usual_gap * random.between(30, 170) / SEASON[month(day)];
                day += i32::try_from(gap.max(1)).expect("a gap of at most some years");
            }
        }
    }
    days.retain(|day| *day < end);
    let times: Vec<i64> = days
        .into_iter()
        .map(|day| at_some_hour(day, random))
        .collect();
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

/// Picks orders with something wrong, each with one fault at most.
fn choose_dirt(orders: &[Order], random: &mut Random) -> BTreeMap<usize, Dirt> {
    let newest = midnight(epoch_day(AS_OF) - DIRT_BEFORE_DAYS);
    let old_orders = orders.partition_point(|order| order.ordered_at < newest);
    let mut shuffled = random.permutation(old_orders).into_iter();
    let share = |per_10_000: usize| (old_orders * per_10_000).div_ceil(10_000);
    let mut dirt = BTreeMap::new();
    for (kind, per_10_000) in [
        (Dirt::UnknownChannel, UNKNOWN_CHANNEL_PER_10_000),
        (Dirt::UnknownCustomer, UNKNOWN_CUSTOMER_PER_10_000),
        (Dirt::NullCategory, NULL_CATEGORY_PER_10_000),
        (Dirt::NegativePrice, NEGATIVE_PRICE_PER_10_000),
        (Dirt::DeliveredTwice, DELIVERED_TWICE_PER_10_000),
    ] {
        dirt.extend(
            shuffled
                .by_ref()
                .take(share(per_10_000))
                .map(|order| (order, kind)),
        );
    }
    dirt
}

/// One row of `orders.parquet`.
#[derive(Debug, Clone)]
struct Line {
    order_id: i64,
    customer_id: i64,
    ordered_at: i64,
    channel: &'static str,
    category: Option<&'static str>,
    quantity: i32,
    price_cents: i64,
    cost_cents: i64,
}

fn order_lines(
    position: usize,
    order: Order,
    customer: &Customer,
    random: &mut Random,
) -> Vec<Line> {
    let habits = &customer.habits;
    let usual_channel = random.chance(700);
    let channel = if usual_channel {
        habits.channel
    } else {
        random.pick_weighted(&CHANNELS)
    };
    let wanted = usize::try_from(random.between(1, habits.largest_basket)).expect("at least 1");
    let blank = Line {
        order_id: i64::try_from(position).expect("a position fits 64 bits") + 1,
        customer_id: customer.id,
        ordered_at: order.ordered_at,
        channel,
        category: None,
        quantity: 1,
        price_cents: 0,
        cost_cents: 0,
    };
    let categories = distinct_categories(wanted, random);
    categories
        .into_iter()
        .map(|category| sell(blank.clone(), category, customer, random))
        .collect()
}

/// Different categories, so that no two lines of an order are equal by accident.
fn distinct_categories(wanted: usize, random: &mut Random) -> Vec<Category> {
    let mut left = CATEGORIES
        .map(|category| (category, category.popularity))
        .to_vec();
    (0..wanted)
        .map(|_| {
            let chosen = random.pick_weighted(&left);
            left.retain(|(category, _)| category.name != chosen.name);
            chosen
        })
        .collect()
}

fn sell(line: Line, category: Category, customer: &Customer, random: &mut Random) -> Line {
    let pieces = random.between(1, customer.habits.largest_quantity);
    let quantity = if random.chance(RETURNS_PER_MILLE) {
        -1
    } else {
        pieces
    };
    let habits = &customer.habits;
    let list_cents =
        category.price_cents * habits.price_percent / 100 * random.around_middle(70, 130) / 100;
    Line {
        category: Some(category.name),
        quantity: i32::try_from(quantity).expect("a few pieces"),
        price_cents: list_cents * (100 - habits.reduction_percent) / 100,
        cost_cents: list_cents * (category.cost_percent + random.between(-5, 5)) / 100,
        ..line
    }
}

/// Spoils the lines of an order and counts what was spoilt.
fn soil(lines: &mut Vec<Line>, dirt: Dirt, position: usize, counts: &mut OrderCounts) {
    match dirt {
        Dirt::UnknownChannel => {
            lines
                .iter_mut()
                .for_each(|line| line.channel = UNKNOWN_CHANNEL);
            counts.bad.unknown_channel += count(lines.len());
        }
        Dirt::UnknownCustomer => {
            // Customer numbers start at 1,000,003.
            let nobody = i64::try_from(position % 1_000_000).expect("below a million");
            lines.iter_mut().for_each(|line| line.customer_id = nobody);
            counts.bad.unknown_customer += count(lines.len());
        }
        Dirt::NullCategory => {
            lines[0].category = None;
            counts.bad.null_category += 1;
        }
        Dirt::NegativePrice => {
            lines[0].price_cents = -lines[0].price_cents;
            counts.bad.negative_price += 1;
        }
        Dirt::DeliveredTwice => {
            counts.repeated += count(lines.len());
            lines.extend_from_within(..);
        }
    }
}

/// Cents as a price: the nearest double, the same on every machine.
fn money(cents: i64) -> f64 {
    f64::from(i32::try_from(cents).expect("prices stay below 20 million")) / 100.0
}

fn batch(lines: &[Line]) -> Result<RecordBatch, ArrowError> {
    fn int64s(lines: &[Line], of: impl Fn(&Line) -> i64) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(lines.iter().map(of)))
    }
    fn prices(lines: &[Line], cents: impl Fn(&Line) -> i64) -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(
            lines.iter().map(|line| money(cents(line))),
        ))
    }
    let ordered_at =
        TimestampMicrosecondArray::from_iter_values(lines.iter().map(|line| line.ordered_at));
    let channels = StringArray::from_iter_values(lines.iter().map(|line| line.channel));
    let categories = StringArray::from_iter(lines.iter().map(|line| line.category));
    let quantities = Int32Array::from_iter_values(lines.iter().map(|line| line.quantity));
    RecordBatch::try_from_iter_with_nullable([
        ("order_id", int64s(lines, |line| line.order_id), true),
        ("customer_id", int64s(lines, |line| line.customer_id), true),
        ("ordered_at", Arc::new(ordered_at) as ArrayRef, true),
        ("channel", Arc::new(channels), true),
        ("category", Arc::new(categories), true),
        ("quantity", Arc::new(quantities), true),
        ("unit_price", prices(lines, |line| line.price_cents), true),
        ("unit_cost", prices(lines, |line| line.cost_cents), true),
    ])
}
