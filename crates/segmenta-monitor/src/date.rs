//! Business dates as day numbers.

/// Days since 1970-01-01 of an ISO date, whatever follows its day; `None` if it is none.
///
/// # Source
/// Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `days_from_civil`.
pub(crate) fn day_number(date: &str) -> Option<i64> {
    let mut parts = date.get(..10)?.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last day of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(day_number("2000-03-01"), Some(11_017)); // 30 years of 365 days, 7 leap days, 31 + 29 days
        assert_eq!(day_number("2026-06-01T00:00"), day_number("2026-05-31").map(|day| day + 1));
        assert_eq!([day_number("2026-13-01"), day_number("soon")], [None, None]);
    }
}
