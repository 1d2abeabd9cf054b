//! The shop's customers: what the shop knows of them, and the habits that make their orders.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Int8Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;

use super::calendar::{AS_OF, FIRST_DAY, epoch_day};
use super::random::Random;

/// Countries and how many of 100 customers live there.
const COUNTRIES: [(&str, u64); 8] =
    [("HU", 30), ("PL", 30), ("DE", 12), ("AT", 8), ("CZ", 7), ("SK", 6), ("RO", 5), ("FR", 2)];
/// Smallest and largest city of a size class, and how many of 100 customers live in one.
const CITIES: [((i64, i64), u64); 4] =
    [((250, 4_999), 24), ((5_000, 49_999), 31), ((50_000, 399_999), 27), ((400_000, 1_900_000), 18)];
const SEXES: [(&str, u64); 3] = [("F", 52), ("M", 47), ("X", 1)];
const HOUSEHOLDS: [(i8, u64); 6] = [(1, 26), (2, 33), (3, 18), (4, 15), (5, 6), (6, 2)];

/// How often somebody buys, in days between two orders, and how many of 1,000 customers do so.
const RHYTHMS: [(Rhythm, u64); 5] = [
    (Rhythm::Never, 70),
    (Rhythm::Once, 130),
    (Rhythm::Every { shortest: 110, longest: 320 }, 340),
    (Rhythm::Every { shortest: 32, longest: 95 }, 320),
    (Rhythm::Every { shortest: 11, longest: 30 }, 140),
];

/// One row of `customers.parquet`, and its habits.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) id: i64,
    birth_date: Option<i32>,
    gender: Option<&'static str>,
    country: &'static str,
    city_population: i32,
    household_size: Option<i8>,
    income: Option<i32>,
    pub(crate) signup_date: i32,
    pub(crate) email_consent: bool,
    sms_consent: bool,
    pub(crate) habits: Habits,
}

/// What a customer tends to do; known to the generator only.
#[derive(Debug)]
pub(crate) struct Habits {
    pub(crate) rhythm: Rhythm,
    /// Order lines in the largest basket, 1 to 6.
    pub(crate) largest_basket: i64,
    /// Pieces in the largest line.
    pub(crate) largest_quantity: i64,
    /// Price paid as a percentage of the category's usual price.
    pub(crate) price_percent: i64,
    /// Reduction won by waiting for sales; the cost of goods stays.
    pub(crate) reduction_percent: i64,
    /// Orders of 1,000 that the customer asks about.
    pub(crate) questions_per_mille: u64,
    /// The channel used for seven orders in ten.
    pub(crate) channel: &'static str,
    /// From this day on there are no more orders, in days since 1970-01-01.
    pub(crate) gone_from: Option<i32>,
}

/// How often somebody buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rhythm {
    /// A prospect without orders.
    Never,
    /// One order, then silence.
    Once,
    /// Regularly, with a usual gap between these numbers of days.
    Every { shortest: i64, longest: i64 },
}

/// Draws `count` customers, in the order in which they are in the file.
pub(crate) fn draw(count: usize, seed: u64) -> Vec<Customer> {
    let mut random = Random::new(seed, 1);
    let numbers = random.permutation(count);
    numbers.into_iter().map(|number| customer(number, &mut random)).collect()
}

fn customer(number: usize, random: &mut Random) -> Customer {
    let (smallest, largest) = random.pick_weighted(&CITIES);
    let signup_date = between_days(random, epoch_day(FIRST_DAY) - 500, epoch_day(AS_OF) - 8);
    let email_consent = random.chance(700);
    Customer {
        id: 1_000_003 + 7 * i64::try_from(number).expect("a row number fits 64 bits"),
        birth_date: known(random, 970, |random| between_days(random, -13_500, 14_000)),
        gender: known(random, 950, |random| random.pick_weighted(&SEXES)),
        country: random.pick_weighted(&COUNTRIES),
        city_population: narrow(random.between(smallest, largest)),
        household_size: known(random, 900, |random| random.pick_weighted(&HOUSEHOLDS)),
        income: known(random, 850, |random| narrow(random.around_middle(90, 620) * 100)),
        signup_date,
        email_consent,
        sms_consent: random.chance(350),
        habits: habits(signup_date, random),
    }
}

fn habits(signup_date: i32, random: &mut Random) -> Habits {
    let rhythm = random.pick_weighted(&RHYTHMS);
    let leaves = matches!(rhythm, Rhythm::Every { .. }) && random.chance(420);
    let earliest_leave = signup_date.max(epoch_day(FIRST_DAY)) + 1;
    Habits {
        rhythm,
        largest_basket: random.between(1, 6),
        largest_quantity: random.pick_weighted(&[(1, 30), (2, 40), (3, 20), (6, 10)]),
        price_percent: random.around_middle(40, 220),
        reduction_percent: if random.chance(220) { random.between(10, 45) } else { 0 },
        questions_per_mille: random.pick_weighted(&[(25, 70), (80, 24), (700, 6)]),
        channel: random.pick_weighted(&super::lines::CHANNELS),
        gone_from: leaves.then(|| between_days(random, earliest_leave, epoch_day(AS_OF) - 1)),
    }
}

/// A value in `per_mille` of 1,000 cases, else null.
fn known<T>(random: &mut Random, per_mille: u64, value: impl FnOnce(&mut Random) -> T) -> Option<T> {
    let value = value(random);
    random.chance(per_mille).then_some(value)
}

fn between_days(random: &mut Random, first: i32, last: i32) -> i32 {
    narrow(random.between(first.into(), last.into()))
}

fn narrow(value: i64) -> i32 {
    i32::try_from(value).expect("drawn from a range of 32-bit numbers")
}

/// The rows of `customers.parquet`.
pub(crate) fn batch(customers: &[Customer]) -> Result<RecordBatch, ArrowError> {
    fn bools(customers: &[Customer], of: impl Fn(&Customer) -> bool) -> ArrayRef {
        Arc::new(customers.iter().map(|row| Some(of(row))).collect::<BooleanArray>())
    }
    let rows = || customers.iter();
    RecordBatch::try_from_iter_with_nullable([
        ("customer_id", Arc::new(Int64Array::from_iter_values(rows().map(|row| row.id))) as ArrayRef, true),
        ("birth_date", Arc::new(Date32Array::from_iter(rows().map(|row| row.birth_date))), true),
        ("gender", Arc::new(StringArray::from_iter(rows().map(|row| row.gender))), true),
        ("country", Arc::new(StringArray::from_iter_values(rows().map(|row| row.country))), true),
        ("city_population", Arc::new(Int32Array::from_iter_values(rows().map(|row| row.city_population))), true),
        ("household_size", Arc::new(Int8Array::from_iter(rows().map(|row| row.household_size))), true),
        ("income", Arc::new(Int32Array::from_iter(rows().map(|row| row.income))), true),
        ("signup_date", Arc::new(Date32Array::from_iter_values(rows().map(|row| row.signup_date))), true),
        ("email_consent", bools(customers, |row| row.email_consent), true),
        ("sms_consent", bools(customers, |row| row.sms_consent), true),
    ])
}
