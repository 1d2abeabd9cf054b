//! What a source promises, ready to be applied to columns.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use regex::Regex;
use segmenta_pipeline::model::{Column, ColumnType, Format, Source};

use crate::error::{Error, Result};
use crate::judge::check::{Allowed, Check};
use crate::parse::{ColumnBuilder, TextRules};

/// The Arrow type of a contract's column. Timestamps hold UTC without saying so in the type.
pub fn arrow_type(data_type: ColumnType) -> DataType {
    match data_type {
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Int8 => DataType::Int8,
        ColumnType::Int16 => DataType::Int16,
        ColumnType::Int32 => DataType::Int32,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Float32 => DataType::Float32,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
        ColumnType::String => DataType::Utf8,
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}

/// The columns of a source, in contract order.
#[derive(Debug)]
pub(crate) struct Contract {
    pub(crate) schema: SchemaRef,
    pub(crate) columns: Vec<ContractColumn>,
}

/// One column of a [`Contract`].
#[derive(Debug)]
pub(crate) struct ContractColumn {
    pub(crate) name: String,
    /// Its name in the files.
    pub(crate) file_name: String,
    /// `None` when the column is taken as the file has it.
    pub(crate) declared: Option<ColumnType>,
    pub(crate) data_type: DataType,
    pub(crate) nullable: bool,
    pub(crate) unique: bool,
    pub(crate) range: Option<[usize; 2]>,
    pub(crate) text: TextRules,
    /// In the order in which they are tried.
    pub(crate) checks: Vec<Check>,
}

impl ContractColumn {
    /// Whether a row can break this column's contract, other than by null.
    pub(crate) fn is_checked(&self) -> bool {
        self.unique || self.checks.iter().any(|check| !matches!(check, Check::Null))
    }
}

impl Contract {
    /// The contract a source declares.
    ///
    /// # Errors
    /// An option that its column's type cannot have.
    pub(crate) fn declared(source_name: &str, source: &Source) -> Result<Self> {
        let columns = source.columns.iter().map(|(name, column)| {
            let refuse = |option, value: String| Error::Option {
                source_name: source_name.to_owned(),
                column: name.clone(),
                option,
                value,
            };
            declared_column(name, column, &source.format, &refuse)
        });
        Ok(Self::new(columns.collect::<Result<_>>()?))
    }

    /// No promise but the schema of the files themselves.
    pub(crate) fn of_file(schema: &Schema) -> Self {
        let column = |field: &Arc<Field>| ContractColumn {
            name: field.name().clone(),
            file_name: field.name().clone(),
            declared: None,
            data_type: field.data_type().clone(),
            nullable: true,
            unique: false,
            range: None,
            text: TextRules::default(),
            checks: Vec::new(),
        };
        Self::new(schema.fields().iter().map(column).collect())
    }

    fn new(columns: Vec<ContractColumn>) -> Self {
        let field = |column: &ContractColumn| Field::new(&column.name, column.data_type.clone(), column.nullable);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        Self { schema, columns }
    }

    /// Place of a column by its contract name.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

type Refuse<'a> = dyn Fn(&'static str, String) -> Error + 'a;

fn declared_column(name: &str, column: &Column, format: &Format, refuse: &Refuse<'_>) -> Result<ContractColumn> {
    let data_type = arrow_type(column.data_type);
    if let ColumnType::Decimal(precision, scale) = column.data_type {
        let valid = (1..=38).contains(&precision) && scale.unsigned_abs() <= precision;
        if !valid {
            return Err(refuse("type", format!("decimal({precision},{scale})")));
        }
    }
    let text = text_rules(column, format);
    Ok(ContractColumn {
        name: name.to_owned(),
        file_name: column.from.clone().unwrap_or_else(|| name.to_owned()),
        declared: Some(column.data_type),
        nullable: column.nullable,
        unique: column.unique,
        range: column.range,
        checks: checks(column, &data_type, &text, refuse)?,
        data_type,
        text,
    })
}

fn text_rules(column: &Column, format: &Format) -> TextRules {
    let (nulls, trim): (&[String], bool) = match format {
        Format::Csv(csv) => (&csv.nulls, csv.trim),
        Format::Fixed(fixed) => (&fixed.nulls, true),
        Format::Parquet | Format::Ndjson | Format::Ipc => (&[], false),
    };
    TextRules {
        nulls: nulls.iter().chain(&column.nulls).cloned().collect(),
        strip: column.strip.iter().flat_map(|characters| characters.chars()).collect(),
        format: column.format.clone(),
        trim,
    }
}

fn checks(column: &Column, data_type: &DataType, text: &TextRules, refuse: &Refuse<'_>) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    if data_type.is_floating() {
        checks.push(Check::NotANumber);
    }
    if !column.nullable {
        checks.push(Check::Null);
    }
    if let Some(allowed) = &column.allowed {
        checks.push(Check::In(allowed_values(column.data_type, allowed, text, refuse)?));
    }
    for (option, bound) in [("min", column.min), ("max", column.max)] {
        let Some(bound) = bound else { continue };
        if !data_type.is_numeric() || bound.is_nan() {
            return Err(refuse(option, bound.to_string()));
        }
        checks.push(if option == "min" { Check::Min(bound) } else { Check::Max(bound) });
    }
    if let Some(pattern) = &column.matches {
        let whole = Regex::new(&format!(r"\A(?:{pattern})\z"));
        let usable = whole.ok().filter(|_| *data_type == DataType::Utf8);
        checks.push(Check::Matches(usable.ok_or_else(|| refuse("matches", pattern.clone()))?));
    }
    if let Some(source) = &column.references {
        checks.push(Check::References(source.clone()));
    }
    Ok(checks)
}

fn allowed_values(data_type: ColumnType, allowed: &[String], text: &TextRules, refuse: &Refuse<'_>) -> Result<Allowed> {
    if data_type == ColumnType::String {
        return Ok(Allowed::texts(allowed));
    }
    let read = |value: &String| -> Result<ArrayRef> {
        let mut builder = ColumnBuilder::new(data_type);
        let rules = TextRules { nulls: Vec::new(), ..text.clone() };
        builder.push(value, &rules).map_err(|_| refuse("in", value.clone()))?;
        Ok(builder.finish())
    };
    Ok(Allowed::Values(allowed.iter().map(read).collect::<Result<_>>()?))
}
