//! One event at a time: the verdict, its cause with the rule that fired, and the action.

use segmenta_monitor::facts::{
    Affects, ComparisonId, DataCheck, DataFinding, FitFacts, Holdout, Observation, SegmentKey, Stage,
};
use segmenta_monitor::findings::{Action, Alert, AlertState, CauseHint, Family, Level, Lineage, Rule, VerdictLevel};
use segmenta_monitor::{Evidence, MetricId, RunFacts, Status};

use crate::shop::{Month, SCHEME, SEGMENTS, after_a_year, comparison, examined};

/// Every event is told with a few different noises.
const SEEDS: std::ops::Range<u64> = 0..8;

#[test]
fn nothing_happened() {
    let n_months = 40;
    let mut n_watched = 0;
    for seed in 0..n_months {
        let findings = examined(&after_a_year(seed, &Month::default()));
        let verdict = findings.verdict;
        assert!(verdict.level == VerdictLevel::Ok || verdict.level == VerdictLevel::Watch, "{seed}: {verdict:?}");
        assert_eq!((verdict.headline.n_act, verdict.actions.len()), (0, 0), "{seed}: {verdict:?}");
        assert_eq!(verdict.headline.metric.is_some(), verdict.level == VerdictLevel::Watch);
        n_watched += u64::from(verdict.level == VerdictLevel::Watch);
        // 4 segments × 3 figures + 2 totals, and revenue by 3 channels for each segment and in total.
        assert_eq!((findings.tests_run, findings.tests_skipped), (14 + 15, 0));
    }
    // 29 intervals of 99 %, most of whose misses are immaterial.
    assert!(n_watched * 10 <= n_months, "{n_watched} of {n_months} months");
}

#[test]
fn prices_rose() {
    let dearer = Month { spend: Month::default().spend.map(|spend| spend * 1.15), ..Month::default() };
    for seed in SEEDS {
        let verdict = examined(&after_a_year(seed, &dearer)).verdict;
        assert_eq!((verdict.level, verdict.headline.cause), (VerdictLevel::Act, CauseHint::MarketWide), "{seed}");
        let Rule::AllSegmentsTogether { segments: 4, rel_change } = verdict.headline.rule else {
            panic!("{:?}", verdict.headline)
        };
        assert!((rel_change - 0.15).abs() < 0.03);
        assert_eq!(verdict.actions[0].action, Action::UpdateTarget);
    }
}

#[test]
fn the_market_fell() {
    let weak = Month { spend: Month::default().spend.map(|spend| spend * 0.85), ..Month::default() };
    for seed in SEEDS {
        let verdict = examined(&after_a_year(seed, &weak)).verdict;
        let headline = &verdict.headline;
        assert_eq!((verdict.level, headline.cause), (VerdictLevel::Act, CauseHint::MarketWide), "{seed}");
        assert_eq!((&headline.metric, &headline.key), (&Some(MetricId::Revenue), &SegmentKey::total()));
        assert!(headline.money_effect_minor.unwrap() < 0);
        assert_eq!((verdict.actions.len(), verdict.actions[0].action), (1, Action::UpdateTarget));
    }
}

#[test]
fn a_channel_was_lost() {
    let mut lost = Month::default();
    lost.through[0] = 0.0;
    for seed in SEEDS {
        let findings = examined(&after_a_year(seed, &lost));
        let headline = &findings.verdict.headline;
        assert_eq!(headline.cause, CauseHint::Channel, "{seed}: {headline:?}");
        let rule = Rule::ChannelInEverySegment { channel: "mail".to_owned(), segments: 4 };
        assert_eq!(headline.rule, rule);
        let action = &findings.verdict.actions[0];
        assert_eq!((action.action, action.channel.as_deref()), (Action::FixChannel, Some("mail")));
        let serious = findings.alerts.iter().filter(|alert| alert.level == Level::Act);
        let (own, others): (Vec<_>, Vec<_>) = serious.partition(|alert| alert.cause.hint == CauseHint::Channel);
        // Total, segments and channel; among so many one false discovery is within the rate.
        assert!(own.len() >= 10 && others.len() <= 1, "{seed}: {others:#?}");
    }
}

