//! How each group is served: guard-rails, consent, capacity, exceptions, work list.

use serde::{Deserialize, Serialize};

use super::check::Unit;
use super::figure::Figure;
use super::money::MinorUnits;

/// What the strategy did to the terms of the segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// Scheme whose segments are served; their terms stand with the segments.
    pub scheme: String,
    /// Limits no term may cross, and how often they held one back.
    pub guardrails: Guardrails,
    /// Customers whose terms a rule refined, per rule.
    pub rules: Vec<RuleHits>,
    /// Contact channels.
    pub channels: Vec<Channel>,
    /// Customers who agreed to none of their segment's channels.
    pub unreachable: Figure<u64>,
    /// Service modes with a declared capacity.
    pub capacity: Vec<CapacityCheck>,
    /// Terms of single customers, signed off by a person.
    pub exceptions: Exceptions,
    /// Whom to contact first.
    pub worklist: Option<Worklist>,
}

/// Limits and how often they held a term back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guardrails {
    /// Floor under the margin rate after discount, 0 to 1.
    pub min_margin_rate: Option<f64>,
    /// What the floor is a rate of.
    pub margin_floor: MarginFloor,
    /// Longest payment term, days.
    pub max_payment_days: Option<i64>,
    /// Customers whose discount was cut down to the floor.
    pub discounts_capped: Figure<u64>,
    /// What the cuts are worth over the window of the revenue column.
    pub discount_saved: Figure<MinorUnits>,
    /// Customers whose payment term was shortened.
    pub payment_terms_capped: Figure<u64>,
}

/// What a margin floor is a rate of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginFloor {
    /// The price after discount.
    DiscountedPrice,
    /// The list price.
    ListPrice,
}

/// How many customers a strategy rule decided something for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHits {
    /// The rule.
    pub name: String,
    /// For how many customers it decided at least one term.
    pub customers: u64,
}

/// A contact channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Customers who agreed to it.
    pub consented: Figure<u64>,
    /// Customers it was chosen for.
    pub chosen: u64,
}

/// Expected load of a service mode against its capacity, in contacts per peak hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityCheck {
    /// Service mode.
    pub service: String,
    /// Customers served this way.
    pub customers: u64,
    /// Contacts expected in the peak hour.
    pub expected_per_hour: f64,
    /// Contacts that can be handled in an hour.
    pub capacity_per_hour: f64,
    /// Whether the load fits.
    pub fits: bool,
}

/// Terms of single customers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exceptions {
    /// In force and used.
    pub applied: u64,
    /// Past their end date, so not used.
    pub expired: u64,
    /// For customers who are not segmented.
    pub unmatched: u64,
}

/// Whom to contact first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worklist {
    /// What it is ranked by.
    pub rank_by: String,
    /// Unit of the scores.
    pub unit: Unit,
    /// How many customers are on the whole list.
    pub entries: u64,
    /// How many are planned for a day.
    pub per_day: u64,
    /// The head of the list; at most 20 are shown.
    pub head: Vec<WorkItem>,
}

/// One entry of the work list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkItem {
    /// 1 is first.
    pub rank: u64,
    /// Key of the customer.
    pub customer: String,
    /// Segment of the served scheme.
    pub segment: String,
    /// What it is ranked by; in the work list's unit.
    pub score: f64,
    /// Channel to use; `None` when the customer agreed to none.
    pub channel: Option<String>,
    /// Why this customer, now.
    pub reason: String,
}
