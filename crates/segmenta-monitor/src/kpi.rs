//! One figure: its interval, its change, its target, and what a contact achieves.

use segmenta_stats::proportion::{self, Proportion, RateChange};
use segmenta_stats::welch::{self, Moments};
use segmenta_stats::{change as relative_change, mean};

use crate::facts::{ComparisonId, Holdout, Observation, Paired, Target};
use crate::findings::{ChannelFinding, Delta, TargetStatus};
use crate::metric::Better;
use crate::policy::Policy;
use crate::{Reason, Status};

/// 95 % interval of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// Lower and upper limit, in the unit of the figure.
    pub limits: Option<(f64, f64)>,
    /// `low_confidence` for money of few customers; otherwise why there are no limits.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// Interval of an observed figure: Wilson's for rates, Student's for money, none for anything else.
///
/// Below `min_customers_mean` customers an interval of money is shown with `low_confidence`.
/// The customers of the run are taken for a sample of those who could have been there; for a total, the interval
/// of the mean is multiplied by their number.
pub fn interval(policy: &Policy, observation: &Observation) -> Interval {
    if observation.value.is_none() {
        return Interval { limits: None, status: observation.status, reason: observation.reason };
    }
    if let Some(rate) = answers(observation) {
        return match proportion::wilson(rate) {
            Ok(limits) => Interval { limits, status: Status::Ok, reason: None },
            Err(_) => Interval { status: Status::Undefined, reason: Some(out_of_range()), limits: None },
        };
    }
    let Some(moments) = moments(observation) else {
        return Interval { limits: None, status: Status::Ok, reason: Some(Reason::NoInterval) };
    };
    let found = mean::of_moments(moments);
    let scale = if is_total(observation) { observation.n as f64 } else { 1.0 };
    let limits = found.ci95.map(|(low, high)| (low * scale, high * scale));
    match limits {
        Some(_) if observation.n < policy.min_customers_mean => {
            Interval { limits, status: Status::LowConfidence, reason: Some(Reason::TooFewCustomers) }
        }
        _ => Interval { limits, status: found.status, reason: found.reason.map(Reason::from) },
    }
}

/// Change of a figure since an earlier run, with the interval and the test of its kind.
///
/// | Figure | Limits of the change | p |
/// |---|---|---|
/// | rate | Newcombe | pooled z, from `min_answers` yes and no on each side |
/// | mean of money, customers joined | Student, of the mean difference of the same customers | paired t, from `min_customers_mean` |
/// | mean of money otherwise | Welch | Welch, from `min_customers_mean` on each side |
/// | total or anything else | none | none |
///
/// - `None` means that the run did not observe the figure. A segment without customers is an observation with
///   n = 0: the change is then missing, with `new_segment` or `vanished_segment`.
/// - Level and q are not decided here.
pub fn change(
    policy: &Policy,
    comparison: ComparisonId,
    reference: Option<&Observation>,
    current: Option<&Observation>,
    paired: Option<&Paired>,
) -> Delta {
    let value = reference.and_then(|earlier| earlier.value);
    let found = Delta { comparison, value, ..Delta::default() };
    let Some((before, now)) = reference.zip(current) else {
        return Delta { status: Status::Missing, reason: Some(Reason::NotObserved), ..found };
    };
    if let Some(reason) = one_sided(before, now) {
        return Delta { status: Status::Missing, reason: Some(reason), ..found };
    }
    let moved = relative_change::relative(before.value, now.value);
    let found = Delta { abs: moved.abs, rel: moved.rel, ..found };
    let tested = test(policy, before, now, paired);
    let (status, reason) = match (moved.status, moved.reason) {
        (Status::Ok, None) => (tested.status, tested.reason),
        (status, reason) => (status, reason.map(Reason::from)),
    };
    let (lower, upper) = tested.limits.unzip();
    Delta { lower, upper, p: tested.p, status, reason, ..found }
}

/// What a figure is meant to reach, and whether it does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Attainment {
    /// The target, for the part of the period that has passed.
    pub target: Option<f64>,
    /// Value over target; null without a target or with one of 0.
    pub attainment: Option<f64>,
    /// Decided by the interval; by the point for figures that have none, since they are counted and not sampled.
    pub status: TargetStatus,
}

/// Compares a figure with its target, prorated by the share of the period that had come in last year.
///
/// A figure that is better when lower is met from below. A figure without a value leaves its target open.
pub fn attainment(policy: &Policy, observation: &Observation, target: Option<&Target>) -> Attainment {
    let Some(target) = target.map(|target| target.value * target.elapsed_share.unwrap_or(1.0)) else {
        return Attainment::default();
    };
    let target = Some(target).filter(|target| target.is_finite());
    let known = observation.value.zip(target);
    let attainment = known.map(|(value, target)| value / target).filter(|share| share.is_finite());
    let status = known.map_or(TargetStatus::Open, |(value, target)| {
        let (low, high) = interval(policy, observation).limits.unwrap_or((value, value));
        match observation.metric.better() {
            Better::Lower => status_of(-high, -low, -target),
            Better::Higher | Better::Unknown => status_of(low, high, target),
        }
    });
    Attainment { target, attainment, status }
}

