//! Typed access to the keys of one table, which remembers what it was asked for.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::model::Span;
use crate::suggest::{did_you_mean, listed, similar};
use crate::tree::{Entry, Kind, Table, Text, Value};

/// Mistakes found so far.
pub(crate) type Problems = Vec<Diagnostic>;

/// The keys of one table. [`Fields::finish`] reports those nobody asked for.
pub(crate) struct Fields<'t> {
    table: &'t Table,
    /// Where the table starts.
    pub(crate) span: Span,
    /// What it is, in a sentence: ``criterion `rfm` ``.
    pub(crate) owner: String,
    known: Vec<&'static str>,
}

/// A key that is there.
#[derive(Clone, Copy)]
pub(crate) struct Field<'t> {
    pub(crate) key: &'t str,
    pub(crate) entry: &'t Entry,
}

impl<'t> Fields<'t> {
    /// The keys of `table`, which stands at `span`.
    pub(crate) fn new(table: &'t Table, span: Span, owner: impl Into<String>) -> Self {
        Self { table, span, owner: owner.into(), known: Vec::new() }
    }

    /// The key, if it is there.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Field<'t>> {
        self.known.push(key);
        self.table.entries.get(key).map(|entry| Field { key, entry })
    }

    /// The key, or a report that it is missing.
    pub(crate) fn required(&mut self, key: &'static str, problems: &mut Problems) -> Option<Field<'t>> {
        let field = self.optional(key);
        if field.is_none() {
            problems.push(self.missing(key));
        }
        field
    }

    /// That `key` is missing.
    pub(crate) fn missing(&self, key: &str) -> Diagnostic {
        Diagnostic::error(Code::MissingKey, format!("{} has no `{key}`", self.owner))
            .at(&self.span, format!("`{key}` is required"))
    }

    /// Whether the key is there, asked for or not.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.entries.contains_key(key)
    }

    /// The keys nobody asked for so far.
    pub(crate) fn rest(&self) -> impl Iterator<Item = Field<'t>> {
        let unknown = |(key, _): &(&'t String, &'t Entry)| !self.known.contains(&key.as_str());
        self.table.entries.iter().filter(unknown).map(|(key, entry)| Field { key, entry })
    }

    /// Reports the keys nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for field in self.rest() {
            let suggestion = similar(field.key, self.known.iter().copied());
            problems.push(
                Diagnostic::error(Code::UnknownKey, format!("unknown key `{}` in {}", field.key, self.owner))
                    .at(&field.entry.key, did_you_mean(suggestion, "nothing reads it"))
                    .hint(format!("it takes {}", listed(self.known.iter().copied(), 24))),
            );
        }
    }
}

