//! What differs between languages when a number is written.

use crate::Locale;

/// Separators, signs and words of one language.
#[derive(Debug)]
pub(crate) struct Symbols {
    /// Between groups of three digits.
    pub(crate) group: &'static str,
    /// Before the decimals.
    pub(crate) decimal: &'static str,
    /// Before the percent sign.
    pub(crate) before_percent: &'static str,
    /// Percentage points.
    pub(crate) points: &'static str,
    /// Suffixes of thousand, million, thousand million.
    pub(crate) scales: [&'static str; 3],
    /// Names of the months, January first.
    pub(crate) months: [&'static str; 12],
    /// Whether the currency stands before the amount.
    pub(crate) currency_first: bool,
}

impl Symbols {
    /// Those of `locale`.
    pub(crate) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
        }
    }
}

static ENGLISH: Symbols = Symbols {
    group: ",",
    decimal: ".",
    before_percent: "",
    points: "pp",
    scales: ["k", "M", "bn"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    currency_first: true,
};
