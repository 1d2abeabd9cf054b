//! Every column that is read exists and is of a kind its place can use.

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Problems;
use crate::model::Name;
use crate::names::{NameKind, Names};
use crate::scope::{ColumnUse, Columns, Dependency, Family, KnownColumn, Profile, Scope};
use crate::suggest::{did_you_mean, similar};

/// Reports columns that are not there or of the wrong type, as far as columns are known.
pub(crate) fn columns(
    names: &Names,
    relations: &IndexMap<Name, Columns>,
    profile: &Profile,
    uses: &[ColumnUse],
    problems: &mut Problems,
) {
    for mention in uses.iter().filter(|mention| !mention.column.is_empty()) {
        match known_column(relations, profile, &mention.scope, &mention.column) {
            Found::Column(column) => problems.extend(wrong_family(mention, column)),
            Found::Nothing(candidates) => problems.push(unknown(names, profile, mention, candidates)),
            Found::Unknowable => {}
        }
    }
}

/// What the columns of the profile are computed from, by the mentions of columns.
pub(crate) fn dependencies(profile: &Profile, uses: &[ColumnUse], others: &[Dependency]) -> Vec<Dependency> {
    let mentions = uses.iter().filter(|mention| mention.scope == Scope::Profile).filter_map(|mention| {
        let on = profile.producer(&mention.column)?;
        Some(Dependency { of: mention.by.clone()?, on, span: mention.span.clone() })
    });
    others.iter().cloned().chain(mentions).collect()
}

/// What is known about a name.
pub(super) enum Found<'c> {
    Column(&'c KnownColumn),
    /// No such column among these.
    Nothing(&'c IndexMap<String, KnownColumn>),
    /// Only data can tell.
    Unknowable,
}

/// Looks a column up where it would be read.
pub(super) fn known_column<'c>(
    relations: &'c IndexMap<Name, Columns>,
    profile: &'c Profile,
    scope: &Scope,
    column: &str,
) -> Found<'c> {
    let columns = match scope {
        Scope::Profile => Some(&profile.columns),
        Scope::Relation(name) => relations.get(name).and_then(Option::as_ref),
    };
    let Some(columns) = columns else {
        return Found::Unknowable;
    };
    match columns.get(column) {
        Some(column) => Found::Column(column),
        None if *scope == Scope::Profile && profile.may_have(column) => Found::Unknowable,
        None => Found::Nothing(columns),
    }
}

fn unknown(
    names: &Names,
    profile: &Profile,
    mention: &ColumnUse,
    candidates: &IndexMap<String, KnownColumn>,
) -> Diagnostic {
    let column = &mention.column;
    if let (Some(span), Scope::Profile) = (names.disabled.get(column), &mention.scope) {
        let problem = Diagnostic::error(Code::UnknownColumn, format!("the criterion `{column}` is not enabled"));
        return problem.at(&mention.span, "so there is no such column").see(span, "`enabled = false` here");
    }
    let suggestion = similar(column, candidates.keys().map(String::as_str));
    let (message, span) = match &mention.scope {
        Scope::Profile => (format!("the profile has no column `{column}`"), None),
        Scope::Relation(name) => {
            let span = names.find(name, &[NameKind::Source, NameKind::Table]).map(|found| found.span.clone());
            (format!("source `{name}` has no column `{column}`"), span)
        }
    };
    let otherwise = if mention.quoted { "text stands in single quotes" } else { "not a column" };
    let problem = Diagnostic::error(Code::UnknownColumn, message);
    let problem = problem.at(&mention.span, did_you_mean(suggestion, otherwise));
    match (suggestion.and_then(|name| candidates.get(name)), span) {
        (Some(similar), _) => problem.see(&similar.span, "defined here"),
        (None, Some(span)) => problem.see(&span, "its columns are declared here"),
        (None, None) if profile.columns.is_empty() => problem,
        (None, None) => problem.hint(
            "the profile holds the entity source's columns, features, criteria, schemes and, with a `[valuation]`, values",
        ),
    }
}

fn wrong_family(mention: &ColumnUse, column: &KnownColumn) -> Option<Diagnostic> {
    let family = Family::of(column.data_type?);
    if mention.families.is_empty() || mention.families.contains(&family) {
        return None;
    }
    let mut wanted: Vec<_> = mention.families.iter().map(|family| family.word()).collect();
    wanted.dedup();
    let message = format!("column `{}` is {}, but {} is needed", mention.column, family.word(), wanted.join(" or "));
    let problem = Diagnostic::error(Code::ColumnTypeMismatch, message);
    Some(problem.at(&mention.span, "used here").see(&column.span, "declared here"))
}
