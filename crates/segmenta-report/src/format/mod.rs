//! Numbers, money, dates and sizes as the reader's language writes them.
//!
//! Everything the page prints goes through [`Numbers`]; the arithmetic stays in the model. What a
//! language decides is in [`symbols`](self::symbols) and nowhere else.

mod date;
mod money;
mod monitored;

mod number;
mod symbols;
#[cfg(test)]
mod tests;

pub(crate) use monitored::{SMALL, minor};
pub(crate) use symbols::Symbols;

use serde::Serialize;

use crate::Locale;
use crate::model::{Currency, Figure};

/// Writes numbers for one page: its language and its currency.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    symbols: &'static Symbols,
    currency: Option<Currency>,
    smallest_group: u64,
}

impl Numbers {
    /// For a page in `locale` whose amounts are in `currency`.
    pub(crate) fn new(locale: Locale, currency: Option<Currency>) -> Self {
        Self { symbols: Symbols::of(locale), currency, smallest_group: 0 }
    }

    /// Groups of fewer customers are not printed as a number.
    pub(crate) fn hiding_below(self, smallest_group: Option<u64>) -> Self {
        Self { smallest_group: smallest_group.unwrap_or(0), ..self }
    }
}

/// A printed number: what stands there, the unrounded value, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Printed {
    /// What stands on the page.
    pub(crate) text: String,
    /// The unrounded value where `text` is rounded.
    pub(crate) exact: Option<String>,
    /// Why there is no value; `text` is a dash then.
    pub(crate) reason: Option<String>,
    /// What a column is sorted by, where numbers are to be told apart.
    pub(crate) sort: Option<f64>,
}

impl Printed {
    /// A number that is printed in full.
    pub(crate) fn full(text: String) -> Self {
        Self { text, exact: None, reason: None, sort: None }
    }

    /// A rounded number with its exact value.
    pub(crate) fn rounded(text: String, exact: String) -> Self {
        let exact = (exact != text).then_some(exact);
        Self { text, exact, reason: None, sort: None }
    }

    /// No number, for a reason.
    pub(crate) fn missing(reason: &str) -> Self {
        Self { text: "–".to_owned(), exact: None, reason: Some(reason.to_owned()), sort: None }
    }

    /// The same, sorted by `value` when its column is sorted.
    pub(crate) fn sorted_by(self, value: f64) -> Self {
        Self { sort: Some(value), ..self }
    }

    /// A figure's value printed by `print`, or its reason.
    pub(crate) fn figure<T>(figure: &Figure<T>, print: impl FnOnce(&T) -> Self) -> Self {
        match figure {
            Figure::Known(value) => print(value),
            Figure::Missing(reason) => Self::missing(reason),
        }
    }
}
