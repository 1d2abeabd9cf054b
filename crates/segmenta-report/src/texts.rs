//! The sentences of the page, one catalogue per language.
//!
//! A catalogue is a JSON tree; templates read it as `t`. A key that is missing or a placeholder
//! that is not filled fails the rendering, so a half-translated page cannot appear.

use std::sync::LazyLock;

use serde_json::Value;

use crate::Locale;

/// The catalogue of `locale`.
pub(crate) fn of(locale: Locale) -> &'static Value {
    match locale {
        Locale::En => &ENGLISH,
    }
}

static ENGLISH: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("texts/en.json")).expect("the catalogue is valid JSON"));
