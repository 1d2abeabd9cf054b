//! Dates and instants from text.

use jiff::fmt::strtime;

use crate::rule::Rule;

const US_PER_SECOND: i64 = 1_000_000;
const US_PER_DAY: i64 = 86_400 * US_PER_SECOND;

/// Days since 1970-01-01, from ISO 8601 or by a strptime format. A time of day is accepted when it
/// is midnight.
///
/// # Errors
/// [`Rule::Type`]: not such a date.
pub(super) fn date(text: &str, format: Option<&str>) -> Result<i32, Rule> {
    let instant = timestamp(text, format)?;
    if instant % US_PER_DAY != 0 {
        return Err(Rule::Type);
    }
    i32::try_from(instant / US_PER_DAY).map_err(|_| Rule::Type)
}

/// Microseconds since 1970 in UTC, from ISO 8601 or by a strptime format. Without an offset the text
/// is UTC; a date alone is its midnight; finer digits must be zeros.
///
/// # Errors
/// [`Rule::Type`]: not such an instant.
pub(super) fn timestamp(text: &str, format: Option<&str>) -> Result<i64, Rule> {
    let text = text.trim();
    match format {
        None => iso(text.as_bytes()).ok_or(Rule::Type),
        Some(format) => by_format(text, format).ok_or(Rule::Type),
    }
}

fn by_format(text: &str, format: &str) -> Option<i64> {
    let parsed = strtime::parse(format, text).ok()?;
    let date = parsed.to_date().ok()?;
    let days = days_from_civil(
        i64::from(date.year()),
        u32::from(date.month().unsigned_abs()),
        u32::from(date.day().unsigned_abs()),
    )?;
    let time = if parsed.hour().is_some() { parsed.to_time().ok()? } else { jiff::civil::Time::midnight() };
    let nanoseconds = i64::from(time.subsec_nanosecond());
    if nanoseconds % 1_000 != 0 {
        return None;
    }
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    let offset = parsed.offset().map_or(0, |offset| i64::from(offset.seconds()));
    Some(days * US_PER_DAY + (seconds - offset) * US_PER_SECOND + nanoseconds / 1_000)
}

/// `YYYY-MM-DD`, then optionally `T` or a blank, `HH:MM`, `:SS`, a fraction, and `Z` or `±HH:MM`.
fn iso(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let days = days_from_civil(digits(&date[..4])?, digits(&date[5..7])? as u32, digits(&date[8..])? as u32)?;
    let midnight = days * US_PER_DAY;
    match rest.split_first() {
        None => Some(midnight),
        Some((b'T' | b't' | b' ', time)) => Some(midnight + time_of_day(time)?),
        Some(_) => None,
    }
}

fn time_of_day(text: &[u8]) -> Option<i64> {
    let (clock, mut rest) = text.split_at_checked(5)?;
    let (hour, minute) = (digits(&clock[..2])?, digits(&clock[3..])?);
    let mut second = 0;
    let mut fraction_us = 0;
    if let Some((b':', tail)) = rest.split_first() {
        let (seconds, tail) = tail.split_at_checked(2)?;
        second = digits(seconds)?;
        (fraction_us, rest) = fraction(tail)?;
    }
    if clock[2] != b':' || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = ((hour * 60 + minute) * 60 + second) * US_PER_SECOND + fraction_us;
    Some(local - offset_us(rest)?)
}

/// Microseconds of `.123456000`, and what follows.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', tail)) = text.split_first() else {
        return Some((0, text));
    };
    let length = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = tail.split_at(length);
    let (kept, finer) = fraction.split_at(length.min(6));
    if kept.is_empty() || finer.iter().any(|&digit| digit != b'0') {
        return None;
    }
    Some((digits(kept)? * 10i64.pow(6 - kept.len() as u32), rest))
}

fn offset_us(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        [] | b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hour, minute) = match rest.len() {
        2 => (rest, &b"00"[..]),
        4 => rest.split_at(2),
        5 if rest[2] == b':' => (&rest[..2], &rest[3..]),
        _ => return None,
    };
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (hour <= 23 && minute <= 59).then_some(sign * (hour * 60 + minute) * 60 * US_PER_SECOND)
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; `None` when there is no such day.
///
/// The year is counted from March, so that the leap day is its last.
fn days_from_civil(year: i64, month: u32, day: u32) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let march_year = if month > 2 { year } else { year - 1 };
    let march_month = i64::from((month + 9) % 12);
    let before_year =
        march_year * 365 + march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
    let before_month = (153 * march_month + 2) / 5;
    /// 1970-01-01 counted from 0000-03-01.
    const EPOCH: i64 = 719_468;
    Some(before_year + before_month + i64::from(day) - 1 - EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_agree_with_the_calendar_library() {
        let epoch = jiff::civil::date(1970, 1, 1);
        let mut day = jiff::civil::date(1599, 12, 25);
        while day.year() < 2405 {
            let expected = i64::from((day - epoch).get_days());
            let found = days_from_civil(i64::from(day.year()), day.month() as u32, day.day() as u32);
            assert_eq!(found, Some(expected), "{day}");
            day = day.checked_add(jiff::Span::new().days(13)).unwrap();
        }
    }

    #[test]
    fn iso_forms() {
        let base = 1_291_191_960_000_000; // 2010-12-01T08:26:00Z
        for text in [
            "2010-12-01 08:26:00",
            "2010-12-01T08:26",
            "2010-12-01T08:26:00.000Z",
            "2010-12-01T09:26:00+01:00",
            "2010-12-01T02:56:00.000000000-0530",
        ] {
            assert_eq!(timestamp(text, None), Ok(base), "{text}");
        }
        assert_eq!(timestamp("2010-12-01 08:26:00.25", None), Ok(base + 250_000));
        assert_eq!(timestamp("1969-12-31T23:59:59.999999", None), Ok(-1));
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for text in [
            "",
            "2010-13-01",
            "2011-02-29",
            "2010-12-01T24:00",
            "2010-12-01 08:26:60",
            "12/1/2010",
            "2010-12-01x",
            "2010-12-01 08:26:00.1234567",
            "2010-12-01 8:26",
            "２010-12-01",
        ] {
            assert_eq!(timestamp(text, None), Err(Rule::Type), "{text}");
        }
    }

    #[test]
    fn formats_read_unpadded_american_and_packed_dates() {
        assert_eq!(date("1/8/2015", Some("%m/%d/%Y")), date("2015-01-08", None));
        assert_eq!(date("19970101", Some("%Y%m%d")), Ok(9862));
        assert_eq!(date("04-08-1966", Some("%m/%d/%Y")), Err(Rule::Type));
        assert_eq!(timestamp("1/8/2015 7:05", Some("%m/%d/%Y %H:%M")), timestamp("2015-01-08T07:05", None));
    }

    #[test]
    fn a_date_may_carry_midnight_only() {
        assert_eq!(date("1996-07-04 00:00:00.000", None), date("1996-07-04", None));
        assert_eq!(date("1996-07-04 00:00:01", None), Err(Rule::Type));
        assert_eq!(date("1969-12-31", None), Ok(-1));
    }
}
