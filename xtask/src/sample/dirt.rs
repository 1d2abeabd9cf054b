//! What is wrong with the shop's orders, and how often.

use std::collections::BTreeMap;

use serde::Serialize;

use super::calendar::{AS_OF, epoch_day, midnight};
use super::lines::Line;
use super::random::Random;
use super::text::count;

/// A channel that somebody added to the shop without telling anyone.
const UNKNOWN_CHANNEL: &str = "kiosk";

/// Orders of 10,000 that get each kind of dirt.
const UNKNOWN_CHANNEL_PER_10_000: usize = 8;
const UNKNOWN_CUSTOMER_PER_10_000: usize = 6;
const NULL_CATEGORY_PER_10_000: usize = 10;
const NEGATIVE_PRICE_PER_10_000: usize = 10;
const DELIVERED_TWICE_PER_10_000: usize = 6;
/// Dirt only falls on orders older than this, so that its counts hold for the runs of the last months.
const DIRT_BEFORE_DAYS: i32 = 60;

/// What is wrong with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dirt {
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

/// Picks orders, by their position in time, with something wrong, each with one fault at most.
pub(crate) fn choose(order_times: &[i64], random: &mut Random) -> BTreeMap<usize, Dirt> {
    let newest = midnight(epoch_day(AS_OF) - DIRT_BEFORE_DAYS);
    let old_orders = order_times.partition_point(|time| *time < newest);
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
        dirt.extend(shuffled.by_ref().take(share(per_10_000)).map(|order| (order, kind)));
    }
    dirt
}

/// Spoils the lines of an order and counts what was spoilt.
pub(crate) fn soil(lines: &mut Vec<Line>, dirt: Dirt, position: usize, counts: &mut OrderCounts) {
    match dirt {
        Dirt::UnknownChannel => {
            lines.iter_mut().for_each(|line| line.channel = UNKNOWN_CHANNEL);
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
