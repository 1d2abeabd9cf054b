//! Text from data stays text, wherever it comes from.

use std::collections::{BTreeMap, BTreeSet};

use scraper::Html;
use segmenta_report::{Report, from_json, render_html, to_json};

use crate::demo;
use crate::page::select;

/// The page of the demo with `text` in every field that holds free text.
fn page_of(report: &Report, text: &str) -> Html {
    let filled = demo::filled_with(report, text);
    Html::parse_document(&render_html(&filled).expect("every report has a page"))
}

/// Elements that could load, run or restyle something.
const ACTIVE: [&str; 26] = [
    "a",
    "animate",
    "audio",
    "base",
    "body",
    "button",
    "embed",
    "form",
    "foreignObject",
    "html",
    "iframe",
    "image",
    "img",
    "input",
    "link",
    "math",
    "meta",
    "object",
    "script",
    "set",
    "source",
    "style",
    "svg",
    "template",
    "use",
    "video",
];

/// How often each active element occurs.
fn active_elements(page: &Html) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    let names = page.tree.nodes().filter_map(|node| Some(node.value().as_element()?.name()));
    for name in names.filter(|name| ACTIVE.contains(name)) {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[test]
fn four_hundred_hostile_strings_add_no_active_node() {
    let report = &demo::monthly_run();
    let plain = page_of(report, "a plain name of some length");
    let expected = &active_elements(&plain);
    let strings = demo::hostile::strings();
    assert_eq!(strings.iter().collect::<BTreeSet<_>>().len(), 400);
    std::thread::scope(|scope| {
        for part in strings.chunks(100) {
            scope.spawn(move || part.iter().for_each(|hostile| assert_harmless(report, hostile, expected)));
        }
    });
}

fn assert_harmless(report: &Report, hostile: &str, expected: &BTreeMap<&str, usize>) {
    let page = page_of(report, hostile);
    assert_eq!(&active_elements(&page), expected, "{hostile:?}");
    assert_harmless_attributes(&page, hostile);
    assert_shown_as_text(&page, hostile);
}

#[test]
fn hostile_strings_come_back_from_json_as_they_were() {
    for hostile in demo::hostile::strings() {
        let filled = demo::filled_with(&demo::monthly_run(), &hostile);
        let text = to_json(&filled).expect("texts are not numbers");
        assert_eq!(from_json(&text).expect("it was just written"), filled, "{hostile:?}");
    }
}

/// No event handler, no inline style, no address but the page's own anchors and the empty icon.
fn assert_harmless_attributes(page: &Html, hostile: &str) {
    for element in page.tree.nodes().filter_map(|node| node.value().as_element()) {
        for (name, value) in element.attrs() {
            assert!(!name.starts_with("on"), "{name} from {hostile:?}");
            assert!(!["style", "srcdoc", "src", "action"].contains(&name), "{name} from {hostile:?}");
            let address = matches!(name, "href" | "xlink:href");
            assert!(!address || value.starts_with('#') || value == "data:,", "{value} from {hostile:?}");
        }
    }
    let comments = page.tree.nodes().filter(|node| node.value().is_comment()).count();
    assert_eq!(comments, 0, "{hostile:?}");
}

/// The segment's name is there letter by letter, but for the characters HTML forbids.
fn assert_shown_as_text(page: &Html, hostile: &str) {
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    // A parser of HTML reads every kind of line end as one line feed.
    let shown = hostile.replace(forbidden, "\u{fffd}").replace("\r\n", "\n").replace('\r', "\n");
    let name: String = select(page, "#segments tbody th bdi")[0].text().collect();
    assert_eq!(name, shown);
    let heading: String = select(page, "h1 bdi")[0].text().collect();
    assert_eq!(heading, shown);
    let column: String = select(page, ".heat th.to bdi")[0].text().collect();
    assert_eq!(column, shown);
}

#[test]
fn the_policy_allows_the_pages_own_style_and_script_and_nothing_else() {
    let html = render_html(&demo::monthly_run()).unwrap();
    let page = Html::parse_document(&html);
    let policy = select(&page, "meta[http-equiv=Content-Security-Policy]")[0].value().attr("content");
    let policy = policy.unwrap().to_owned();
    let hash = policy.split("style-src 'sha256-").nth(1).and_then(|rest| rest.split('\'').next());
    assert_eq!(hash.map(str::len), Some(44));
    let script = policy.split("script-src 'sha256-").nth(1).and_then(|rest| rest.split('\'').next());
    assert_eq!(script.map(str::len), Some(44));
    assert_eq!(
        policy.replace(hash.unwrap(), "STYLE").replace(script.unwrap(), "SCRIPT"),
        "default-src 'none'; style-src 'sha256-STYLE'; script-src 'sha256-SCRIPT'; img-src data:; base-uri 'none'; \
         form-action 'none'"
    );
    assert!(!html.contains("http://") && !html.contains("https://"));
    assert!(select(&page, "[style]").is_empty());
    let scripts = select(&page, "script");
    assert_eq!(scripts.len(), 1);
    let source = scripts[0].inner_html();
    assert!(
        !["innerHTML", "outerHTML", "insertAdjacent", "eval(", "Function(", "fetch("]
            .iter()
            .any(|word| source.contains(word))
    );
}
