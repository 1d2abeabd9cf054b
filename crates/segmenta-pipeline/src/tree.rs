//! The file's values with their places, after params and variables are put in.

use indexmap::IndexMap;
use toml::de::{DeTable, DeValue};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::model::Span;
use crate::substitute::Substitution;

/// A value and where it stands. For `[a.b]` that is the header.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    String(Text),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// As written, which is RFC 3339 or its date or time part.
    Datetime(String),
    Array(Vec<Value>),
    Table(Table),
    /// Already reported; whoever reads it says nothing more.
    Faulty,
}

/// Text and where it stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// Byte offset in the file, if the text stands there letter by letter.
    pub(crate) start: Option<usize>,
}

/// Keys in file order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) entries: IndexMap<String, Entry>,
}

/// One key of a table.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Span,
    pub(crate) value: Value,
}

impl Entry {
    /// The place to point at for the whole thing: the `[header]`, or the key of an inline table.
    pub(crate) fn header(&self) -> Span {
        if self.value.span.start < self.key.start { self.value.span.clone() } else { self.key.clone() }
    }
}

impl Value {
    /// What it is, in a sentence.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::String(_) => "text",
            Kind::Integer(_) => "a whole number",
            Kind::Float(_) => "a number",
            Kind::Boolean(_) => "true or false",
            Kind::Datetime(_) => "a date",
            Kind::Array(_) => "a list",
            Kind::Table(_) => "a table",
            Kind::Faulty => "a faulty value",
        }
    }

    /// The place of a part of a text value, given as byte range of the text.
    pub(crate) fn part(&self, part: &Span) -> Span {
        match &self.kind {
            Kind::String(Text { start: Some(start), .. }) => start + part.start..start + part.end,
            _ => self.span.clone(),
        }
    }
}

/// Copies parsed TOML into a [`Table`], replacing `${…}` in text.
pub(crate) struct Builder<'a> {
    pub(crate) source: &'a str,
    pub(crate) substitution: &'a Substitution<'a>,
    pub(crate) problems: &'a mut Vec<Diagnostic>,
}

impl Builder<'_> {
    /// The whole file. `[params]` and `[meta]` stay unread: the one is known already, the other free.
    pub(crate) fn root(&mut self, document: &DeTable<'_>) -> Table {
        let entries = document.iter().map(|(key, value)| {
            let name = key.get_ref().to_string();
            let value = match name.as_str() {
                "params" | "meta" => Value { span: value.span(), kind: Kind::Faulty },
                _ => self.value(value.get_ref(), value.span()),
            };
            (name, Entry { key: key.span(), value })
        });
        Table { entries: entries.collect() }
    }

    fn table(&mut self, table: &DeTable<'_>) -> Table {
        let entries = table.iter().map(|(key, value)| {
            let entry = Entry { key: key.span(), value: self.value(value.get_ref(), value.span()) };
            (key.get_ref().to_string(), entry)
        });
        Table { entries: entries.collect() }
    }

    /// One value.
    pub(crate) fn value(&mut self, value: &DeValue<'_>, span: Span) -> Value {
        let kind = match value {
            DeValue::String(text) => self.text(text, &span),
            DeValue::Integer(integer) => self.integer(integer.as_str(), integer.radix(), &span),
            DeValue::Float(float) => float.as_str().parse().map_or(Kind::Faulty, Kind::Float),
            DeValue::Boolean(boolean) => Kind::Boolean(*boolean),
            DeValue::Datetime(datetime) => Kind::Datetime(datetime.to_string()),
            DeValue::Array(values) => {
                Kind::Array(values.iter().map(|value| self.value(value.get_ref(), value.span())).collect())
            }
            DeValue::Table(table) => Kind::Table(self.table(table)),
        };
        Value { span, kind }
    }

    fn text(&mut self, text: &str, span: &Span) -> Kind {
        let text = Text { start: verbatim_start(self.source, span, text), text: text.to_owned() };
        match self.substitution.apply(text, span) {
            Ok(kind) => kind,
            Err(problems) => {
                self.problems.extend(problems);
                Kind::Faulty
            }
        }
    }

    fn integer(&mut self, digits: &str, radix: u32, span: &Span) -> Kind {
        i64::from_str_radix(digits, radix).map_or_else(
            |_| {
                let problem = Diagnostic::error(Code::OutOfRange, "the number has too many digits");
                self.problems.push(problem.at(span, "whole numbers are 64-bit"));
                Kind::Faulty
            },
            Kind::Integer,
        )
    }
}

/// Where `text` starts in the file, if the quoted value at `span` holds it without escapes.
fn verbatim_start(source: &str, span: &Span, text: &str) -> Option<usize> {
    let written = source.get(span.clone())?;
    ["\"\"\"\n", "\"\"\"", "'''\n", "'''", "\"", "'"].into_iter().find_map(|quote| {
        let rest = written.strip_prefix(quote)?.strip_prefix(text)?;
        (rest == quote.trim_end()).then_some(span.start + quote.len())
    })
}
