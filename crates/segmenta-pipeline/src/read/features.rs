//! `[features.X]`: aggregates of one source or table to one row per entity.

use indexmap::IndexMap;

use crate::fields::{Field, Fields};
use crate::model::{ColumnType, Entity, Feature, Name, Node, SUMMARY_COLUMNS, Span, SqlExpr, Summary};
use crate::names::{NameKind, check_name};
use crate::read::reader::Reader;
use crate::scope::{KnownColumn, Scope};

impl Reader<'_> {
    pub(super) fn features(&mut self, file: &mut Fields<'_>, entity: &Entity) -> IndexMap<Name, Feature> {
        let named = self.named(file, "features", "feature table");
        named
            .into_iter()
            .map(|(name, fields)| {
                let feature = self.feature(&name, fields, entity);
                (name, feature)
            })
            .collect()
    }

    fn feature(&mut self, name: &Name, mut fields: Fields<'_>, entity: &Entity) -> Feature {
        let node = Node::Feature(name.clone());
        let from_field = fields.required("from", &mut self.problems);
        let from = self.reference(from_field, &[NameKind::Source, NameKind::Table]);
        let from_span = from_field.map_or_else(|| fields.span.clone(), |field| field.span().clone());
        self.depends_on_relation(&node, &from, &from_span);
        let scope = Scope::Relation(from.clone());
        let key = self.entity_key(&mut fields, &scope, entity, &from_span);
        let filter = fields.optional("where").map(|field| self.expression(field, &scope, None));
        let summary_field = fields.optional("summary");
        let summary = summary_field.and_then(|field| self.summary(field, &scope));
        if let (Some(field), Some(summary)) = (summary_field, &summary) {
            self.summary_columns(field, summary, &node);
        }
        let columns_field = fields.optional("columns");
        let columns = columns_field.map(|field| self.feature_columns(field, &scope, &node)).unwrap_or_default();
        fields.optional("description");
        if summary_field.is_none() && columns_field.is_none() {
            self.problems.push(fields.missing("columns").hint("a feature table has a `summary`, `columns` or both"));
        }
        fields.finish(&mut self.problems);
        Feature { from, key, filter, summary, columns }
    }

    /// The key column in a relation with many rows per entity.
    pub(super) fn entity_key(
        &mut self,
        fields: &mut Fields<'_>,
        scope: &Scope,
        entity: &Entity,
        from: &Span,
    ) -> String {
        match fields.optional("key") {
            Some(field) => self.column(field, scope, None, &[]),
            None => {
                if !entity.key.is_empty() {
                    self.use_column(&entity.key, from, scope, None, &[]);
                }
                entity.key.clone()
            }
        }
    }

    fn summary(&mut self, field: Field<'_>, scope: &Scope) -> Option<Summary> {
        let mut fields = field.fields("`summary`", &mut self.problems)?;
        let mut part = |reader: &mut Self, key| {
            let field = fields.required(key, &mut reader.problems)?;
            Some(reader.expression(field, scope, None))
        };
        let (order, time, amount) = (part(self, "order"), part(self, "time"), part(self, "amount"));
        let cost = fields.optional("cost").map(|field| self.expression(field, scope, None));
        fields.finish(&mut self.problems);
        Some(Summary { order: order?, time: time?, amount: amount?, cost })
    }

    fn summary_columns(&mut self, field: Field<'_>, summary: &Summary, node: &Node) {
        for name in SUMMARY_COLUMNS {
            if name == "goods_cost_total" && summary.cost.is_none() {
                continue;
            }
            let data_type = match name {
                "orders_total" | "repeat_orders" => ColumnType::Int64,
                "first_order" | "last_order" => ColumnType::Timestamp,
                _ => ColumnType::Float64,
            };
            let span = field.entry.key.clone();
            let column = KnownColumn { data_type: Some(data_type), span, labels: None, producer: Some(node.clone()) };
            self.add_column(name, column);
        }
    }

    fn feature_columns(&mut self, field: Field<'_>, scope: &Scope, node: &Node) -> IndexMap<String, SqlExpr> {
        let table = field.table(&mut self.problems);
        let mut columns = IndexMap::new();
        for (name, entry) in table.into_iter().flat_map(|table| &table.entries) {
            check_name(name, &entry.key, &mut self.problems);
            let expression = self.expression(Field { key: name, entry }, scope, None);
            columns.insert(name.clone(), expression);
            let producer = Some(node.clone());
            self.add_column(name, KnownColumn { data_type: None, span: entry.key.clone(), labels: None, producer });
        }
        columns
    }
}
