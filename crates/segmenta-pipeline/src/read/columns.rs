//! `[sources.X.columns]`: the promise about each column.

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, Problems, wrong_type};
use crate::model::{Column, ColumnType};
use crate::names::{NameKind, check_name};
use crate::read::reader::Reader;
use crate::scope::{Family, KnownColumn};
use crate::suggest::{did_you_mean, similar};
use crate::tree::{Kind, Value};

const PLAIN_TYPES: [(&str, ColumnType); 10] = [
    ("bool", ColumnType::Bool),
    ("int8", ColumnType::Int8),
    ("int16", ColumnType::Int16),
    ("int32", ColumnType::Int32),
    ("int64", ColumnType::Int64),
    ("float32", ColumnType::Float32),
    ("float64", ColumnType::Float64),
    ("string", ColumnType::String),
    ("date", ColumnType::Date),
    ("timestamp", ColumnType::Timestamp),
];

impl Reader<'_> {
    /// The contract, and its columns as expressions see them.
    pub(super) fn contract(&mut self, field: Field<'_>) -> (IndexMap<String, Column>, IndexMap<String, KnownColumn>) {
        let mut contract = IndexMap::new();
        let mut known = IndexMap::new();
        let Some(table) = field.table(&mut self.problems) else {
            return (contract, known);
        };
        if table.entries.is_empty() {
            let problem = Diagnostic::error(Code::EmptyValue, "the contract has no columns");
            self.problems.push(problem.at(&field.entry.header(), "name the columns, or leave the table out"));
        }
        for (name, entry) in &table.entries {
            check_name(name, &entry.key, &mut self.problems);
            let (column, certain) = self.contract_column(Field { key: name, entry });
            known.insert(
                name.clone(),
                KnownColumn {
                    data_type: certain.then_some(column.data_type),
                    span: entry.key.clone(),
                    labels: column.allowed.clone(),
                    producer: None,
                },
            );
            contract.insert(name.clone(), column);
        }
        (contract, known)
    }

    /// One column, and whether its type could be read.
    fn contract_column(&mut self, field: Field<'_>) -> (Column, bool) {
        let mut column = empty_column();
        match &field.value().kind {
            Kind::String(_) => {
                let found = self.column_type(field, &mut column);
                (column, found)
            }
            Kind::Table(table) => {
                let owner = format!("column `{}`", field.key);
                let fields = Fields::new(table, field.entry.key.clone(), owner);
                let found = self.column_table(fields, &mut column);
                (column, found)
            }
            _ => {
                field.wrong_type("a type such as \"int64?\" or a table", &mut self.problems);
                (column, false)
            }
        }
    }

    fn column_table(&mut self, mut fields: Fields<'_>, column: &mut Column) -> bool {
        let data_type = fields.required("type", &mut self.problems);
        let certain = data_type.is_some_and(|data_type| self.column_type(data_type, column));
        let family = certain.then(|| Family::of(column.data_type));
        let problems = &mut self.problems;
        column.unique = fields.optional("unique").and_then(|field| field.boolean(problems)).unwrap_or(false);
        column.allowed = fields.optional("in").map(|field| allowed(field, problems));
        column.nulls = fields.optional("nulls").map(|field| plain_texts(field, problems)).unwrap_or_default();
        column.from = fields.optional("from").and_then(|field| field.word(problems)).map(str::to_owned);
        column.unit = fields.optional("unit").and_then(|field| field.word(problems)).map(str::to_owned);
        column.range = fields.optional("range").and_then(|field| byte_range(field, problems));
        column.matches =
            only_for(&mut fields, "matches", family, Family::Text, problems).and_then(|field| pattern(field, problems));
        column.format = only_for(&mut fields, "format", family, Family::Time, problems)
            .and_then(|field| field.word(problems))
            .map(str::to_owned);
        column.strip = only_for(&mut fields, "strip", family, Family::Number, problems)
            .and_then(|field| field.text(problems))
            .map(|text| text.text.clone());
        column.min =
            only_for(&mut fields, "min", family, Family::Number, problems).and_then(|field| field.number(problems));
        let max = only_for(&mut fields, "max", family, Family::Number, problems);
        column.max = max.and_then(|field| field.number(problems));
        if let (Some(field), Some(least), Some(most)) = (max, column.min, column.max)
            && most < least
        {
            field.out_of_range(&format!("at least `min`, {least}"), problems);
        }
        let references = fields.optional("references");
        column.references = references.map(|field| self.reference(Some(field), &[NameKind::Source]));
        fields.finish(&mut self.problems);
        certain
    }

    fn column_type(&mut self, field: Field<'_>, column: &mut Column) -> bool {
        let Some(word) = field.word(&mut self.problems) else {
            return false;
        };
        column.nullable = word.ends_with('?');
        let plain = word.strip_suffix('?').unwrap_or(word);
        match column_type(plain) {
            Some(data_type) => column.data_type = data_type,
            None => {
                let suggestion = similar(plain, PLAIN_TYPES.iter().map(|(name, _)| *name).chain(["decimal"]));
                let problem = Diagnostic::error(Code::BadColumnType, format!("`{plain}` is no column type"));
                self.problems.push(
                    problem
                        .at(field.span(), did_you_mean(suggestion, "not a type"))
                        .hint("types are bool, int8, int16, int32, int64, float32, float64, decimal(p,s), string, date and timestamp"),
                );
                return false;
            }
        }
        true
    }
}

