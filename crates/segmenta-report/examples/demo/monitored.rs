//! What monitoring might find in the invented shop. No number was measured.

use segmenta_monitor::facts::{ComparisonId, DataCheck, DataFinding, OpenAlert, SegmentKey, Stage};
use segmenta_monitor::findings::*;
use segmenta_monitor::{MetricId, Reason, Status, Unit};
use segmenta_report::model::Monitoring;

const SCHEME: &str = "value";
/// Names, customers, stay rate, change of revenue, mix and rate in minor units.
const SEGMENTS: [(&str, u64, f64, f64, i128, i128); 5] = [
    ("champions", 214, 0.91, 0.021, 212_000, 410_000),
    ("loyal", 168, 0.84, -0.064, -1_802_000, -90_000),
    ("cannot_lose_them", 142, 0.62, 0.324, 1_105_000, -310_000),
    ("hibernating", 201, 0.77, 0.004, -12_000, 8_000),
    ("lost", 7, 0.95, -0.195, 40_000, -21_000),
];

pub(crate) fn monitoring() -> Monitoring {
    let dates = [("20260501T050009Z-19bc", "2026-05-01"), ("20260601T050012Z-7f3a", "2026-06-01")];
    Monitoring { findings: findings(), run_dates: dates.map(|(run, as_of)| (run.to_owned(), as_of.to_owned())).into() }
}

fn findings() -> Findings {
    Findings {
        comparisons: comparisons(),
        verdict: verdict(),
        totals: totals(),
        segments: SEGMENTS.map(segment).into(),
        bridges: vec![bridge(MetricId::Revenue, 97_120_418), missing_bridge()],
        migrations: vec![migration()],
        channels: vec![
            channel(None, "email", 1_204, 118, Some((400, 31))),
            channel(None, "sms", 310, 22, None),
            channel(Some("loyal"), "email", 160, 24, Some((60, 5))),
            channel(Some("lost"), "sms", 8, 1, None),
        ],
        channel_metrics: vec![MetricFinding {
            channel: Some("email".into()),
            ..figure(SegmentKey::of(SCHEME, "loyal"), MetricId::CostPerResponse, 412.0, 388.0)
        }],
        data_quality: vec![DataFinding {
            check: DataCheck::NullShare,
            input: "crm".into(),
            column: Some("income".into()),
            value: Some(0.094),
            expected_low: Some(0.02),
            expected_high: Some(0.05),
            level: Level::Watch,
            ..DataFinding::default()
        }],
        drift: drift(),
        fit: vec![fit()],
        definitions: vec![segmenta_monitor::lineage::DefinitionSplit {
            scheme: SCHEME.into(),
            behaviour_moved_share: Some(0.117),
            definition_moved_share: Some(0.021),
            ari_definition: Some(0.963),
            status: Status::Ok,
            reason: None,
        }],
        alerts: alerts(),
        open_alerts: vec![OpenAlert { key: "value/loyal|revenue".into(), ..OpenAlert::default() }],
        tests_run: 96,
        tests_skipped: 11,
        expected_false_act: 0.083,
        ..Findings::default()
    }
}

fn comparisons() -> Vec<ComparisonFinding> {
    let run = |id, run: &str, as_of: &str, customers| ComparisonFinding {
        id,
        run_id: Some(run.into()),
        as_of: Some(as_of.into()),
        customers: Some(customers),
        matched_customers: Some(1_896),
        definition_version: Some("3".into()),
        is_comparable: true,
        reason: None,
    };
    vec![
        run(ComparisonId::Previous, "20260501T050009Z-19bc", "2026-05-01", 1_968),
        run(ComparisonId::Baseline, "20260501T050009Z-19bc", "2026-05-01", 1_968),
        ComparisonFinding {
            id: ComparisonId::SamePeriodLastYear,
            reason: Some(Reason::NoSuchRun),
            ..ComparisonFinding::default()
        },
    ]
}

fn rule() -> Rule {
    Rule::MixDominates {
        mix_share: 0.68,
        p_stuart_maxwell: Some(0.0004),
        from_segment: Some("loyal".into()),
        to_segment: Some("cannot_lose_them".into()),
    }
}

