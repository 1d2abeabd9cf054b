//! `--as-of`: the instant a run is for, as wall-clock time of the pipeline's zone.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use segmenta_engine::AsOf;
use segmenta_pipeline::{Label, Pipeline};

use crate::error::{Error, Result};
use crate::pipeline_file::PipelineFile;

/// The zone of `[schedule]`, UTC without one. Zones are those of the program, whatever the machine has.
///
/// # Errors
/// [`Error::Zone`] at its place in the file.
pub(crate) fn zone(pipeline: &Pipeline, file: &PipelineFile) -> Result<TimeZone> {
    let Some(schedule) = &pipeline.schedule else { return Ok(TimeZone::UTC) };
    TimeZone::get(&schedule.timezone).map_err(|_| Error::Zone {
        zone: schedule.timezone.clone(),
        label: Label {
            span: file.place_of(&schedule.timezone).unwrap_or(0..0),
            text: "no such zone".to_owned(),
            primary: true,
        },
        file: Box::new(file.clone()),
    })
}

/// Midnight of a date, a wall-clock time, or an instant with an offset; today's midnight by default.
///
/// # Errors
/// [`Error::AsOf`] for other text, [`Error::Future`] for what lies ahead of `now`.
pub(crate) fn as_of(given: Option<&str>, zone: &TimeZone, now: Timestamp) -> Result<AsOf> {
    let now = now.to_zoned(zone.clone());
    let at = match given {
        None => now.date().to_datetime(Time::midnight()),
        Some(text) => wall_clock(text, zone).ok_or_else(|| Error::AsOf { text: text.to_owned() })?,
    };
    if at > now.datetime() {
        return Err(future(at, &now));
    }
    Ok(AsOf::new(at))
}

fn wall_clock(text: &str, zone: &TimeZone) -> Option<DateTime> {
    match text.parse::<Timestamp>() {
        Ok(instant) => Some(instant.to_zoned(zone.clone()).datetime()),
        Err(_) => text.parse().ok(),
    }
}

fn future(at: DateTime, now: &Zoned) -> Error {
    Error::Future {
        as_of: AsOf::new(at).to_string(),
        now: now.strftime("%Y-%m-%d %H:%M").to_string(),
        zone: now.time_zone().iana_name().unwrap_or("UTC").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budapest(given: Option<&str>) -> Result<String> {
        let zone = TimeZone::get("Europe/Budapest").unwrap();
        // 00:30 on the 15th in Budapest, still the 14th in UTC.
        let now = "2026-06-14T22:30:00Z".parse().unwrap();
        as_of(given, &zone, now).map(|as_of| as_of.to_string())
    }

    #[test]
    fn a_date_is_midnight_of_the_zone_and_an_instant_is_its_wall_clock() {
        assert_eq!(budapest(Some("2026-06-01")).unwrap(), "2026-06-01");
        assert_eq!(budapest(Some("2026-06-01T05:00:00Z")).unwrap(), "2026-06-01T07:00:00");
        assert_eq!(budapest(Some("2026-01-01T05:00:00Z")).unwrap(), "2026-01-01T06:00:00");
        assert_eq!(budapest(Some("2026-05-31T22:00:00Z")).unwrap(), "2026-06-01");
        assert_eq!(budapest(Some("2026-06-01T07:30:00")).unwrap(), "2026-06-01T07:30:00");
    }

    #[test]
    fn without_one_it_is_the_midnight_that_began_today_in_the_zone() {
        assert_eq!(budapest(None).unwrap(), "2026-06-15");
    }

    #[test]
    fn the_future_and_nonsense_are_refused() {
        assert!(budapest(Some("2026-06-15T00:30:00")).is_ok());
        assert!(matches!(budapest(Some("2026-06-15T00:31:00")), Err(Error::Future { .. })));
        assert!(matches!(budapest(Some("2026-06-16")), Err(Error::Future { .. })));
        for text in ["tomorrow", "", "2026-13-01", "01.06.2026", "2026-06"] {
            assert!(matches!(budapest(Some(text)), Err(Error::AsOf { .. })), "{text}");
        }
    }
}
