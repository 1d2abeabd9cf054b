//! `[tables.X]`: free SQL over sources and other tables.

use indexmap::IndexMap;

use crate::fields::Fields;
use crate::model::{Name, Node, Span, Table};
use crate::names::NameKind;
use crate::read::reader::Reader;
use crate::scope::Dependency;
use crate::sql;

impl Reader<'_> {
    pub(super) fn tables(&mut self, file: &mut Fields<'_>) -> IndexMap<Name, Table> {
        let named = self.named(file, "tables", "table");
        named
            .into_iter()
            .map(|(name, fields)| {
                let table = self.table(&name, fields);
                (name, table)
            })
            .collect()
    }

    fn table(&mut self, name: &Name, mut fields: Fields<'_>) -> Table {
        self.relations.insert(name.clone(), None);
        let mut table = Table { sql: String::new(), inputs: Vec::new(), span: fields.span.clone() };
        if let Some(field) = fields.required("sql", &mut self.problems)
            && let Some(text) = field.word(&mut self.problems)
        {
            table.sql = text.to_owned();
            table.span = field.span().clone();
            let found = sql::query(text);
            self.faults(field.value(), &found.faults);
            for mention in found.tables {
                self.table_input(name, &mention.name, field.value().part(&mention.place), &mut table.inputs);
            }
        }
        fields.optional("description");
        fields.finish(&mut self.problems);
        table
    }

    fn table_input(&mut self, table: &Name, input: &str, span: Span, inputs: &mut Vec<Name>) {
        let kinds = [NameKind::Source, NameKind::Table];
        let Some(definition) = self.names.find(input, &kinds) else {
            self.problems.push(self.names.problem(input, &kinds, &span));
            return;
        };
        if definition.kind == NameKind::Table {
            self.dependencies.push(Dependency {
                of: Node::Table(table.clone()),
                on: Node::Table(input.to_owned()),
                span,
            });
        }
        if !inputs.iter().any(|known| known == input) {
            inputs.push(input.to_owned());
        }
    }

    /// Notes that `of` reads `relation`, if that is a table rather than a source.
    pub(super) fn depends_on_relation(&mut self, of: &Node, relation: &Name, span: &Span) {
        if self.names.find(relation, &[NameKind::Table]).is_some() {
            let on = Node::Table(relation.clone());
            self.dependencies.push(Dependency { of: of.clone(), on, span: span.clone() });
        }
    }
}
