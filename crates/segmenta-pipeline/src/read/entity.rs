//! `[entity]`: what is segmented.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::model::{Entity, Node};
use crate::names::{NameKind, check_name};
use crate::read::reader::Reader;
use crate::scope::{KnownColumn, Scope};

impl Reader<'_> {
    pub(super) fn entity(&mut self, file: &mut Fields<'_>) -> Entity {
        let mut entity = Entity { name: String::new(), source: String::new(), key: String::new(), filter: None };
        let Some(mut fields) = self.required_section(file, "entity") else {
            self.profile.open = true;
            return entity;
        };
        if let Some(name) = fields.required("name", &mut self.problems)
            && let Some(word) = name.word(&mut self.problems)
        {
            check_name(word, name.span(), &mut self.problems);
            entity.name = word.to_owned();
        }
        let source = fields.required("source", &mut self.problems);
        entity.source = self.reference(source, &[NameKind::Source, NameKind::Table]);
        let scope = Scope::Relation(entity.source.clone());
        if let Some(key) = fields.required("key", &mut self.problems) {
            entity.key = self.column(key, &scope, None, &[]);
        }
        entity.filter = fields.optional("where").map(|filter| self.expression(filter, &scope, None));
        fields.finish(&mut self.problems);
        self.entity_columns(&entity);
        entity
    }

    /// The profile starts with the columns of the entity's source.
    fn entity_columns(&mut self, entity: &Entity) {
        let producer = self.names.find(&entity.source, &[NameKind::Table]).map(|_| Node::Table(entity.source.clone()));
        match self.relations.get(&entity.source).cloned().flatten() {
            Some(columns) => {
                let columns = columns.into_iter();
                self.profile.columns = columns
                    .map(|(name, column)| (name, KnownColumn { producer: producer.clone(), ..column }))
                    .collect();
            }
            None => self.profile.open = true,
        }
    }

    /// Adds a column to the profile, or reports that there is one of that name.
    pub(super) fn add_column(&mut self, name: &str, column: KnownColumn) {
        if let Some(first) = self.profile.columns.get(name) {
            let problem =
                Diagnostic::error(Code::DuplicateColumn, format!("the profile already has a column `{name}`"));
            let text = format!("this would be a second `{name}`");
            let problem = problem.at(&column.span, text);
            self.problems.push(if first.span == column.span {
                problem
            } else {
                problem.see(&first.span, "the first one comes from here")
            });
            return;
        }
        self.profile.columns.insert(name.to_owned(), column);
    }
}
