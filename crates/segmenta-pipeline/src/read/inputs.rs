//! `inputs`: which columns a plugin sees under its own names.

use indexmap::IndexMap;

use crate::catalog::{BoundColumn, InputInfo};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Field;
use crate::model::{ColumnType, InputColumns, Span};
use crate::read::criteria::Call;
use crate::read::reader::Reader;
use crate::scope::{Family, KnownColumn, Scope};
use crate::suggest::{did_you_mean, listed, similar};
use crate::tree::Kind;

impl Reader<'_> {
    /// Columns by input, in the plugin's order. Inputs of grouped criteria that are not named take
    /// the columns of their own names.
    pub(super) fn inputs(&mut self, field: Option<Field<'_>>, call: &Call<'_>) -> IndexMap<String, InputColumns> {
        let mut inputs = IndexMap::new();
        let table = field.and_then(|field| field.table(&mut self.problems));
        for (name, entry) in table.into_iter().flat_map(|table| &table.entries) {
            let declared = call.info.as_ref().map(|info| info.inputs.iter().find(|input| input.name == *name));
            let field = Field { key: name, entry };
            if let Some(None) = declared {
                self.unknown_input(field, call);
                continue;
            }
            if let Some(columns) = self.input_columns(field, declared.flatten(), call) {
                inputs.insert(name.clone(), columns);
            }
        }
        let given = |name: &str| table.is_some_and(|table| table.entries.contains_key(name));
        let place = field.map_or_else(|| call.span.clone(), |field| field.span().clone());
        let inputs_left = call.info.iter().flat_map(|info| &info.inputs);
        for input in inputs_left.filter(|input| !given(&input.name)) {
            if let Some(columns) = self.unnamed_input(input, call, &place) {
                inputs.insert(input.name.clone(), columns);
            }
        }
        if let Some(info) = &call.info {
            let position = |name: &str| info.inputs.iter().position(|input| input.name == name);
            inputs.sort_by(|left, _, right, _| position(left).cmp(&position(right)));
        }
        inputs
    }

    /// The column of the input's own name for grouped criteria; a report for others, unless the
    /// input may be left out.
    fn unnamed_input(&mut self, input: &InputInfo, call: &Call<'_>, place: &Span) -> Option<InputColumns> {
        if call.from.is_none() && !input.optional {
            self.missing_input(input, call, place);
        }
        if call.from.is_none() || (input.optional && !self.is_known(&input.name, &call.scope)) {
            return None;
        }
        self.use_column(&input.name, place, &call.scope, None, &families(input));
        let column = input.name.clone();
        Some(if input.many { InputColumns::Many(vec![column]) } else { InputColumns::One(column) })
    }

    fn input_columns(&mut self, field: Field<'_>, input: Option<&InputInfo>, call: &Call<'_>) -> Option<InputColumns> {
        let by = Some(&call.node);
        let families = input.map(families).unwrap_or_default();
        let is_list = matches!(field.value().kind, Kind::Array(_));
        if !is_list {
            let column = self.column(field, &call.scope, by, &families);
            let many = input.is_some_and(|input| input.many);
            return Some(if many { InputColumns::Many(vec![column]) } else { InputColumns::One(column) });
        }
        if input.is_some_and(|input| !input.many) {
            let message = format!("the input `{}` takes one column", field.key);
            self.problems.push(Diagnostic::error(Code::InvalidInput, message).at(field.span(), "this is a list"));
            return None;
        }
        let columns = field.some_texts(&mut self.problems)?;
        for (name, value) in &columns {
            self.use_column(name, &value.span, &call.scope, by, &families);
        }
        Some(InputColumns::Many(columns.into_iter().map(|(name, _)| name.to_owned()).collect()))
    }

    fn unknown_input(&mut self, field: Field<'_>, call: &Call<'_>) {
        let Some(info) = &call.info else { return };
        let names = || info.inputs.iter().map(|input| input.name.as_str());
        let message = format!("criterion `{}` has no input `{}`", call.name, field.key);
        let problem = Diagnostic::error(Code::InvalidInput, message);
        let problem = problem.at(&field.entry.key, did_you_mean(similar(field.key, names()), "not an input"));
        self.problems.push(problem.hint(format!("{} {} takes {}", info.plugin, info.version, listed(names(), 24))));
    }

    fn missing_input(&mut self, input: &InputInfo, call: &Call<'_>, place: &Span) {
        let message = format!("criterion `{}` lacks the input `{}`", call.name, input.name);
        let text = format!("bind a column to it: `inputs = {{ {} = \"…\" }}`", input.name);
        let problem = Diagnostic::error(Code::InvalidInput, message).at(place, text);
        self.problems.push(if input.description.is_empty() {
            problem
        } else {
            problem.hint(input.description.clone())
        });
    }

    fn is_known(&self, column: &str, scope: &Scope) -> bool {
        self.known_column(column, scope).is_some()
    }

    fn known_column(&self, column: &str, scope: &Scope) -> Option<&KnownColumn> {
        match scope {
            Scope::Profile => self.profile.columns.get(column),
            Scope::Relation(name) => self.relations.get(name)?.as_ref()?.get(column),
        }
    }

    /// A column as a plugin is told about it.
    pub(super) fn bound_column(&self, column: &str, scope: &Scope) -> BoundColumn {
        let data_type = self.known_column(column, scope).and_then(|known| known.data_type);
        BoundColumn { name: column.to_owned(), data_type }
    }
}

/// The columns of one input.
pub(super) fn names(columns: &InputColumns) -> &[String] {
    match columns {
        InputColumns::One(column) => std::slice::from_ref(column),
        InputColumns::Many(columns) => columns,
    }
}

/// A type as plugins name it; `None` for those that no contract can have.
pub(super) fn column_type(word: &str) -> Option<ColumnType> {
    Some(match word {
        "bool" | "boolean" => ColumnType::Bool,
        "int8" => ColumnType::Int8,
        "int16" => ColumnType::Int16,
        "int32" => ColumnType::Int32,
        "int64" => ColumnType::Int64,
        "float32" => ColumnType::Float32,
        "float64" => ColumnType::Float64,
        "utf8" | "string" | "large_utf8" | "utf8_view" => ColumnType::String,
        "date" | "date32" => ColumnType::Date,
        word if word.starts_with("timestamp") => ColumnType::Timestamp,
        _ => return None,
    })
}

/// The families an input takes; any if one of its types is not known here.
fn families(input: &InputInfo) -> Vec<Family> {
    let families: Option<Vec<_>> = input.types.iter().map(|word| family(word)).collect();
    families.unwrap_or_default()
}

fn family(word: &str) -> Option<Family> {
    match word {
        "uint8" | "uint16" | "uint32" | "uint64" | "decimal128" => Some(Family::Number),
        _ => column_type(word).map(Family::of),
    }
}