fn verdict() -> Verdict {
    let action = |action, segment: &str, rule, worth| RecommendedAction {
        action,
        key: SegmentKey::of(SCHEME, segment),
        cause: CauseHint::CustomersMoved,
        rule,
        money_effect_minor: Some(worth),
        since_run: "20260501T050009Z-19bc".into(),
        alert_keys: vec!["value/loyal|revenue".into()],
        ..RecommendedAction::default()
    };
    Verdict {
        level: VerdictLevel::Act,
        headline: Headline {
            alert_key: Some("value/loyal|revenue".into()),
            key: SegmentKey::of(SCHEME, "loyal"),
            channel: None,
            metric: Some(MetricId::Revenue),
            rel_change: Some(-0.064),
            money_effect_minor: Some(-1_892_000),
            cause: CauseHint::CustomersMoved,
            rule: rule(),
            target: Some(TargetGap {
                key: SegmentKey::total(),
                metric: MetricId::Revenue,
                attainment: Some(0.968),
                status: TargetStatus::Missed,
            }),
            n_act: 1,
            n_watch: 2,
            n_explained: 1,
        },
        actions: vec![
            action(Action::AdjustTargeting, "loyal", rule(), -1_892_000),
            action(Action::AdjustServing, "cannot_lose_them", Rule::None, -310_000),
        ],
    }
}

fn delta(comparison: ComparisonId, value: f64, now: f64) -> Delta {
    Delta {
        comparison,
        value: Some(value),
        abs: Some(now - value),
        rel: Some((now - value) / value.abs()),
        level: Level::Ok,
        status: Status::Ok,
        ..Delta::default()
    }
}

fn figure(key: SegmentKey, metric: MetricId, now: f64, before: f64) -> MetricFinding {
    let wave = [0.02, -0.01, 0.015, -0.02, 0.0, 0.01, -0.015, 0.005, 0.02, -0.005, 0.01, 0.0];
    let history = wave.map(|shift| Some(before * (1.0 + shift)));
    MetricFinding {
        key,
        unit: metric.unit(),
        metric,
        value: Some(now),
        n: Some(2_000),
        deltas: vec![delta(ComparisonId::Previous, before, now)],
        history: history.into_iter().chain([Some(now)]).collect(),
        usual: Usual {
            n_runs: 12,
            mean: Some(before),
            lower: Some(before * 0.96),
            upper: Some(before * 1.04),
            status: Status::Ok,
            reason: None,
        },
        level: Level::Ok,
        status: Status::Ok,
        ..MetricFinding::default()
    }
}

fn totals() -> Vec<MetricFinding> {
    let mut revenue = figure(SegmentKey::total(), MetricId::Revenue, 98_417_236.0, 97_120_418.0);
    revenue.target = Some(101_600_000.0);
    revenue.attainment = Some(0.968_673);
    revenue.target_status = TargetStatus::Missed;
    revenue.deltas.push(delta(ComparisonId::SamePeriodLastYear, 95_004_000.0, 98_417_236.0));
    vec![
        revenue,
        figure(SegmentKey::total(), MetricId::Customers, 2_000.0, 1_968.0),
        figure(SegmentKey::scheme(SCHEME), MetricId::StabilityIndex, 0.8692, 0.911),
        figure(SegmentKey::total(), MetricId::Retention, 0.713, 0.722),
    ]
}

fn segment((name, customers, stay, change, _, _): (&str, u64, f64, f64, i128, i128)) -> SegmentFinding {
    let key = SegmentKey::of(SCHEME, name);
    let figure = |metric, now: f64, before| figure(key.clone(), metric, now, before);
    SegmentFinding {
        lineage: if name == "cannot_lose_them" { Lineage::New } else { Lineage::Continues },
        from_segment: (name != "cannot_lose_them").then(|| name.to_owned()),
        jaccard: (name != "cannot_lose_them").then_some(0.87),
        customers,
        share: Some(customers as f64 / 2_000.0),
        stay_rate: Some(stay),
        silhouette: Some(0.41 - change.abs()),
        metrics: vec![
            figure(MetricId::Share, customers as f64 / 2_000.0, customers as f64 / 2_000.0 - 0.003),
            figure(MetricId::Revenue, 10_000_000.0 * (1.0 + change), 10_000_000.0),
            figure(MetricId::RevenuePerCustomer, 47_000.0 * (1.0 + change / 2.0), 47_000.0),
            figure(MetricId::Retention, stay, stay + 0.01),
            figure(MetricId::Satisfaction, 7.9 + change, 8.0),
        ],
        level: if name == "loyal" { Level::Act } else { Level::Ok },
        recommendation: if name == "loyal" { Action::AdjustTargeting } else { Action::Keep },
        key,
    }
}

