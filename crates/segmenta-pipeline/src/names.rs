//! What the file names, and where.

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Problems;
use crate::model::{Name, Span};
use crate::suggest::similar;
use crate::tree::{Entry, Kind, Table};

/// Kinds of named things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameKind {
    Source,
    Table,
    Feature,
    Criterion,
    Scheme,
}

impl NameKind {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            NameKind::Source => "source",
            NameKind::Table => "table",
            NameKind::Feature => "feature table",
            NameKind::Criterion => "criterion",
            NameKind::Scheme => "scheme",
        }
    }
}

/// Where a thing is defined.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) kind: NameKind,
    pub(crate) span: Span,
}

/// Every named thing of a file.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By name; more than one for a scheme named like another thing, or after a report.
    things: IndexMap<Name, Vec<Definition>>,
    /// Criteria with `enabled = false`.
    pub(crate) disabled: IndexMap<Name, Span>,
}

impl Names {
    /// Collects the names of a file and reports bad and double ones.
    pub(crate) fn collect(root: &Table, problems: &mut Problems) -> Self {
        let mut names = Names::default();
        let families = [
            ("sources", NameKind::Source),
            ("tables", NameKind::Table),
            ("features", NameKind::Feature),
            ("criteria", NameKind::Criterion),
            ("schemes", NameKind::Scheme),
        ];
        for (key, kind) in families {
            for (name, entry) in entries(root, key) {
                check_name(name, &entry.key, problems);
                names.add(name, entry, kind, problems);
            }
        }
        names
    }

    fn add(&mut self, name: &str, entry: &Entry, kind: NameKind, problems: &mut Problems) {
        let definition = Definition { kind, span: entry.header() };
        if kind == NameKind::Criterion && is_disabled(entry) {
            self.disabled.insert(name.to_owned(), definition.span);
            return;
        }
        let known = self.things.entry(name.to_owned()).or_default();
        // Scheme names only have to differ from other columns.
        if let Some(first) = known.first().filter(|_| kind != NameKind::Scheme) {
            let message = format!("`{name}` is already the name of a {}", first.kind.word());
            let problem = Diagnostic::error(Code::DuplicateName, message);
            problems.push(problem.at(&entry.key, "choose another name").see(&first.span, "named here first"));
        }
        known.push(definition);
    }

    /// The definition of a thing of one of the given kinds.
    pub(crate) fn find(&self, name: &str, kinds: &[NameKind]) -> Option<&Definition> {
        self.all(name).find(|definition| kinds.contains(&definition.kind))
    }

    /// What else the name means, or that it means nothing.
    pub(crate) fn problem(&self, name: &str, kinds: &[NameKind], span: &Span) -> Diagnostic {
        if let Some(span_of_it) = self.disabled.get(name).filter(|_| kinds.contains(&NameKind::Criterion)) {
            let problem = Diagnostic::error(Code::UnknownName, format!("the criterion `{name}` is not enabled"));
            return problem.at(span, "it cannot be used").see(span_of_it, "`enabled = false` here");
        }
        let wanted = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ");
        if let Some(other) = self.all(name).next() {
            let message = format!("`{name}` is a {}, not a {wanted}", other.kind.word());
            let problem = Diagnostic::error(Code::WrongKind, message);
            return problem.at(span, format!("a {wanted} is needed here")).see(&other.span, "defined here");
        }
        let of_kind = |(name, known): (&'_ Name, &Vec<Definition>)| {
            let known = known.iter().find(|known| kinds.contains(&known.kind))?;
            Some((name.clone(), known.clone()))
        };
        let candidates: Vec<_> = self.things.iter().filter_map(of_kind).collect();
        let suggestion = similar(name, candidates.iter().map(|(name, _)| name.as_str()));
        let problem = Diagnostic::error(Code::UnknownName, format!("nothing is named `{name}`"));
        let similar = candidates.iter().find(|(name, _)| Some(name.as_str()) == suggestion);
        match similar {
            Some((similar, known)) => problem
                .at(span, format!("did you mean the {} `{similar}`?", known.kind.word()))
                .see(&known.span, "defined here"),
            None => problem.at(span, format!("a {wanted} is needed here")),
        }
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Definition> {
        self.things.get(name).into_iter().flatten()
    }
}

/// The named entries of a plural table.
pub(crate) fn entries<'t>(root: &'t Table, key: &str) -> impl Iterator<Item = (&'t String, &'t Entry)> + use<'t> {
    let table = root.entries.get(key).and_then(|entry| match &entry.value.kind {
        Kind::Table(table) => Some(table),
        _ => None,
    });
    table.into_iter().flat_map(|table| &table.entries)
}

/// Reports a name that cannot be a column.
pub(crate) fn check_name(name: &str, span: &Span, problems: &mut Problems) {
    if is_name(name) {
        return;
    }
    let problem = Diagnostic::error(Code::InvalidName, format!("`{name}` cannot be a name"));
    problems.push(problem.at(span, "a lower-case letter, then lower-case letters, digits and `_`, at most 63 in all"));
}

fn is_name(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 63 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(rest)
}

/// Whether `enabled = false` is set.
pub(crate) fn is_disabled(entry: &Entry) -> bool {
    let Kind::Table(table) = &entry.value.kind else {
        return false;
    };
    table.entries.get("enabled").is_some_and(|enabled| matches!(enabled.value.kind, Kind::Boolean(false)))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_are_safe_column_names() {
        assert!(is_name("a") && is_name("rfm_2") && is_name(&"a".repeat(63)));
        for wrong in ["", "_a", "2a", "A", "a-b", "é", &"a".repeat(64)] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }
}
