//! Text from data stays text, wherever it comes from.

use std::collections::BTreeMap;

use scraper::Html;
use segmenta_report::{Report, render_html};
use serde_json::Value;

use crate::demo;
use crate::page::select;

/// Strings that would do something if they were taken for markup, script, style or template.
const PAYLOADS: [&str; 30] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "<body onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><input name=q autofocus onfocus=alert(1)>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "{{ 7 * 7 }}{% include 'x' %}{# x #}",
    "{n} {share} {reason}",
    "javascript:alert(1)",
    "&lt;script&gt;&#60;script&#62;&#x3c;script&#x3e;",
    "\u{202e}tpircs\u{2066}\u{2028}\u{2029}",
    "\u{0}\u{1}\u{8}\u{1b}[31m\u{7f}\u{9b}",
    "=cmd|' /C calc'!A0",
    "x' onmouseover='alert(1)' y=\"z\" onfocus=\"alert(1)",
];

/// What a payload may be put behind to leave the place it was written to.
const OPENINGS: [&str; 10] =
    ["", "\"", "'", "\">", "'>", "-->", "</title>", "</style>", "</desc></svg>", "</table></bdi>"];

/// Keys whose strings are chosen by us, not by data.
const NOT_FREE: [&str; 11] = [
    "schema_version",
    "language",
    "status",
    "level",
    "kind",
    "method",
    "band",
    "outcome",
    "unit",
    "margin_floor",
    "bad_rows",
];

/// The demo report as JSON, two entries of every list.
fn short_report() -> Value {
    let mut json = serde_json::to_value(demo::monthly_run()).expect("the demo is finite");
    shorten(&mut json);
    json
}

fn shorten(value: &mut Value) {
    match value {
        Value::Array(entries) => {
            entries.truncate(2);
            entries.iter_mut().for_each(shorten);
        }
        Value::Object(fields) => fields.iter_mut().for_each(|(_, field)| shorten(field)),
        _ => {}
    }
}

/// The page of `report` with `text` in every field that holds free text.
fn page_of(report: &Value, text: &str) -> Html {
    let mut json = report.clone();
    replace_texts(&mut json, text);
    let report: Report = serde_json::from_value(json).expect("only free text was replaced");
    Html::parse_document(&render_html(&report).expect("every report has a page"))
}

/// Puts `text` into every free string below `value`.
fn replace_texts(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => *old = text.to_owned(),
        Value::Array(entries) => {
            entries.truncate(2);
            entries.iter_mut().for_each(|entry| replace_texts(entry, text));
        }
        Value::Object(fields) => {
            let free = fields.iter_mut().filter(|(key, _)| !NOT_FREE.contains(&key.as_str()));
            free.for_each(|(_, field)| replace_texts(field, text));
        }
        _ => {}
    }
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
fn three_hundred_hostile_strings_add_no_active_node() {
    let report = &short_report();
    let plain = page_of(report, "a plain name of some length");
    let expected = &active_elements(&plain);
    std::thread::scope(|scope| {
        for opening in OPENINGS {
            scope.spawn(move || payloads_behind(opening, report, expected));
        }
    });
    assert_eq!(OPENINGS.len() * PAYLOADS.len(), 300);
}

fn payloads_behind(opening: &str, report: &Value, expected: &BTreeMap<&str, usize>) {
    for payload in PAYLOADS {
        let hostile = format!("{opening}{payload}");
        let page = page_of(report, &hostile);
        assert_eq!(&active_elements(&page), expected, "{hostile:?}");
        assert_harmless_attributes(&page, &hostile);
        assert_shown_as_text(&page, &hostile);
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
    let shown = hostile.replace(forbidden, "\u{fffd}");
    let name: String = select(page, "#segments tbody th bdi")[0].text().collect();
    assert_eq!(name, shown);
    let heading: String = select(page, "h1 bdi")[0].text().collect();
    assert_eq!(heading, shown);
    let column: String = select(page, ".heat th.to bdi")[0].text().collect();
    assert_eq!(column, shown);
}

#[test]
fn the_policy_allows_the_pages_own_style_and_nothing_else() {
    let html = render_html(&demo::monthly_run()).unwrap();
    let page = Html::parse_document(&html);
    let policy = select(&page, "meta[http-equiv=Content-Security-Policy]")[0].value().attr("content");
    let policy = policy.unwrap().to_owned();
    let hash = policy.split("style-src 'sha256-").nth(1).and_then(|rest| rest.split('\'').next());
    assert_eq!(hash.map(str::len), Some(44));
    assert_eq!(
        policy.replace(hash.unwrap(), "HASH"),
        "default-src 'none'; style-src 'sha256-HASH'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    assert!(!html.contains("http://") && !html.contains("https://"));
    assert!(select(&page, "[style]").is_empty());
    assert!(select(&page, "script").is_empty());
}
