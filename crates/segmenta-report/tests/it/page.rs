//! What is on the page, and what it weighs.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};
use segmenta_report::model::*;
use segmenta_report::{Locale, Report, render_html};

use crate::demo;

/// Elements of `page` that match `selector`, in document order.
pub(crate) fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).expect("the selector is valid")).collect()
}

fn parsed(report: &Report) -> Html {
    Html::parse_document(&render_html(report).expect("every report has a page"))
}

/// The text of an element on one line.
fn text(element: &ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Headings and captions, one a line, indented by rank.
fn outline(page: &Html) -> String {
    let line = |element: ElementRef<'_>| {
        let indent = match element.value().name() {
            "h1" => 0,
            "h2" => 1,
            "h3" => 2,
            _ => 3,
        };
        let kind = if element.value().name() == "caption" { "table: " } else { "" };
        format!("{}{kind}{}", "  ".repeat(indent), text(&element))
    };
    let lines = select(page, "h1, h2, h3, h4, caption").into_iter().map(line);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_has_this_outline() {
    insta::assert_snapshot!(outline(&parsed(&demo::monthly_run())));
}

#[test]
fn a_first_run_has_this_outline() {
    insta::assert_snapshot!(outline(&parsed(&demo::first_run())));
}

#[test]
fn the_first_screen_gives_verdict_tiles_actions_and_trust() {
    let page = parsed(&demo::monthly_run());
    let summary = select(&page, ".summary > *").iter().map(text).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(summary);
}

#[test]
fn a_first_run_says_that_there_is_no_baseline_and_prints_no_change() {
    let page = parsed(&demo::first_run());
    for section in ["#movement", "#drift"] {
        let section = text(&select(&page, section)[0]);
        assert!(section.contains("No baseline yet"), "{section}");
    }
    assert!(select(&page, "#movement table, #drift table").is_empty());
    assert!(!text(&select(&page, "#segments")[0]).contains("Change"));
}

#[test]
fn at_most_three_actions_and_twenty_work_items_are_shown() {
    let mut report = demo::monthly_run();
    let action = report.verdict.actions[0].clone();
    report.verdict.actions = vec![action; 9];
    let watched = report.monitoring.take().expect("the demo is monitored");
    let Figure::Known(Strategy { worklist: Some(worklist), .. }) = &mut report.strategy else {
        panic!("the demo has a work list")
    };
    worklist.head = vec![worklist.head[0].clone(); 50];
    let page = parsed(&report);
    assert_eq!(select(&page, ".actions li").len(), 3);
    report.monitoring = Some(watched);
    let actions = &mut report.monitoring.as_mut().expect("it was just put back").findings.verdict.actions;
    *actions = vec![actions[0].clone(); 9];
    assert_eq!(select(&parsed(&report), ".actions li").len(), 3);
    assert_eq!(select(&page, "#served th[scope=row]").iter().filter(|th| text(th) == "10037").count(), 20);
}

#[test]
fn a_held_run_says_why() {
    let mut report = demo::monthly_run();
    report.run.status = RunStatus::Held;
    report.run.status_reason = Some("check `movers` failed".into());
    let page = parsed(&report);
    assert_eq!(text(&select(&page, ".status-reason")[0]), "Held, not published: check `movers` failed");
    assert_eq!(text(&select(&page, ".badge")[0]), "Held, not published");
}

#[test]
fn a_pipeline_that_values_and_serves_nothing_still_has_a_page() {
    let mut report = demo::first_run();
    report.currency = None;
    report.concentration = Figure::missing("the pipeline has no `[valuation]`");
    report.strategy = Figure::missing("the pipeline has no `[strategy]`");
    let none = || Figure::missing("the pipeline has no `[valuation]`");
    report.totals.revenue.current = none();
    report.totals.margin.current = none();
    report.schemes.clear();
    report.checks.clear();
    report.criteria.clear();
    report.sources.clear();
    let page = parsed(&report);
    let said = "Nothing to show: the pipeline has no `[valuation]`.";
    assert!(text(&select(&page, "#worth")[0]).contains(said));
    assert!(text(&select(&page, "#served")[0]).contains("the pipeline has no `[strategy]`"));
}

#[test]
fn every_link_leads_somewhere_on_the_page_and_ids_are_unique() {
    let page = parsed(&demo::monthly_run());
    let ids: Vec<&str> = select(&page, "[id]").iter().filter_map(|e| e.value().id()).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    let links = select(&page, "a[href]");
    assert_eq!(links.len(), 18);
    for link in links {
        let target = link.value().attr("href").and_then(|href| href.strip_prefix('#'));
        assert!(unique.contains(target.expect("links stay on the page")));
    }
    let named = select(&page, "[aria-labelledby]");
    assert!(named.len() > 10);
    for name in named.iter().filter_map(|element| element.value().attr("aria-labelledby")) {
        assert!(name.split(' ').all(|id| unique.contains(id)), "{name}");
    }
}

#[test]
fn tables_have_captions_and_scoped_headings_and_charts_have_names() {
    let page = parsed(&demo::monthly_run());
    let tables = select(&page, "table");
    assert!(tables.len() > 15);
    for table in tables {
        let caption = Selector::parse("caption").unwrap();
        assert_eq!(table.select(&caption).count(), 1);
    }
    assert!(select(&page, "th:not([scope])").is_empty());
    assert_eq!(select(&page, "figure svg > title").len(), 4);
    assert_eq!(select(&page, "figure svg > desc").len(), 3);
    assert_eq!(select(&page, "figure table").len(), 2);
    let silent = select(&page, "svg:not([role=img]):not([aria-hidden=true])");
    assert!(silent.is_empty(), "an SVG is either named or hidden");
    assert_eq!(select(&page, "main").len(), 1);
    assert_eq!(select(&page, "html[lang=en]").len(), 1);
}

#[test]
fn twelve_segments_in_two_schemes_and_thirty_drift_rows_stay_under_half_a_megabyte() {
    let mut report = demo::monthly_run();
    let value = report.schemes[0].clone();
    report.schemes = vec![value.clone(), Scheme { name: "second".into(), ..value }];
    let row = report.drift[0].clone();
    report.drift = vec![row; 30];
    let size = render_html(&report).unwrap().len();
    assert!(size < 500_000, "{size} bytes");
}

#[test]
fn equal_reports_give_equal_bytes() {
    let render = || render_html(&demo::monthly_run()).unwrap();
    assert_eq!(render(), render());
}

#[test]
fn the_page_is_written_in_three_languages() {
    let heading = |language| {
        let page = parsed(&Report { language, ..demo::monthly_run() });
        assert_eq!(select(&page, &format!("html[lang={language}]")).len(), 1);
        parsed(&Report { language, ..demo::first_run() });
        text(&select(&page, "#segments h2")[0])
    };
    assert_eq!(Locale::ALL.map(heading), ["Segments", "Szegmensek", "Segmenty"]);
}

#[test]
fn english_sentences_of_the_run_are_marked_on_a_page_in_another_language() {
    let page = parsed(&Report { language: Locale::Pl, monitoring: None, ..demo::monthly_run() });
    assert_eq!(select(&page, ".actions [lang=en]").len(), 2);
    assert!(select(&parsed(&demo::monthly_run()), "body [lang]").is_empty());
}

#[test]
fn numbers_carry_the_value_they_are_sorted_by() {
    let page = parsed(&Report { language: Locale::Hu, ..demo::monthly_run() });
    let cells = select(&page, "#segments table[data-sortable] tbody td.n[data-sort]");
    assert!(cells.len() > 50);
    for cell in cells {
        let value = cell.value().attr("data-sort").expect("it was selected by it");
        assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{value}");
    }
}

#[test]
fn groups_of_fewer_than_ten_customers_show_no_figure() {
    let report = demo::monthly_run();
    let page = parsed(&report);
    let lost = select(&page, "#segments table:not(:first-of-type) tbody tr, #segments tr")
        .into_iter()
        .map(|row| text(&row))
        .find(|row| row.starts_with("lost") && row.contains("< 10"));
    let lost = lost.expect("the demo has seven lost customers");
    assert!(!lost.contains('€') && !lost.contains('%'), "{lost}");
    let open = Report { smallest_group: None, ..report };
    assert!(!text(&select(&parsed(&open), "#segments")[0]).contains("< 10"));
}

#[test]
fn the_twelve_questions_are_answered_or_name_the_missing_input() {
    let page = parsed(&demo::monthly_run());
    let questions = select(&page, "section[id^=question-]");
    assert_eq!(questions.len(), 12);
    let said: Vec<String> = questions.iter().map(text).collect();
    let missing = said.iter().filter(|answer| answer.contains("Missing: ")).count();
    // Products, needs and problems are not in the data of this shop.
    assert_eq!(missing, 3);
}

#[test]
fn the_verdict_names_figure_change_cause_and_target() {
    let page = parsed(&demo::monthly_run());
    let verdict = text(&select(&page, ".verdict")[0]);
    for part in ["Act Revenue, segment loyal: −6.4%", "customers moved to other segments", "96.8% reached"] {
        assert!(verdict.contains(part), "{verdict}");
    }
}

#[test]
fn explained_alerts_are_folded() {
    let page = parsed(&demo::monthly_run());
    assert_eq!(select(&page, "#alerts > .scroll tbody tr").len(), 3);
    assert_eq!(select(&page, "#alerts details tbody tr").len(), 1);
}
