//! Valuation and strategy: what entities are worth and what they get.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::{Name, Span, SqlExpr};

/// `[valuation]`.
#[derive(Debug, Clone, Serialize)]
pub struct Valuation {
    /// ISO 4217.
    pub currency: String,
    /// Revenue per entity.
    pub revenue: SqlExpr,
    /// Cost of goods per entity.
    pub goods_cost: Option<SqlExpr>,
    /// Order, logistics, payment and credit cost per entity.
    pub order_cost: Option<SqlExpr>,
    /// Cost to serve per entity.
    pub cost_to_serve: Option<SqlExpr>,
    /// Headroom against a benchmark of like entities.
    pub potential: Option<Potential>,
}

/// Columns `[valuation]` adds to the profile. `margin` is the deepest contribution margin there is.
pub const VALUE_COLUMNS: [&str; 7] = ["revenue", "cm1", "cm2", "cm3", "margin", "margin_rate", "potential"];

/// `potential = { benchmark = "p75", within = [...] }`.
#[derive(Debug, Clone, Serialize)]
pub struct Potential {
    /// Quantile of revenue in the cell, 0 to 1.
    pub benchmark: f64,
    /// Columns that make the cell.
    pub within: Vec<String>,
}

/// `[strategy]`.
#[derive(Debug, Clone, Serialize)]
pub struct Strategy {
    /// Scheme whose segments are served.
    pub scheme: Name,
    /// Terms by segment, in file order.
    pub segments: IndexMap<String, Terms>,
    /// Terms of segments not named.
    pub default: Option<Terms>,
    /// Ordered refinements: every rule that holds replaces the terms it names; a later rule wins.
    pub rules: Vec<StrategyRule>,
    /// Terms for single entities, signed off by a person.
    pub exceptions: Option<Exceptions>,
    /// Limits no term may cross.
    pub guardrails: Guardrails,
    /// Channel to the boolean column that allows it.
    pub consent: IndexMap<String, String>,
    /// Ranked list of whom to contact.
    pub worklist: Option<Worklist>,
    /// Service mode to its capacity.
    pub capacity: IndexMap<String, Capacity>,
    /// The table's header.
    #[serde(skip)]
    pub span: Span,
}

/// What a segment gets.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Terms {
    /// Share of list price, 0 to 1.
    pub discount: Option<f64>,
    /// Days to pay.
    pub payment_days: Option<i64>,
    /// 1 is first.
    pub priority: Option<i64>,
    /// Tried in order; the first consented one is used.
    pub channels: Option<Vec<String>>,
    /// Service mode.
    pub service: Option<String>,
    /// Offer.
    pub offer: Option<String>,
}

/// `[[strategy.rules]]`.
#[derive(Debug, Clone, Serialize)]
pub struct StrategyRule {
    /// Named in the actions it decides.
    pub name: Name,
    /// Condition; null does not hold.
    pub when: SqlExpr,
    /// The terms it replaces.
    pub set: Terms,
}

/// `[strategy.exceptions]`: a CSV with the entity key, `discount`, `payment_days`, `service`,
/// `channel`, `offer`, `priority` (each may be empty), and the required `owner`, `reason`, `until` (a date).
#[derive(Debug, Clone, Serialize)]
pub struct Exceptions {
    /// The file.
    pub path: PathBuf,
}

/// `guardrails`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Guardrails {
    /// Floor under the contribution margin rate after discount, 0 to 1.
    pub min_margin_rate: Option<f64>,
    /// Whether the floor is a rate of the discounted price or of the list price.
    pub margin_floor: MarginFloor,
    /// Longest payment term, days.
    pub max_payment_days: Option<i64>,
}

/// Two readings of a margin floor `f` for a margin rate `c`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginFloor {
    /// `d_max = 1 - (1 - c) / (1 - f)`: the rate after discount stays at `f` (the default).
    #[default]
    DiscountedPrice,
    /// `d_max = c - f`.
    ListPrice,
}

/// `worklist`.
#[derive(Debug, Clone, Serialize)]
pub struct Worklist {
    /// `value_at_stake` or a profile column; larger first.
    pub rank: String,
    /// How many entries are planned for a day.
    pub per_day: u64,
}

/// `capacity.X`.
#[derive(Debug, Clone, Serialize)]
pub struct Capacity {
    /// People at work in the peak hour.
    pub agents: f64,
    /// Seconds one contact takes.
    pub handle_time_seconds: f64,
    /// Share of the customers served this way who call in the peak hour.
    pub peak_contact_rate: f64,
}