fn bridge(metric: MetricId, start: i128) -> BridgeFinding {
    let mix: i128 = SEGMENTS.iter().map(|row| row.4).sum();
    let rate: i128 = SEGMENTS.iter().map(|row| row.5).sum();
    let volume = 1_756_818;
    BridgeFinding {
        comparison: ComparisonId::Previous,
        scheme: SCHEME.into(),
        metric,
        start_minor: Some(start),
        end_minor: Some(start + volume + mix + rate),
        volume_minor: Some(volume),
        mix_minor: Some(mix),
        rate_minor: Some(rate),
        rounded_minor: Some(1),
        by_segment: SEGMENTS
            .map(|(segment, _, _, _, mix_minor, rate_minor)| BridgeSegment {
                segment: segment.into(),
                mix_minor,
                rate_minor,
            })
            .into(),
        customer_bridge: Some(serde_json::from_value(customer_bridge()).expect("the fields are those of a bridge")),
        simpson: true,
        status: Status::Ok,
        reason: None,
    }
}

fn customer_bridge() -> serde_json::Value {
    serde_json::json!({
        "new": 2_204_000, "lost": -1_611_000, "stay": 904_000, "move_up": 1_402_000, "move_down": -1_602_182,
        "move_flat": 0, "n_new": 104, "n_lost": 72, "n_stay": 1_648, "n_move_up": 121, "n_move_down": 127,
        "n_move_flat": 0
    })
}

fn missing_bridge() -> BridgeFinding {
    BridgeFinding {
        scheme: SCHEME.into(),
        metric: MetricId::Margin,
        comparison: ComparisonId::Baseline,
        status: Status::Missing,
        reason: Some(Reason::OtherDefinition),
        ..BridgeFinding::default()
    }
}

fn migration() -> MigrationFinding {
    let test = serde_json::json!({ "stat": 21.4, "dof": 4, "p": 0.000_26 });
    let loss = |from: &str, to: &str, customers, before, after| MovedValue {
        from_segment: from.into(),
        to_segment: to.into(),
        customers,
        revenue_before_minor: before,
        revenue_after_minor: after,
    };
    MigrationFinding {
        comparison: ComparisonId::Previous,
        scheme: SCHEME.into(),
        stage: Stage::Total,
        labels: vec!["champions".into(), "loyal".into()],
        matched: vec![vec![200, 14], vec![9, 141]],
        new: vec![3, 11],
        gone: vec![2, 7],
        stability_index: Some(0.869_2),
        moved_share: Some(0.130_8),
        stuart_maxwell: serde_json::from_value(test).expect("the fields are those of a test"),
        losses: vec![
            loss("loyal", "cannot_lose_them", 96, 4_182_000, 1_204_000),
            loss("champions", "loyal", 14, 2_100_000, 1_500_000),
            loss("lost", "no_orders", 4, 10_000, 0),
        ],
        status: Status::Ok,
        ..MigrationFinding::default()
    }
}

