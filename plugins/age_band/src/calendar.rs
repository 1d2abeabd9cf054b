//! Dates of the proleptic Gregorian calendar.

/// A date, made from days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i32,
    /// 1 to 12.
    pub(crate) month: u8,
    /// 1 to 31.
    pub(crate) day: u8,
}

/// Days of 400 years, after which the calendar repeats.
const DAYS_OF_CYCLE: i32 = 146_097;

/// 1970-01-01 in days since 0000-03-01.
const EPOCH: i32 = 719_468;

impl Date {
    /// The date so many days after 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is the last of its year and the lengths of
    /// the months follow one line.
    ///
    /// # Source
    ///
    /// Hinnant: "chrono-compatible low-level date algorithms", `civil_from_days`.
    pub(crate) fn from_days(days: i32) -> Self {
        let days = i64::from(days) + i64::from(EPOCH);
        let cycle = days.div_euclid(i64::from(DAYS_OF_CYCLE));
        let of_cycle = days.rem_euclid(i64::from(DAYS_OF_CYCLE));
        let year_of_cycle = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
        let of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
        let fits = "days of 32 bits are within six million years";
        Self {
            year: i32::try_from(year).expect(fits),
            month: u8::try_from(month).expect(fits),
            day: u8::try_from(day).expect(fits),
        }
    }

    /// Completed years from `self`, a birth date, to `on`; negative before the first birthday of a
    /// person born later.
    ///
    /// A birthday on `on` counts. Who was born on 29 February has it on 1 March of common years.
    pub(crate) fn age_on(self, on: Self) -> i32 {
        let had_birthday = (on.month, on.day) >= (self.month, self.day);
        on.year - self.year - i32::from(!had_birthday)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u8, day: u8) -> Date {
        Date { year, month, day }
    }

    #[test]
    fn days_become_the_dates_of_the_calendar() {
        for (days, expected) in [
            (0, date(1970, 1, 1)),
            (-1, date(1969, 12, 31)),
            (11_016, date(2000, 2, 29)),
            (11_017, date(2000, 3, 1)),
            (-25_509, date(1900, 2, 28)),
            (-25_508, date(1900, 3, 1)),
            (20_605, date(2026, 6, 1)),
            (-719_162, date(1, 1, 1)),
        ] {
            assert_eq!(Date::from_days(days), expected, "{days}");
        }
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let mut before = Date::from_days(-146_100);
        for days in -146_099..146_100 {
            let date = Date::from_days(days);
            let next_day = Date { day: before.day + 1, ..before };
            let is_first = date.day == 1 && (date.month == before.month + 1 || (date.month, before.month) == (1, 12));
            assert!(date == next_day || is_first, "{before:?} {date:?}");
            before = date;
        }
    }

    #[test]
    fn a_birthday_counts_from_its_day_on() {
        let born = date(2001, 6, 1);
        assert_eq!(born.age_on(date(2026, 5, 31)), 24);
        assert_eq!(born.age_on(date(2026, 6, 1)), 25);
        assert_eq!(born.age_on(born), 0);
    }

    #[test]
    fn a_leap_day_birthday_is_on_the_first_of_march_in_common_years() {
        let born = date(2000, 2, 29);
        assert_eq!(born.age_on(date(2025, 2, 28)), 24);
        assert_eq!(born.age_on(date(2025, 3, 1)), 25);
        assert_eq!(born.age_on(date(2024, 2, 29)), 24);
    }
}
