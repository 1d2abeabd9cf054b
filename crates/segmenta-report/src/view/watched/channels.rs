//! Responses by segment and channel, with their intervals.

use segmenta_monitor::findings::{ChannelFinding, Findings, Level};
use serde::Serialize;

use super::because;
use crate::chart::Interval;
use crate::format::{Numbers, Printed};

/// One segment over one channel.
#[derive(Debug, Serialize)]
pub(super) struct ChannelRow {
    segment: Option<String>,
    channel: String,
    metric: String,
    contacts: Printed,
    rate: Printed,
    interval: Option<Interval>,
    range: Option<(String, String)>,
    holdout: Option<Printed>,
    uplift: Printed,
    uplift_range: Option<(String, String)>,
    is_effect: bool,
    change: Printed,
    level: Level,
}

pub(super) fn view(findings: &Findings, numbers: &Numbers) -> Vec<ChannelRow> {
    let most = findings.channels.iter().filter_map(|row| row.ci_high).fold(0.0, f64::max);
    findings.channels.iter().map(|channel| row(channel, most, numbers)).collect()
}

fn row(channel: &ChannelFinding, most: f64, numbers: &Numbers) -> ChannelRow {
    let of_group = |printed| numbers.of_group(channel.contacts, printed);
    let is_small = numbers.is_small(channel.contacts) || numbers.is_small(channel.responses);
    let missing = || Printed::missing(&because(channel.status, channel.reason));
    let range = channel.ci_low.zip(channel.ci_high).filter(|_| !is_small);
    let points = |value: f64| numbers.points(value);
    let uplift = channel.uplift.map_or_else(missing, |uplift| Printed::full(points(uplift)).sorted_by(uplift));
    let change = channel.delta.abs.map(|change| Printed::full(points(change)).sorted_by(change));
    let no_change = || Printed::missing(&because(channel.delta.status, channel.delta.reason));
    ChannelRow {
        segment: channel.key.segment.clone(),
        channel: channel.channel.clone(),
        metric: channel.metric.as_str().to_owned(),
        contacts: numbers.people_printed(channel.contacts),
        rate: match channel.rate {
            Some(_) if is_small => Printed::missing(crate::format::SMALL),
            Some(rate) => numbers.share_printed(rate),
            None => missing(),
        },
        interval: channel.rate.zip(range).map(|(rate, range)| Interval::new(rate, range, most)),
        range: range.map(|(low, high)| (numbers.share(low), numbers.share(high))),
        holdout: channel.holdout_contacts.map(|held| numbers.people_printed(held)),
        uplift: of_group(uplift),
        uplift_range: channel.uplift_low.zip(channel.uplift_high).map(|(low, high)| (points(low), points(high))),
        is_effect: channel.uplift_is_effect,
        change: of_group(change.unwrap_or_else(no_change)),
        level: channel.level,
    }
}