fn channel(
    segment: Option<&str>,
    name: &str,
    contacts: u64,
    responses: u64,
    held: Option<(u64, u64)>,
) -> ChannelFinding {
    let rate = responses as f64 / contacts as f64;
    let half = 2.0 * (rate * (1.0 - rate) / contacts as f64).sqrt();
    let uplift = held.map(|(n, answered)| rate - answered as f64 / n as f64);
    ChannelFinding {
        key: segment.map_or_else(SegmentKey::total, |segment| SegmentKey::of(SCHEME, segment)),
        channel: name.into(),
        metric: MetricId::Response,
        contacts,
        responses,
        rate: Some(rate),
        ci_low: Some((rate - half).max(0.0)),
        ci_high: Some(rate + half),
        holdout_contacts: held.map(|held| held.0),
        holdout_responses: held.map(|held| held.1),
        uplift,
        uplift_low: uplift.map(|uplift| uplift - half),
        uplift_high: uplift.map(|uplift| uplift + half),
        uplift_is_effect: name == "email",
        delta: delta(ComparisonId::Previous, rate + 0.01, rate),
        level: Level::Ok,
        status: Status::Ok,
        reason: uplift.is_none().then_some(Reason::NoRandomHoldout),
    }
}

fn drift() -> Vec<DriftFinding> {
    let row = |column: &str, method, value, level| DriftFinding {
        column: column.into(),
        method,
        value: Some(value),
        psi_jeffreys: (method == DriftMethod::Psi).then_some(value * 0.9),
        noise_floor_99: (method == DriftMethod::Psi).then_some(0.021_8),
        threshold_watch: Some(0.1),
        threshold_act: Some(0.25),
        n_ref: 1_968,
        n_cur: 2_000,
        null_share_ref: Some(0.031),
        null_share_cur: Some(if level == Level::Act { 0.094 } else { 0.031 }),
        level,
        status: Status::Ok,
        ..DriftFinding::default()
    };
    vec![
        row("income", DriftMethod::Psi, 0.312, Level::Act),
        row("income", DriftMethod::Ks, 0.088, Level::Watch),
        row("income", DriftMethod::W1, 2_140.0, Level::None),
        row("days_since_last", DriftMethod::Psi, 0.128, Level::Watch),
        row("orders_total", DriftMethod::Psi, 0.031, Level::Ok),
    ]
}

fn fit() -> FitFinding {
    FitFinding {
        scheme: SCHEME.into(),
        silhouette_simplified: Some(0.382),
        silhouette_baseline: Some(0.404),
        silhouette_sampled: Some(0.371),
        sample_size: Some(1_000),
        negative_segments: vec!["hibernating".into()],
        distance_psi: Some(0.061),
        ari_definition: Some(0.963),
        unassigned_share: Some(0.004),
        level: Level::Watch,
        status: Status::Ok,
        ..FitFinding::default()
    }
}

fn alerts() -> Vec<Alert> {
    let alert = |level, segment: &str, metric: MetricId, value: f64, expected: f64| Alert {
        key: format!("value/{segment}|{metric:?}"),
        level,
        family: Family::SegmentKpi,
        segment: SegmentKey::of(SCHEME, segment),
        unit: metric.unit(),
        metric,
        value: Some(value),
        expected: Some(expected),
        lower: Some(expected * 0.97),
        upper: Some(expected * 1.03),
        rel_change: Some((value - expected) / expected),
        money_effect_minor: Some(-1_892_000),
        q: Some(0.000_7),
        triggers: vec![Trigger::Adjusted],
        first_seen_run: "20260501T050009Z-19bc".into(),
        consecutive_runs: 2,
        cause: Cause { hint: CauseHint::CustomersMoved, rule: rule() },
        action: Action::AdjustTargeting,
        ..Alert::default()
    };
    let column = Alert {
        column: Some("income".into()),
        segment: SegmentKey::total(),
        unit: Unit::Number,
        explained_by: Some("data|crm".into()),
        cause: Cause {
            hint: CauseHint::DataIssue,
            rule: Rule::DataCheckFailed {
                check: DataCheck::NullShare,
                input: "crm".into(),
                column: Some("income".into()),
            },
        },
        ..alert(Level::Watch, "x", MetricId::Psi, 0.312, 0.02)
    };
    vec![
        alert(Level::Act, "loyal", MetricId::Revenue, 16_608_000.0, 18_500_000.0),
        alert(Level::Watch, "loyal", MetricId::Retention, 0.711, 0.75),
        Alert { consecutive_runs: 1, ..alert(Level::Watch, "hibernating", MetricId::Silhouette, -0.01, 0.05) },
        column,
    ]
}
