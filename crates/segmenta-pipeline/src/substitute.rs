//! `${params.x}`, `${env.X}` and `${env.X:-default}` in text values.
//!
//! Replacement happens in parsed values, so it can never add a key or a table. `$${` stands for
//! the two characters `${`.

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::model::{Name, ParamValue, Span};
use crate::suggest::{did_you_mean, similar};
use crate::tree::{Kind, Text, Value};

/// What placeholders are replaced with.
pub(crate) struct Substitution<'a> {
    pub(crate) params: &'a IndexMap<Name, ParamValue>,
    pub(crate) env: &'a dyn Fn(&str) -> Option<String>,
}

/// A stretch of a text.
enum Piece<'t> {
    Literal(&'t str),
    /// What stands between `${` and `}`, and its byte offset in the text.
    Placeholder(&'t str, usize),
    /// `${` without `}`, at this offset.
    Unclosed(usize),
}

impl Substitution<'_> {
    /// The text with its placeholders replaced. Text that is nothing but a param takes the
    /// param's type.
    ///
    /// # Errors
    /// One diagnostic for each placeholder that means nothing.
    pub(crate) fn apply(&self, text: Text, span: &Span) -> Result<Kind, Vec<Diagnostic>> {
        if !text.text.contains("${") {
            return Ok(Kind::String(text));
        }
        let pieces = split(&text.text);
        if let [Piece::Placeholder(inner, at)] = pieces[..] {
            let value = self.lookup(inner, at, &text, span).map_err(|problem| vec![problem])?;
            return Ok(kind_of(&value, span));
        }
        self.join(&pieces, &text, span).map(|text| Kind::String(Text { text, start: None }))
    }

    fn join(&self, pieces: &[Piece<'_>], text: &Text, span: &Span) -> Result<String, Vec<Diagnostic>> {
        let mut joined = String::new();
        let mut problems = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => joined.push_str(literal),
                Piece::Placeholder(inner, at) => match self.lookup(inner, *at, text, span) {
                    Ok(value) => match plain(&value) {
                        Some(plain) => joined.push_str(&plain),
                        None => problems.push(list_in_text(&place(text, *at, inner.len(), span))),
                    },
                    Err(problem) => problems.push(problem),
                },
                Piece::Unclosed(at) => {
                    let problem = Diagnostic::error(Code::BadPlaceholder, "`${` is never closed");
                    problems.push(problem.at(&place(text, *at, 2, span), "write `$${` for the characters themselves"));
                }
            }
        }
        if problems.is_empty() { Ok(joined) } else { Err(problems) }
    }

    fn lookup(&self, inner: &str, at: usize, text: &Text, span: &Span) -> Result<ParamValue, Diagnostic> {
        if let Some(name) = inner.strip_prefix("params.") {
            let place = place(text, at + "params.".len(), name.len(), span);
            return self.params.get(name).cloned().ok_or_else(|| self.unknown_param(name, &place));
        }
        if let Some(variable) = inner.strip_prefix("env.") {
            return self.variable(variable, &place(text, at, inner.len(), span)).map(ParamValue::String);
        }
        let problem = Diagnostic::error(Code::BadPlaceholder, format!("`${{{inner}}}` means nothing"));
        Err(problem
            .at(&place(text, at, inner.len(), span), "only `params.x`, `env.X` and `env.X:-default` can stand here"))
    }

    fn variable(&self, variable: &str, place: &Span) -> Result<String, Diagnostic> {
        let (name, default) = match variable.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (variable, None),
        };
        (self.env)(name).or_else(|| default.map(str::to_owned)).ok_or_else(|| {
            Diagnostic::error(Code::UnsetVariable, format!("the variable `{name}` is not set"))
                .at(place, format!("give it a default: `${{env.{name}:-…}}`"))
        })
    }

    fn unknown_param(&self, name: &str, place: &Span) -> Diagnostic {
        let suggestion = similar(name, self.params.keys().map(String::as_str));
        let problem = Diagnostic::error(Code::UnknownParam, format!("no param is named `{name}`"));
        problem.at(place, did_you_mean(suggestion, "not declared under `[params]`"))
    }
}

