use super::*;
use crate::MetricId;
use crate::facts::SegmentKey;
use crate::findings::Level;

fn key() -> SegmentKey {
    SegmentKey::of("value", "loyal")
}

fn rate(yes: u64, n: u64) -> Observation {
    Observation::rate(key(), MetricId::Retention, yes, n)
}

/// `n` customers with the values `centre` − 1 and `centre` + 1 in turns.
fn money(n: u64, centre: i128) -> Observation {
    let sumsq = i128::from(n) * (centre * centre + 1);
    Observation::mean(key(), MetricId::RevenuePerCustomer, n, i128::from(n) * centre, sumsq)
}

fn between(before: &Observation, now: &Observation) -> Delta {
    change(&Policy::default(), ComparisonId::Previous, Some(before), Some(now), None)
}

/// Newcombe (1998), table II (a): 56 of 70 less 48 of 80 is 0.2, interval 0.0524 to 0.3339.
#[test]
fn rates_change_with_newcombes_interval() {
    let found = between(&rate(48, 80), &rate(56, 70));
    assert!((found.abs.unwrap() - 0.2).abs() < 1e-12 && (found.rel.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert!((found.lower.unwrap() - 0.0524).abs() < 5e-5 && (found.upper.unwrap() - 0.3339).abs() < 5e-5);
    assert_eq!((found.status, found.level), (Status::Ok, Level::None));
    // z = 0.2 / √(p̄q̄(1/70 + 1/80)) with p̄ = 104/150: 2.6504…
    assert!((found.p.unwrap() - 0.00804).abs() < 5e-5, "{:?}", found.p);
}

#[test]
fn few_answers_are_shown_but_not_tested() {
    let found = between(&rate(9, 80), &rate(20, 70));
    assert_eq!((found.status, found.reason, found.p), (Status::LowConfidence, Some(Reason::TooFewCustomers), None));
    assert!(found.lower.is_some());
}

#[test]
fn no_base_is_no_relative_change() {
    let found = between(&rate(0, 80), &rate(20, 70));
    assert_eq!((found.status, found.rel), (Status::NoBase, None));
    assert!(found.abs.is_some() && found.reason.is_some());
}

#[test]
fn new_and_vanished_segments_have_no_change() {
    assert_eq!(between(&rate(0, 0), &rate(20, 70)).reason, Some(Reason::NewSegment));
    let vanished = between(&rate(20, 70), &rate(0, 0));
    assert_eq!(
        (vanished.status, vanished.reason, vanished.abs),
        (Status::Missing, Some(Reason::VanishedSegment), None)
    );
    let policy = Policy::default();
    let unseen = change(&policy, ComparisonId::Previous, None, Some(&rate(1, 2)), None);
    assert_eq!((unseen.status, unseen.reason), (Status::Missing, Some(Reason::NotObserved)));
}

/// Spread 1 on both sides, n = 400: Welch's standard error is √(2/400)·√(400/399) = 0.0708.
#[test]
fn means_of_money_are_tested_from_300_customers() {
    let found = between(&money(400, 100), &money(400, 101));
    assert_eq!((found.abs, found.rel), (Some(1.0), Some(0.01)));
    assert!((found.upper.unwrap() - found.lower.unwrap() - 2.0 * 1.963 * 0.0708).abs() < 1e-3);
    assert!(found.p.unwrap() < 1e-12);
    let few = between(&money(400, 100), &money(299, 101));
    assert_eq!((few.p, few.status), (None, Status::LowConfidence));
}

/// The same customers all spend 1 more, give or take 0.1: only the paired test sees how sure that is.
#[test]
fn the_same_customers_are_paired() {
    let wide = |centre: i128| {
        Observation::mean(key(), MetricId::RevenuePerCustomer, 400, 400 * centre, 400 * centre * centre * 9)
    };
    let (before, now) = (wide(1_000), wide(1_010));
    let paired =
        Paired { key: key(), metric: MetricId::RevenuePerCustomer, n: 400, sum_minor: 4_000, sumsq_minor: 40_400 };
    let policy = Policy::default();
    let found = change(&policy, ComparisonId::Previous, Some(&before), Some(&now), Some(&paired));
    assert!(between(&before, &now).p.unwrap() > 0.9 && found.p.unwrap() < 1e-12);
    let (low, high) = (found.lower.unwrap(), found.upper.unwrap());
    assert!(low > 9.8 && high < 10.2);
}

#[test]
fn totals_scale_the_interval_of_the_mean_and_are_not_tested() {
    let policy = Policy::default();
    let mean = interval(&policy, &money(400, 100)).limits.unwrap();
    let total = Observation::money(key(), MetricId::Revenue, 400, 40_000, 400 * 10_001);
    let of_total = interval(&policy, &total).limits.unwrap();
    assert!((of_total.0 - 400.0 * mean.0).abs() < 1e-6 && (of_total.1 - 400.0 * mean.1).abs() < 1e-6);
    let found = between(&total, &total);
    assert_eq!((found.abs, found.p, found.reason), (Some(0.0), None, Some(Reason::NoInterval)));
}

/// Wilson's interval of 56 of 70 is 0.692 to 0.877.
#[test]
fn the_interval_decides_about_a_target() {
    let policy = Policy::default();
    let target = |value, metric| Target { key: key(), metric, value, ..Target::default() };
    let status = |value| attainment(&policy, &rate(56, 70), Some(&target(value, MetricId::Retention))).status;
    assert_eq!([0.69, 0.75, 0.88].map(status), [TargetStatus::Met, TargetStatus::Open, TargetStatus::Missed]);
    let churn = Observation::rate(key(), MetricId::Churn, 56, 70);
    let status = |value| attainment(&policy, &churn, Some(&target(value, MetricId::Churn))).status;
    assert_eq!([0.69, 0.75, 0.88].map(status), [TargetStatus::Missed, TargetStatus::Open, TargetStatus::Met]);
    assert_eq!(attainment(&policy, &churn, None), Attainment::default());
    assert_eq!(attainment(&policy, &churn, None).status, TargetStatus::NoTarget);
}

#[test]
fn targets_of_a_running_period_are_prorated() {
    let orders = Observation::new(key(), MetricId::Orders, 900, 450.0);
    let target = Target { value: 1_000.0, elapsed_share: Some(0.4), metric: MetricId::Orders, ..Target::default() };
    let found = attainment(&Policy::default(), &orders, Some(&target));
    assert_eq!((found.target, found.attainment, found.status), (Some(400.0), Some(1.125), TargetStatus::Met));
    let zero = attainment(&Policy::default(), &orders, Some(&Target { value: 0.0, ..Target::default() }));
    assert_eq!((zero.attainment, zero.status), (None, TargetStatus::Met));
}

#[test]
fn uplift_is_an_effect_only_with_a_random_hold_out() {
    let policy = Policy::default();
    let mut response = Observation::rate(key(), MetricId::Response, 56, 70).by_channel("mail");
    let alone = channel(&policy, ComparisonId::Previous, None, &response);
    assert_eq!((alone.uplift, alone.uplift_is_effect, alone.reason), (None, false, Some(Reason::NoRandomHoldout)));
    response.holdout = Some(Holdout { n: 80, successes: 48, is_random: true });
    let held_out = channel(&policy, ComparisonId::Previous, None, &response);
    assert!((held_out.uplift.unwrap() - 0.2).abs() < 1e-12 && held_out.uplift_is_effect);
    assert!((held_out.uplift_low.unwrap() - 0.0524).abs() < 5e-5);
    assert_eq!((held_out.contacts, held_out.responses, held_out.reason), (70, 56, None));
    response.holdout = Some(Holdout { n: 80, successes: 48, is_random: false });
    let correlated = channel(&policy, ComparisonId::Previous, None, &response);
    assert!(correlated.uplift.is_some() && !correlated.uplift_is_effect);
    assert_eq!(correlated.reason, Some(Reason::NoRandomHoldout));
}

#[test]
fn nobody_contacted_is_undefined_and_never_nan() {
    let nobody = Observation::rate(key(), MetricId::Response, 0, 0).by_channel("mail");
    let found = channel(&Policy::default(), ComparisonId::Previous, Some(&nobody), &nobody);
    assert_eq!((found.rate, found.ci_low, found.status), (None, None, Status::Undefined));
    assert!(found.reason.is_some() && found.delta.reason.is_some() && found.delta.status == Status::Missing);
}
