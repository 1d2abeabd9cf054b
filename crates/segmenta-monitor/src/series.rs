//! The past of every figure: which runs are its baseline, what came after, what it was a year ago.

mod complete;
mod pool;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::date::day_number;
use crate::facts::{ComparisonId, Evidence, Matched, Observation, RunFacts, SegmentKey, SeriesKey, Stage};
use crate::lineage::definition_split;
use crate::metric::{MetricId, Unit};
use crate::policy::Policy;

pub(crate) use pool::SMALL_SEGMENTS;

/// Days in a year, to the nearest day.
const YEAR: i64 = 365;

/// One figure in every run; null where a run has none.
pub(crate) type Line<'a> = Vec<Option<Cow<'a, Observation>>>;

/// All runs, oldest first and this one last, with every figure by its series.
pub(crate) struct Book<'a> {
    pub(crate) runs: Vec<&'a RunFacts>,
    evidence: &'a Evidence,
    days: Vec<Option<i64>>,
    lines: BTreeMap<SeriesKey, Line<'a>>,
    /// First run whose segments mean the same as today's, by scheme; the current run's position if none does.
    comparable_from: BTreeMap<&'a str, usize>,
    /// Segments that are tested together, being small.
    small: BTreeSet<SegmentKey>,
    season_cycles: i64,
    season_tolerance: i64,
}

/// Values of one series, in its unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Past {
    /// Baseline runs.
    pub(crate) baseline: Vec<Option<f64>>,
    /// Runs after the baseline, this one last.
    pub(crate) since: Vec<Option<f64>>,
}

impl Past {
    /// The value of this run.
    pub(crate) fn value(&self) -> Option<f64> {
        self.since.last().copied().flatten()
    }
}

impl<'a> Book<'a> {
    pub(crate) fn new(policy: &Policy, evidence: &'a Evidence) -> Self {
        let runs: Vec<&RunFacts> = evidence.history.iter().chain([&evidence.current]).collect();
        let mut lines: BTreeMap<SeriesKey, Line<'a>> = BTreeMap::new();
        for (position, run) in runs.iter().enumerate() {
            for observation in &run.observations {
                let line = lines.entry(observation.series()).or_insert_with(|| vec![None; runs.len()]);
                line[position] = Some(Cow::Borrowed(observation));
            }
        }
        let small = pool::small_segments(policy, &evidence.current);
        pool::add_pooled(&mut lines, &small);
        complete::add_lost_channels(policy, &mut lines);
        Self {
            days: runs.iter().map(|run| day_number(&run.as_of)).collect(),
            comparable_from: comparable_from(policy, evidence, &runs, &lines),
            season_cycles: policy.season_cycles as i64,
            season_tolerance: i64::from(policy.season_tolerance_days),
            evidence,
            runs,
            lines,
            small,
        }
    }