impl<'t> Field<'t> {
    /// Where the value stands.
    pub(crate) fn span(&self) -> &'t Span {
        &self.entry.value.span
    }

    /// The value.
    pub(crate) fn value(&self) -> &'t Value {
        &self.entry.value
    }

    /// That the value has another type than `wanted`; nothing for a value reported before.
    pub(crate) fn wrong_type(&self, wanted: &str, problems: &mut Problems) {
        wrong_type(self.key, self.value(), wanted, problems);
    }

    /// Text, which may be empty.
    pub(crate) fn text(&self, problems: &mut Problems) -> Option<&'t Text> {
        if let Kind::String(text) = &self.value().kind {
            return Some(text);
        }
        self.wrong_type("text in quotes", problems);
        None
    }

    /// Text that is not blank.
    pub(crate) fn word(&self, problems: &mut Problems) -> Option<&'t str> {
        let text = &self.text(problems)?.text;
        if text.trim().is_empty() {
            let problem = Diagnostic::error(Code::EmptyValue, format!("`{}` is empty", self.key));
            problems.push(problem.at(self.span(), "leave the key out, or fill it in"));
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        if let Kind::Boolean(boolean) = self.value().kind {
            return Some(boolean);
        }
        self.wrong_type("true or false", problems);
        None
    }

    /// A whole number of at least `least`.
    pub(crate) fn whole(&self, least: i64, problems: &mut Problems) -> Option<i64> {
        let Kind::Integer(integer) = self.value().kind else {
            self.wrong_type("a whole number", problems);
            return None;
        };
        if integer < least {
            self.out_of_range(&format!("at least {least}"), problems);
            return None;
        }
        Some(integer)
    }

    /// A number of any sign.
    pub(crate) fn number(&self, problems: &mut Problems) -> Option<f64> {
        match self.value().kind {
            Kind::Integer(integer) => Some(integer as f64),
            Kind::Float(float) if float.is_finite() => Some(float),
            _ => {
                self.wrong_type("a finite number", problems);
                None
            }
        }
    }

    /// A number outside what the key allows.
    pub(crate) fn out_of_range(&self, wanted: &str, problems: &mut Problems) {
        let problem = Diagnostic::error(Code::OutOfRange, format!("`{}` must be {wanted}", self.key));
        problems.push(problem.at(self.span(), format!("not {wanted}")));
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)], problems: &mut Problems) -> Option<T> {
        let word = &self.text(problems)?.text;
        let found = choices.iter().find(|(name, _)| name == word);
        if found.is_none() {
            problems.push(unknown_choice(self.key, word, self.span(), choices.iter().map(|(name, _)| *name)));
        }
        found.map(|(_, choice)| *choice)
    }

    /// A table, inline or with a header of its own.
    pub(crate) fn table(&self, problems: &mut Problems) -> Option<&'t Table> {
        if let Kind::Table(table) = &self.value().kind {
            return Some(table);
        }
        self.wrong_type("a table", problems);
        None
    }

    /// The keys of a table.
    pub(crate) fn fields(&self, owner: impl Into<String>, problems: &mut Problems) -> Option<Fields<'t>> {
        self.table(problems).map(|table| Fields::new(table, self.entry.header(), owner))
    }

    /// A list, each element with the key's name.
    pub(crate) fn list(&self, problems: &mut Problems) -> Option<&'t [Value]> {
        if let Kind::Array(values) = &self.value().kind {
            return Some(values);
        }
        self.wrong_type("a list", problems);
        None
    }

    /// A list of texts, with their values for places. With faulty elements, the others.
    pub(crate) fn texts(&self, problems: &mut Problems) -> Option<Vec<(&'t str, &'t Value)>> {
        self.list(problems).map(|values| texts_of(self.key, values, problems))
    }

    /// A list that holds at least one text.
    pub(crate) fn some_texts(&self, problems: &mut Problems) -> Option<Vec<(&'t str, &'t Value)>> {
        let values = self.list(problems)?;
        if values.is_empty() {
            let problem = Diagnostic::error(Code::EmptyValue, format!("`{}` is empty", self.key));
            problems.push(problem.at(self.span(), "leave the key out, or fill it in"));
        }
        Some(texts_of(self.key, values, problems))
    }

    /// One text or a list of at least one.
    pub(crate) fn one_or_some(&self, problems: &mut Problems) -> Option<Vec<(&'t str, &'t Value)>> {
        match &self.value().kind {
            Kind::Array(_) => self.some_texts(problems),
            Kind::String(_) => self.word(problems).map(|word| vec![(word, self.value())]),
            _ => {
                self.wrong_type("text or a list of texts", problems);
                None
            }
        }
    }
}

fn texts_of<'t>(key: &str, values: &'t [Value], problems: &mut Problems) -> Vec<(&'t str, &'t Value)> {
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        match &value.kind {
            Kind::String(text) => texts.push((text.text.as_str(), value)),
            _ => wrong_type(key, value, "texts in quotes", problems),
        }
    }
    texts
}

/// Reports that `value` is not what `key` takes, unless it was reported before.
pub(crate) fn wrong_type(key: &str, value: &Value, wanted: &str, problems: &mut Problems) {
    if !matches!(value.kind, Kind::Faulty) {
        let message = format!("`{key}` takes {wanted}, not {}", value.describe());
        problems
            .push(Diagnostic::error(Code::WrongType, message).at(&value.span, format!("this is {}", value.describe())));
    }
}

/// That `word` is none of the words `key` takes.
pub(crate) fn unknown_choice<'c>(
    key: &str,
    word: &str,
    span: &Span,
    choices: impl Iterator<Item = &'c str> + Clone,
) -> Diagnostic {
    let suggestion = similar(word, choices.clone());
    Diagnostic::error(Code::UnknownChoice, format!("`{key}` cannot be `{word}`"))
        .at(span, did_you_mean(suggestion, "not one of its words"))
        .hint(format!("it is one of {}", listed(choices, 24)))
}
