//! What differs between languages when a number is written.
//!
//! # Source
//! CLDR 48 for `en`, `hu` and `pl`: number symbols, `minimumGroupingDigits`, currency patterns and
//! symbols, short compact patterns, long dates. English dates are written day first and English
//! suffixes are `k` and `bn`, as the British variant has them; "percentage points" is not in CLDR.

use crate::Locale;

/// Separators, signs and words of one language.
#[derive(Debug)]
pub(crate) struct Symbols {
    /// Between groups of three digits.
    pub(crate) group: &'static str,
    /// Numbers with fewer digits before the decimals are not grouped.
    pub(crate) grouped_from_digits: usize,
    /// Before the decimals.
    pub(crate) decimal: &'static str,
    /// Percentage points.
    pub(crate) points: &'static str,
    /// Suffixes of thousand, million, thousand million.
    pub(crate) scales: [&'static str; 3],
    /// Names of the months as they stand in a date, January first.
    pub(crate) months: [&'static str; 12],
    /// In which order a date is written.
    pub(crate) date_order: DateOrder,
    /// Between a date and a time.
    pub(crate) before_time: &'static str,
    /// Signs that are printed instead of a currency's code.
    pub(crate) currency_signs: &'static [(&'static str, &'static str)],
    /// Whether the currency stands before the amount.
    pub(crate) currency_first: bool,
}

/// In which order a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    /// `1 June 2026`.
    DayFirst,
    /// `2026. június 1.`
    YearFirst,
}

impl Symbols {
    /// Those of `locale`.
    pub(crate) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
            Locale::Hu => &HUNGARIAN,
            Locale::Pl => &POLISH,
        }
    }
}

static ENGLISH: Symbols = Symbols {
    group: ",",
    grouped_from_digits: 4,
    decimal: ".",
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
    date_order: DateOrder::DayFirst,
    before_time: ", ",
    currency_signs: &[("EUR", "€"), ("GBP", "£"), ("USD", "$")],
    currency_first: true,
};

static HUNGARIAN: Symbols = Symbols {
    group: "\u{a0}",
    grouped_from_digits: 5,
    decimal: ",",
    points: "%-pont",
    scales: ["\u{a0}E", "\u{a0}M", "\u{a0}Mrd"],
    months: [
        "január",
        "február",
        "március",
        "április",
        "május",
        "június",
        "július",
        "augusztus",
        "szeptember",
        "október",
        "november",
        "december",
    ],
    date_order: DateOrder::YearFirst,
    before_time: " ",
    currency_signs: &[("HUF", "Ft")],
    currency_first: false,
};

static POLISH: Symbols = Symbols {
    group: "\u{a0}",
    grouped_from_digits: 5,
    decimal: ",",
    points: "p.p.",
    scales: ["\u{a0}tys.", "\u{a0}mln", "\u{a0}mld"],
    months: [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ],
    date_order: DateOrder::DayFirst,
    before_time: " ",
    currency_signs: &[("EUR", "€"), ("PLN", "zł")],
    currency_first: false,
};
