//! One channel moves the same way in every segment, and the others do not.

use std::collections::BTreeMap;

use super::{Scene, sign};
use crate::alert::Draft;
use crate::alert::judge::Judged;
use crate::facts::{ComparisonId, SegmentKey, SeriesKey};
use crate::findings::{Alert, Direction, Family, Level, Rule};
use crate::metric::{MetricId, Unit};
use crate::policy::Policy;

/// Part of the median of the segments that the least of them must move by.
const TOGETHER: f64 = 0.25;

/// Part of a total's change that a channel must have to be its cause.
const MOST: f64 = 0.5;

/// A channel that moves as a whole.
pub(super) struct Moved {
    channel: String,
    metric: MetricId,
    direction: Direction,
    segments: u64,
}

/// Every channel with an alert, if all segments move with it and the other channels do not.
pub(super) fn moved(scene: &Scene<'_>, drafts: &[Draft]) -> Vec<Moved> {
    let mut found: Vec<Moved> = Vec::new();
    let alarmed = drafts.iter().map(|draft| &draft.alert);
    for alert in alarmed.filter(|alert| alert.family == Family::Channel && alert.level >= Level::Watch) {
        let Some(channel) = &alert.channel else { continue };
        let is_known = found.iter().any(|moved| {
            moved.channel == *channel && moved.metric == alert.metric && moved.direction == alert.direction
        });
        if alert.direction != Direction::Either && !is_known && alert.explained_by.is_none() {
            found.extend(of_channel(scene, channel, alert));
        }
    }
    found
}

fn of_channel(scene: &Scene<'_>, channel: &str, alert: &Alert) -> Option<Moved> {
    let (policy, way) = (scene.policy, sign(alert.direction));
    let mut others: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut own = Vec::new();
    let lines = scene.judged.iter().filter(|test| {
        test.series.metric == alert.metric
            && test.comparison == alert.comparison
            && !scene.book.is_small(&test.series.key)
    });
    let lines: Vec<&Judged> = lines.collect();
    let has_segments = lines.iter().any(|test| test.series.key.segment.is_some() && test.series.channel.is_some());
    for test in lines.iter().filter(|test| test.series.key.segment.is_some() == has_segments) {
        let (Some(of), Some(change)) = (&test.series.channel, change(test)) else { continue };
        if of == channel {
            own.push(change * way);
        } else {
            others.entry(of).or_default().push(change * way);
        }
    }
    own.sort_by(f64::total_cmp);
    let median = *own.get(own.len() / 2)?;
    let is_whole =
        (own.len() >= 2 || !has_segments) && median >= least(policy, alert.unit) && own[0] >= TOGETHER * median;
    let stands_out = others.into_values().all(|mut changes| {
        changes.sort_by(f64::total_cmp);
        changes[changes.len() / 2] < MOST * median
    });
    (is_whole && stands_out).then(|| Moved {
        channel: channel.to_owned(),
        metric: alert.metric.clone(),
        direction: alert.direction,
        segments: own.len() as u64,
    })
}

/// Change of a share in points, of anything else relatively.
fn change(test: &Judged) -> Option<f64> {
    if test.unit == Unit::Share { test.abs } else { test.rel }
}

fn least(policy: &Policy, unit: Unit) -> f64 {
    if unit == Unit::Share { policy.material_share_change } else { policy.material_rel }
}

impl Moved {
    /// The rule for alerts about the channel itself.
    pub(super) fn rule_of(&self, alert: &Alert) -> Option<Rule> {
        let is_its = alert.channel.as_ref() == Some(&self.channel) && alert.direction == self.direction;
        is_its.then(|| self.rule())
    }

    /// The rule for an alert about all channels together: the channel has most of its change, or, where what a
    /// channel brings is not observed, all segments moved with it.
    pub(super) fn rule_for(&self, scene: &Scene<'_>, alert: &Alert) -> Option<Rule> {
        if alert.direction != self.direction || !is_activity(&alert.metric) {
            return None;
        }
        let metric = if alert.metric.is_sum() { alert.metric.clone() } else { sum_behind(&alert.metric) };
        let change = |channel: Option<String>| {
            let series = SeriesKey { key: alert.segment.clone(), channel, metric: metric.clone() };
            scene.judged.iter().find(|test| test.series == series && test.comparison != ComparisonId::Target)?.abs
        };
        let is_cause = match (change(Some(self.channel.clone())), change(None)) {
            (Some(part), Some(whole)) => part * whole > 0.0 && part.abs() >= MOST * whole.abs(),
            _ => self.is_of_all(scene, &alert.segment),
        };
        is_cause.then(|| self.rule())
    }

    /// Whether the channel's own metric moved in that segment, or is only known for all of them.
    fn is_of_all(&self, scene: &Scene<'_>, segment: &SegmentKey) -> bool {
        let of_channel =
            |test: &&Judged| test.series.metric == self.metric && test.series.channel.as_ref() == Some(&self.channel);
        let mut own = scene.judged.iter().filter(of_channel).filter(|test| test.series.key == *segment).peekable();
        own.peek().is_none() || own.any(|test| test.direction() == self.direction)
    }

    fn rule(&self) -> Rule {
        Rule::ChannelInEverySegment { channel: self.channel.clone(), segments: self.segments }
    }
}

/// Figures that follow what comes through the channels.
fn is_activity(metric: &MetricId) -> bool {
    use MetricId::{Margin, MarginPerCustomer, Orders, Retention, Revenue, RevenuePerCustomer};
    matches!(metric, Orders | Revenue | Margin | RevenuePerCustomer | MarginPerCustomer | Retention)
}

fn sum_behind(metric: &MetricId) -> MetricId {
    match metric {
        MetricId::MarginPerCustomer => MetricId::Margin,
        MetricId::RevenuePerCustomer => MetricId::Revenue,
        other => other.clone(),
    }
}
