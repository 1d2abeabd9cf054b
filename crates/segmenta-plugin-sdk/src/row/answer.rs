//! What a row rule may answer, and the columns that come of it.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, StringArray};
use arrow_schema::DataType;
use serde_json::Value;

use crate::{Error, Outputs, Result};

/// Labels of a rule of `bool` that declares none.
const YES_NO: [&str; 2] = ["yes", "no"];
/// The column of a number.
const SCORE: &str = "score";

/// A type that a row rule can answer with.
#[diagnostic::on_unimplemented(
    message = "a row rule cannot answer with `{Self}`",
    label = "not an answer",
    note = "a rule answers `bool`, text (`&'static str`, `String`), an integer that `i64` holds, `f32` or `f64`, or `Option` or `Result` of one"
)]
pub trait Answer: Sized {
    /// Whether a row may be left without an answer.
    const NULLABLE: bool = false;
    /// What the answers are gathered in.
    type Column: Column;

    /// Adds the answer for the next row.
    ///
    /// # Errors
    /// [`Error::Internal`] for a label that was not declared; what the rule answers.
    fn push(self, column: &mut Self::Column) -> Result<()>;

    /// The answer for a person.
    ///
    /// # Errors
    /// What the rule answers.
    fn shown(self) -> Result<Value>;
}

/// Answers of all rows of a batch.
pub trait Column {
    /// How many labels can be declared; `None` for any number.
    const LABELS: Option<usize>;

    /// Room for `rows` answers with one of `labels`, or any if there are none.
    fn new(rows: usize, labels: &'static [&'static str]) -> Self;

    /// The columns that [`Column::finish`] makes.
    fn outputs(labels: &[&str], nullable: bool) -> Outputs;

    /// Leaves a row without an answer.
    fn push_null(&mut self);

    /// The columns of the output.
    fn finish(self) -> Vec<ArrayRef>;
}

/// Answers of `bool`: one of two labels.
#[derive(Debug)]
pub struct YesNo {
    labels: StringBuilder,
    words: [&'static str; 2],
}

impl Column for YesNo {
    const LABELS: Option<usize> = Some(2);

    fn new(rows: usize, labels: &'static [&'static str]) -> Self {
        let words = <[&str; 2]>::try_from(labels).unwrap_or(YES_NO);
        Self { labels: StringBuilder::with_capacity(rows, rows * words[0].len().max(words[1].len())), words }
    }

    fn outputs(labels: &[&str], _: bool) -> Outputs {
        known(if labels.is_empty() { &YES_NO } else { labels })
    }

    fn push_null(&mut self) {
        self.labels.append_null();
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        vec![Arc::new(self.labels.finish())]
    }
}

impl Answer for bool {
    type Column = YesNo;

    fn push(self, column: &mut YesNo) -> Result<()> {
        let [yes, no] = column.words;
        column.labels.append_value(if self { yes } else { no });
        Ok(())
    }

    fn shown(self) -> Result<Value> {
        Ok(self.into())
    }
}

/// Answers of text.
#[derive(Debug)]
pub struct Texts {
    labels: StringBuilder,
    declared: &'static [&'static str],
}

impl Texts {
    fn push(&mut self, label: &str) -> Result<()> {
        if !self.declared.is_empty() && !self.declared.contains(&label) {
            return Err(Error::internal(format!("answered `{label}`, which is not among the labels declared")));
        }
        self.labels.append_value(label);
        Ok(())
    }
}

impl Column for Texts {
    const LABELS: Option<usize> = None;

    fn new(rows: usize, declared: &'static [&'static str]) -> Self {
        Self { labels: StringBuilder::with_capacity(rows, rows * 8), declared }
    }

    fn outputs(labels: &[&str], _: bool) -> Outputs {
        if labels.is_empty() { Outputs::label(None) } else { known(labels) }
    }

    fn push_null(&mut self) {
        self.labels.append_null();
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        vec![Arc::new(self.labels.finish())]
    }
}

fn known(labels: &[&str]) -> Outputs {
    Outputs::label(Some(labels.iter().map(ToString::to_string).collect()))
}

impl Answer for &str {
    type Column = Texts;

    fn push(self, column: &mut Texts) -> Result<()> {
        column.push(self)
    }

    fn shown(self) -> Result<Value> {
        Ok(self.into())
    }
}

impl Answer for String {
    type Column = Texts;

    fn push(self, column: &mut Texts) -> Result<()> {
        column.push(&self)
    }

    fn shown(self) -> Result<Value> {
        Ok(self.into())
    }
}

/// Answers of integers: the label is the number as text, the score the number.
#[derive(Debug)]
pub struct Integers(Int64Builder);

impl Column for Integers {
    const LABELS: Option<usize> = Some(0);

    fn new(rows: usize, _: &'static [&'static str]) -> Self {
        Self(Int64Builder::with_capacity(rows))
    }

    fn outputs(_: &[&str], nullable: bool) -> Outputs {
        Outputs::label(None).with(SCORE, DataType::Int64, nullable)
    }

    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let scores = self.0.finish();
        let labels: StringArray = scores.iter().map(|score| score.map(|score| score.to_string())).collect();
        vec![Arc::new(labels), Arc::new(scores)]
    }
}

/// Answers of real numbers: no label, the score is the number.
#[derive(Debug)]
pub struct Reals(Float64Builder);

impl Column for Reals {
    const LABELS: Option<usize> = Some(0);

    fn new(rows: usize, _: &'static [&'static str]) -> Self {
        Self(Float64Builder::with_capacity(rows))
    }

    fn outputs(_: &[&str], nullable: bool) -> Outputs {
        Outputs::label(None).with(SCORE, DataType::Float64, nullable)
    }

    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let scores = self.0.finish();
        let labels = StringArray::new_null(arrow_array::Array::len(&scores));
        vec![Arc::new(labels), Arc::new(scores)]
    }
}

/// Numbers, each gathered as the widest of its family.
macro_rules! numbers {
    ($column:ident: $($number:ty),+) => {$(
        impl Answer for $number {
            type Column = $column;

            fn push(self, column: &mut $column) -> Result<()> {
                column.0.append_value(self.into());
                Ok(())
            }

            fn shown(self) -> Result<Value> {
                Ok(self.into())
            }
        }
    )+};
}

numbers!(Integers: i8, i16, i32, i64, u8, u16, u32);
numbers!(Reals: f32, f64);

impl<A: Answer> Answer for Option<A> {
    const NULLABLE: bool = true;
    type Column = A::Column;

    fn push(self, column: &mut A::Column) -> Result<()> {
        match self {
            Some(answer) => answer.push(column),
            None => {
                column.push_null();
                Ok(())
            }
        }
    }

    fn shown(self) -> Result<Value> {
        self.map_or(Ok(Value::Null), A::shown)
    }
}

impl<A: Answer> Answer for Result<A> {
    const NULLABLE: bool = A::NULLABLE;
    type Column = A::Column;

    fn push(self, column: &mut A::Column) -> Result<()> {
        self?.push(column)
    }

    fn shown(self) -> Result<Value> {
        self?.shown()
    }
}
