//! Who moved between the segments of a scheme since the baseline.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, Rows, SortField};

use super::Baseline;
use crate::context::Context;
use crate::labels::Labels;
use crate::profile::{Profile, concat_column};
use crate::{Error, Result};

/// Label of entities without a segment.
pub(crate) const UNASSIGNED: &str = "(none)";

/// Entities by the segment they were in and the one they are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Migration {
    /// Segments of either run, in ascending order.
    pub(crate) labels: Vec<String>,
    /// `matched[before][now]`: entities of both runs.
    pub(crate) matched: Vec<Vec<u64>>,
    /// Entities that the baseline did not have, by segment now.
    pub(crate) new: Vec<u64>,
    /// Entities of the baseline that this run does not have, by segment then.
    pub(crate) gone: Vec<u64>,
}

impl Migration {
    pub(crate) fn n_matched(&self) -> u64 {
        self.matched.iter().flatten().sum()
    }

    /// Share of the matched entities that are in another segment; `None` without matched ones.
    pub(crate) fn moved_share(&self) -> Option<f64> {
        let stayed: u64 = (0..self.labels.len()).map(|index| self.matched[index][index]).sum();
        let matched = self.n_matched();
        (matched > 0).then(|| (matched - stayed) as f64 / matched as f64)
    }
}

/// Between the labels of a scheme or criterion; `None` when the baseline did not publish them or its
/// keys are of another type.
pub(super) fn between(
    context: &Context<'_>,
    profile: &Profile,
    baseline: &Baseline,
    labels: &str,
) -> Result<Option<Migration>> {
    // Criteria stand in the table of every scheme.
    let is_scheme = baseline.state.segments.contains_key(labels);
    let Some(scheme) = baseline.state.segments.keys().find(|scheme| !is_scheme || *scheme == labels) else {
        return Ok(None);
    };
    let path = baseline.segments(scheme);
    if !baseline.state.labels.contains_key(labels) || !path.exists() {
        return Ok(None);
    }
    let key = &context.pipeline.entity.key;
    let before = Side::read(&path, key, if is_scheme { "segment" } else { labels }, &baseline.run_id)?;
    let now = Side { keys: concat_column(&profile.column(key)?)?, labels: concat_column(&profile.column(labels)?)? };
    if before.keys.data_type() != now.keys.data_type() {
        return Ok(None);
    }
    Ok(Some(merge(&before, &now)?))
}

/// Keys in ascending order, with a label each.
struct Side {
    keys: ArrayRef,
    labels: ArrayRef,
}

impl Side {
    fn read(path: &Path, key: &str, labels: &str, run_id: &str) -> Result<Self> {
        let rows = crate::parquet_file::read(path, &[key, labels])?;
        let damaged = |message: &str| Error::Damaged {
            path: path.to_owned(),
            run_id: run_id.to_owned(),
            message: message.to_owned(),
        };
        let Some(first) = rows.first().map(RecordBatch::schema) else {
            return Err(damaged("it has no rows"));
        };
        let rows = concat_batches(&first, &rows)?;
        let column = |name| rows.column_by_name(name).cloned().ok_or_else(|| damaged("a column is missing"));
        Ok(Self { keys: column(key)?, labels: cast(&column(labels)?, &DataType::Utf8)? })
    }

    fn labels(&self) -> Labels<'_> {
        Labels::of(self.labels.as_string())
    }
}

fn names<'a>(labels: &Labels<'a>) -> BTreeSet<&'a str> {
    labels.names.iter().map(|label| label.unwrap_or(UNASSIGNED)).collect()
}

/// Position of each row's label in `names`.
fn positions(labels: &Labels<'_>, names: &[String]) -> Vec<usize> {
    let position = |label: &Option<&str>| {
        let label = label.unwrap_or(UNASSIGNED);
        names.binary_search_by(|other| other.as_str().cmp(label)).expect("names are those of both sides")
    };
    let positions: Vec<usize> = labels.names.iter().map(position).collect();
    labels.codes.iter().map(|code| positions[*code as usize]).collect()
}

/// One walk through both sides in key order.
fn merge(before: &Side, now: &Side) -> Result<Migration> {
    let (labels_before, labels_now) = (before.labels(), now.labels());
    let labels: Vec<String> = names(&labels_before).union(&names(&labels_now)).map(|name| (*name).to_owned()).collect();
    let n = labels.len();
    let mut migration = Migration { matched: vec![vec![0; n]; n], new: vec![0; n], gone: vec![0; n], labels };
    let converter = RowConverter::new(vec![SortField::new(now.keys.data_type().clone())])?;
    let (keys_before, keys_now): (Rows, Rows) = (
        converter.convert_columns(std::slice::from_ref(&before.keys))?,
        converter.convert_columns(std::slice::from_ref(&now.keys))?,
    );
    let (from, to) = (positions(&labels_before, &migration.labels), positions(&labels_now, &migration.labels));
    let (mut i, mut j) = (0, 0);
    while i < from.len() || j < to.len() {
        let order = match (i < from.len(), j < to.len()) {
            (true, true) => keys_before.row(i).cmp(&keys_now.row(j)),
            (true, false) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Equal => migration.matched[from[i]][to[j]] += 1,
            Ordering::Less => migration.gone[from[i]] += 1,
            Ordering::Greater => migration.new[to[j]] += 1,
        }
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
    Ok(migration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, profile};
    use arrow::array::{Int64Array, StringArray};
    use std::sync::Arc;

    fn side(rows: &[(i64, Option<&str>)]) -> Side {
        Side {
            keys: Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
            labels: Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>()),
        }
    }

    /// 1 stays in a, 2 moves a → b, 3 is gone from b, 4 is new in a, 5 loses its segment.
    #[test]
    fn counts_stayers_movers_new_and_gone() {
        let before = side(&[(-1, Some("a")), (2, Some("a")), (3, Some("b")), (5, Some("b"))]);
        let now = side(&[(-1, Some("a")), (2, Some("b")), (4, Some("a")), (5, None)]);
        let migration = merge(&before, &now).unwrap();
        assert_eq!(migration.labels, ["(none)", "a", "b"]);
        assert_eq!(migration.matched, [[0, 0, 0], [0, 1, 1], [1, 0, 0]]);
        assert_eq!((migration.new.clone(), migration.gone.clone()), (vec![0, 1, 0], vec![0, 0, 1]));
        assert_eq!(migration.moved_share(), Some(2.0 / 3.0));
    }

    #[test]
    fn text_keys_are_walked_in_their_own_order_and_disjoint_runs_match_nobody() {
        let side = |keys: &[&str]| Side {
            keys: Arc::new(StringArray::from(keys.to_vec())),
            labels: Arc::new(StringArray::from(vec!["a"; keys.len()])),
        };
        let migration = merge(&side(&["10", "9"]), &side(&["10", "100", "9"])).unwrap();
        assert_eq!((migration.n_matched(), migration.new.clone(), migration.gone.clone()), (2, vec![1], vec![0]));
        assert_eq!(merge(&side(&["1"]), &side(&["2"])).unwrap().moved_share(), None);
    }

    #[test]
    fn a_baseline_without_the_scheme_is_not_compared() {
        let fixture = Fixture::people("");
        let now = profile(vec![("id", Arc::new(Int64Array::from(vec![1])))]);
        let text = String::new;
        let state = crate::stage::monitor::State::default();
        let directory = std::path::PathBuf::from("nowhere");
        let baseline = Baseline { run_id: text(), as_of: text(), definition_version: text(), state, directory };
        assert_eq!(between(&fixture.context(), &now, &baseline, "value").unwrap(), None);
    }
}
