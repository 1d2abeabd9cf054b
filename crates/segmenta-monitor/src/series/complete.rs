//! A channel that brings nothing any more leaves no row behind; its sums are 0, not unknown.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Line;
use crate::facts::{Observation, SeriesKey};
use crate::metric::MetricId;
use crate::policy::Policy;

/// Adds 0 for the sums of channels that had values for some runs and have none now, if other channels still do.
pub(super) fn add_lost_channels(policy: &Policy, lines: &mut BTreeMap<SeriesKey, Line<'_>>) {
    let is_now = |line: &Line<'_>| line.last().is_some_and(Option::is_some);
    let measured: BTreeSet<MetricId> = lines
        .iter()
        .filter(|(series, line)| series.channel.is_some() && is_now(line))
        .map(|(series, _)| series.metric.clone())
        .collect();
    let lost = lines.iter_mut().filter(|(series, line)| {
        let n_runs = line.iter().flatten().count();
        series.channel.is_some()
            && series.metric.is_sum()
            && measured.contains(&series.metric)
            && !is_now(line)
            && n_runs >= policy.runs_to_watch
    });
    for (_, line) in lost {
        let last = line.iter().rev().flatten().next().expect("there are runs with a value");
        let nothing = Observation { value: Some(0.0), sum_minor: Some(0), sumsq_minor: None, ..(**last).clone() };
        *line.last_mut().expect("this run is last") = Some(Cow::Owned(nothing));
    }
}
