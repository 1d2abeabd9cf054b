//! Amounts of money, from whole minor units.

use super::number::{MINUS, significant_decimals};
use super::{Numbers, Printed};
use crate::model::{Currency, MinorUnits};

impl Numbers {
    /// In whole units without the currency, for a table column whose heading names it:
    /// 244768314 cents as `2,447,683`. Rounded half away from zero.
    pub(crate) fn whole_units(&self, amount: MinorUnits) -> String {
        let minor_per_unit = self.minor_per_unit();
        let units = (amount.unsigned_abs() + minor_per_unit / 2) / minor_per_unit;
        let sign = if amount < 0 && units > 0 { MINUS } else { "" };
        format!("{sign}{}", self.count(units))
    }

    /// In whole units, with the exact amount.
    pub(crate) fn money_cell(&self, amount: MinorUnits) -> Printed {
        Printed { exact: Some(self.money(amount)), ..Printed::full(self.whole_units(amount)) }.sorted_by(amount as f64)
    }

    /// To the minor unit, with the currency: `€2,447,683.14`.
    pub(crate) fn money(&self, amount: MinorUnits) -> String {
        let minor_per_unit = self.minor_per_unit();
        let units = self.count(amount.unsigned_abs() / minor_per_unit);
        let minor = amount.unsigned_abs() % minor_per_unit;
        let digits = self.minor_digits();
        let amount_text = match digits {
            0 => units,
            _ => format!("{units}{}{minor:0digits$}", self.symbols.decimal),
        };
        self.with_currency(amount < 0, &amount_text)
    }

    /// With three significant digits and the currency: `€2.45M`, `€950`, `€12.3k`.
    pub(crate) fn short_money(&self, amount: MinorUnits) -> String {
        let units = amount.unsigned_abs() as f64 / self.minor_per_unit() as f64;
        let (scaled, suffix) = self.scaled(units);
        let decimals = if units < 10_000.0 { 0 } else { significant_decimals(scaled, 3) };
        self.with_currency(amount < 0, &format!("{}{suffix}", self.decimals(scaled, decimals)))
    }

    /// Short, with the exact amount.
    pub(crate) fn money_printed(&self, amount: MinorUnits) -> Printed {
        Printed::rounded(self.short_money(amount), self.money(amount)).sorted_by(amount as f64)
    }

    /// Whole units below ten thousand, else in thousands, millions or thousand millions.
    fn scaled(&self, units: f64) -> (f64, &'static str) {
        let [thousand, million, billion] = self.symbols.scales;
        match units {
            _ if units < 10_000.0 => (units, ""),
            _ if units < 999_500.0 => (units / 1e3, thousand),
            _ if units < 999_500_000.0 => (units / 1e6, million),
            _ => (units / 1e9, billion),
        }
    }

    /// Puts the currency's sign or code on its side of the amount.
    fn with_currency(&self, negative: bool, amount: &str) -> String {
        let sign = if negative { MINUS } else { "" };
        let Some(currency) = &self.currency else {
            return format!("{sign}{amount}");
        };
        match (self.currency_sign(&currency.code), self.symbols.currency_first) {
            (Some(mark), true) => format!("{sign}{mark}{amount}"),
            (Some(mark), false) => format!("{sign}{amount}\u{a0}{mark}"),
            (None, true) => format!("{sign}{}\u{a0}{amount}", currency.code),
            (None, false) => format!("{sign}{amount}\u{a0}{}", currency.code),
        }
    }

    /// The sign that readers of this language know; the other currencies are printed as their code.
    fn currency_sign(&self, code: &str) -> Option<&'static str> {
        let signs = self.symbols.currency_signs.iter();
        signs.copied().find_map(|(known, sign)| (known == code).then_some(sign))
    }

    pub(super) fn minor_per_unit(&self) -> u64 {
        self.currency.as_ref().map_or(100, Currency::minor_per_unit).unsigned_abs()
    }

    fn minor_digits(&self) -> usize {
        self.currency.as_ref().map_or(2, |currency| usize::from(currency.minor_digits.min(18)))
    }
}