/// Responses of one segment over one channel, with the uplift over those who were left alone.
///
/// Without a random hold-out the difference is a correlation: it is given, and
/// [`ChannelFinding::uplift_is_effect`] is false.
pub fn channel(
    policy: &Policy,
    comparison: ComparisonId,
    reference: Option<&Observation>,
    current: &Observation,
) -> ChannelFinding {
    let rate = interval(policy, current);
    let held_out = current.holdout;
    let uplift = answers(current).zip(held_out).and_then(|(treated, held_out)| uplift(treated, held_out));
    let (ci_low, ci_high) = rate.limits.unzip();
    let (uplift_low, uplift_high) = uplift.and_then(|uplift| uplift.newcombe_diff).unzip();
    let is_random = held_out.is_some_and(|held_out| held_out.is_random && held_out.n > 0);
    let no_effect = (rate.status == Status::Ok && !is_random).then_some(Reason::NoRandomHoldout);
    ChannelFinding {
        key: current.key.clone(),
        channel: current.channel.clone().unwrap_or_default(),
        metric: current.metric.clone(),
        contacts: current.n,
        responses: current.successes.unwrap_or_default(),
        rate: current.value,
        ci_low,
        ci_high,
        holdout_contacts: held_out.map(|held_out| held_out.n),
        holdout_responses: held_out.map(|held_out| held_out.successes),
        uplift: uplift.and_then(|uplift| uplift.diff),
        uplift_low,
        uplift_high,
        uplift_is_effect: is_random,
        delta: change(policy, comparison, reference, Some(current), None),
        status: rate.status,
        reason: rate.reason.or(no_effect),
        ..ChannelFinding::default()
    }
}

/// What a test of two observations gave.
#[derive(Clone, Copy, Debug, Default)]
struct Tested {
    limits: Option<(f64, f64)>,
    p: Option<f64>,
    status: Status,
    reason: Option<Reason>,
}

impl Tested {
    fn new(limits: Option<(f64, f64)>, p: Option<f64>, status: Status, reason: Option<segmenta_stats::Reason>) -> Self {
        Self { limits, p, status, reason: reason.map(Reason::from) }
    }

    /// The limits without the test, which too few rows stand behind.
    fn untested(self) -> Self {
        Self { p: None, status: Status::LowConfidence, reason: Some(Reason::TooFewCustomers), ..self }
    }
}

fn test(policy: &Policy, before: &Observation, now: &Observation, paired: Option<&Paired>) -> Tested {
    if let Some((before, now)) = answers(before).zip(answers(now)) {
        return test_rates(policy, before, now);
    }
    match moments(before).zip(moments(now)) {
        Some(sides) if !is_total(before) && !is_total(now) => test_means(policy, sides, paired),
        _ => Tested { status: Status::Ok, reason: Some(Reason::NoInterval), ..Tested::default() },
    }
}

fn test_rates(policy: &Policy, before: Proportion, now: Proportion) -> Tested {
    let Ok(found) = proportion::compare(before, now) else {
        return Tested { status: Status::Undefined, reason: Some(out_of_range()), ..Tested::default() };
    };
    // A base of 0 has been told by the relative change.
    let tested = Tested { limits: found.newcombe_diff, p: found.p, status: found.status, reason: None };
    let has_answers = |side: Proportion| side.n_yes.min(side.n - side.n_yes) >= policy.min_answers;
    if has_answers(before) && has_answers(now) { tested } else { tested.untested() }
}

fn test_means(policy: &Policy, (before, now): (Moments, Moments), paired: Option<&Paired>) -> Tested {
    let (tested, n) = match paired {
        Some(paired) => {
            let found = mean::of_moments(Moments::from_minor(paired.n, paired.sum_minor, paired.sumsq_minor));
            (Tested::new(found.ci95, found.p, found.status, found.reason), paired.n)
        }
        None => {
            let found = welch::compare(before, now);
            (Tested::new(found.ci95, found.p, found.status, found.reason), before.n().min(now.n()))
        }
    };
    if tested.status == Status::Ok && n < policy.min_customers_mean { tested.untested() } else { tested }
}

/// Why there is nothing to compare, if a segment has customers on one side only.
fn one_sided(before: &Observation, now: &Observation) -> Option<Reason> {
    match (before.n, now.n) {
        _ if before.key.segment.is_none() || before.channel.is_some() => None,
        (0, 1..) => Some(Reason::NewSegment),
        (1.., 0) => Some(Reason::VanishedSegment),
        _ => None,
    }
}

fn uplift(treated: Proportion, held_out: Holdout) -> Option<RateChange> {
    proportion::compare(Proportion { n_yes: held_out.successes, n: held_out.n }, treated).ok()
}

fn answers(observation: &Observation) -> Option<Proportion> {
    observation.successes.map(|n_yes| Proportion { n_yes, n: observation.n })
}

fn moments(observation: &Observation) -> Option<Moments> {
    let (sum, sumsq) = observation.sum_minor.zip(observation.sumsq_minor)?;
    Some(Moments::from_minor(observation.n, sum, sumsq))
}

/// Whether the figure is the sum itself and not a mean of it.
fn is_total(observation: &Observation) -> bool {
    observation.n > 1
        && observation.sum_minor.map(|sum| sum as f64) == observation.value
        && observation.value != Some(0.0)
}

fn status_of(low: f64, high: f64, target: f64) -> TargetStatus {
    if low >= target {
        TargetStatus::Met
    } else if high < target {
        TargetStatus::Missed
    } else {
        TargetStatus::Open
    }
}

fn out_of_range() -> Reason {
    Reason::Statistic(segmenta_stats::Reason::OutOfRange)
}

#[cfg(test)]
mod tests;