    /// Every series that this run observes or that has a past, in the order of their keys.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&SeriesKey, &Line<'a>)> {
        self.lines.iter()
    }

    /// Position of this run.
    pub(crate) fn current(&self) -> usize {
        self.runs.len() - 1
    }

    /// The figure in this run.
    pub(crate) fn now(&self, series: &SeriesKey) -> Option<&Observation> {
        self.at(series, self.current())
    }

    /// The value of a total in this run.
    pub(crate) fn now_of(&self, key: &SegmentKey, metric: MetricId) -> Option<f64> {
        self.now(&SeriesKey { key: key.clone(), channel: None, metric })?.value
    }

    /// The figure in one run, if that run's segments mean the same and its currency is the same.
    pub(crate) fn at(&self, series: &SeriesKey, run: usize) -> Option<&Observation> {
        let observation = self.lines.get(series)?[run].as_deref()?;
        let is_same_money =
            observation.unit != Unit::MoneyMinor || self.runs[run].currency == self.runs[self.current()].currency;
        (run >= self.comparable_from(&series.key.scheme) && is_same_money).then_some(observation)
    }

    /// Whether a segment is tested only together with other small ones.
    pub(crate) fn is_small(&self, key: &SegmentKey) -> bool {
        self.small.contains(key)
    }

    /// Agreement of this run's definition of a scheme with the one before it; `None` if it is not known.
    pub(crate) fn agreement(&self, scheme: &str) -> Option<f64> {
        agreement(self.evidence, &self.lines, scheme, self.current())
    }

    /// First run whose segments of that scheme mean the same as today's.
    pub(crate) fn comparable_from(&self, scheme: &str) -> usize {
        self.comparable_from.get(scheme).copied().unwrap_or(0)
    }

    /// Positions of the runs that form the baseline of a scheme's figures.
    pub(crate) fn baseline(&self, scheme: &str) -> impl DoubleEndedIterator<Item = usize> {
        (self.comparable_from(scheme)..self.current())
            .filter(|&run| self.runs[run].is_accepted && !self.runs[run].is_acknowledged)
    }

    /// Baseline and later values of a series.
    pub(crate) fn past(&self, series: &SeriesKey) -> Past {
        let scheme = &series.key.scheme;
        let value = |run: usize| self.at(series, run)?.value;
        let first_after = self.baseline(scheme).next_back().map_or(self.current(), |last| last + 1);
        Past {
            baseline: self.baseline(scheme).map(value).collect(),
            since: (first_after..=self.current()).map(value).collect(),
        }
    }

    /// Relative changes over the year instead of values, once the baseline has enough cycles.
    pub(crate) fn yearly(&self, series: &SeriesKey) -> Option<Past> {
        let scheme = &series.key.scheme;
        let first = self.days[self.baseline(scheme).next()?]?;
        if self.days[self.current()]? - first < self.season_cycles * YEAR - self.season_tolerance {
            return None;
        }
        let change = |run: usize| {
            let (now, then) = (self.at(series, run)?.value?, self.at(series, self.year_before(run)?)?.value?);
            segmenta_stats::change::relative(Some(then), Some(now)).rel
        };
        let has_year_before = |run: &usize| self.year_before(*run).is_some();
        let first_after = self.baseline(scheme).next_back().map_or(self.current(), |last| last + 1);
        Some(Past {
            baseline: self.baseline(scheme).filter(has_year_before).map(change).collect(),
            since: (first_after..=self.current()).map(change).collect(),
        })
    }

    /// The value of a series one year ago.
    pub(crate) fn a_year_ago(&self, series: &SeriesKey) -> Option<f64> {
        self.at(series, self.year_before(self.current())?)?.value
    }

    /// The runs that this one is compared with, for figures that have no interval of their own: the baseline, or the
    /// same period last year; the run before if there is neither.
    pub(crate) fn reference_runs(&self, scheme: &str, comparison: ComparisonId) -> Vec<usize> {
        let is_comparable = |run: &usize| *run >= self.comparable_from(scheme);
        let mut runs: Vec<usize> = match comparison {
            ComparisonId::SamePeriodLastYear => {
                self.year_before(self.current()).into_iter().filter(is_comparable).collect()
            }
            _ => self.baseline(scheme).collect(),
        };
        if runs.is_empty() {
            runs.extend(self.current().checked_sub(1).filter(is_comparable));
        }
        runs
    }

    /// The run nearest to one year before another.
    fn year_before(&self, run: usize) -> Option<usize> {
        let wanted = self.days[run]? - YEAR;
        let distance = |other: usize| self.days[other].map(|day| (day - wanted).abs());
        let near = (0..run).filter_map(|other| Some((distance(other)?, other)));
        near.min().filter(|(distance, _)| *distance <= self.season_tolerance).map(|(_, other)| other)
    }

    /// The latest values of a series, this run last; whatever the definition was.
    pub(crate) fn shown(&self, series: &SeriesKey, n: usize) -> Vec<Option<f64>> {
        let first = (self.current() + 1).saturating_sub(n);
        self.lines.get(series).map_or_else(Vec::new, |line| {
            line[first..].iter().map(|observation| observation.as_ref().and_then(|found| found.value)).collect()
        })
    }
}

/// Agreement of the definition of a run with the one before it, as far as it is known.
fn agreement(evidence: &Evidence, lines: &BTreeMap<SeriesKey, Line<'_>>, scheme: &str, run: usize) -> Option<f64> {
    let series = SeriesKey { key: SegmentKey::scheme(scheme), channel: None, metric: MetricId::DefinitionAri };
    let observed = || lines.get(&series)?[run].as_ref()?.value;
    if run < evidence.history.len() {
        return observed();
    }
    let fit = evidence.fit.iter().find(|fit| fit.scheme == scheme).and_then(|fit| fit.ari_definition);
    let matched = evidence.comparison(ComparisonId::Previous).and_then(|(found, _)| found.matched.as_ref());
    let has_both = |matched: &&Matched| {
        matched.movements.iter().any(|moves| moves.scheme == scheme && moves.stage == Stage::Definition)
    };
    let scored = || matched.filter(has_both).and_then(|matched| definition_split(matched, scheme).ari_definition);
    fit.or_else(observed).or_else(scored)
}

/// Goes back from this run until the definition changes by more than a detail.
fn comparable_from<'a>(
    policy: &Policy,
    evidence: &'a Evidence,
    runs: &[&'a RunFacts],
    lines: &BTreeMap<SeriesKey, Line<'_>>,
) -> BTreeMap<&'a str, usize> {
    let continues = |scheme: &str, run: usize| {
        runs[run].definition_version == runs[run - 1].definition_version
            || agreement(evidence, lines, scheme, run).is_some_and(|ari| ari >= policy.ari_comparable)
    };
    let first = |scheme: &str| (1..runs.len()).rev().find(|&run| !continues(scheme, run)).unwrap_or(0);
    let schemes = runs.iter().flat_map(|run| run.labels.keys()).chain(lines_schemes(runs));
    schemes.filter(|scheme| !scheme.is_empty()).map(|scheme| (scheme.as_str(), first(scheme))).collect()
}

/// Schemes that observations name.
fn lines_schemes<'a>(runs: &[&'a RunFacts]) -> impl Iterator<Item = &'a String> {
    let named: BTreeSet<&String> =
        runs.iter().flat_map(|run| run.observations.iter().map(|observation| &observation.key.scheme)).collect();
    named.into_iter()
}

#[cfg(test)]
mod tests;
