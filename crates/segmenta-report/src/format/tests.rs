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

fn written(locale: Locale, currency: &str) -> Numbers {
    Numbers::new(locale, Some(Currency::iso_4217(currency)))
}

/// No-break spaces as spaces, so that the expectations can be read.
fn plain(text: String) -> String {
    text.replace('\u{a0}', " ")
}

// The expectations of the next three tests are what ICU 78 with CLDR 48 writes for `hu` and `pl`, but for
// the minus sign and the minor digits of HUF, which CLDR leaves out and ISO 4217 has.

#[test]
fn hungarian_and_polish_group_from_five_digits_and_write_a_decimal_comma() {
    for locale in [Locale::Hu, Locale::Pl] {
        let counts = [999, 1_234, 12_345, 1_234_567].map(|count| plain(written(locale, "EUR").count(count)));
        assert_eq!(counts, ["999", "1234", "12 345", "1 234 567"]);
        assert_eq!(written(locale, "EUR").share(0.123), "12,3%");
    }
    assert_eq!(plain(written(Locale::Hu, "EUR").points(0.012)), "+1,2 %-pont");
    assert_eq!(plain(written(Locale::Pl, "EUR").points(-0.012)), "−1,2 p.p.");
}

#[test]
fn hungarian_and_polish_money_stands_before_its_currency() {
    let money = |locale, currency, amount| plain(written(locale, currency).money(amount));
    assert_eq!(money(Locale::Hu, "HUF", 1_234_567), "12 345,67 Ft");
    assert_eq!(money(Locale::Hu, "EUR", 123_456), "1234,56 EUR");
    assert_eq!(money(Locale::Hu, "PLN", -500), "−5,00 PLN");
    assert_eq!(money(Locale::Pl, "PLN", 123_456), "1234,56 zł");
    assert_eq!(money(Locale::Pl, "EUR", 1_234_567), "12 345,67 €");
    assert_eq!(money(Locale::Pl, "HUF", 123_400), "1234,00 HUF");
    let short = |locale, units: i64| plain(written(locale, "EUR").short_money(units * 100));
    let units = [12_345, 1_234_567, 1_234_567_890];
    assert_eq!(units.map(|units| short(Locale::Hu, units)), ["12,3 E EUR", "1,23 M EUR", "1,23 Mrd EUR"]);
    assert_eq!(units.map(|units| short(Locale::Pl, units)), ["12,3 tys. €", "1,23 mln €", "1,23 mld €"]);
}

#[test]
fn hungarian_and_polish_dates_are_written_out() {
    let date = |locale, iso| plain(written(locale, "EUR").date(iso));
    assert_eq!(date(Locale::Hu, "2026-06-01"), "2026. június 1.");
    assert_eq!(date(Locale::Pl, "2026-06-01"), "1 czerwca 2026");
    assert_eq!(date(Locale::Hu, "2026-10-31T05:07:12Z"), "2026. október 31. 05:07");
    assert_eq!(date(Locale::Pl, "2026-10-31T05:07:12Z"), "31 października 2026 05:07");
}