#[test]
fn customers_moved() {
    // 900 loyal customers are occasional now: spending in the segments is as before.
    let mut moved = Month::default();
    moved.customers[2] -= 900.0;
    moved.customers[3] += 900.0;
    for seed in SEEDS {
        let mut evidence = after_a_year(seed, &moved);
        evidence.comparisons =
            vec![comparison(&evidence.history[11], &[(2, 3, 990), (3, 2, 90), (0, 2, 40), (2, 0, 40)])];
        let verdict = examined(&evidence).verdict;
        assert_eq!((verdict.level, verdict.headline.cause), (VerdictLevel::Act, CauseHint::CustomersMoved), "{seed}");
        let Rule::MixDominates { p_stuart_maxwell, from_segment, to_segment, .. } = &verdict.headline.rule else {
            panic!("{:?}", verdict.headline)
        };
        assert!(p_stuart_maxwell.unwrap() < 1e-6);
        assert_eq!((from_segment.as_deref(), to_segment.as_deref()), (Some("loyal"), Some("occasional")));
        assert_eq!(verdict.actions[0].action, Action::AdjustTargeting);
    }
}

#[test]
fn the_cause_of_a_lasting_move_is_remembered() {
    let mut moved = Month::default();
    moved.customers[2] -= 900.0;
    moved.customers[3] += 900.0;
    let mut evidence = after_a_year(1, &moved);
    evidence.comparisons = vec![comparison(&evidence.history[11], &[(2, 3, 990), (3, 2, 90)])];
    let findings = examined(&evidence);
    let mut history = evidence.history;
    history.push(RunFacts { open_alerts: findings.open_alerts, is_accepted: false, ..evidence.current });
    // A month later nobody moves any more, but the customers are still where they went.
    let comparisons = vec![comparison(&history[12], &[(2, 3, 90), (3, 2, 90), (3, 1, 20)])];
    let current = moved.facts(13, &mut crate::simulation::Random(11));
    let verdict = examined(&Evidence { history, current, comparisons, ..Evidence::default() }).verdict;
    assert_eq!((verdict.level, verdict.headline.cause), (VerdictLevel::Act, CauseHint::CustomersMoved));
    assert_eq!((verdict.actions[0].since_run.as_str(), verdict.actions[0].consecutive_runs), ("run-12", 2));
}

#[test]
fn one_segment_performs_worse() {
    let mut worse = Month::default();
    worse.spend[2] *= 0.8;
    for seed in SEEDS {
        let findings = examined(&after_a_year(seed, &worse));
        let headline = &findings.verdict.headline;
        assert_eq!(headline.cause, CauseHint::SegmentPerformsDifferently, "{seed}: {headline:?}");
        let Rule::RateInFewSegments { segments, .. } = &headline.rule else { panic!("{headline:?}") };
        assert_eq!(segments, &["loyal"]);
        assert_eq!(findings.verdict.actions[0].action, Action::AdjustServing);
        let of = |name: &str| findings.segments.iter().find(|found| found.key == SegmentKey::of(SCHEME, name)).unwrap();
        assert_eq!((of("loyal").level, of("loyal").recommendation), (Level::Act, Action::AdjustServing));
        assert!(of("lapsed").level < Level::Watch && of("lapsed").recommendation == Action::Keep);
    }
}

#[test]
fn a_dead_feed_explains_what_it_spoils() {
    // Six in ten amounts are missing, so revenue falls by as much in every segment.
    let spoilt = Month { spend: Month::default().spend.map(|spend| spend * 0.4), ..Month::default() };
    let mut evidence = after_a_year(1, &spoilt);
    evidence.current.data_findings = vec![DataFinding {
        check: DataCheck::NullShare,
        input: "orders".to_owned(),
        column: Some("amount".to_owned()),
        value: Some(0.6),
        expected_low: Some(0.0),
        expected_high: Some(0.05),
        level: Level::Act,
        ..DataFinding::default()
    }];
    let findings = examined(&evidence);
    let headline = &findings.verdict.headline;
    assert_eq!((findings.verdict.level, headline.cause), (VerdictLevel::Act, CauseHint::DataIssue));
    assert_eq!((headline.n_act, headline.metric.as_ref()), (1, Some(&MetricId::DataQuality)));
    let actions: Vec<Action> = findings.verdict.actions.iter().map(|action| action.action).collect();
    assert_eq!(actions, [Action::InvestigateData]);
    let (data, others): (Vec<_>, Vec<_>) = findings.alerts.iter().partition(|alert| alert.family == Family::Data);
    assert!(headline.n_explained > 10 && others.len() as u64 == headline.n_explained);
    assert!(others.iter().all(|alert| alert.explained_by.as_ref() == Some(&data[0].key)));
    // What a broken feed did is no reason to expect it again.
    assert!(findings.open_alerts.iter().all(|open| !open.watched.contains(&true)));
}

