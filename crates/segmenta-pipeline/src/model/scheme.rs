//! Schemes: segments and who is in them.

use serde::Serialize;

use crate::model::{Name, Span, SqlExpr};

/// `[schemes.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Scheme {
    /// Strategic or operational.
    pub kind: SchemeKind,
    /// What the segmentation is for.
    pub goal: String,
    /// Criteria whose labels make the segment, joined by `/`. Empty when `segments` is used.
    pub by: Vec<Name>,
    /// Ordered rules; the first that holds decides. Empty when `by` is used.
    pub segments: Vec<SegmentRule>,
    /// Segment of the entities no rule claims, or whose label is null.
    pub other: Option<String>,
    /// Size limits.
    pub limits: Limits,
    /// The segments it can produce, when known beforehand.
    pub labels: Option<Vec<String>>,
    /// The table's header.
    #[serde(skip)]
    pub span: Span,
}

/// Kind of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemeKind {
    /// Exactly one per pipeline.
    Strategic,
    /// Any number.
    Operational,
}

/// `[[schemes.X.segments]]`.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentRule {
    /// Segment name.
    pub name: String,
    /// Condition; null does not hold.
    pub when: SqlExpr,
}

/// `limits`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Limits {
    /// Fewest and most segments.
    pub segments: Option<[usize; 2]>,
    /// Largest share of entities in one segment.
    pub max_share: Option<f64>,
    /// Fewest entities in one segment. With `by` of several criteria, smaller ones are folded
    /// into `other`.
    pub min_customers: Option<u64>,
    /// Whether a breach fails the run instead of warning.
    pub fail: bool,
}
