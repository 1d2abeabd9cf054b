//! Columns built cell by cell from text.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, PrimitiveBuilder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use segmenta_pipeline::model::ColumnType;

use super::{number, time};
use crate::rule::Rule;

/// How the text of one column is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextRules {
    /// Spellings of null, compared after trimming if there is any.
    pub(crate) nulls: Vec<String>,
    /// Characters removed before a number is read.
    pub(crate) strip: Vec<char>,
    /// strptime format of dates and instants; ISO 8601 when `None`.
    pub(crate) format: Option<String>,
    /// Whether blanks around the text are removed.
    pub(crate) trim: bool,
}

impl TextRules {
    fn trimmed<'a>(&self, text: &'a str) -> &'a str {
        if self.trim { text.trim() } else { text }
    }

    fn is_null(&self, text: &str) -> bool {
        self.nulls.iter().any(|spelling| spelling == text)
    }

    fn stripped<'a>(&self, text: &'a str, scratch: &'a mut String) -> &'a str {
        if self.strip.is_empty() {
            return text;
        }
        scratch.clear();
        scratch.extend(text.chars().filter(|character| !self.strip.contains(character)));
        scratch
    }
}

/// A column of a contract type, growing by one cell at a time.
#[derive(Debug)]
pub(crate) struct ColumnBuilder {
    values: Values,
    scratch: String,
    /// The last date read: neighbouring rows often share theirs.
    last_time: Option<(String, i64)>,
}

#[derive(Debug)]
enum Values {
    Bool(BooleanBuilder),
    Int8(PrimitiveBuilder<Int8Type>),
    Int16(PrimitiveBuilder<Int16Type>),
    Int32(PrimitiveBuilder<Int32Type>),
    Int64(PrimitiveBuilder<Int64Type>),
    Float32(PrimitiveBuilder<Float32Type>),
    Float64(PrimitiveBuilder<Float64Type>),
    Decimal(Decimal128Builder, u8, i8),
    String(StringBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
}

impl ColumnBuilder {
    /// # Panics
    /// A decimal's precision or scale is out of range; contracts are checked for that first.
    pub(crate) fn new(data_type: ColumnType) -> Self {
        let values = match data_type {
            ColumnType::Bool => Values::Bool(BooleanBuilder::new()),
            ColumnType::Int8 => Values::Int8(PrimitiveBuilder::new()),
            ColumnType::Int16 => Values::Int16(PrimitiveBuilder::new()),
            ColumnType::Int32 => Values::Int32(PrimitiveBuilder::new()),
            ColumnType::Int64 => Values::Int64(PrimitiveBuilder::new()),
            ColumnType::Float32 => Values::Float32(PrimitiveBuilder::new()),
            ColumnType::Float64 => Values::Float64(PrimitiveBuilder::new()),
            ColumnType::Decimal(precision, scale) => {
                let builder = Decimal128Builder::new().with_precision_and_scale(precision, scale);
                Values::Decimal(builder.expect("the contract's decimal types are valid"), precision, scale)
            }
            ColumnType::String => Values::String(StringBuilder::new()),
            ColumnType::Date => Values::Date(Date32Builder::new()),
            ColumnType::Timestamp => Values::Timestamp(TimestampMicrosecondBuilder::new()),
        };
        Self { values, scratch: String::new(), last_time: None }
    }

    /// Appends one cell; a cell that cannot be read becomes null.
    ///
    /// # Errors
    /// The rule the text breaks.
    pub(crate) fn push(&mut self, text: &str, rules: &TextRules) -> Result<(), Rule> {
        let text = rules.trimmed(text);
        if rules.is_null(text) {
            self.push_null();
            return Ok(());
        }
        let pushed = self.push_value(text, rules);
        if pushed.is_err() {
            self.push_null();
        }
        pushed
    }

    fn push_value(&mut self, text: &str, rules: &TextRules) -> Result<(), Rule> {
        let number = rules.stripped(text, &mut self.scratch);
        match &mut self.values {
            Values::Bool(builder) => builder.append_value(number::boolean(text)?),
            Values::Int8(builder) => builder.append_value(narrow(number)?),
            Values::Int16(builder) => builder.append_value(narrow(number)?),
            Values::Int32(builder) => builder.append_value(narrow(number)?),
            Values::Int64(builder) => builder.append_value(number::integer(number)?),
            Values::Float32(builder) => builder.append_value(number::float32(number)?),
            Values::Float64(builder) => builder.append_value(number::float(number)?),
            Values::Decimal(builder, precision, scale) => {
                builder.append_value(number::decimal(number, *precision, *scale)?);
            }
            Values::String(builder) => builder.append_value(text),
            Values::Date(builder) => {
                let parse = |text: &str| time::date(text, rules.format.as_deref()).map(i64::from);
                let days = remembered(&mut self.last_time, text, parse)?;
                builder.append_value(i32::try_from(days).expect("a date read before is a date"));
            }
            Values::Timestamp(builder) => {
                let parse = |text: &str| time::timestamp(text, rules.format.as_deref());
                builder.append_value(remembered(&mut self.last_time, text, parse)?);
            }
        }
        Ok(())
    }

