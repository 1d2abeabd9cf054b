//! `[sources.X]`: what arrives and what it promises.

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields};
use crate::model::{BadRowAction, BadRows, Column, Expect, Format, Name, Source, SqlExpr, Validity};
use crate::names::{NameKind, check_name};
use crate::read::reader::Reader;
use crate::scope::{Family, Scope};
use crate::tree::Kind;

const ACTIONS: [(&str, BadRowAction); 3] =
    [("fail", BadRowAction::Fail), ("drop", BadRowAction::Drop), ("quarantine", BadRowAction::Quarantine)];

impl Reader<'_> {
    pub(super) fn sources(&mut self, file: &mut Fields<'_>) -> IndexMap<Name, Source> {
        let named = self.named(file, "sources", "source");
        let sources: IndexMap<_, _> = named
            .into_iter()
            .map(|(name, fields)| {
                let source = self.source(&name, fields);
                (name, source)
            })
            .collect();
        for source in sources.values() {
            self.check_references(source, &sources);
        }
        sources
    }

    fn source(&mut self, name: &Name, mut fields: Fields<'_>) -> Source {
        let path = fields.required("path", &mut self.problems);
        let columns = fields.optional("columns").map(|field| self.contract(field));
        let known = columns.as_ref().map(|(_, known)| known.clone()).filter(|known| !known.is_empty());
        self.relations.insert(name.clone(), known);
        let scope = Scope::Relation(name.clone());
        let source = Source {
            format: self.format(&mut fields, path),
            path: self.path(path),
            columns: columns.map(|(columns, _)| columns).unwrap_or_default(),
            event_time: self.time_column(&mut fields, "event_time", &scope),
            known_at: self.time_column(&mut fields, "known_at", &scope),
            validity: fields.optional("validity").and_then(|field| self.validity(field, &scope)),
            window: fields.optional("window").and_then(|field| field.calendar_span(&mut self.problems)),
            timeless: fields
                .optional("timeless")
                .is_some_and(|field| field.boolean(&mut self.problems).unwrap_or(true)),
            bad_rows: self.bad_rows(&mut fields),
            filters: self.filters(&mut fields, &scope),
            expect: fields.optional("expect").map(|field| self.expect(field)).unwrap_or_default(),
            deduplicate: self.flag(&mut fields, "deduplicate"),
        };
        fields.optional("description");
        self.check_source(name, &source, &fields);
        fields.finish(&mut self.problems);
        source
    }

    fn flag(&mut self, fields: &mut Fields<'_>, key: &'static str) -> bool {
        fields.optional(key).and_then(|field| field.boolean(&mut self.problems)).unwrap_or(false)
    }

    fn time_column(&mut self, fields: &mut Fields<'_>, key: &'static str, scope: &Scope) -> Option<String> {
        fields.optional(key).map(|field| self.column(field, scope, None, &[Family::Time]))
    }

    fn validity(&mut self, field: Field<'_>, scope: &Scope) -> Option<Validity> {
        let mut fields = field.fields("`validity`", &mut self.problems)?;
        let mut side = |reader: &mut Self, key| {
            let field = fields.required(key, &mut reader.problems);
            field.map(|field| reader.column(field, scope, None, &[Family::Time])).unwrap_or_default()
        };
        let validity = Validity { from: side(self, "from"), to: side(self, "to") };
        fields.finish(&mut self.problems);
        Some(validity)
    }

    /// `"drop"`, or a table with the action and the share of bad rows that fails the run.
    fn bad_rows(&mut self, fields: &mut Fields<'_>) -> BadRows {
        let mut bad_rows = BadRows { action: BadRowAction::Fail, fail_above: None };
        let Some(field) = fields.optional("bad_rows") else {
            return bad_rows;
        };
        if matches!(field.value().kind, Kind::String(_)) {
            bad_rows.action = field.choice(&ACTIONS, &mut self.problems).unwrap_or(BadRowAction::Fail);
            return bad_rows;
        }
        let Some(mut fields) = field.fields("`bad_rows`", &mut self.problems) else {
            return bad_rows;
        };
        let problems = &mut self.problems;
        let action = fields.required("action", problems).and_then(|field| field.choice(&ACTIONS, problems));
        bad_rows.action = action.unwrap_or(BadRowAction::Fail);
        bad_rows.fail_above = fields.optional("fail_above").and_then(|field| field.rate(problems));
        fields.finish(problems);
        bad_rows
    }

    /// `where` is the filter of that name; `filters` are named by their keys.
    fn filters(&mut self, fields: &mut Fields<'_>, scope: &Scope) -> IndexMap<Name, SqlExpr> {
        let mut filters = IndexMap::new();
        if let Some(field) = fields.optional("where") {
            filters.insert("where".to_owned(), self.expression(field, scope, None));
        }
        let named = fields.optional("filters").and_then(|field| field.table(&mut self.problems));
        for (name, entry) in named.into_iter().flat_map(|table| &table.entries) {
            check_name(name, &entry.key, &mut self.problems);
            filters.insert(name.clone(), self.expression(Field { key: name, entry }, scope, None));
        }
        filters
    }

    fn expect(&mut self, field: Field<'_>) -> Expect {
        let mut expect = Expect::default();
        let Some(mut fields) = field.fields("`expect`", &mut self.problems) else {
            return expect;
        };
        let problems = &mut self.problems;
        expect.fresh_within = fields.optional("fresh_within").and_then(|field| field.calendar_span(problems));
        if let Some(mut rows) = fields.optional("rows").and_then(|field| field.fields("`rows`", problems)) {
            let mut count = |key| rows.optional(key).and_then(|field| field.whole(0, problems)).map(i64::unsigned_abs);
            expect.rows_min = count("min");
            expect.rows_max = count("max");
            rows.finish(problems);
        }
        fields.finish(problems);
        expect
    }

    fn check_source(&mut self, name: &Name, source: &Source, fields: &Fields<'_>) {
        if source.columns.is_empty() && !matches!(source.format, Format::Parquet | Format::Ipc) {
            self.problems
                .push(fields.missing("columns").hint("text has no types of its own, so each column is declared"));
        }
        for (column, declared) in &source.columns {
            let fixed = matches!(source.format, Format::Fixed(_));
            if fixed != declared.range.is_some() {
                let message =
                    format!("`range` belongs to the columns of fixed-width text, all of them: see `{column}`");
                self.problems.push(Diagnostic::error(Code::ConflictingKeys, message).at(&fields.span, ""));
            }
        }
        let needs_time = [("window", source.window.is_some()), ("fresh_within", source.expect.fresh_within.is_some())];
        for (key, _) in needs_time.iter().filter(|(_, given)| *given && source.event_time.is_none()) {
            let problem = Diagnostic::error(Code::ConflictingKeys, format!("`{key}` needs an `event_time`"));
            self.problems.push(problem.at(&fields.span, "no column says when a row happened"));
        }
        let timed = source.event_time.is_some() || source.known_at.is_some() || source.validity.is_some();
        if !timed && !source.timeless {
            let message = format!("source `{name}` has no time column, so a backfill would use today's rows");
            self.problems.push(
                Diagnostic::warning(Code::NoTimeColumn, message).at(
                    &fields.span,
                    "add `event_time`, `known_at` or `validity`, or `timeless = true` to accept this",
                ),
            );
        }
    }

    /// A referenced source must have a column whose values are unique.
    fn check_references(&mut self, source: &Source, sources: &IndexMap<Name, Source>) {
        for (column, target) in
            source.columns.iter().filter_map(|(name, column)| Some((name, column.references.as_ref()?)))
        {
            let Some(referenced) = sources.get(target) else {
                continue;
            };
            let certain = !referenced.columns.is_empty();
            if certain && !referenced.columns.values().any(|column: &Column| column.unique) {
                let message = format!("`{column}` references `{target}`, which has no unique column");
                let span = self.names.find(target, &[NameKind::Source]).map(|found| found.span.clone());
                let problem = Diagnostic::error(Code::ConflictingKeys, message);
                self.problems.push(problem.at(&span.unwrap_or_default(), "set `unique = true` on its key column"));
            }
        }
    }
}
