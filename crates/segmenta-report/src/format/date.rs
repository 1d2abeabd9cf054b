//! ISO 8601 dates and instants in words.

use super::Numbers;
use super::symbols::DateOrder;

impl Numbers {
    /// `2026-06-01` as `1 June 2026`; an instant after midnight with its time in UTC as written:
    /// `1 June 2026, 05:00`; the order of the parts is the language's. Text that is not ISO 8601 stays as it is.
    pub(crate) fn date(&self, iso: &str) -> String {
        let Some(date) = self.date_in_words(iso) else {
            return iso.to_owned();
        };
        match time_of_day(iso) {
            None | Some("00:00") => date,
            Some(time) => format!("{date}{}{time}", self.symbols.before_time),
        }
    }

    fn date_in_words(&self, iso: &str) -> Option<String> {
        let mut parts = iso.get(..10)?.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let month: usize = month.parse().ok()?;
        let name = self.symbols.months.get(month.checked_sub(1)?)?;
        let day: u8 = day.parse().ok()?;
        let year: u16 = year.parse().ok()?;
        Some(match self.symbols.date_order {
            DateOrder::DayFirst => format!("{day}\u{a0}{name}\u{a0}{year}"),
            DateOrder::YearFirst => format!("{year}.\u{a0}{name}\u{a0}{day}."),
        })
    }
}

/// `05:00` of `2026-06-01T05:00:12Z`.
fn time_of_day(iso: &str) -> Option<&str> {
    let time = iso.get(10..)?.strip_prefix(['T', ' '])?;
    let time = time.get(..5)?;
    let digits = |range: std::ops::Range<usize>| {
        time.get(range).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    (digits(0..2) && digits(3..5) && time.as_bytes()[2] == b':').then_some(time)
}
