//! One series against its baseline: interval, charts, materiality, worth.

use segmenta_stats::change;
use segmenta_stats::control::{self, PredictionInterval};

use super::money;
use crate::Status;
use crate::facts::{ComparisonId, SeriesKey};
use crate::findings::{Direction, Family, SlowDrift, Trigger};
use crate::metric::{MetricId, Unit};
use crate::policy::Policy;
use crate::reason::Reason;
use crate::series::{Book, Past};

/// What the baseline says about one series in this run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Judged {
    pub(crate) series: SeriesKey,
    pub(crate) family: Family,
    /// The baseline, or the same period last year for figures with a season.
    pub(crate) comparison: ComparisonId,
    pub(crate) unit: Unit,
    pub(crate) value: Option<f64>,
    pub(crate) expected: Option<f64>,
    pub(crate) lower: Option<f64>,
    pub(crate) upper: Option<f64>,
    pub(crate) abs: Option<f64>,
    pub(crate) rel: Option<f64>,
    /// Baseline runs with a value.
    pub(crate) n_runs: usize,
    pub(crate) p: Option<f64>,
    /// Set by the family.
    pub(crate) q: Option<f64>,
    pub(crate) is_outside: bool,
    /// The baseline has no spread and the value differs from it.
    pub(crate) is_off_constant: bool,
    pub(crate) is_material: bool,
    /// The value is where it was a year ago, when it was as unusual.
    pub(crate) as_last_year: Option<f64>,
    pub(crate) money_minor: Option<i128>,
    pub(crate) slow_drift: Option<SlowDrift>,
    /// A chart beyond its limit, with its direction.
    pub(crate) beyond: Option<(Trigger, Direction)>,
    pub(crate) status: Status,
    pub(crate) reason: Option<Reason>,
}

impl Judged {
    pub(crate) fn direction(&self) -> Direction {
        match self.abs {
            Some(abs) if abs > 0.0 => Direction::Up,
            Some(abs) if abs < 0.0 => Direction::Down,
            _ => Direction::Either,
        }
    }

    /// Whether the series may raise an alert at all.
    pub(crate) fn is_tested(&self, policy: &Policy) -> bool {
        self.status != Status::InsufficientData
            && self.value.is_some()
            && self.n_runs >= policy.runs_to_watch
            && self.expected.is_some()
    }
}

/// Judges every series that this run observes, in the order of their keys.
pub(crate) fn judge(policy: &Policy, book: &Book<'_>) -> Vec<Judged> {
    let observed = book.lines().filter(|(_, line)| line.last().is_some_and(Option::is_some));
    let judged = observed.filter(|(series, _)| has_interval(&series.metric));
    judged.map(|(series, _)| judge_one(policy, book, series)).collect()
}

/// Figures with fixed limits of their own are not judged by an interval.
fn has_interval(metric: &MetricId) -> bool {
    use MetricId::{DataQuality, DefinitionAri, DistancePsi, Psi, Silhouette, Uplift};
    !matches!(metric, DataQuality | DefinitionAri | DistancePsi | Psi | Silhouette | Uplift)
}

fn judge_one(policy: &Policy, book: &Book<'_>, series: &SeriesKey) -> Judged {
    let yearly = if policy.is_seasonal(&series.metric) { book.yearly(series) } else { None };
    let base = yearly.as_ref().and_then(|_| book.a_year_ago(series)).filter(|base| *base > 0.0);
    let (past, comparison) = match yearly.filter(|_| base.is_some()) {
        Some(changes) => (in_units(&changes, base.unwrap_or(1.0)), ComparisonId::SamePeriodLastYear),
        None => (book.past(series), ComparisonId::Baseline),
    };
    let interval = control::prediction_interval(&past.baseline, past.value(), policy.alpha)
        .expect("the policy's alpha is a probability");
    let unit = book.now(series).map(|now| now.unit).unwrap_or_default();
    let moved = change::relative(interval.mean, past.value());
    let money_minor = moved.abs.and_then(|abs| money::effect(book, series, abs));
    let slow_drift = slow_drift(policy, &past, &interval);
    let (status, reason) = sufficiency(policy, book, series, &interval);
    Judged {
        family: family(series),
        comparison,
        unit,
        value: past.value(),
        expected: interval.mean,
        lower: interval.lower,
        upper: interval.upper,
        abs: moved.abs,
        rel: moved.rel,
        n_runs: interval.n,
        p: interval.p,
        q: None,
        is_outside: interval.outside == Some(true),
        is_off_constant: interval.sd == Some(0.0) && moved.abs.is_some_and(|abs| abs != 0.0),
        is_material: is_material(policy, unit, moved.abs, moved.rel, money::share(book, money_minor)),
        as_last_year: as_last_year(policy, book, series, &past, interval.mean),
        money_minor,
        beyond: slow_drift.as_ref().and_then(beyond),
        slow_drift,
        status,
        reason,
        series: series.clone(),
    }
}

