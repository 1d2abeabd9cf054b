//! The instant a run is for.

use jiff::civil::{Date, DateTime};
use segmenta_pipeline::model::{CalendarSpan, SpanUnit};

use crate::{Error, Result};

/// Exclusive upper bound of everything a run sees, as wall-clock time of the pipeline's zone.
///
/// Timestamps without a zone in the data are wall-clock times of the same zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf {
    at: DateTime,
}

impl AsOf {
    /// From a wall-clock time.
    pub fn new(at: DateTime) -> Self {
        Self { at }
    }

    /// Microseconds since 1970-01-01T00:00 on the wall clock.
    pub fn micros(self) -> i64 {
        let since = self.at.to_zoned(jiff::tz::TimeZone::UTC).expect("UTC has no gaps").timestamp();
        since.as_microsecond()
    }

    /// The date the instant falls on.
    pub fn date(self) -> Date {
        self.at.date()
    }

    /// Days since 1970-01-01 of that date.
    pub fn days(self) -> i32 {
        let midnight = Self::new(self.at.date().to_datetime(jiff::civil::Time::midnight()));
        i32::try_from(midnight.micros().div_euclid(86_400_000_000)).expect("calendar dates fit in 32-bit days")
    }

    /// `span` earlier; months and years keep the day of the month where it exists.
    ///
    /// # Errors
    /// [`Error::Calendar`] if the result is before the year −9999.
    pub fn minus(self, span: CalendarSpan) -> Result<Self> {
        let count = jiff::Span::new();
        let span = match span.unit {
            SpanUnit::Second => count.try_seconds(span.count),
            SpanUnit::Minute => count.try_minutes(span.count),
            SpanUnit::Hour => count.try_hours(span.count),
            SpanUnit::Day => count.try_days(span.count),
            SpanUnit::Week => count.try_weeks(span.count),
            SpanUnit::Month => count.try_months(span.count),
            SpanUnit::Year => count.try_years(span.count),
        };
        let at = span.and_then(|span| self.at.checked_sub(span)).map_err(|source| Error::Calendar { source })?;
        Ok(Self { at })
    }
}

impl std::fmt::Display for AsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.time() == jiff::civil::Time::midnight() {
            write!(f, "{}", self.at.date())
        } else {
            write!(f, "{}", self.at)
        }
    }
}
