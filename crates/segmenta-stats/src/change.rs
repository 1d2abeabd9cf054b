//! Absolute and relative change of one figure.

use serde::Serialize;

use crate::float::finite;
use crate::status::{Reason, Status};

/// A figure compared with an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// `no_base` when the earlier figure is 0, `missing` when either does not exist.
    pub status: Status,
    /// `zero_base`, `value_missing` or `out_of_range`, or null.
    pub reason: Option<Reason>,
    /// Current figure less earlier one.
    pub abs: Option<f64>,
    /// `abs` over the magnitude of the earlier figure, a share: positive for a loss that shrinks.
    pub rel: Option<f64>,
}

/// Change from `reference` to `current`.
///
/// A figure of a segment that did not exist is missing: never −100 % and never infinite.
///
/// # Example
/// ```
/// let change = segmenta_stats::change::relative(Some(-100.0), Some(-60.0));
/// assert_eq!((change.abs, change.rel), (Some(40.0), Some(0.4)));
/// ```
pub fn relative(reference: Option<f64>, current: Option<f64>) -> Change {
    let Some((before, after)) = reference.and_then(finite).zip(current.and_then(finite)) else {
        return Change { status: Status::Missing, reason: Some(Reason::ValueMissing), ..Change::default() };
    };
    let abs = finite(after - before);
    if before == 0.0 {
        return Change { status: Status::NoBase, reason: Some(Reason::ZeroBase), abs, rel: None };
    }
    let rel = finite((after - before) / before.abs());
    let overflow = abs.is_none() || rel.is_none();
    Change { status: Status::Ok, reason: overflow.then_some(Reason::OutOfRange), abs, rel }
}
