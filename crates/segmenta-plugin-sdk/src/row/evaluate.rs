//! The loops around a row rule.

use arrow_array::ArrayRef;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Answer, Argument, Column, POLL_ROWS};
use crate::{Cx, Error, Input, Outputs, Result};

/// The declaration of an argument's column.
pub fn input<'a, T: Argument<'a>>(name: &str, description: &str) -> Input {
    let input = Input::new(name, T::TYPES).describe(description);
    if T::NULLABLE { input.nullable() } else { input }
}

/// The columns of a rule that answers with `A`.
pub fn outputs<A: Answer>(labels: &[&str]) -> Outputs {
    A::Column::outputs(labels, A::NULLABLE)
}

/// Whether a rule that answers with `A` can declare so many labels.
///
/// # Panics
/// If it cannot; in a constant that is a compile error.
pub const fn check_labels<A: Answer>(count: usize) {
    match A::Column::LABELS {
        Some(2) => assert!(count == 2, "a rule of `bool` has two labels: what `true` means, then what `false` means"),
        Some(_) => panic!("a rule that answers with a number has no labels"),
        None => {}
    }
}

/// The answers of `rule` for rows `0..rows`.
///
/// # Errors
/// What the rule answers, with the row; [`Error::Cancelled`] and [`Error::TimedOut`].
pub fn answer<A: Answer>(
    rows: usize,
    labels: &'static [&'static str],
    cx: &Cx<'_>,
    mut rule: impl FnMut(usize) -> A,
) -> Result<Vec<ArrayRef>> {
    let mut column = A::Column::new(rows, labels);
    for start in (0..rows).step_by(POLL_ROWS) {
        cx.poll()?;
        for row in start..rows.min(start + POLL_ROWS) {
            rule(row).push(&mut column).map_err(|error| in_row(error, row))?;
        }
    }
    Ok(column.finish())
}

/// Values by the name of the argument.
type Named = Vec<(&'static str, Value)>;

/// What a rule saw, what its options are, and what it answered, per row.
///
/// # Errors
/// As [`answer`].
pub fn explain<A: Answer>(
    rows: usize,
    cx: &Cx<'_>,
    mut rule: impl FnMut(usize) -> (Named, Named, A),
) -> Result<Vec<Value>> {
    let mut explained = Vec::with_capacity(rows);
    for row in 0..rows {
        if row % POLL_ROWS == 0 {
            cx.poll()?;
        }
        let (seen, set, answer) = rule(row);
        let answer = answer.shown().map_err(|error| in_row(error, row))?;
        explained.push(json!({"inputs": object(seen), "params": object(set), "answer": answer}));
    }
    Ok(explained)
}

fn object(members: Named) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// An option for a person; null if it cannot be written as JSON.
pub fn shown(option: &impl Serialize) -> Value {
    serde_json::to_value(option).unwrap_or_default()
}

/// A rule does not know its row.
fn in_row(error: Error, row: usize) -> Error {
    match error {
        Error::Data { column, problem, .. } => Error::data(column, row, problem),
        other => other,
    }
}
