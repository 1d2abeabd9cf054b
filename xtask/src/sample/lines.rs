//! Order lines: what is in a basket and what it costs.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::ArrowError;

use super::customers::Customer;
use super::random::Random;

/// Channels the contract knows, and how many of 100 orders they take.
pub(crate) const CHANNELS: [(&str, u64); 4] = [("web", 45), ("store", 35), ("app", 15), ("phone", 5)];
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

/// Lines of 1,000 that are goods sent back.
const RETURNS_PER_MILLE: u64 = 20;
#[derive(Debug, Clone, Copy)]
struct Category {
    name: &'static str,
    price_cents: i64,
    cost_percent: i64,
    popularity: u64,
}

impl Category {
    const fn new(name: &'static str, price_cents: i64, cost_percent: i64, popularity: u64) -> Self {
        Self { name, price_cents, cost_percent, popularity }
    }
}

/// One row of `orders.parquet`.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    order_id: i64,
    pub(crate) customer_id: i64,
    ordered_at: i64,
    pub(crate) channel: &'static str,
    pub(crate) category: Option<&'static str>,
    pub(crate) quantity: i32,
    pub(crate) price_cents: i64,
    cost_cents: i64,
}

/// Draws the lines of the order at `position` in the file.
pub(crate) fn draw(position: usize, ordered_at: i64, customer: &Customer, random: &mut Random) -> Vec<Line> {
    let habits = &customer.habits;
    let usual_channel = random.chance(700);
    let channel = if usual_channel { habits.channel } else { random.pick_weighted(&CHANNELS) };
    let wanted = usize::try_from(random.between(1, habits.largest_basket)).expect("at least 1");
    let blank = Line {
        order_id: i64::try_from(position).expect("a position fits 64 bits") + 1,
        customer_id: customer.id,
        ordered_at,
        channel,
        category: None,
        quantity: 1,
        price_cents: 0,
        cost_cents: 0,
    };
    let categories = distinct_categories(wanted, random);
    categories.into_iter().map(|category| sell(blank.clone(), category, customer, random)).collect()
}

/// Different categories, so that no two lines of an order are equal by accident.
fn distinct_categories(wanted: usize, random: &mut Random) -> Vec<Category> {
    let mut left = CATEGORIES.map(|category| (category, category.popularity)).to_vec();
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
    let quantity = if random.chance(RETURNS_PER_MILLE) { -1 } else { pieces };
    let habits = &customer.habits;
    let list_cents = category.price_cents * habits.price_percent / 100 * random.around_middle(70, 130) / 100;
    Line {
        category: Some(category.name),
        quantity: i32::try_from(quantity).expect("a few pieces"),
        price_cents: list_cents * (100 - habits.reduction_percent) / 100,
        cost_cents: list_cents * (category.cost_percent + random.between(-5, 5)) / 100,
        ..line
    }
}

/// Cents as a price: the nearest double, the same on every machine.
fn money(cents: i64) -> f64 {
    f64::from(i32::try_from(cents).expect("prices stay below 20 million")) / 100.0
}

/// The rows of `orders.parquet`.
pub(crate) fn batch(lines: &[Line]) -> Result<RecordBatch, ArrowError> {
    fn int64s(lines: &[Line], of: impl Fn(&Line) -> i64) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(lines.iter().map(of)))
    }
    fn prices(lines: &[Line], cents: impl Fn(&Line) -> i64) -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(lines.iter().map(|line| money(cents(line)))))
    }
    let ordered_at = TimestampMicrosecondArray::from_iter_values(lines.iter().map(|line| line.ordered_at));
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
