use super::*;
use crate::facts::FitFacts;

fn series() -> SeriesKey {
    SeriesKey { key: SegmentKey::of("value", "loyal"), channel: None, metric: MetricId::Retention }
}

/// A run of the month counted from January 2024, with one retention of segment `loyal`.
fn run(month: u32, value: f64) -> RunFacts {
    let key = SegmentKey::of("value", "loyal");
    RunFacts {
        run_id: format!("r{month:02}"),
        as_of: format!("{}-{:02}-01", 2024 + month / 12, month % 12 + 1),
        definition_version: "1".to_owned(),
        is_accepted: true,
        observations: vec![Observation::new(key, MetricId::Retention, 100, value)],
        labels: [("value".to_owned(), [("loyal".to_owned(), 100)].into())].into(),
        ..RunFacts::default()
    }
}

fn evidence(history: impl IntoIterator<Item = RunFacts>, current: RunFacts) -> Evidence {
    Evidence { history: history.into_iter().collect(), current, ..Evidence::default() }
}

#[test]
fn acknowledged_and_later_runs_stay_out_of_the_baseline() {
    let mut runs: Vec<RunFacts> = (0..5).map(|month| run(month, f64::from(month))).collect();
    runs[1].is_acknowledged = true;
    runs[4].is_accepted = false;
    let evidence = evidence(runs, run(5, 5.0));
    let past = Book::new(&Policy::default(), &evidence).past(&series());
    assert_eq!(past.baseline, [0.0, 2.0, 3.0].map(Some));
    assert_eq!(past.since, [4.0, 5.0].map(Some));
    assert_eq!(past.value(), Some(5.0));
}

#[test]
fn another_definition_starts_the_baseline_anew_unless_it_agrees() {
    let mut current = run(6, 0.5);
    current.definition_version = "2".to_owned();
    let mut evidence = evidence((0..6).map(|month| run(month, 0.6)), current);
    let n_baseline = |evidence: &Evidence| Book::new(&Policy::default(), evidence).past(&series()).baseline.len();
    assert_eq!(n_baseline(&evidence), 0);
    let fit = |ari| FitFacts { scheme: "value".to_owned(), ari_definition: Some(ari), ..FitFacts::default() };
    evidence.fit = vec![fit(0.79)];
    assert_eq!(n_baseline(&evidence), 0);
    evidence.fit = vec![fit(0.81)];
    assert_eq!(n_baseline(&evidence), 6);
}

#[test]
fn yearly_changes_need_two_cycles() {
    // The second year is a tenth above the first, whatever the season.
    let value = |month: u32| f64::from(1 + month % 12) * if month < 12 { 1.0 } else { 1.1 };
    let book_of = |months: u32| evidence((0..months).map(|month| run(month, value(month))), run(months, value(0)));
    let short = book_of(23);
    assert_eq!(Book::new(&Policy::default(), &short).yearly(&series()), None);
    let long = book_of(24);
    let yearly = Book::new(&Policy::default(), &long).yearly(&series()).unwrap();
    assert_eq!(yearly.baseline.len(), 12);
    assert!(yearly.baseline.iter().all(|change| (change.unwrap() - 0.1).abs() < 1e-12));
    // 1.0 after 1.1 in January 2025: −1/11.
    assert!((yearly.value().unwrap() + 1.0 / 11.0).abs() < 1e-12);
}

#[test]
fn small_segments_are_tested_together() {
    let of = |segment: &str, yes| Observation::rate(SegmentKey::of("value", segment), MetricId::Churn, yes, 6);
    let mut current = run(0, 0.5);
    current.labels.insert("value".to_owned(), [("a".to_owned(), 6), ("b".to_owned(), 6), ("c".to_owned(), 60)].into());
    current.observations = vec![of("a", 1), of("b", 2), of("c", 6)];
    let evidence = evidence([], current);
    let book = Book::new(&Policy::default(), &evidence);
    let together = SegmentKey::of("value", SMALL_SEGMENTS);
    assert_eq!(book.now_of(&together, MetricId::Churn), Some(0.25));
    assert!(book.is_small(&SegmentKey::of("value", "a")) && !book.is_small(&SegmentKey::of("value", "c")));
}

#[test]
fn a_lost_channel_counts_as_nothing() {
    let shop = |metric, value| Observation::new(SegmentKey::total(), metric, 50, value).by_channel("shop");
    let web = |value| Observation::new(SegmentKey::total(), MetricId::Orders, 50, value).by_channel("web");
    let month = |month, observations| RunFacts { observations, ..run(month, 0.0) };
    let history = (0..6).map(|k| month(k, vec![shop(MetricId::Orders, 9.0), shop(MetricId::Response, 0.1), web(4.0)]));
    let evidence = evidence(history, month(6, vec![web(4.0)]));
    let book = Book::new(&Policy::default(), &evidence);
    let now = |metric| {
        let channel = Some("shop".to_owned());
        book.now(&SeriesKey { key: SegmentKey::total(), channel, metric }).and_then(|found| found.value)
    };
    assert_eq!((now(MetricId::Orders), now(MetricId::Response)), (Some(0.0), None));
}
