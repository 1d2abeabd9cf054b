//! Rates, durations and thresholds.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Problems};
use crate::model::{CalendarSpan, SpanUnit};
use crate::tree::Kind;

impl Field<'_> {
    /// A share of one, `"5%"` or `0.05`: 0 to 1.
    pub(crate) fn rate(&self, problems: &mut Problems) -> Option<f64> {
        let rate = self.share(problems)?;
        if (0.0..=1.0).contains(&rate) {
            return Some(rate);
        }
        let percent = (rate * 1e8).round() / 1e6;
        let problem = Diagnostic::error(Code::BadRate, format!("`{}` would be {percent}%", self.key));
        problems.push(problem.at(self.span(), "a rate is \"5%\" or 0.05, from 0 to 100%"));
        None
    }

    /// A share of one that may exceed it, as the change of a total can.
    pub(crate) fn share(&self, problems: &mut Problems) -> Option<f64> {
        match &self.value().kind {
            Kind::Integer(integer) => Some(*integer as f64),
            Kind::Float(float) if float.is_finite() => Some(*float),
            Kind::String(text) => {
                let share = percent(&text.text);
                if share.is_none() {
                    let message = format!("`{}` is no rate", text.text);
                    let problem = Diagnostic::error(Code::BadRate, message);
                    problems.push(problem.at(self.span(), "a rate is \"5%\" or 0.05"));
                }
                share
            }
            _ => {
                self.wrong_type("a rate such as \"5%\" or 0.05", problems);
                None
            }
        }
    }

    /// `"36 months"`.
    pub(crate) fn calendar_span(&self, problems: &mut Problems) -> Option<CalendarSpan> {
        let text = &self.text(problems)?.text;
        let span = calendar_span(text);
        if span.is_none() {
            let problem = Diagnostic::error(Code::BadDuration, format!("`{text}` is no duration"));
            problems.push(problem.at(self.span(), "write a whole number and a unit, such as \"36 months\""));
        }
        span
    }

    /// `"512MiB"`, in bytes.
    pub(crate) fn bytes(&self, problems: &mut Problems) -> Option<u64> {
        let text = &self.text(problems)?.text;
        let size = bytes(text);
        if size.is_none() {
            let problem = Diagnostic::error(Code::OutOfRange, format!("`{text}` is no size"));
            problems.push(problem.at(self.span(), "write a whole number and a unit, such as \"512MiB\""));
        }
        size
    }

    /// `"5 minutes"`, in seconds.
    pub(crate) fn seconds(&self, problems: &mut Problems) -> Option<f64> {
        let span = self.calendar_span(problems)?;
        let seconds = seconds(span);
        if seconds.is_none() {
            let message = format!("`{}` needs a fixed length", self.key);
            let problem = Diagnostic::error(Code::BadDuration, message);
            problems.push(problem.at(self.span(), "months and years differ in length"));
        }
        seconds
    }
}

/// `"512MiB"` as bytes.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let unit: u64 = match text[digits..].trim_start() {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit).filter(|bytes| *bytes > 0)
}

/// `"12.5%"` as 0.125. Division by 100 rounds once, so `"5%"` equals `0.05`.
fn percent(text: &str) -> Option<f64> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    let plain = number.chars().all(|character| character.is_ascii_digit() || ".-_".contains(character));
    let number: f64 = number.replace('_', "").parse().ok().filter(|_| plain)?;
    Some(number / 100.0)
}

/// A positive whole number and a unit.
fn calendar_span(text: &str) -> Option<CalendarSpan> {
    let (count, unit) = text.trim().split_once(' ')?;
    let count = count.replace('_', "").parse().ok().filter(|count| *count > 0)?;
    let unit = match unit.trim().strip_suffix('s').unwrap_or(unit.trim()) {
        "second" => SpanUnit::Second,
        "minute" => SpanUnit::Minute,
        "hour" => SpanUnit::Hour,
        "day" => SpanUnit::Day,
        "week" => SpanUnit::Week,
        "month" => SpanUnit::Month,
        "year" => SpanUnit::Year,
        _ => return None,
    };
    Some(CalendarSpan { count, unit })
}

fn seconds(span: CalendarSpan) -> Option<f64> {
    let unit = match span.unit {
        SpanUnit::Second => 1.0,
        SpanUnit::Minute => 60.0,
        SpanUnit::Hour => 3_600.0,
        SpanUnit::Day => 86_400.0,
        SpanUnit::Week => 604_800.0,
        SpanUnit::Month | SpanUnit::Year => return None,
    };
    Some(span.count as f64 * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exactly_their_decimal_fractions() {
        assert_eq!(percent("5%"), Some(0.05));
        assert_eq!(percent("0.5 %"), Some(0.005));
        assert_eq!(percent("40%"), Some(0.4));
        for wrong in ["5", "%", "five%", "1e2%", "inf%"] {
            assert_eq!(percent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_need_a_unit() {
        assert_eq!(bytes("512MiB"), Some(536_870_912));
        assert_eq!(bytes("2 GB"), Some(2_000_000_000));
        for wrong in ["512", "MiB", "0MiB", "-1MiB", "1.5GiB", "1mib", "99999999999999 TiB"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_need_a_count_and_a_unit() {
        let months = CalendarSpan { count: 36, unit: SpanUnit::Month };
        assert_eq!(calendar_span("36 months"), Some(months));
        assert_eq!(calendar_span("1 day").and_then(seconds), Some(86_400.0));
        assert_eq!(seconds(months), None);
        for wrong in ["36", "months", "0 days", "-1 days", "1.5 hours", "36months", "3 fortnights"] {
            assert_eq!(calendar_span(wrong), None, "{wrong}");
        }
    }
}