fn empty_column() -> Column {
    Column {
        data_type: ColumnType::String,
        nullable: false,
        unique: false,
        allowed: None,
        min: None,
        max: None,
        matches: None,
        references: None,
        nulls: Vec::new(),
        format: None,
        strip: None,
        range: None,
        from: None,
        unit: None,
    }
}

fn column_type(word: &str) -> Option<ColumnType> {
    if let Some((_, data_type)) = PLAIN_TYPES.iter().find(|(name, _)| *name == word) {
        return Some(*data_type);
    }
    let (precision, scale) = word.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
    let precision: u8 = precision.trim().parse().ok().filter(|precision| (1..=38).contains(precision))?;
    let scale: i8 = scale.trim().parse().ok().filter(|scale| (0..=precision as i8).contains(scale))?;
    Some(ColumnType::Decimal(precision, scale))
}

/// A key that makes sense for one family of types only.
fn only_for<'t>(
    fields: &mut Fields<'t>,
    key: &'static str,
    family: Option<Family>,
    wanted: Family,
    problems: &mut Problems,
) -> Option<Field<'t>> {
    let field = fields.optional(key)?;
    if family.is_some_and(|family| family != wanted) {
        let message = format!("`{key}` needs a column that is {}", wanted.word());
        let problem = Diagnostic::error(Code::ConflictingKeys, message);
        problems.push(problem.at(&field.entry.key, format!("{} is not", fields.owner)));
    }
    Some(field)
}

/// Allowed values, as text.
fn allowed(field: Field<'_>, problems: &mut Problems) -> Vec<String> {
    let values = field.list(problems).unwrap_or_default();
    if values.is_empty() && matches!(field.value().kind, Kind::Array(_)) {
        let problem = Diagnostic::error(Code::EmptyValue, "`in` allows nothing");
        problems.push(problem.at(field.span(), "name the allowed values"));
    }
    values.iter().filter_map(|value| as_text(value, problems)).collect()
}

fn as_text(value: &Value, problems: &mut Problems) -> Option<String> {
    match &value.kind {
        Kind::String(text) => Some(text.text.clone()),
        Kind::Integer(integer) => Some(integer.to_string()),
        Kind::Float(float) => Some(float.to_string()),
        Kind::Boolean(boolean) => Some(boolean.to_string()),
        Kind::Datetime(text) => Some(text.clone()),
        Kind::Array(_) | Kind::Table(_) | Kind::Faulty => {
            wrong_type("in", value, "single values", problems);
            None
        }
    }
}

/// A list of texts that may be empty ones.
pub(super) fn plain_texts(field: Field<'_>, problems: &mut Problems) -> Vec<String> {
    let texts = field.texts(problems).unwrap_or_default();
    texts.into_iter().map(|(text, _)| text.to_owned()).collect()
}

/// `[start, end)`, in bytes.
fn byte_range(field: Field<'_>, problems: &mut Problems) -> Option<[usize; 2]> {
    let values = field.list(problems)?;
    if let [Value { kind: Kind::Integer(start), .. }, Value { kind: Kind::Integer(end), .. }] = values
        && let (Ok(start), Ok(end)) = (usize::try_from(*start), usize::try_from(*end))
        && start < end
    {
        return Some([start, end]);
    }
    field.out_of_range("[start, end] with 0 <= start < end, in bytes", problems);
    None
}

fn pattern(field: Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.word(problems)?;
    if let Err(error) = regex::Regex::new(text) {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let problem = Diagnostic::error(Code::BadPattern, format!("`{}` is no regular expression", field.key));
        problems.push(problem.at(field.span(), reason));
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_a_precision_and_a_scale() {
        assert_eq!(column_type("decimal(12,2)"), Some(ColumnType::Decimal(12, 2)));
        assert_eq!(column_type("decimal(38, 0)"), Some(ColumnType::Decimal(38, 0)));
        for wrong in ["decimal", "decimal(39,2)", "decimal(2,3)", "decimal(2,-1)", "decimal(0,0)", "int", "Int64"] {
            assert_eq!(column_type(wrong), None, "{wrong}");
        }
    }
}
