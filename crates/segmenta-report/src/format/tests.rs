//! Expectations written by hand.

use super::{Numbers, Printed};
use crate::Locale;
use crate::model::{Currency, Figure, Unit};

fn numbers() -> Numbers {
    Numbers::new(Locale::En, Some(Currency::iso_4217("EUR")))
}

fn in_currency(code: &str) -> Numbers {
    Numbers::new(Locale::En, Some(Currency::iso_4217(code)))
}

#[test]
fn counts_are_grouped_by_thousands() {
    let counts = [0, 12, 999, 1_000, 4_338, 1_234_567].map(|count| numbers().count(count));
    assert_eq!(counts, ["0", "12", "999", "1,000", "4,338", "1,234,567"]);
    assert_eq!(numbers().signed_count(-1_200), "−1,200");
    assert_eq!(numbers().signed_count(7), "+7");
    assert_eq!(numbers().signed_count(0), "0");
}

#[test]
fn shares_have_one_decimal_unless_they_are_tiny() {
    let shares = [0.0, 0.633_8, 1.0, 2.2, -0.077, 0.001, 0.0004, 0.000_003];
    let printed = shares.map(|share| numbers().share(share));
    assert_eq!(printed, ["0.0%", "63.4%", "100.0%", "220.0%", "−7.7%", "0.1%", "0.04%", "0.0003%"]);
}

#[test]
fn thresholds_are_printed_as_they_were_written() {
    assert_eq!(numbers().threshold(0.15, Unit::Share), "15%");
    assert_eq!(numbers().threshold(0.125, Unit::Share), "12.5%");
    assert_eq!(numbers().threshold(0.1, Unit::Number), "0.1");
    assert_eq!(numbers().threshold(1_500.0, Unit::Count), "1,500");
    assert_eq!(numbers().threshold(150_000.0, Unit::Money), "€1,500.00");
}

#[test]
fn changes_carry_their_sign_and_need_a_base() {
    assert_eq!(numbers().relative_change(103.2, 100.0).as_deref(), Some("+3.2%"));
    assert_eq!(numbers().relative_change(-150.0, -100.0).as_deref(), Some("−50.0%"));
    assert_eq!(numbers().relative_change(100.01, 100.0).as_deref(), Some("0.0%"));
    assert_eq!(numbers().relative_change(5.0, 0.0), None);
    assert_eq!(numbers().points(-0.008), "−0.8\u{a0}pp");
    assert_eq!(numbers().points(0.000_1), "0.0\u{a0}pp");
}

#[test]
fn plain_numbers_have_three_significant_digits() {
    let values = [0.0, 0.012_345, 0.5, 12.345, 5.0, 1_234.5, -240.0];
    let printed = values.map(|value| numbers().number(value));
    assert_eq!(printed, ["0", "0.0123", "0.500", "12.3", "5", "1,234", "−240"]);
}

#[test]
fn money_in_tables_is_whole_units_rounded_away_from_zero() {
    let amounts = [244_768_314, 49, 50, -50, -49, -78_223].map(|cents| numbers().whole_units(cents));
    assert_eq!(amounts, ["2,447,683", "0", "1", "−1", "0", "−782"]);
}

#[test]
fn exact_money_shows_every_minor_unit() {
    assert_eq!(numbers().money(244_768_314), "€2,447,683.14");
    assert_eq!(numbers().money(-5), "−€0.05");
    assert_eq!(in_currency("JPY").money(1_234), "JPY\u{a0}1,234");
    assert_eq!(in_currency("KWD").money(1_234), "KWD\u{a0}1.234");
    assert_eq!(in_currency("GBP").money(i64::MIN), "−£92,233,720,368,547,758.08");
}

#[test]
fn short_money_has_three_significant_digits() {
    let units = [0, 950, 9_999, 12_345, 999_499, 999_500, 98_417_236, 1_234_567_890];
    let printed = units.map(|units| numbers().short_money(units * 100));
    let expected = ["€0", "€950", "€9,999", "€12.3k", "€999k", "€1.00M", "€98.4M", "€1.23bn"];
    assert_eq!(printed, expected);
}

#[test]
fn dates_are_written_out_and_other_text_is_left_alone() {
    assert_eq!(numbers().date("2026-06-01"), "1\u{a0}June\u{a0}2026");
    assert_eq!(numbers().date("2026-06-01T00:00:00Z"), "1\u{a0}June\u{a0}2026");
    assert_eq!(numbers().date("2026-12-31T05:07:12Z"), "31\u{a0}December\u{a0}2026, 05:07");
    for text in ["", "soon", "2026-13-01", "2026-00-01", "έτος-2026-01"] {
        assert_eq!(numbers().date(text), text);
    }
}

#[test]
fn sizes_and_durations_pick_their_unit() {
    let sizes = [0, 999, 1_000, 61_204, 999_999, 96_468_992].map(|bytes| numbers().bytes(bytes));
    let expected = ["0 B", "999 B", "1 kB", "61.2 kB", "1.00 MB", "96.5 MB"];
    assert_eq!(sizes.map(|size| size.replace('\u{a0}', " ")), expected);
    let times = [85, 1_230, 45_000, 125_999].map(|ms| numbers().duration_ms(ms));
    let expected = ["85 ms", "1.23 s", "45 s", "2 min 5 s"];
    assert_eq!(times.map(|time| time.replace('\u{a0}', " ")), expected);
}

#[test]
fn a_missing_figure_is_a_dash_with_its_reason() {
    let missing = Printed::figure(&Figure::<f64>::missing("no revenue"), |share| numbers().share_printed(*share));
    assert_eq!((missing.text.as_str(), missing.reason.as_deref()), ("–", Some("no revenue")));
}
