//! Days and instants of the sample, counted from 1970-01-01 as Arrow does.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// First day with orders or invoices of the shop.
pub(crate) const FIRST_DAY: Date = date(2023, 6, 1);
/// The run date the sample is made for; rows at or after it are late.
pub(crate) const AS_OF: Date = date(2026, 6, 1);
/// The extract was taken on this day, a little after the run date: hence the late rows.
pub(crate) const EXTRACTED: Date = date(2026, 6, 8);

/// Microseconds of one second.
pub(crate) const SECOND: i64 = 1_000_000;
/// Microseconds of one day.
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// Days since 1970-01-01.
pub(crate) fn epoch_day(day: Date) -> i32 {
    let span = day.since(date(1970, 1, 1)).expect("two dates differ by a number of days");
    span.get_days()
}

/// The date of a day since 1970-01-01.
pub(crate) fn civil(epoch_day: i32) -> Date {
    date(1970, 1, 1).saturating_add(epoch_day.days())
}

/// Midnight of a day, in microseconds since 1970-01-01.
pub(crate) fn midnight(epoch_day: i32) -> i64 {
    i64::from(epoch_day) * DAY
}

/// `2026-05-03T09:30:00Z` for an instant in microseconds since 1970-01-01.
pub(crate) fn iso_instant(instant: i64) -> String {
    let day = i32::try_from(instant.div_euclid(DAY)).expect("instants of the sample are in range");
    let second = instant.rem_euclid(DAY) / SECOND;
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{}T{hour:02}:{minute:02}:{:02}Z", civil(day), second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_days_from_1970() {
        assert_eq!(epoch_day(date(1970, 1, 2)), 1);
        assert_eq!(epoch_day(date(2000, 3, 1)), 11_017);
        assert_eq!(civil(11_017), date(2000, 3, 1));
    }

    #[test]
    fn writes_instants_in_utc() {
        assert_eq!(iso_instant(11_017 * DAY + 3_661 * SECOND), "2000-03-01T01:01:01Z");
    }
}
