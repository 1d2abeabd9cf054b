//! Figures of monitoring: changes, signed amounts, and groups too small to be printed.

use segmenta_monitor::Unit;

use super::{Numbers, Printed};
use crate::model::MinorUnits;

/// Reason of figures about a group that is too small to be printed.
pub(crate) const SMALL: &str = "small group";

impl Numbers {
    /// Whether a group of so many customers is too small to be printed; nobody is no group.
    pub(crate) fn is_small(&self, customers: u64) -> bool {
        (1..self.smallest_group).contains(&customers)
    }

    /// Customers of a group: `< 10` when there are fewer.
    pub(crate) fn people(&self, customers: u64) -> String {
        if self.is_small(customers) {
            format!("<\u{a0}{}", self.count(self.smallest_group))
        } else {
            self.count(customers)
        }
    }

    /// Customers of a group for a column that can be sorted; small groups sort alike.
    pub(crate) fn people_printed(&self, customers: u64) -> Printed {
        let value = if self.is_small(customers) { 1 } else { customers };
        Printed::full(self.people(customers)).sorted_by(value as f64)
    }

    /// A figure of a group of customers, unless the group is too small for it.
    pub(crate) fn of_group(&self, customers: u64, printed: Printed) -> Printed {
        if self.is_small(customers) { Printed::missing(SMALL) } else { printed }
    }

    /// A change as a signed percentage: `0.032` as `+3.2%`.
    pub(crate) fn change(&self, relative: f64) -> String {
        self.relative_change(1.0 + relative, 1.0).expect("the base is not 0")
    }

    /// A change for a column that can be sorted.
    pub(crate) fn change_printed(&self, relative: f64) -> Printed {
        Printed::full(self.change(relative)).sorted_by(relative)
    }

    /// A signed amount in short, with the exact one behind it: `+€12.3k`.
    pub(crate) fn signed_money(&self, amount: i128) -> Printed {
        let amount = minor(amount);
        let sign = if amount > 0 { "+" } else { "" };
        let exact = format!("{sign}{}", self.money(amount));
        Printed::rounded(format!("{sign}{}", self.short_money(amount)), exact).sorted_by(amount as f64)
    }

    /// A figure in its unit.
    pub(crate) fn measured(&self, value: f64, unit: Unit) -> Printed {
        match unit {
            Unit::Share => self.share_printed(value),
            Unit::Count => Printed::full(self.decimals(value, 0)).sorted_by(value),
            Unit::MoneyMinor => self.money_measured(value.round() as MinorUnits),
            Unit::Number => self.index_printed(value),
            Unit::Days => self.number_printed(value),
        }
    }

    /// In short; to the minor unit below a hundred units, where a cost per contact would vanish.
    fn money_measured(&self, amount: MinorUnits) -> Printed {
        if amount.unsigned_abs() < 100 * self.minor_per_unit() {
            return Printed::full(self.money(amount)).sorted_by(amount as f64);
        }
        self.money_printed(amount)
    }

    /// A probability: three decimals, `< 0.001` below.
    pub(crate) fn probability(&self, p: f64) -> String {
        if p < 0.001 { format!("<\u{a0}{}", self.decimals(0.001, 3)) } else { self.decimals(p, 3) }
    }
}

/// An amount in the width that is printed; what does not fit is the largest that does.
pub(crate) fn minor(amount: i128) -> MinorUnits {
    MinorUnits::try_from(amount).unwrap_or(if amount < 0 { MinorUnits::MIN + 1 } else { MinorUnits::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Locale;
    use crate::model::Currency;

    fn numbers() -> Numbers {
        Numbers::new(Locale::En, Some(Currency::iso_4217("EUR"))).hiding_below(Some(10))
    }

    #[test]
    fn small_groups_are_not_printed_and_nobody_is_no_group() {
        assert_eq!([0, 1, 9, 10].map(|n| numbers().people(n)), ["0", "<\u{a0}10", "<\u{a0}10", "10"]);
        assert_eq!(numbers().people_printed(2).sort, numbers().people_printed(9).sort);
        let share = |customers| numbers().of_group(customers, numbers().share_printed(0.5)).text;
        assert_eq!([share(9), share(10)], ["–", "50.0%"]);
    }

    #[test]
    fn small_amounts_keep_their_minor_units() {
        let measured = |amount| numbers().measured(amount, Unit::MoneyMinor).text;
        assert_eq!([412.0, 9_999.0, 10_000.0].map(measured), ["€4.12", "€99.99", "€100"]);
    }

    #[test]
    fn changes_and_amounts_carry_their_sign() {
        assert_eq!(numbers().change(-0.032), "−3.2%");
        assert_eq!(numbers().signed_money(1_234_500).text, "+€12.3k");
        assert_eq!(numbers().signed_money(-500).text, "−€5");
        assert_eq!(minor(i128::MAX), i64::MAX);
    }
}
