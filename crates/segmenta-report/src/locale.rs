//! Languages the page can be written in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Language and number format of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Hungarian.
    Hu,
    /// Polish.
    Pl,
}

impl Locale {
    /// Every language, by name.
    pub const ALL: [Self; 3] = [Self::En, Self::Hu, Self::Pl];

    /// The names that can be parsed, as `report.language` takes them.
    pub const NAMES: [&'static str; 3] = ["en", "hu", "pl"];

    /// Its name: the ISO 639-1 code, which is the page's `lang` too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Hu => "hu",
            Self::Pl => "pl",
        }
    }

    /// The form of a noun that stands after the count `n`.
    ///
    /// # Source
    /// CLDR 48, plural rules for integers of `en`, `hu` and `pl`. Hungarian has a second category
    /// there, but writes the singular after every number, so one form is enough.
    pub(crate) const fn plural_form(self, n: u64) -> &'static str {
        match (self, n) {
            (Self::Hu, _) => "other",
            (Self::En | Self::Pl, 1) => "one",
            (Self::En, _) => "other",
            (Self::Pl, _) => match (n % 10, n % 100) {
                (2..=4, 12..=14) => "many",
                (2..=4, _) => "few",
                _ => "many",
            },
        }
    }

    /// The forms that a counted sentence has in this language.
    #[cfg(test)]
    pub(crate) const fn plural_forms(self) -> &'static [&'static str] {
        match self {
            Self::En => &["one", "other"],
            Self::Hu => &["other"],
            Self::Pl => &["few", "many", "one"],
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The page is not written in this language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no language `{name}`")]
pub struct UnknownLocale {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Locale {
    type Err = UnknownLocale;

    /// Reads one of [`Locale::NAMES`], in lower case.
    fn from_str(name: &str) -> Result<Self, UnknownLocale> {
        let found = Self::ALL.into_iter().find(|locale| locale.name() == name);
        found.ok_or_else(|| UnknownLocale { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        assert_eq!(Locale::ALL.map(Locale::name), Locale::NAMES);
        for locale in Locale::ALL {
            assert_eq!(locale.to_string().parse(), Ok(locale));
            assert_eq!(serde_json::to_string(&locale).unwrap(), format!("\"{locale}\""));
        }
        assert!("de".parse::<Locale>().is_err() && "EN".parse::<Locale>().is_err());
    }

    #[test]
    fn plural_forms_are_those_of_cldr() {
        let polish = [0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 101, 102, 112, 122].map(|n| Locale::Pl.plural_form(n));
        let (many, few) = ("many", "few");
        let expected = [many, "one", few, few, many, many, many, many, many, few, many, many, few, many, few];
        assert_eq!(polish, expected);
        assert_eq!([0, 1, 2, 21].map(|n| Locale::En.plural_form(n)), ["other", "one", "other", "other"]);
        assert_eq!([0, 1, 2, 21].map(|n| Locale::Hu.plural_form(n)), ["other"; 4]);
    }
}