#[test]
fn a_new_definition_is_no_change_of_behaviour() {
    // 225 million minor units, as before.
    let redrawn = Month {
        customers: [3_000.0, 1_000.0, 1_000.0, 5_000.0],
        spend: [46_666.7, 2_000.0, 40_000.0, 8_600.0],
        ..Month::default()
    };
    let mut evidence = after_a_year(3, &redrawn);
    evidence.current.definition_version = "2".to_owned();
    let mut scored = evidence.comparisons[0].clone();
    for movement in &mut scored.matched.as_mut().unwrap().movements {
        movement.stage = Stage::Behaviour;
    }
    evidence.comparisons = vec![scored];
    evidence.fit = vec![FitFacts { scheme: SCHEME.to_owned(), ari_definition: Some(0.4), ..FitFacts::default() }];
    let findings = examined(&evidence);
    let alerts: Vec<_> = findings.alerts.iter().map(|alert| (alert.family, alert.cause.hint, alert.level)).collect();
    assert_eq!(alerts, [(Family::Lineage, CauseHint::DefinitionChanged, Level::Watch)]);
    assert_eq!(findings.verdict.headline.rule, Rule::DefinitionsDisagree { ari: Some(0.4) });
    assert!(!findings.comparisons[0].is_comparable);
    // Segments start again, totals do not: customers, revenue and revenue by three channels.
    assert_eq!((findings.tests_run, findings.tests_skipped), (5, 24));
}

#[test]
fn the_segments_no_longer_fit() {
    let mut evidence = after_a_year(4, &Month::default());
    let scheme = SegmentKey::scheme(SCHEME);
    for run in &mut evidence.history {
        run.observations.push(Observation::new(scheme.clone(), MetricId::Silhouette, 10_000, 0.45));
    }
    evidence.fit = vec![FitFacts {
        scheme: SCHEME.to_owned(),
        silhouette_simplified: Some(0.35),
        distance_psi: Some(0.3),
        distance_noise_floor_99: Some(0.01),
        ..FitFacts::default()
    }];
    let findings = examined(&evidence);
    let verdict = &findings.verdict;
    assert_eq!((verdict.level, verdict.headline.cause), (VerdictLevel::Watch, CauseHint::SegmentsNoLongerFit));
    assert_eq!(verdict.actions[0].action, Action::ReviewSegmentation);
    assert_eq!(findings.fit[0].level, Level::Watch);
}

#[test]
fn a_treatment_without_effect_is_said_after_two_runs() {
    let add = |run: &mut RunFacts, responses| {
        let mut response = Observation::rate(SegmentKey::of(SCHEME, SEGMENTS[2]), MetricId::Response, responses, 2_000);
        response.holdout = Some(Holdout { n: 1_000, successes: 100, is_random: true });
        run.observations.push(response.by_channel("mail"));
    };
    // 10 % respond without the mail; of the treated 15 % did two runs ago, 10.1 % did since.
    let mut evidence = after_a_year(5, &Month::default());
    add(&mut evidence.history[10], 300);
    add(&mut evidence.current, 202);
    assert_eq!(examined(&evidence).verdict.level, VerdictLevel::Ok);
    add(&mut evidence.history[11], 202);
    let headline = examined(&evidence).verdict.headline;
    assert_eq!(headline.cause, CauseHint::NoEffect);
    assert!(matches!(headline.rule, Rule::NoUplift { runs: 2, lower } if lower <= 0.0));
}

#[test]
fn a_peak_as_last_year_is_no_alarm() {
    let peak = Month { spend: Month::default().spend.map(|spend| spend * 1.5), ..Month::default() };
    let mut evidence = after_a_year(6, &peak);
    // The month a year ago was as high, and is not part of what is usual.
    let mut random = crate::simulation::Random(60);
    evidence.history[0] = RunFacts { is_accepted: false, ..peak.facts(0, &mut random) };
    let findings = examined(&evidence);
    assert_eq!(findings.verdict.level, VerdictLevel::Ok);
    let total = findings.alerts.iter().find(|alert| alert.key == "/*|revenue|baseline|up").unwrap();
    assert_eq!((total.level, total.cause.hint), (Level::Info, CauseHint::Seasonal));
}

/// Two years with a peak in December that is twice an ordinary month; then a third peak.
#[test]
fn seasonal_figures_are_judged_by_the_change_over_the_year() {
    let of = |month: usize, factor: f64| {
        let season = if month % 12 == 11 { 2.0 } else { 1.0 };
        Month { spend: Month::default().spend.map(|spend| spend * season * factor), ..Month::default() }
    };
    let mut random = crate::simulation::Random(80);
    let history: Vec<RunFacts> = (0..35).map(|month| of(month, 1.0).facts(month, &mut random)).collect();
    let revenue = |factor: f64, random: &mut crate::simulation::Random| {
        let current = of(35, factor).facts(35, random);
        let findings = examined(&Evidence { history: history.clone(), current, ..Evidence::default() });
        let key = |alert: &&Alert| alert.metric == MetricId::Revenue && alert.segment == SegmentKey::total();
        findings.alerts.iter().filter(|alert| alert.channel.is_none()).find(key).cloned()
    };
    assert_eq!(revenue(1.0, &mut random), None);
    // 20 % below the peak of last year is still far above an ordinary month.
    let weak = revenue(0.8, &mut random).unwrap();
    assert_eq!((weak.level, weak.comparison), (Level::Act, ComparisonId::SamePeriodLastYear));
    assert!((weak.rel_change.unwrap() + 0.2).abs() < 0.03);
}