/// Changes over the year as values they would give on top of last year's.
fn in_units(changes: &Past, base: f64) -> Past {
    let value = |change: &Option<f64>| change.map(|change| base * (1.0 + change));
    Past { baseline: changes.baseline.iter().map(value).collect(), since: changes.since.iter().map(value).collect() }
}

fn sufficiency(
    policy: &Policy,
    book: &Book<'_>,
    series: &SeriesKey,
    interval: &PredictionInterval,
) -> (Status, Option<Reason>) {
    let n = book.now(series).map_or(0, |now| now.n);
    if book.is_small(&series.key) || n < policy.min_customers {
        return (Status::InsufficientData, Some(Reason::TooFewCustomers));
    }
    let is_redefined = interval.n < policy.runs_to_watch && book.comparable_from(&series.key.scheme) > 0;
    if is_redefined {
        return (Status::InsufficientHistory, Some(Reason::OtherDefinition));
    }
    if interval.n < policy.runs_to_watch {
        let reason = Reason::Statistic(segmenta_stats::Reason::ShortHistory);
        return (Status::InsufficientHistory, Some(reason));
    }
    (interval.status, interval.reason.map(Reason::from))
}

/// Material: enough percentage points of a share, enough percent of anything else, or enough money.
fn is_material(policy: &Policy, unit: Unit, abs: Option<f64>, rel: Option<f64>, money_share: Option<f64>) -> bool {
    let Some(abs) = abs.filter(|abs| *abs != 0.0) else {
        return false;
    };
    let is_large = match unit {
        Unit::Share => abs.abs() >= policy.material_share_change,
        // From nothing to something is a change of any size.
        _ => rel.is_none_or(|rel| rel.abs() >= policy.material_rel),
    };
    is_large || money_share.is_some_and(|share| share >= policy.material_money_share)
}

/// Change against last year, if it is immaterial while last year's figure was off the baseline the same way, at
/// least half as far.
fn as_last_year(policy: &Policy, book: &Book<'_>, series: &SeriesKey, past: &Past, mean: Option<f64>) -> Option<f64> {
    let (value, mean, then) = (past.value()?, mean?, book.a_year_ago(series)?);
    let rel = change::relative(Some(then), Some(value)).rel?;
    let was_as_unusual = (then - mean) * (value - mean).signum() >= (value - mean).abs() / 2.0;
    (was_as_unusual && rel.abs() < policy.material_rel).then_some(rel)
}

fn slow_drift(policy: &Policy, past: &Past, interval: &PredictionInterval) -> Option<SlowDrift> {
    let (mean, sd) = (interval.mean?, interval.sd.filter(|sd| *sd > 0.0)?);
    if interval.n < policy.runs_to_watch {
        return None;
    }
    let spread = sd * (1.0 + 1.0 / interval.n as f64).sqrt();
    let scores: Vec<Option<f64>> = past.since.iter().map(|value| value.map(|value| (value - mean) / spread)).collect();
    let (width, limit) = control::chart_limits(interval.n);
    let ewma = control::ewma(&scores, policy.ewma_lambda, width).expect("the policy's weight is above 0");
    let cusum = control::cusum(&scores, policy.cusum_slack, limit).expect("the policy's slack is not negative");
    let drift = SlowDrift {
        ewma: ewma.ewma,
        ewma_limit: ewma.limit,
        cusum_up: cusum.upper,
        cusum_down: cusum.lower,
        cusum_limit: limit,
        is_beyond: false,
    };
    Some(SlowDrift { is_beyond: beyond(&drift).is_some(), ..drift })
}

/// Which chart is beyond its limit in the last run, and which way.
fn beyond(drift: &SlowDrift) -> Option<(Trigger, Direction)> {
    let last = |line: &[Option<f64>]| line.last().copied().flatten();
    let average = last(&drift.ewma).zip(last(&drift.ewma_limit));
    if let Some((ewma, limit)) = average
        && ewma.abs() > limit
    {
        return Some((Trigger::Ewma, if ewma > 0.0 { Direction::Up } else { Direction::Down }));
    }
    let is_beyond = |sums: &[f64]| sums.last().is_some_and(|sum| *sum > drift.cusum_limit);
    if is_beyond(&drift.cusum_up) {
        Some((Trigger::Cusum, Direction::Up))
    } else if is_beyond(&drift.cusum_down) {
        Some((Trigger::Cusum, Direction::Down))
    } else {
        None
    }
}

fn family(series: &SeriesKey) -> Family {
    match (&series.channel, &series.key.segment, &series.metric) {
        (Some(_), ..) => Family::Channel,
        (None, Some(_), _) => Family::SegmentKpi,
        (None, None, MetricId::StabilityIndex) => Family::Migration,
        (None, None, MetricId::UnassignedShare) => Family::Fit,
        (None, None, _) => Family::Total,
    }
}
