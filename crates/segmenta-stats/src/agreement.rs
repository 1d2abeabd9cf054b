//! Agreement of two assignments of the same customers: adjusted Rand index and Jaccard overlap.

use serde::Serialize;

use crate::error::{Result, same_length};
use crate::float::finite;
use crate::status::{Reason, Status};
use crate::table::CountTable;

/// Jaccard overlap from which a segment counts as highly stable.
pub const HIGHLY_STABLE: f64 = 0.85;

/// Jaccard overlap from which a segment counts as stable.
pub const STABLE: f64 = 0.75;

/// Jaccard overlap below which a segment should not be trusted.
pub const DOUBTFUL: f64 = 0.6;

/// Jaccard overlap up to which a segment counts as dissolved.
pub const DISSOLVED: f64 = 0.5;

/// Customers from which the integers of the index could overflow.
const TOO_MANY: u64 = 1 << 32;

/// How far two assignments agree, whatever their segments are called.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// `undefined` without customers.
    pub status: Status,
    /// `empty`, or `out_of_range` from 2^32 customers on, or null.
    pub reason: Option<Reason>,
    /// Adjusted Rand index: 1 for the same partition, about 0 for chance, may be negative.
    pub ari: Option<f64>,
    /// For each segment of the first side the largest overlap |a∩b| / |a∪b| with one of the second; null for
    /// a segment without customers.
    pub jaccard_best: Vec<Option<f64>>,
}

/// Adjusted Rand index and best Jaccard overlaps from the cross table of two assignments.
///
/// `ARI = (Σ C(nᵢⱼ,2) − E) / (½(A+B) − E)` with `E = A·B/C(N,2)`, A and B the pairs within rows and columns, in
/// integers up to the final division. Two trivial, equal partitions give 1.
///
/// # Source
/// Hubert & Arabie (1985), *Comparing partitions*; Hennig (2007) for the Jaccard bands.
///
/// # Example
/// ```
/// use segmenta_stats::{CountTable, agreement};
///
/// let renamed = CountTable::from_rows(&[vec![0, 7], vec![5, 0]])?;
/// assert_eq!(agreement::of_table(&renamed).ari, Some(1.0));
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn of_table(table: &CountTable) -> Agreement {
    match table.total() {
        0 => Agreement { reason: Some(Reason::Empty), ..Agreement::default() },
        TOO_MANY.. => Agreement { reason: Some(Reason::OutOfRange), ..Agreement::default() },
        _ => Agreement {
            status: Status::Ok,
            reason: None,
            ari: finite(adjusted_rand(table)),
            jaccard_best: jaccard_best(table),
        },
    }
}

/// The cross table of two lists of labels, with the distinct labels of both in ascending order.
///
/// # Errors
/// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer) if one list is longer.
pub fn cross_table<L: Ord + Clone>(a: &[L], b: &[L]) -> Result<(Vec<L>, Vec<L>, CountTable)> {
    same_length(("a", a.len()), ("b", b.len()))?;
    let (labels_a, labels_b) = (distinct(a), distinct(b));
    let mut table = CountTable::new(labels_a.len(), labels_b.len());
    let position = |labels: &[L], label: &L| labels.binary_search(label).expect("every label was collected");
    for (left, right) in a.iter().zip(b) {
        table.add(position(&labels_a, left), position(&labels_b, right), 1)?;
    }
    Ok((labels_a, labels_b, table))
}

/// Overlap |a∩b| / |a∪b| of sets of `n_a` and `n_b` customers with `n_both` in common; `None` if both are empty.
pub fn jaccard(n_both: u64, n_a: u64, n_b: u64) -> Option<f64> {
    let n_either = n_a + n_b - n_both;
    if n_either == 0 { None } else { Some(n_both as f64 / n_either as f64) }
}

fn distinct<L: Ord + Clone>(labels: &[L]) -> Vec<L> {
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

fn adjusted_rand(table: &CountTable) -> f64 {
    let all = pairs(table.total());
    let both = table.cells().iter().map(|&n| pairs(n)).sum::<i128>();
    let in_rows = table.row_totals().into_iter().map(pairs).sum::<i128>();
    let in_columns = table.column_totals().into_iter().map(pairs).sum::<i128>();
    let chance = in_rows * in_columns;
    let most = (in_rows + in_columns) * all - 2 * chance;
    if most == 0 { 1.0 } else { (2 * (both * all - chance)) as f64 / most as f64 }
}

fn jaccard_best(table: &CountTable) -> Vec<Option<f64>> {
    let (rows, columns) = (table.row_totals(), table.column_totals());
    let best = |(cells, &n_a): (&[u64], &u64)| {
        let overlaps = cells.iter().zip(&columns).filter_map(|(&n_both, &n_b)| jaccard(n_both, n_a, n_b));
        if n_a == 0 { None } else { overlaps.max_by(f64::total_cmp) }
    };
    table.rows().zip(&rows).map(best).collect()
}

/// Pairs that can be drawn from `n`.
fn pairs(n: u64) -> i128 {
    let n = i128::from(n);
    n * (n - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_thousand_million_customers_do_not_overflow() {
        let n = (1 << 30) - 1;
        let table = CountTable::from_rows(&[vec![n, 0, 0, 0], vec![0, n, n, n]]).unwrap();
        assert!(of_table(&table).ari.is_some_and(|ari| ari > 0.0 && ari < 1.0));
        let halves = CountTable::from_rows(&[vec![1 << 31, 1 << 31]]).unwrap();
        assert_eq!(of_table(&halves).reason, Some(Reason::OutOfRange));
    }

    #[test]
    fn the_index_does_not_depend_on_the_direction() {
        let there = CountTable::from_rows(&[vec![5, 1, 2], vec![0, 7, 3]]).unwrap();
        let back = CountTable::from_rows(&[vec![5, 0], vec![1, 7], vec![2, 3]]).unwrap();
        assert_eq!(of_table(&there).ari, of_table(&back).ari);
    }
}
