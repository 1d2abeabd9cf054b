//! The page: templates, style sheet and texts put together.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, HtmlEscape, Output, State, UndefinedBehavior, context};
use sha2::{Digest, Sha256};

use crate::view::Page;
use crate::{Error, Locale, Report, texts};

const STYLE: &str = include_str!("templates/page.css");
const SCRIPT: &str = include_str!("templates/page.js");

/// Sections after the first screen, in page order: template, anchor and catalogue key at once.
const SECTIONS: [&str; 17] = [
    "segments",
    "worth",
    "figures",
    "why",
    "movement",
    "channels",
    "served",
    "fit",
    "drift",
    "alerts",
    "checks",
    "questions",
    "cards",
    "criteria",
    "intake",
    "provenance",
    "glossary",
];

const TEMPLATES: [(&str, &str); 22] = [
    ("page.html.jinja", include_str!("templates/page.html.jinja")),
    ("macros.html.jinja", include_str!("templates/macros.html.jinja")),
    ("watched.html.jinja", include_str!("templates/watched.html.jinja")),
    ("inputs.html.jinja", include_str!("templates/inputs.html.jinja")),
    ("summary.html.jinja", include_str!("templates/summary.html.jinja")),
    ("segments.html.jinja", include_str!("templates/segments.html.jinja")),
    ("worth.html.jinja", include_str!("templates/worth.html.jinja")),
    ("figures.html.jinja", include_str!("templates/figures.html.jinja")),
    ("why.html.jinja", include_str!("templates/why.html.jinja")),
    ("movement.html.jinja", include_str!("templates/movement.html.jinja")),
    ("channels.html.jinja", include_str!("templates/channels.html.jinja")),
    ("served.html.jinja", include_str!("templates/served.html.jinja")),
    ("fit.html.jinja", include_str!("templates/fit.html.jinja")),
    ("drift.html.jinja", include_str!("templates/drift.html.jinja")),
    ("alerts.html.jinja", include_str!("templates/alerts.html.jinja")),
    ("checks.html.jinja", include_str!("templates/checks.html.jinja")),
    ("questions.html.jinja", include_str!("templates/questions.html.jinja")),
    ("cards.html.jinja", include_str!("templates/cards.html.jinja")),
    ("criteria.html.jinja", include_str!("templates/criteria.html.jinja")),
    ("intake.html.jinja", include_str!("templates/intake.html.jinja")),
    ("provenance.html.jinja", include_str!("templates/provenance.html.jinja")),
    ("glossary.html.jinja", include_str!("templates/glossary.html.jinja")),
];

/// The report as one HTML page that needs no other file and no network.
///
/// Every text of the report is escaped, and a content security policy refuses everything but the
/// page's own style sheet and script. The script sorts tables and shows tooltips; the page is
/// complete without it. Equal reports give equal bytes.
///
/// # Errors
/// [`Error::Render`] if a template does not fit the model, which no report can cause.
pub fn render_html(report: &Report) -> Result<String, Error> {
    let page = ENVIRONMENT.get_template("page.html.jinja")?;
    let html = page.render(context! {
        report => Value::from(Serde(report)),
        page => Value::from(Serde(Page::new(report))),
        t => Value::from(Serde(texts::of(report.language))),
        sections => SECTIONS,
        style => STYLE,
        style_hash => policy_hash(STYLE),
        script => SCRIPT,
        script_hash => policy_hash(SCRIPT),
    })?;
    Ok(html)
}

/// The templates, parsed once.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| environment().expect("the templates are valid"));

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(write_clean);
    environment.add_filter("fill", fill);
    environment.add_filter("breakable", breakable);
    environment.add_filter("said", said);
    environment.add_filter("counted", counted);
    environment.add_filter("filled", filled);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Escapes like the default formatter, after replacing control characters, which HTML forbids.
fn write_clean(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() && text.contains(is_forbidden) => {
            minijinja::escape_formatter(out, state, &Value::from(clean(text)))
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// A name that may break after each underscore, for narrow columns; escaped.
fn breakable(name: &str) -> Value {
    let escaped = HtmlEscape(&clean(name)).to_string();
    Value::from_safe_string(escaped.replace('_', "_<wbr>"))
}

fn clean(text: &str) -> String {
    text.replace(is_forbidden, "\u{fffd}")
}

/// Control characters other than tab and line ends.
fn is_forbidden(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n' | '\r')
}

/// Puts numbers and names into a sentence of the catalogue: `{{ "{n} rows" | fill(n=3) }}`.
///
/// A part that is markup already, as the output of a macro is, makes the whole sentence markup;
/// everything else in it is escaped then.
fn fill(sentence: &str, parts: Kwargs) -> Result<Value, minijinja::Error> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| unclosed(sentence))?;
        let part: Value = parts.get(name)?;
        if part.kind() == ValueKind::None {
            return Err(minijinja::Error::new(ErrorKind::InvalidOperation, format!("`{name}` is none")));
        }
        pieces.extend([Value::from(before), part]);
        rest = after;
    }
    pieces.push(Value::from(rest));
    parts.assert_all_used()?;
    Ok(joined(&pieces))
}

fn joined(pieces: &[Value]) -> Value {
    if !pieces.iter().any(Value::is_safe) {
        return Value::from(pieces.iter().map(Value::to_string).collect::<String>());
    }
    let escaped = |piece: &Value| match piece.is_safe() {
        true => piece.to_string(),
        false => HtmlEscape(&clean(&piece.to_string())).to_string(),
    };
    Value::from_safe_string(pieces.iter().map(escaped).collect())
}

/// Like `fill`, with the parts in a map: `{{ t.rules.fit_fell | filled(rule.parts) }}`.
fn filled(sentence: &str, parts: &Value) -> Result<Value, minijinja::Error> {
    let parts = parts.try_iter()?.map(|name| Ok((name.to_string(), parts.get_item(&name)?)));
    fill(sentence, parts.collect::<Result<Kwargs, minijinja::Error>>()?)
}

fn unclosed(sentence: &str) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, format!("unclosed brace in `{sentence}`"))
}

/// A phrase of the model in the page's language: `{{ figure.reason | said }}`.
fn said(state: &State<'_, '_>, english: &str) -> Result<String, minijinja::Error> {
    Ok(texts::phrase(locale(state)?, english).to_owned())
}

/// The sentence of the form that goes with a count: `{{ t.moves | counted(3) | fill(n="3") }}`.
fn counted(state: &State<'_, '_>, forms: &Value, n: u64) -> Result<Value, minijinja::Error> {
    forms.get_attr(locale(state)?.plural_form(n))
}

/// The page's language, by the catalogue it is rendered with.
fn locale(state: &State<'_, '_>) -> Result<Locale, minijinja::Error> {
    let language = state.lookup("t").map(|t| t.get_attr("language")).transpose()?;
    let locale = language.and_then(|name| name.as_str().and_then(|name| name.parse().ok()));
    locale.ok_or_else(|| minijinja::Error::new(ErrorKind::UndefinedError, "the catalogue names no language"))
}

/// The hash of an inline style sheet or script as a content security policy wants it.
fn policy_hash(inline: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(inline)))
}