    /// Appends null.
    pub(crate) fn push_null(&mut self) {
        match &mut self.values {
            Values::Bool(builder) => builder.append_null(),
            Values::Int8(builder) => builder.append_null(),
            Values::Int16(builder) => builder.append_null(),
            Values::Int32(builder) => builder.append_null(),
            Values::Int64(builder) => builder.append_null(),
            Values::Float32(builder) => builder.append_null(),
            Values::Float64(builder) => builder.append_null(),
            Values::Decimal(builder, ..) => builder.append_null(),
            Values::String(builder) => builder.append_null(),
            Values::Date(builder) => builder.append_null(),
            Values::Timestamp(builder) => builder.append_null(),
        }
    }

    /// The column so far; the builder is empty again.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match &mut self.values {
            Values::Bool(builder) => Arc::new(builder.finish()),
            Values::Int8(builder) => finished(builder),
            Values::Int16(builder) => finished(builder),
            Values::Int32(builder) => finished(builder),
            Values::Int64(builder) => finished(builder),
            Values::Float32(builder) => finished(builder),
            Values::Float64(builder) => finished(builder),
            Values::Decimal(builder, ..) => Arc::new(builder.finish()),
            Values::String(builder) => Arc::new(builder.finish()),
            Values::Date(builder) => Arc::new(builder.finish()),
            Values::Timestamp(builder) => Arc::new(builder.finish()),
        }
    }
}

fn finished<T: ArrowPrimitiveType>(builder: &mut PrimitiveBuilder<T>) -> ArrayRef {
    Arc::new(builder.finish())
}

fn narrow<T: TryFrom<i64>>(text: &str) -> Result<T, Rule> {
    T::try_from(number::integer(text)?).map_err(|_| Rule::Type)
}

fn remembered(
    last: &mut Option<(String, i64)>,
    text: &str,
    parse: impl Fn(&str) -> Result<i64, Rule>,
) -> Result<i64, Rule> {
    match last {
        Some((known, value)) if known == text => Ok(*value),
        _ => {
            let value = parse(text)?;
            let (known, slot) = last.get_or_insert_default();
            text.clone_into(known);
            *slot = value;
            Ok(value)
        }
    }
}

/// A column that holds the same text in every row, and the rule it breaks, if any.
pub(crate) fn constant_column(
    data_type: ColumnType,
    rules: &TextRules,
    text: Option<&str>,
    rows: usize,
) -> (ArrayRef, Option<Rule>) {
    let mut builder = ColumnBuilder::new(data_type);
    let mut broken = None;
    for _ in 0..rows {
        match text {
            None => builder.push_null(),
            Some(text) => broken = builder.push(text, rules).err(),
        }
    }
    (builder.finish(), broken)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::*;

    fn read(data_type: ColumnType, rules: &TextRules, cells: &[&str]) -> (ArrayRef, Vec<Option<Rule>>) {
        let mut builder = ColumnBuilder::new(data_type);
        let broken = cells.iter().map(|cell| builder.push(cell, rules).err()).collect();
        (builder.finish(), broken)
    }

    #[test]
    fn a_currency_cell_is_stripped_then_read() {
        let rules = TextRules { strip: vec!['$', ','], ..TextRules::default() };
        let (column, broken) = read(ColumnType::Int64, &rules, &["$90,000 "]);
        assert_eq!(broken, [None]);
        assert_eq!(column.as_primitive::<Int64Type>().value(0), 90_000);
    }

    #[test]
    fn a_blank_is_null_only_where_it_is_declared_or_trimmed() {
        let plain = TextRules { nulls: vec![String::new()], ..TextRules::default() };
        let (_, broken) = read(ColumnType::Float64, &plain, &["", " "]);
        assert_eq!(broken, [None, Some(Rule::Type)]);
        let trimmed = TextRules { trim: true, ..plain };
        let (column, broken) = read(ColumnType::Float64, &trimmed, &["", " "]);
        assert_eq!((column.null_count(), broken), (2, vec![None, None]));
    }

    #[test]
    fn a_narrow_type_refuses_what_does_not_fit() {
        let (column, broken) = read(ColumnType::Int8, &TextRules::default(), &["127", "128"]);
        assert_eq!(broken, [None, Some(Rule::Type)]);
        assert_eq!(column.null_count(), 1);
    }

    #[test]
    fn a_bad_date_does_not_disturb_the_remembered_one() {
        let (column, broken) = read(ColumnType::Date, &TextRules::default(), &["1970-01-02", "x", "1970-01-02"]);
        assert_eq!(broken, [None, Some(Rule::Type), None]);
        assert_eq!(column.as_primitive::<arrow::datatypes::Date32Type>().value(2), 1);
    }
}
