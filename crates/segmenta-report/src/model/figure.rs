//! A number that may be missing, and then says why.

use serde::{Deserialize, Serialize};

/// A value, or the reason why there is none.
///
/// In JSON `{"value": 0.58}` or `{"value": null, "reason": "no baseline yet"}`, so that a reader
/// never meets a bare null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire<T>", into = "Wire<T>", bound(serialize = "T: Clone + Serialize"))]
pub enum Figure<T> {
    /// The value.
    Known(T),
    /// Why there is none, as a phrase for the reader of the page: `no baseline yet`.
    Missing(String),
}

impl<T> Figure<T> {
    /// A figure without a value.
    pub fn missing(reason: impl Into<String>) -> Self {
        Self::Missing(reason.into())
    }

    /// The value, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// Why there is no value, if there is none.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Missing(reason) => Some(reason),
        }
    }

    /// The same figure by reference.
    pub fn as_ref(&self) -> Figure<&T> {
        match self {
            Self::Known(value) => Figure::Known(value),
            Self::Missing(reason) => Figure::Missing(reason.clone()),
        }
    }

    /// The same figure of something computed from the value.
    pub fn map<U>(&self, change: impl FnOnce(&T) -> U) -> Figure<U> {
        match self {
            Self::Known(value) => Figure::Known(change(value)),
            Self::Missing(reason) => Figure::Missing(reason.clone()),
        }
    }

    /// `Some` is the value; `None` is missing for `reason`.
    pub fn from_option(value: Option<T>, reason: &str) -> Self {
        value.map_or_else(|| Self::missing(reason), Self::Known)
    }
}

impl Figure<f64> {
    /// The value, or missing for `reason` when it is NaN or infinite.
    pub fn finite(value: f64, reason: &str) -> Self {
        Self::from_option(value.is_finite().then_some(value), reason)
    }
}

/// How a [`Figure`] is written.
#[derive(Serialize, Deserialize)]
struct Wire<T> {
    value: Option<T>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl<T> From<Figure<T>> for Wire<T> {
    fn from(figure: Figure<T>) -> Self {
        match figure {
            Figure::Known(value) => Self { value: Some(value), reason: None },
            Figure::Missing(reason) => Self { value: None, reason: Some(reason) },
        }
    }
}

impl<T> TryFrom<Wire<T>> for Figure<T> {
    type Error = &'static str;

    fn try_from(wire: Wire<T>) -> Result<Self, Self::Error> {
        match (wire.value, wire.reason) {
            (Some(value), None) => Ok(Self::Known(value)),
            (None, Some(reason)) => Ok(Self::Missing(reason)),
            (Some(_), Some(_)) => Err("a figure has a value and a reason for having none"),
            (None, None) => Err("a figure has neither a value nor a reason"),
        }
    }
}

/// A figure of this run beside the same figure of the baseline run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Clone + Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Compared<T> {
    /// This run.
    pub current: Figure<T>,
    /// The baseline run.
    pub baseline: Figure<T>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_figure_keeps_its_reason_in_json() {
        let figure: Figure<u64> = Figure::missing("no baseline yet");
        let json = serde_json::to_string(&figure).unwrap();
        assert_eq!(json, r#"{"value":null,"reason":"no baseline yet"}"#);
        assert_eq!(serde_json::from_str::<Figure<u64>>(&json).unwrap(), figure);
        assert_eq!(serde_json::to_string(&Figure::Known(3_u64)).unwrap(), r#"{"value":3}"#);
    }

    #[test]
    fn a_bare_null_is_refused() {
        assert!(serde_json::from_str::<Figure<f64>>(r#"{"value":null}"#).is_err());
        assert!(serde_json::from_str::<Figure<f64>>(r#"{"value":1,"reason":"x"}"#).is_err());
    }

    #[test]
    fn not_a_number_is_a_missing_figure() {
        assert_eq!(Figure::finite(f64::NAN, "no margin"), Figure::missing("no margin"));
        assert_eq!(Figure::finite(f64::INFINITY, "no margin"), Figure::missing("no margin"));
        assert_eq!(Figure::finite(0.5, "no margin"), Figure::Known(0.5));
    }
}
