//! The ranked work list: whom to contact first, and why.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use segmenta_pipeline::model::Worklist;

use crate::profile::{Profile, concat_column};
use crate::summary::batch;
use crate::{Error, Result};

/// Rank by value at stake: the contribution margin to date, which is lost if the customer leaves,
/// plus the headroom against like customers, which is won if they grow. Neither counts below 0.
pub(crate) const SCORE: &str = "value_at_stake";

/// Working days a list is planned for; nobody calls a list further down than this.
const DAYS: u64 = 30;

/// Entities with a channel and a positive score, largest score first, ties in key order, at most
/// `per_day` × 30 rows: `rank`, `day`, key, `segment`, `priority`, `channel`, `score`, `reason`.
pub(crate) fn worklist(list: &Worklist, key: &str, profile: &Profile, actions: &[RecordBatch]) -> Result<RecordBatch> {
    let actions = concat_batches(&actions[0].schema(), actions)?;
    let scores = scores(list, profile)?;
    let channel = actions.column_by_name("channel").expect("actions have a channel").as_string::<i32>();
    let reachable = channel.iter().map(|channel| channel.is_some_and(|channel| channel != "none"));
    let candidates = reachable.enumerate().filter(|(row, reachable)| *reachable && scores[*row] > 0.0);
    let mut rows: Vec<usize> = candidates.map(|(row, _)| row).collect();
    rows.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    rows.truncate(usize::try_from(list.per_day * DAYS).unwrap_or(usize::MAX));
    let indices = UInt64Array::from_iter_values(rows.iter().map(|row| *row as u64));
    let picked = |name: &str| -> Result<ArrayRef> {
        Ok(take(actions.column_by_name(name).expect("actions have the key and every term"), &indices, None)?)
    };
    let score: Vec<f64> = rows.iter().map(|row| scores[*row]).collect();
    let (segment, priority) = (picked("segment")?, picked("priority")?);
    let reason = reasons(&segment, &priority, list, profile, &rows)?;
    let ranks = 1..=rows.len() as u64;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("rank", Arc::new(UInt64Array::from_iter_values(ranks.clone()))),
        ("day", Arc::new(UInt64Array::from_iter_values(ranks.map(|rank| rank.div_ceil(list.per_day.max(1)))))),
        (key, picked(key)?),
        ("segment", segment),
        ("priority", priority),
        ("channel", picked("channel")?),
        ("score", Arc::new(Float64Array::from(score))),
        ("reason", reason),
    ];
    batch(columns)
}

fn floats(profile: &Profile, column: &str) -> Result<Vec<f64>> {
    let values = concat_column(&profile.column(column)?)?;
    if !values.data_type().is_numeric() {
        let (text, found) = (column.to_owned(), values.data_type().to_string());
        return Err(Error::NotNumeric { text, span: 0..0, found });
    }
    let values = cast(&values, &DataType::Float64)?;
    Ok(values.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or_default()).collect())
}

fn scores(list: &Worklist, profile: &Profile) -> Result<Vec<f64>> {
    if list.rank != SCORE {
        return floats(profile, &list.rank);
    }
    let (margin, potential) = (floats(profile, "margin")?, floats(profile, "potential")?);
    Ok(margin.iter().zip(&potential).map(|(margin, potential)| margin.max(0.0) + potential.max(0.0)).collect())
}

fn reasons(
    segment: &ArrayRef,
    priority: &ArrayRef,
    list: &Worklist,
    profile: &Profile,
    rows: &[usize],
) -> Result<ArrayRef> {
    let segments = segment.as_string::<i32>();
    let priorities: &Int64Array = priority.as_primitive::<Int64Type>();
    let by_value = list.rank == SCORE;
    let (margin, potential) =
        if by_value { (floats(profile, "margin")?, floats(profile, "potential")?) } else { (Vec::new(), Vec::new()) };
    let text = segments.iter().zip(priorities).zip(rows).map(|((segment, priority), row)| {
        let group = segment.unwrap_or("no segment");
        let priority = priority.map(|priority| format!(", priority {priority}")).unwrap_or_default();
        let why = if by_value {
            format!("margin {:.2} to keep, {:.2} to win", margin[*row].max(0.0), potential[*row].max(0.0))
        } else {
            format!("ranked by {}", list.rank)
        };
        Some(format!("{group}{priority}: {why}"))
    });
    Ok(Arc::new(text.collect::<StringArray>()))
}
