//! Which columns an expression can read, and what it was seen to read.

use indexmap::IndexMap;

use crate::model::{ColumnType, Name, Node, Span};

/// Where a column is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One row per entity: its attributes, features, criteria, schemes and values.
    Profile,
    /// The rows of a source or table.
    Relation(Name),
}

/// Types that stand for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Number,
    Text,
    Time,
    Flag,
}

impl Family {
    /// The family of a column type.
    pub(crate) fn of(data_type: ColumnType) -> Self {
        match data_type {
            ColumnType::Bool => Family::Flag,
            ColumnType::String => Family::Text,
            ColumnType::Date | ColumnType::Timestamp => Family::Time,
            _ => Family::Number,
        }
    }

    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Family::Number => "a number",
            Family::Text => "text",
            Family::Time => "a date or timestamp",
            Family::Flag => "true or false",
        }
    }
}

/// A column known without data.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownColumn {
    pub(crate) data_type: Option<ColumnType>,
    /// Where it is declared.
    pub(crate) span: Span,
    /// The values it can have, when they are known.
    pub(crate) labels: Option<Vec<String>>,
    /// What computes it; nothing for a column that is read.
    pub(crate) producer: Option<Node>,
}

/// The columns of a source or table; `None` when they are not known without data.
pub(crate) type Columns = Option<IndexMap<String, KnownColumn>>;

/// The columns of the profile.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) columns: IndexMap<String, KnownColumn>,
    /// Whether the entity's source has columns nobody declared.
    pub(crate) open: bool,
    /// Criteria whose further columns are not known.
    pub(crate) opaque: Vec<Name>,
}

impl Profile {
    /// Whether a column that is not listed may still exist.
    pub(crate) fn may_have(&self, column: &str) -> bool {
        self.open || self.opaque_producer(column).is_some()
    }

    /// What computes a column.
    pub(crate) fn producer(&self, column: &str) -> Option<Node> {
        match self.columns.get(column) {
            Some(known) => known.producer.clone(),
            None => self.opaque_producer(column).cloned().map(Node::Criterion),
        }
    }

    fn opaque_producer(&self, column: &str) -> Option<&Name> {
        self.opaque.iter().find(|criterion| {
            let rest = column.strip_prefix(criterion.as_str());
            rest.is_some_and(|rest| rest.starts_with('_'))
        })
    }
}

/// A mention of a column.
#[derive(Debug, Clone)]
pub(crate) struct ColumnUse {
    pub(crate) scope: Scope,
    pub(crate) column: String,
    pub(crate) span: Span,
    /// What is computed with it, for the order of computation.
    pub(crate) by: Option<Node>,
    /// Families it may have; any when empty.
    pub(crate) families: Vec<Family>,
    /// Whether it stood in double quotes in an expression.
    pub(crate) quoted: bool,
}

/// A comparison of a column with a text.
#[derive(Debug, Clone)]
pub(crate) struct LabelUse {
    pub(crate) scope: Scope,
    pub(crate) column: String,
    pub(crate) label: String,
    pub(crate) span: Span,
}

/// A thing that is computed from another.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) of: Node,
    pub(crate) on: Node,
    /// Where `of` mentions `on`.
    pub(crate) span: Span,
}
