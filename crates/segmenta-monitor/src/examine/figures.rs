//! Every figure with its interval, target, changes and past.

use std::collections::BTreeMap;

use super::{Found, level_of};
use crate::Status;
use crate::alert::judge::Judged;
use crate::facts::{ComparisonId, Observation, Paired, SegmentKey, SeriesKey};
use crate::findings::{Alert, ChannelFinding, Delta, Level, MetricFinding, Usual};
use crate::kpi;
use crate::metric::MetricId;
use crate::reason::Reason;

/// Earlier runs that a single figure is compared with.
const ROLES: [ComparisonId; 2] = [ComparisonId::Previous, ComparisonId::SamePeriodLastYear];

/// What figures are made from.
pub(super) struct Figures<'f> {
    found: &'f Found<'f>,
    alerts: &'f [Alert],
    judged: BTreeMap<&'f SeriesKey, &'f Judged>,
    roles: Vec<Role<'f>>,
}

/// An earlier run that figures are compared with.
struct Role<'f> {
    id: ComparisonId,
    position: usize,
    /// Differences of the same customers.
    paired: BTreeMap<(&'f SegmentKey, &'f MetricId), &'f Paired>,
}

impl<'f> Figures<'f> {
    pub(super) fn new(found: &'f Found<'f>, alerts: &'f [Alert]) -> Self {
        let role = |id: ComparisonId| {
            let (comparison, run) = found.evidence.comparison(id)?;
            let position = found.book.runs.iter().position(|known| known.run_id == run.run_id)?;
            let paired = comparison.matched.iter().flat_map(|matched| &matched.paired);
            let paired = paired.map(|paired| ((&paired.key, &paired.metric), paired)).collect();
            Some(Role { id, position, paired })
        };
        Self {
            found,
            alerts,
            judged: found.judged.iter().map(|test| (&test.series, test)).collect(),
            roles: ROLES.into_iter().filter_map(role).collect(),
        }
    }

    /// Figures of all customers.
    pub(super) fn totals(&self) -> Vec<MetricFinding> {
        self.select(|series| series.key.segment.is_none() && series.channel.is_none())
    }

    /// Figures of one segment.
    pub(super) fn of(&self, key: &SegmentKey) -> Vec<MetricFinding> {
        self.select(|series| series.key == *key && series.channel.is_none())
    }

    /// Figures by channel.
    pub(super) fn by_channel(&self) -> Vec<MetricFinding> {
        self.select(|series| series.channel.is_some())
    }

    /// Responses and conversions by segment and channel.
    pub(super) fn channels(&self) -> Vec<ChannelFinding> {
        let is_rate = |series: &SeriesKey| {
            series.channel.is_some() && matches!(series.metric, MetricId::Response | MetricId::Conversion)
        };
        let rows = self.found.book.lines().filter(|(series, _)| is_rate(series));
        rows.filter_map(|(series, _)| self.channel(series)).collect()
    }

    fn channel(&self, series: &SeriesKey) -> Option<ChannelFinding> {
        let current = self.found.book.now(series)?;
        let previous = self.roles.iter().find(|role| role.id == ComparisonId::Previous);
        let reference = previous.and_then(|role| self.found.book.at(series, role.position));
        let row = kpi::channel(self.found.policy, ComparisonId::Previous, reference, current);
        let level = self.metric(series).map_or(Level::None, |found| found.level);
        Some(ChannelFinding { level, ..row })
    }

    fn select(&self, keep: impl Fn(&SeriesKey) -> bool) -> Vec<MetricFinding> {
        let series = self.found.book.lines().map(|(series, _)| series);
        series.filter(|series| keep(series)).filter_map(|series| self.metric(series)).collect()
    }

    fn metric(&self, series: &SeriesKey) -> Option<MetricFinding> {
        let (policy, book) = (self.found.policy, self.found.book);
        let now = book.now(series)?;
        let interval = kpi::interval(policy, now);
        let attainment = kpi::attainment(policy, now, self.target(series));
        let judged = self.judged.get(series).copied();
        let (ci_low, ci_high) = interval.limits.unzip();
        let is_tested = judged.is_some_and(|test| test.is_tested(policy));
        let mut finding = MetricFinding {
            key: series.key.clone(),
            channel: series.channel.clone(),
            metric: series.metric.clone(),
            unit: now.unit,
            value: now.value,
            n: Some(now.n),
            ci_low,
            ci_high,
            target: attainment.target,
            attainment: attainment.attainment,
            target_status: attainment.status,
            deltas: self.roles.iter().map(|role| self.delta(series, now, role)).collect(),
            history: book.shown(series, policy.history_shown),
            usual: judged.map(usual).unwrap_or_default(),
            slow_drift: judged.and_then(|test| test.slow_drift.clone()),
            level: Level::None,
            status: now.status,
            reason: now.reason.or(interval.reason),
        };
        finding.level = level_of(self.alerts, &finding, is_tested);
        finding.deltas.extend(judged.map(|test| against_baseline(test, finding.level)));
        Some(finding)
    }

    fn target(&self, series: &SeriesKey) -> Option<&'f crate::facts::Target> {
        self.found.evidence.targets.iter().find(|target| {
            target.key == series.key && target.channel == series.channel && target.metric == series.metric
        })
    }

    /// Change since one earlier run, without a level: the noise between two runs is more than their sampling.
    fn delta(&self, series: &SeriesKey, now: &Observation, role: &Role<'_>) -> Delta {
        if role.position < self.found.book.comparable_from(&series.key.scheme) {
            let (status, reason) = (Status::Missing, Some(Reason::OtherDefinition));
            return Delta { comparison: role.id, status, reason, ..Delta::default() };
        }
        let reference = self.found.book.at(series, role.position);
        let same = role.paired.get(&(&series.key, &series.metric)).copied().filter(|_| series.channel.is_none());
        kpi::change(self.found.policy, role.id, reference, Some(now), same)
    }
}

fn usual(test: &Judged) -> Usual {
    Usual {
        n_runs: test.n_runs,
        mean: test.expected,
        lower: test.lower,
        upper: test.upper,
        status: test.status,
        reason: test.reason,
    }
}

fn against_baseline(test: &Judged, level: Level) -> Delta {
    Delta {
        comparison: ComparisonId::Baseline,
        value: test.expected,
        abs: test.abs,
        rel: test.rel,
        lower: test.lower,
        upper: test.upper,
        p: test.p,
        q: test.q,
        level,
        status: test.status,
        reason: test.reason,
    }
}
