//! Findings as the examination gives them, not as the demo has them.

use scraper::Html;
use segmenta_monitor::facts::{Comparison, ComparisonId, Observation, SegmentKey};
use segmenta_monitor::{Evidence, MetricId, Policy, RunFacts, examine};
use segmenta_report::model::Monitoring;
use segmenta_report::{Locale, Report, from_json, render_html, to_json};

use crate::demo;
use crate::page::select;

/// A month's facts: revenue of all customers and of two segments, in minor units.
fn month(index: u32, loyal_minor: i128) -> RunFacts {
    let noise = i128::from(index * 7 % 5) * 10_000;
    let revenue = |key, amount: i128| Observation::money(key, MetricId::Revenue, 1_000, amount + noise, 0);
    RunFacts {
        run_id: format!("run-{index:02}"),
        as_of: format!("{}-{:02}-01", 2025 + index / 12, index % 12 + 1),
        definition_version: "1".into(),
        is_accepted: index < 13,
        customers: 2_000,
        currency: "EUR".into(),
        observations: vec![
            revenue(SegmentKey::total(), loyal_minor + 40_000_000),
            revenue(SegmentKey::of("value", "loyal"), loyal_minor),
            revenue(SegmentKey::of("value", "lost"), 40_000_000),
        ],
        ..RunFacts::default()
    }
}

/// Thirteen like months, then one in which a segment loses a third.
fn evidence() -> Evidence {
    let comparison = Comparison { id: ComparisonId::Previous, run_id: "run-12".into(), matched: None };
    Evidence {
        current: month(13, 40_000_000),
        history: (0..13).map(|index| month(index, 60_000_000)).collect(),
        comparisons: vec![comparison],
        ..Evidence::default()
    }
}

fn report(evidence: &Evidence, language: Locale) -> Report {
    let findings = examine(evidence, &Policy::default());
    let monitoring = Some(Monitoring { findings, ..Monitoring::default() });
    Report { monitoring, language, ..demo::monthly_run() }
}

#[test]
fn what_an_examination_finds_has_a_page_and_comes_back_from_json() {
    for language in Locale::ALL {
        for evidence in [Evidence::default(), evidence()] {
            let report = report(&evidence, language);
            render_html(&report).expect("every report has a page");
            let text = to_json(&report).expect("findings are finite");
            assert_eq!(from_json(&text).expect("it was just written"), report);
        }
    }
}

#[test]
fn a_segment_that_loses_a_third_is_in_the_first_sentence() {
    let page = Html::parse_document(&render_html(&report(&evidence(), Locale::En)).expect("every report has a page"));
    let verdict: String = select(&page, ".verdict")[0].text().collect();
    assert!(verdict.contains("Revenue"), "{verdict}");
    assert!(!select(&page, "#alerts tbody tr").is_empty());
}
