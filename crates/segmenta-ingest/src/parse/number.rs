//! Numbers and truth values from text.

use crate::rule::Rule;

/// A whole number; `17850.0` is one, `17850.5` is not.
///
/// # Errors
/// [`Rule::Type`]: not a whole number, or outside 64 bits.
pub(super) fn integer(text: &str) -> Result<i64, Rule> {
    let text = text.trim();
    if let Ok(value) = text.parse() {
        return Ok(value);
    }
    let (whole, fraction) = text.split_once('.').ok_or(Rule::Type)?;
    let zeros = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    if zeros { whole.parse().map_err(|_| Rule::Type) } else { Err(Rule::Type) }
}

/// A finite number, correctly rounded.
///
/// # Errors
/// [`Rule::NotANumber`]: a spelling of NaN or infinity, or too large. [`Rule::Type`]: anything else.
pub(super) fn float(text: &str) -> Result<f64, Rule> {
    let value: f64 = text.trim().parse().map_err(|_| Rule::Type)?;
    if value.is_finite() { Ok(value) } else { Err(Rule::NotANumber) }
}

/// As [`float`], rounded once to the nearest 32-bit number.
pub(super) fn float32(text: &str) -> Result<f32, Rule> {
    let value: f32 = text.trim().parse().map_err(|_| Rule::Type)?;
    if value.is_finite() { Ok(value) } else { Err(Rule::NotANumber) }
}

/// The unscaled value of a decimal: `"1.5"` with precision 5 and scale 2 is 150. Exact: digits beyond
/// the scale must be zeros.
///
/// # Errors
/// [`Rule::Type`]: not a plain decimal number, or it does not fit.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128, Rule> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(Rule::Type);
    }
    let mut unscaled: i128 = 0;
    // The place value of each digit, as an exponent of ten after scaling.
    let places = (0..whole.len()).rev().map(|place| place as i64);
    let places = places.chain((1..=fraction.len()).map(|place| -(place as i64)));
    for (byte, place) in whole.bytes().chain(fraction.bytes()).zip(places) {
        let digit = char::from(byte).to_digit(10).ok_or(Rule::Type)?;
        if place + i64::from(scale) >= 0 {
            let grown = unscaled.checked_mul(10).and_then(|value| value.checked_add(i128::from(digit)));
            unscaled = grown.ok_or(Rule::Type)?;
        } else if digit != 0 {
            return Err(Rule::Type);
        }
    }
    let missing = (i64::from(scale) - fraction.len() as i64).max(0) as u32;
    let power = 10i128.checked_pow(missing).ok_or(Rule::Type)?;
    let unscaled = unscaled.checked_mul(power).ok_or(Rule::Type)?;
    let fits = 10i128.checked_pow(u32::from(precision)).is_none_or(|limit| unscaled < limit);
    let signed = if negative { -unscaled } else { unscaled };
    if fits { Ok(signed) } else { Err(Rule::Type) }
}

/// `true`/`false`, `yes`/`no`, `1`/`0`, in any case.
///
/// # Errors
/// [`Rule::Type`]: anything else.
pub(super) fn boolean(text: &str) -> Result<bool, Rule> {
    let text = text.trim();
    let is = |spellings: [&str; 3]| spellings.iter().any(|spelling| text.eq_ignore_ascii_case(spelling));
    match (is(["true", "yes", "1"]), is(["false", "no", "0"])) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(Rule::Type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_carry_a_zero_fraction() {
        assert_eq!(integer("17850.0"), Ok(17850));
        assert_eq!(integer(" -3 "), Ok(-3));
        assert_eq!(integer("+7"), Ok(7));
        for wrong in ["17850.5", "1.", ".0", "", "1e3", "9223372036854775808", "0x10", "1,000"] {
            assert_eq!(integer(wrong), Err(Rule::Type), "{wrong}");
        }
    }

    #[test]
    fn floats_are_finite() {
        assert_eq!(float("1.5e3"), Ok(1500.0));
        for wrong in ["NaN", "inf", "-Infinity", "1e999"] {
            assert_eq!(float(wrong), Err(Rule::NotANumber), "{wrong}");
        }
        assert_eq!(float("1,5"), Err(Rule::Type));
        assert_eq!(float32("1e39"), Err(Rule::NotANumber));
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(decimal("1.5", 5, 2), Ok(150));
        assert_eq!(decimal("-0.07", 5, 2), Ok(-7));
        assert_eq!(decimal("7", 5, 2), Ok(700));
        assert_eq!(decimal("7.120", 5, 2), Ok(712));
        assert_eq!(decimal("1200", 4, -2), Ok(12));
        assert_eq!(decimal("999.99", 5, 2), Ok(99_999));
        for wrong in ["7.125", "1000.00", "", ".", "-", "1e2", "1_0", "12a"] {
            assert_eq!(decimal(wrong, 5, 2), Err(Rule::Type), "{wrong}");
        }
        assert_eq!(decimal(&"9".repeat(38), 38, 0), Ok(10i128.pow(38) - 1));
        assert_eq!(decimal(&"9".repeat(39), 38, 0), Err(Rule::Type));
        assert_eq!(decimal("1250", 4, -2), Err(Rule::Type));
    }

    #[test]
    fn truth_has_three_spellings_each() {
        assert_eq!([boolean("Yes"), boolean("FALSE"), boolean("1")], [Ok(true), Ok(false), Ok(true)]);
        assert_eq!(boolean("si"), Err(Rule::Type));
    }
}
