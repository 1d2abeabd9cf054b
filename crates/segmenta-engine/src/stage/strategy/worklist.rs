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

/// Entities with a positive score, those left out who agreed to none of their channels, largest score first, ties in key order, at most
/// `per_day` × 30 rows: `rank`, `day`, key, `segment`, `priority`, `channel`, `score`, `reason`.
pub(crate) fn worklist(list: &Worklist, key: &str, profile: &Profile, actions: &[RecordBatch]) -> Result<RecordBatch> {
    let actions = listed_columns(key, actions)?;
    let scores = scores(list, profile)?;
    let channel = actions.column_by_name("channel").expect("actions have a channel").as_string::<i32>();
    let reachable = channel.iter().map(|channel| channel.is_none_or(|channel| channel != "none"));
    let candidates = reachable.enumerate().filter(|(row, reachable)| *reachable && scores[*row] > 0.0);
    let mut rows: Vec<usize> = candidates.map(|(row, _)| row).collect();
    rows.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    rows.truncate(usize::try_from(list.per_day.saturating_mul(DAYS)).unwrap_or(usize::MAX));
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

/// The columns of the actions table that the list shows, as one batch.
fn listed_columns(key: &str, actions: &[RecordBatch]) -> Result<RecordBatch> {
    let schema = actions[0].schema();
    let shown = [key, "segment", "priority", "channel"].map(|name| schema.index_of(name));
    let shown = shown.into_iter().collect::<Result<Vec<_>, _>>()?;
    let batches = actions.iter().map(|batch| batch.project(&shown)).collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&batches[0].schema(), &batches)?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{floats as numbers, integers, profile, texts};

    /// Customers 1 to 6 with these margins, potentials and channels; 4 has no channel, 5 no value.
    fn listed(rank: &str, per_day: u64) -> RecordBatch {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=6));
        let money = |values: [Option<f64>; 6]| -> ArrayRef { Arc::new(values.into_iter().collect::<Float64Array>()) };
        let profile = profile(vec![
            ("id", Arc::clone(&ids)),
            ("margin", money([Some(-5.0), Some(4.0), Some(7.0), Some(90.0), Some(-1.0), Some(20.0)])),
            ("potential", money([Some(7.0), Some(3.0), None, Some(9.0), Some(0.0), Some(1.5)])),
        ]);
        let segment = [Some("big"), None, Some("big"), Some("big"), Some("big"), Some("small")];
        let priority = [Some(1), None, Some(2), Some(1), Some(1), Some(3)];
        let channel = ["sms", "email", "sms", "none", "sms", "post"];
        let actions = batch(vec![
            ("id", ids),
            ("segment", Arc::new(segment.into_iter().collect::<StringArray>())),
            ("priority", Arc::new(Int64Array::from_iter(priority))),
            ("channel", Arc::new(StringArray::from(channel.to_vec()))),
        ])
        .unwrap();
        worklist(&Worklist { rank: rank.into(), per_day }, "id", &profile, &[actions]).unwrap()
    }

    /// At stake: 0 + 7, 4 + 3, 7 + 0, unreachable, nothing, 20 + 1.5.
    #[test]
    fn most_at_stake_comes_first_and_ties_stand_in_key_order() {
        let list = [listed(SCORE, 2)];
        assert_eq!(integers(&list, "id"), [6, 1, 2, 3].map(Some));
        assert_eq!(numbers(&list, "score"), [21.5, 7.0, 7.0, 7.0].map(Some));
        assert_eq!(integers(&list, "rank"), [1, 2, 3, 4].map(Some));
        assert_eq!(integers(&list, "day"), [1, 1, 2, 2].map(Some));
        assert_eq!(texts(&list, "channel"), ["post", "sms", "email", "sms"]);
        assert_eq!(
            texts(&list, "reason")[..3],
            [
                "small, priority 3: margin 20.00 to keep, 1.50 to win",
                "big, priority 1: margin 0.00 to keep, 7.00 to win",
                "no segment: margin 4.00 to keep, 3.00 to win",
            ]
        );
    }

    #[test]
    fn any_number_of_the_profile_can_rank() {
        let list = [listed("potential", 3)];
        assert_eq!(integers(&list, "id"), [1, 2, 6].map(Some));
        assert_eq!(texts(&list, "reason")[0], "big, priority 1: ranked by potential");
    }

    #[test]
    fn a_list_is_planned_for_thirty_days() {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=40));
        let profile = profile(vec![("id", Arc::clone(&ids))]);
        let actions = batch(vec![
            ("id", ids),
            ("segment", Arc::new(StringArray::from(vec!["big"; 40]))),
            ("priority", Arc::new(Int64Array::from(vec![1; 40]))),
            ("channel", Arc::new(StringArray::from(vec!["sms"; 40]))),
        ]);
        let list = Worklist { rank: "id".into(), per_day: 1 };
        let rows = [worklist(&list, "id", &profile, &[actions.unwrap()]).unwrap()];
        assert_eq!(integers(&rows, "id"), (11..=40).rev().map(Some).collect::<Vec<_>>());
        assert_eq!(integers(&rows, "day").last(), Some(&Some(30)));
    }
}
