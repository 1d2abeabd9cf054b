//! Counts, shares, changes, plain numbers, bytes and durations.

use super::{Numbers, Printed};
use crate::model::Unit;

/// The minus sign, as wide as a plus sign.
pub(super) const MINUS: &str = "\u{2212}";

impl Numbers {
    /// `4338` as `4,338`.
    pub(crate) fn count(&self, value: u64) -> String {
        self.grouped(&value.to_string())
    }

    /// A count for a column that can be sorted.
    pub(crate) fn count_printed(&self, value: u64) -> Printed {
        Printed::full(self.count(value)).sorted_by(value as f64)
    }

    /// `-12` as `−12`, `12` as `+12`, `0` as `0`.
    pub(crate) fn signed_count(&self, value: i64) -> String {
        let digits = self.count(value.unsigned_abs());
        format!("{}{digits}", sign(value as f64))
    }

    /// A share of 0 to 1 as a percentage with one decimal; smaller than 0.1 % with one digit.
    pub(crate) fn share(&self, share: f64) -> String {
        let percent = share * 100.0;
        let digits = self.decimals(percent, share_decimals(percent));
        format!("{digits}%")
    }

    /// A share with its exact value.
    pub(crate) fn share_printed(&self, share: f64) -> Printed {
        let exact = self.decimals(share * 100.0, 6);
        Printed::rounded(self.share(share), format!("{exact}%")).sorted_by(share)
    }

    /// A share as a percentage without decimals, for chart axes and round thresholds.
    pub(crate) fn whole_share(&self, share: f64) -> String {
        format!("{}%", self.decimals(share * 100.0, 0))
    }

    /// A threshold: `0.15` as `15%`, `0.125` as `12.5%`.
    pub(crate) fn threshold_share(&self, share: f64) -> String {
        let whole = ((share * 100.0).round() - share * 100.0).abs() < 1e-9;
        if whole { self.whole_share(share) } else { self.share(share) }
    }

    /// Difference of two shares in percentage points: `+1.2 pp`.
    pub(crate) fn points(&self, difference: f64) -> String {
        let points = difference * 100.0;
        let shown = if points.abs() < 0.05 { 0.0 } else { points };
        let digits = self.decimals(shown.abs(), 1);
        format!("{}{digits}\u{a0}{}", sign(shown), self.symbols.points)
    }

    /// Change from `before` to `now` relative to `|before|`: `+3.2%`; `None` when `before` is 0.
    pub(crate) fn relative_change(&self, now: f64, before: f64) -> Option<String> {
        if before == 0.0 {
            return None;
        }
        let percent = (now - before) / before.abs() * 100.0;
        let shown = if percent.abs() < 0.05 { 0.0 } else { percent };
        let digits = self.decimals(shown.abs(), 1);
        Some(format!("{}{digits}%", sign(shown)))
    }

    /// A plain number with three significant digits: `0.0123`, `12.3`, `1,234`; a whole one
    /// without decimals.
    pub(crate) fn number(&self, value: f64) -> String {
        let decimals = if value.fract() == 0.0 { 0 } else { significant_decimals(value, 3) };
        self.decimals(value, decimals)
    }

    /// A plain number with its exact value.
    pub(crate) fn number_printed(&self, value: f64) -> Printed {
        Printed::rounded(self.number(value), self.exact(value)).sorted_by(value)
    }

    /// An index such as PSI or Gini with three decimals, with its exact value.
    pub(crate) fn index_printed(&self, value: f64) -> Printed {
        Printed::rounded(self.decimals(value, 3), self.exact(value)).sorted_by(value)
    }

    /// A number in the unit that the pipeline gave it.
    pub(crate) fn in_unit(&self, value: f64, unit: Unit) -> Printed {
        match unit {
            Unit::Share => self.share_printed(value),
            Unit::Count => Printed::full(self.decimals(value, 0)).sorted_by(value),
            Unit::Money => self.money_printed(value.round() as i64),
            Unit::Number => self.index_printed(value),
        }
    }

    /// A threshold in the unit that the pipeline gave it.
    pub(crate) fn threshold(&self, value: f64, unit: Unit) -> String {
        match unit {
            Unit::Share => self.threshold_share(value),
            Unit::Count => self.decimals(value, 0),
            Unit::Money => self.money(value.round() as i64),
            Unit::Number => self.exact(value),
        }
    }

    /// A size: `999 B`, `1.40 MB`; decimal units.
    pub(crate) fn bytes(&self, bytes: u64) -> String {
        let units = ["kB", "MB", "GB", "TB"];
        if bytes < 1000 {
            return format!("{bytes}\u{a0}B");
        }
        let mut value = bytes as f64 / 1000.0;
        let mut unit = 0;
        while value >= 999.5 && unit + 1 < units.len() {
            value /= 1000.0;
            unit += 1;
        }
        format!("{}\u{a0}{}", self.number(value), units[unit])
    }

    /// A size for a column that can be sorted.
    pub(crate) fn bytes_printed(&self, bytes: u64) -> Printed {
        Printed::full(self.bytes(bytes)).sorted_by(bytes as f64)
    }

    /// A duration: `85 ms`, `1.23 s`, `2 min 5 s`.
    pub(crate) fn duration_ms(&self, elapsed_ms: u64) -> String {
        if elapsed_ms < 1000 {
            return format!("{elapsed_ms}\u{a0}ms");
        }
        if elapsed_ms < 60_000 {
            return format!("{}\u{a0}s", self.number(elapsed_ms as f64 / 1000.0));
        }
        let seconds = elapsed_ms / 1000;
        format!("{}\u{a0}min {}\u{a0}s", self.count(seconds / 60), seconds % 60)
    }

    /// `value` with that many decimals, grouped, with a true minus sign; `-0` is `0`.
    pub(super) fn decimals(&self, value: f64, decimals: usize) -> String {
        let text = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let sign = if value < 0.0 && !is_zero { MINUS } else { "" };
        let separator = if fraction.is_empty() { "" } else { self.symbols.decimal };
        format!("{sign}{}{separator}{fraction}", self.grouped(whole))
    }

    /// Digits in groups of three, where the language groups numbers of that length.
    pub(super) fn grouped(&self, digits: &str) -> String {
        let mut grouped = String::with_capacity(digits.len() * 2);
        let is_grouped = digits.len() >= self.symbols.grouped_from_digits;
        for (index, digit) in digits.chars().enumerate() {
            if is_grouped && index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push_str(self.symbols.group);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// The shortest text that reads back as the same number.
    fn exact(&self, value: f64) -> String {
        value.to_string().replace('-', MINUS).replace('.', self.symbols.decimal)
    }
}

/// `+`, the minus sign, or nothing for zero.
fn sign(value: f64) -> &'static str {
    if value > 0.0 {
        "+"
    } else if value < 0.0 {
        MINUS
    } else {
        ""
    }
}

/// One decimal; for less than 0.1 % as many as the first digit needs, four at most.
fn share_decimals(percent: f64) -> usize {
    let size = percent.abs();
    if size == 0.0 || size >= 0.1 { 1 } else { significant_decimals(size, 1).min(4) }
}

/// Decimals that leave `digits` significant digits, never rounding away whole units.
pub(super) fn significant_decimals(value: f64, digits: usize) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    // The power of ten after rounding: 0.9996 with three digits is 1.00, not 1.000.
    let rounded = format!("{value:.*e}", digits.saturating_sub(1));
    let power = rounded.split_once('e').and_then(|(_, power)| power.parse::<i64>().ok());
    let decimals = digits as i64 - 1 - power.unwrap_or(0);
    decimals.clamp(0, 12) as usize
}
