//! Schemes and their segments: who is in each, what they are worth, what they get.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::migration::Migration;
use super::money::MinorUnits;
use super::run::Level;

/// One segmentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scheme {
    /// `[schemes.X]`.
    pub name: String,
    /// Strategic or operational.
    pub kind: SchemeKind,
    /// What it is for.
    pub goal: String,
    /// In the order in which they are to be shown.
    pub segments: Vec<Segment>,
    /// Breaches of the scheme's limits.
    pub limits: Vec<LimitFinding>,
    /// Who moved since the baseline.
    pub migration: Figure<Migration>,
}

/// Kind of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemeKind {
    /// Exactly one per pipeline.
    Strategic,
    /// Any number.
    Operational,
}

/// One segment of a scheme. Shares are 0 to 1 of the scheme's total; money is in minor units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// What puts a customer in it, in words or as the rule is written.
    pub rule: Option<String>,
    /// How many customers are in it.
    pub customers: u64,
    /// Of all customers of the scheme.
    pub share: f64,
    /// Net revenue.
    pub revenue: Figure<MinorUnits>,
    /// Of the scheme's revenue.
    pub revenue_share: Figure<f64>,
    /// The deepest contribution margin there is.
    pub margin: Figure<MinorUnits>,
    /// Of the scheme's margin; may be negative or above 1 when some margins are negative.
    pub margin_share: Figure<f64>,
    /// Margin per unit of revenue.
    pub margin_rate: Figure<f64>,
    /// Margin per customer.
    pub mean_margin: Figure<MinorUnits>,
    /// Headroom against the benchmark of like customers: an estimate.
    pub potential: Figure<MinorUnits>,
    /// What its customers are entitled to; `None` when the scheme is not the one that is served.
    pub terms: Option<Terms>,
    /// The same segment in the baseline run.
    pub baseline: Figure<SegmentBaseline>,
}

/// A segment in the baseline run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentBaseline {
    /// How many customers were in it.
    pub customers: u64,
    /// Of all customers then; 0 to 1.
    pub share: f64,
    /// Net revenue then.
    pub revenue: Figure<MinorUnits>,
    /// Margin then.
    pub margin: Figure<MinorUnits>,
}

/// What the customers of a segment get.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Share of list price, 0 to 1, before guard-rails.
    pub discount: Option<f64>,
    /// Days to pay.
    pub payment_days: Option<i64>,
    /// 1 is first.
    pub priority: Option<i64>,
    /// Service mode.
    pub service: Option<String>,
    /// Tried in order; the first that the customer agreed to is used.
    pub channels: Vec<String>,
    /// Offer.
    pub offer: Option<String>,
}

/// A breach of a scheme's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitFinding {
    /// The limit's key: `max_share`, `min_customers`, `segments`.
    pub limit: String,
    /// `watch` for a warning, `act` for a breach that holds the run.
    pub level: Level,
    /// What was found, with the numbers.
    pub text: String,
}