#[test]
fn a_short_history_gives_no_verdict_but_a_broken_input_does() {
    let mut evidence = after_a_year(9, &Month::default());
    let judged = examined(&evidence);
    assert!(!judged.joins_baseline && judged.segments.iter().all(|segment| segment.level != Level::None));
    evidence.history.truncate(5);
    evidence.comparisons.clear();
    let findings = examined(&evidence);
    assert_eq!((findings.verdict.level, findings.joins_baseline), (VerdictLevel::NoVerdict, true));
    assert!(findings.segments.iter().all(|segment| segment.level == Level::None));
    let rows = DataFinding { check: DataCheck::RowCount, level: Level::Act, ..DataFinding::default() };
    evidence.current.data_findings = vec![DataFinding { affects: Affects::Everything, ..rows }];
    let findings = examined(&evidence);
    assert_eq!((findings.verdict.level, findings.joins_baseline), (VerdictLevel::Act, false));
}

#[test]
fn a_new_segment_of_size_is_watched_and_has_no_past() {
    let mut evidence = after_a_year(10, &Month::default());
    let labels = evidence.current.labels.get_mut(SCHEME).unwrap();
    labels.insert("students".to_owned(), 600);
    let key = SegmentKey::of(SCHEME, "students");
    evidence.current.observations.push(Observation::new(key.clone(), MetricId::Customers, 600, 600.0));
    let findings = examined(&evidence);
    let alert = findings.alerts.iter().find(|alert| alert.segment == key).unwrap();
    assert_eq!((alert.family, alert.level), (Family::Lineage, Level::Watch));
    let students = findings.segments.iter().find(|found| found.key == key).unwrap();
    assert_eq!((students.lineage, students.metrics[0].level), (Lineage::New, Level::None));
    let delta = &students.metrics[0].deltas[0];
    assert_eq!((delta.comparison, delta.rel, delta.status), (ComparisonId::Previous, None, Status::Missing));
}

/// Two months in a row with a fall of a tenth in one segment, then two as before.
#[test]
fn an_alert_keeps_its_identity_and_closes() {
    let key = "value/loyal|revenue_per_customer|baseline|down";
    let mut worse = Month::default();
    worse.spend[2] *= 0.93;
    let mut evidence = after_a_year(7, &worse);
    let mut seen = Vec::new();
    let mut random = crate::simulation::Random(70);
    let months = [&worse, &Month::default(), &Month::default(), &Month::default()];
    for (k, next) in months.into_iter().enumerate() {
        let findings = examined(&evidence);
        let alert = findings.alerts.iter().find(|alert| alert.key == key);
        seen.push(alert.map(|alert| (alert.state, alert.consecutive_runs, alert.first_seen_run.clone())));
        let mut history = evidence.history;
        history.push(RunFacts { open_alerts: findings.open_alerts, is_accepted: false, ..evidence.current });
        evidence = Evidence { history, current: next.facts(13 + k, &mut random), ..Evidence::default() };
    }
    let first = |state, runs| Some((state, runs, "run-12".to_owned()));
    assert_eq!(
        seen,
        [first(AlertState::New, 1), first(AlertState::Repeated, 2), first(AlertState::Recovering, 0), None,]
    );
}

#[test]
fn findings_are_plain_json_and_do_not_depend_on_the_order_of_observations() {
    let mut worse = Month::default();
    worse.spend[2] *= 0.8;
    let mut evidence = after_a_year(2, &worse);
    let text = serde_json::to_string(&examined(&evidence)).unwrap();
    evidence.current.observations.reverse();
    evidence.history.iter_mut().for_each(|run| run.observations.reverse());
    assert_eq!(serde_json::to_string(&examined(&evidence)).unwrap(), text);
    let read: segmenta_monitor::Findings = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert_eq!(read, examined(&evidence)); // no NaN became a null
    assert_eq!(serde_json::from_str::<segmenta_monitor::Findings>("{}").unwrap(), Default::default());
    let facts = serde_json::to_string(&evidence.current).unwrap();
    assert_eq!(serde_json::from_str::<RunFacts>(&facts).unwrap(), evidence.current);
}