fn list_in_text(place: &Span) -> Diagnostic {
    Diagnostic::error(Code::BadPlaceholder, "a list cannot be put into a text")
        .at(place, "a list param can only be a value of its own")
}

fn place(text: &Text, at: usize, length: usize, span: &Span) -> Span {
    text.start.map_or_else(|| span.clone(), |start| start + at..start + at + length)
}

fn split(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find("${").map(|found| found + from) {
        if text[from..found].ends_with('$') {
            pieces.push(Piece::Literal(&text[from..found - 1]));
            pieces.push(Piece::Literal("${"));
            from = found + 2;
            continue;
        }
        if found > from {
            pieces.push(Piece::Literal(&text[from..found]));
        }
        let Some(end) = text[found..].find('}').map(|end| end + found) else {
            pieces.push(Piece::Unclosed(found));
            return pieces;
        };
        pieces.push(Piece::Placeholder(&text[found + 2..end], found + 2));
        from = end + 1;
    }
    if from < text.len() {
        pieces.push(Piece::Literal(&text[from..]));
    }
    pieces
}

/// A param as it reads inside a text; `None` for a list.
fn plain(value: &ParamValue) -> Option<String> {
    match value {
        ParamValue::String(text) | ParamValue::Datetime(text) => Some(text.clone()),
        ParamValue::Integer(integer) => Some(integer.to_string()),
        ParamValue::Float(float) => Some(float.to_string()),
        ParamValue::Boolean(boolean) => Some(boolean.to_string()),
        ParamValue::Array(_) => None,
    }
}

fn kind_of(value: &ParamValue, span: &Span) -> Kind {
    match value {
        ParamValue::String(text) => Kind::String(Text { text: text.clone(), start: None }),
        ParamValue::Integer(integer) => Kind::Integer(*integer),
        ParamValue::Float(float) => Kind::Float(*float),
        ParamValue::Boolean(boolean) => Kind::Boolean(*boolean),
        ParamValue::Datetime(text) => Kind::Datetime(text.clone()),
        ParamValue::Array(values) => {
            Kind::Array(values.iter().map(|value| Value { span: span.clone(), kind: kind_of(value, span) }).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(text: &str) -> Result<Kind, Vec<Diagnostic>> {
        let params = IndexMap::from([
            ("n".to_owned(), ParamValue::Integer(6)),
            ("dir".to_owned(), ParamValue::String("./data".to_owned())),
            ("list".to_owned(), ParamValue::Array(vec![ParamValue::Integer(1)])),
        ]);
        let env = |name: &str| (name == "HOME").then(|| "/home/a".to_owned());
        let text = Text { text: text.to_owned(), start: Some(10) };
        Substitution { params: &params, env: &env }.apply(text, &(9..99))
    }

    fn text(text: &str) -> String {
        match apply(text) {
            Ok(Kind::String(text)) => text.text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lone_param_keeps_its_type() {
        assert!(matches!(apply("${params.n}"), Ok(Kind::Integer(6))));
        assert_eq!(text("k${params.n}"), "k6");
    }

    #[test]
    fn variables_have_defaults_and_a_doubled_dollar_is_literal() {
        assert_eq!(text("${env.HOME}/x"), "/home/a/x");
        assert_eq!(text("${env.NOPE:-a:-b}"), "a:-b");
        assert_eq!(text("$${params.n} $5 ${params.dir}"), "${params.n} $5 ./data");
    }

    #[test]
    fn faults_are_placed_on_the_name() {
        let problems = apply("${params.dri}/${env.NOPE}/${x}/${params.list}/${").unwrap_err();
        let codes: Vec<_> =
            problems.iter().map(|problem| (problem.code.as_str(), problem.labels[0].span.clone())).collect();
        // The text starts at byte 10 of the file; offsets counted by hand.
        let expected = [("S204", 19..22), ("S501", 26..34), ("S209", 38..39), ("S209", 43..54), ("S209", 56..58)];
        assert_eq!(codes, expected);
        assert_eq!(problems[0].labels[0].text, "did you mean `dir`?");
    }
}
