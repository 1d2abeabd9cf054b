//! From figures to alerts: enough data, material, and beyond the noise of earlier runs.
//!
//! `judge` compares every series with its baseline, `family` adjusts for their number and opens families
//! top-down, `gate` gives levels, `condition` adds what has fixed limits (columns, fit, segments, treatments, input),
//! `identity` follows alerts from run to run, `fold` folds what the input explains.

pub(crate) mod condition;
pub(crate) mod family;
pub(crate) mod fold;
pub(crate) mod gate;
pub(crate) mod identity;
pub(crate) mod judge;
pub(crate) mod money;

use crate::facts::{ComparisonId, SeriesKey};
use crate::findings::{Alert, Direction};

/// An alert before it is compared with those of earlier runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Draft {
    pub(crate) alert: Alert,
    /// Counts as watched for the rule of persistence.
    pub(crate) is_watched: bool,
}

/// Identity of an alert: `segment|metric|comparison|direction`, with scheme and channel in the segment's part and
/// the column in the metric's.
pub(crate) fn key(series: &SeriesKey, column: Option<&str>, comparison: ComparisonId, direction: Direction) -> String {
    let scheme = escaped(&series.key.scheme);
    let segment = series.key.segment.as_deref().map_or("*".to_owned(), escaped);
    let channel = series.channel.as_deref().map_or(String::new(), |channel| format!("/{}", escaped(channel)));
    let column = column.map_or(String::new(), |column| format!(":{}", escaped(column)));
    let metric = escaped(series.metric.as_str());
    format!("{scheme}/{segment}{channel}|{metric}{column}|{}|{}", word(comparison), way(direction))
}

/// A name without the signs that separate the parts of a key.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for sign in name.chars() {
        match sign {
            '%' => text.push_str("%25"),
            '/' => text.push_str("%2F"),
            ':' => text.push_str("%3A"),
            '|' => text.push_str("%7C"),
            '*' => text.push_str("%2A"),
            other => text.push(other),
        }
    }
    text
}

fn word(comparison: ComparisonId) -> &'static str {
    match comparison {
        ComparisonId::Previous => "previous",
        ComparisonId::Baseline => "baseline",
        ComparisonId::SamePeriodLastYear => "same_period_last_year",
        ComparisonId::Target => "target",
    }
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Either => "either",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SegmentKey;
    use crate::metric::MetricId;

    #[test]
    fn names_cannot_imitate_another_key() {
        let key_of = |scheme: &str, segment: &str, channel: Option<&str>| {
            let channel = channel.map(str::to_owned);
            let series = SeriesKey { key: SegmentKey::of(scheme, segment), channel, metric: MetricId::Churn };
            key(&series, None, ComparisonId::Baseline, Direction::Up)
        };
        assert_eq!(key_of("value", "loyal", None), "value/loyal|churn|baseline|up");
        assert_ne!(key_of("value", "loyal/web", None), key_of("value", "loyal", Some("web")));
        let total = SeriesKey { key: SegmentKey::scheme("value"), ..SeriesKey::default() };
        assert_ne!(key_of("value", "*", None), key(&total, None, ComparisonId::Baseline, Direction::Up));
    }
}
