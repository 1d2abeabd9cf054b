//! How unevenly value is spread over customers.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// Concentration of revenue and margin. Shares are 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concentration {
    /// Customers it was measured over.
    pub customers: u64,
    /// Gini coefficient of revenue, 0 (all equal) to 1.
    pub gini: Figure<f64>,
    /// Revenue share of the best customers, usually the top 1, 5, 10 and 20 %.
    pub top_shares: Vec<TopShare>,
    /// Lorenz curve of revenue: poorest customers first, from (0, 0) to (1, 1).
    pub lorenz: Figure<Vec<CurvePoint>>,
    /// Whale curve of margin: most profitable customers first.
    pub whale: Figure<WhaleCurve>,
}

/// Revenue share of the best customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TopShare {
    /// Share of customers: 0.2 for the top 20 %.
    pub top: f64,
    /// Their share of revenue.
    pub share: f64,
}

/// A point of a cumulative curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Share of customers so far, 0 to 1.
    pub customers: f64,
    /// Share of the total value they hold; above 1 on a whale curve.
    pub value: f64,
}

/// Cumulative margin over customers, most profitable first, as a share of the total margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhaleCurve {
    /// At most 200 are drawn; from (0, 0) to (1, 1).
    pub points: Vec<CurvePoint>,
    /// Highest point: 2.2 when the best customers earn 220 % of the total margin.
    pub peak: f64,
    /// Share of customers at the highest point, 0 to 1.
    pub peak_at: f64,
    /// Customers with a negative margin.
    pub customers_negative: u64,
}
