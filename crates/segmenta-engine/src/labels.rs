//! Label columns as small integers: text is compared once per name instead of once per row.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use hashbrown::HashMap;

/// The names of a label column and, for every row, which of them it holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Labels<'a> {
    /// In ascending order, null first; each occurs in at least one row.
    pub(crate) names: Vec<Option<&'a str>>,
    /// Position in `names`, one per row.
    pub(crate) codes: Vec<u32>,
}

impl<'a> Labels<'a> {
    pub(crate) fn of(column: &'a StringArray) -> Self {
        let mut numbers: HashMap<Option<&str>, u32> = HashMap::new();
        let mut seen: Vec<Option<&str>> = Vec::new();
        let mut codes = Vec::with_capacity(column.len());
        for label in column {
            let number = *numbers.entry(label).or_insert_with(|| {
                seen.push(label);
                seen.len() as u32 - 1
            });
            codes.push(number);
        }
        let mut order: Vec<usize> = (0..seen.len()).collect();
        order.sort_unstable_by_key(|number| seen[*number]);
        let mut position = vec![0; seen.len()];
        for (code, number) in (0..).zip(&order) {
            position[*number] = code;
        }
        codes.iter_mut().for_each(|code| *code = position[*code as usize]);
        Self { names: order.into_iter().map(|number| seen[number]).collect(), codes }
    }

    /// Rows of each name.
    pub(crate) fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.names.len()];
        self.codes.iter().for_each(|code| counts[*code as usize] += 1);
        counts
    }
}

/// Rows per label over all chunks of a column, in ascending order, null first.
pub(crate) fn count<'a>(chunks: impl IntoIterator<Item = &'a ArrayRef>) -> BTreeMap<Option<String>, u64> {
    let mut total: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for chunk in chunks {
        let labels = Labels::of(chunk.as_string());
        for (name, n) in labels.names.iter().zip(labels.counts()) {
            *total.entry(name.map(str::to_owned)).or_default() += n;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn names_ascend_after_null_and_every_row_points_to_its_own() {
        let column = StringArray::from(vec![Some("b"), None, Some("a"), Some("b"), Some("")]);
        let labels = Labels::of(&column);
        assert_eq!(labels.names, [None, Some(""), Some("a"), Some("b")]);
        assert_eq!(labels.codes, [3, 0, 2, 3, 1]);
        assert_eq!(labels.counts(), [1, 1, 1, 2]);
    }

    #[test]
    fn chunks_are_counted_together() {
        let chunks: [ArrayRef; 3] = [
            Arc::new(StringArray::from(vec![Some("a"), None])),
            Arc::new(StringArray::new_null(0)),
            Arc::new(StringArray::from(vec![Some("a"), Some("b")])),
        ];
        let expected = [(None, 1), (Some("a".to_owned()), 2), (Some("b".to_owned()), 1)];
        assert_eq!(count(&chunks), BTreeMap::from(expected));
    }
}
