//! The shop's contacts with its customers: newsletters, chats, calls and visits.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::ArrowError;
use serde::Serialize;

use super::calendar::{AS_OF, DAY, EXTRACTED, FIRST_DAY, epoch_day, midnight};
use super::customers::Customer;
use super::orders::{Orders, at_some_hour};
use super::random::Random;

/// What a contact after an order is, and how many of 100 are so.
const AFTER_AN_ORDER: [(&str, u64); 3] = [("chat", 62), ("call", 35), ("visit", 3)];
/// Newsletters of 1,000 that are opened, and so in the extract.
const OPENED_PER_MILLE: u64 = 65;

/// Rows of each kind in `touchpoints.parquet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TouchpointCounts {
    /// All rows.
    pub(crate) rows: u64,
    /// Rows at or after the run date: filtered by `event_time`.
    pub(crate) late: u64,
}

/// One row of `touchpoints.parquet`, ordered by time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touchpoint {
    at: i64,
    customer_id: i64,
    kind: &'static str,
}

/// Draws monthly newsletters to those who agreed to them, and questions after orders.
pub(crate) fn draw(customers: &[Customer], orders: &Orders<'_>, seed: u64) -> Vec<Touchpoint> {
    let mut random = Random::new(seed, 5);
    let mut touchpoints = Vec::new();
    for customer in customers.iter().filter(|customer| customer.email_consent) {
        let first = customer.signup_date.max(epoch_day(FIRST_DAY));
        for sent in (first..epoch_day(EXTRACTED)).step_by(30) {
            if random.chance(OPENED_PER_MILLE) {
                let at = at_some_hour(sent, &mut random);
                touchpoints.push(Touchpoint { at, customer_id: customer.id, kind: "email" });
            }
        }
    }
    for (customer, ordered_at) in orders.by_time() {
        if random.chance(customer.habits.questions_per_mille) {
            let at = ordered_at + random.between(1, 9) * DAY;
            let kind = random.pick_weighted(&AFTER_AN_ORDER);
            touchpoints.push(Touchpoint { at, customer_id: customer.id, kind });
        }
    }
    touchpoints.retain(|touchpoint| touchpoint.at < midnight(epoch_day(EXTRACTED)));
    touchpoints.sort_unstable();
    touchpoints
}

/// Counts the rows that a run on the sample's date must not see.
pub(crate) fn counts(touchpoints: &[Touchpoint]) -> TouchpointCounts {
    let count = |rows: usize| u64::try_from(rows).expect("a number of rows fits 64 bits");
    let late = touchpoints.iter().filter(|row| row.at >= midnight(epoch_day(AS_OF))).count();
    TouchpointCounts { rows: count(touchpoints.len()), late: count(late) }
}

/// The rows of `touchpoints.parquet`.
pub(crate) fn batch(touchpoints: &[Touchpoint]) -> Result<RecordBatch, ArrowError> {
    let rows = || touchpoints.iter();
    let times = TimestampMicrosecondArray::from_iter_values(rows().map(|row| row.at));
    let kinds = StringArray::from_iter_values(rows().map(|row| row.kind));
    RecordBatch::try_from_iter_with_nullable([
        ("customer_id", Arc::new(Int64Array::from_iter_values(rows().map(|row| row.customer_id))) as ArrayRef, true),
        ("at", Arc::new(times), true),
        ("kind", Arc::new(kinds), true),
    ])
}
