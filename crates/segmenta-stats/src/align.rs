//! Which segment of a refitted model continues which old one.

use serde::Serialize;

use crate::agreement::jaccard;
use crate::error::{Error, Result, same_length};
use crate::status::Status;
use crate::table::CountTable;

/// Jaccard overlap from which a pair is the same segment.
pub const CONTINUES: f64 = 0.5;

/// Old and new segments, paired; every segment is given by its position.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Alignment {
    /// Always `ok`.
    pub status: Status,
    /// Overlap of each old segment (row) with each new one (column), 0 to 1.
    pub jaccard: Vec<Vec<f64>>,
    /// Pairs of old and new segments whose overlaps have the largest sum; by old segment.
    pub assignment: Vec<(usize, usize)>,
    /// That sum.
    pub total: f64,
    /// The pairs with an overlap of at least one half.
    pub continues: Vec<(usize, usize)>,
    /// Old segments that nothing continues.
    pub vanished: Vec<usize>,
    /// New segments that continue nothing.
    pub new: Vec<usize>,
}

/// Pairs the segments of two models by maximum-weight assignment on the Jaccard overlaps.
///
/// - In: customers by old (row) and new (column) segment, and the sizes of both, which may be larger than the
///   sums of the table when customers came or went.
/// - Empty segments overlap with nothing.
///
/// # Errors
/// [`Error::LengthsDiffer`] if there are more or fewer sizes than segments, [`Error::Argument`] if a segment is
/// smaller than its overlaps.
///
/// # Source
/// Kuhn (1955), *The Hungarian method for the assignment problem*, in the form with potentials.
///
/// # Example
/// ```
/// use segmenta_stats::{CountTable, align};
///
/// let overlap = CountTable::from_rows(&[vec![5, 90], vec![88, 4]])?;
/// assert_eq!(align::of_overlap(&overlap, &[100, 100], &[98, 102])?.continues, [(0, 1), (1, 0)]);
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn of_overlap(overlap: &CountTable, old_sizes: &[u64], new_sizes: &[u64]) -> Result<Alignment> {
    same_length(("rows", overlap.n_rows()), ("old_sizes", old_sizes.len()))?;
    same_length(("columns", overlap.n_columns()), ("new_sizes", new_sizes.len()))?;
    check_sizes("old_sizes", old_sizes, &overlap.row_totals())?;
    check_sizes("new_sizes", new_sizes, &overlap.column_totals())?;
    let weights: Vec<Vec<f64>> = overlap
        .rows()
        .zip(old_sizes)
        .map(|(row, &old)| row.iter().zip(new_sizes).map(|(&n, &new)| jaccard(n, old, new).unwrap_or(0.0)).collect())
        .collect();
    let assignment = heaviest_pairs(&weights, overlap.n_columns());
    let weight = |&(old, new): &(usize, usize)| weights[old][new];
    let total = assignment.iter().map(weight).sum();
    let continues: Vec<_> = assignment.iter().copied().filter(|pair| weight(pair) >= CONTINUES).collect();
    let vanished = (0..old_sizes.len()).filter(|old| continues.iter().all(|pair| pair.0 != *old)).collect();
    let new = (0..new_sizes.len()).filter(|new| continues.iter().all(|pair| pair.1 != *new)).collect();
    Ok(Alignment { status: Status::Ok, jaccard: weights, assignment, total, continues, vanished, new })
}

fn check_sizes(name: &'static str, sizes: &[u64], overlaps: &[u64]) -> Result<()> {
    match sizes.iter().zip(overlaps).find(|(size, overlap)| size < overlap) {
        Some((&size, _)) => {
            Err(Error::Argument { name, value: size as f64, expected: "at least the sum of the overlaps" })
        }
        None => Ok(()),
    }
}

/// Pairs of rows and columns with the largest sum of weights; as many as the smaller side has entries.
fn heaviest_pairs(weights: &[Vec<f64>], n_columns: usize) -> Vec<(usize, usize)> {
    let n_rows = weights.len();
    if n_rows <= n_columns {
        return cheapest_columns(n_rows, n_columns, |row, column| -weights[row][column]);
    }
    let transposed = cheapest_columns(n_columns, n_rows, |column, row| -weights[row][column]);
    let mut pairs: Vec<_> = transposed.into_iter().map(|(column, row)| (row, column)).collect();
    pairs.sort_unstable();
    pairs
}

/// Gives each row its own column at the least total cost; needs no more rows than columns.
fn cheapest_columns(n_rows: usize, n_columns: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<(usize, usize)> {
    let mut search = Search {
        row_potential: vec![0.0; n_rows],
        column_potential: vec![0.0; n_columns],
        row_of: vec![None; n_columns],
    };
    for row in 0..n_rows {
        search.place(row, &cost);
    }
    let mut pairs: Vec<_> =
        search.row_of.iter().enumerate().filter_map(|(column, row)| row.map(|row| (row, column))).collect();
    pairs.sort_unstable();
    pairs
}

/// Potentials and the assignment so far.
struct Search {
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
    row_of: Vec<Option<usize>>,
}

impl Search {
    /// Assigns one more row along the shortest augmenting path.
    fn place(&mut self, new_row: usize, cost: impl Fn(usize, usize) -> f64) {
        let n_columns = self.row_of.len();
        let mut slack = vec![f64::INFINITY; n_columns];
        let mut before = vec![None; n_columns];
        let mut visited = vec![false; n_columns];
        let (mut row, mut reached) = (new_row, None);
        loop {
            for column in (0..n_columns).filter(|&column| !visited[column]) {
                let reduced = cost(row, column) - self.row_potential[row] - self.column_potential[column];
                if reduced < slack[column] {
                    slack[column] = reduced;
                    before[column] = reached;
                }
            }
            let next = (0..n_columns)
                .filter(|&column| !visited[column])
                .min_by(|&left, &right| slack[left].total_cmp(&slack[right]))
                .expect("there are at least as many columns as rows");
            self.shift(new_row, slack[next], &visited, &mut slack);
            visited[next] = true;
            reached = Some(next);
            match self.row_of[next] {
                Some(taken_by) => row = taken_by,
                None => return self.augment(next, new_row, &before),
            }
        }
    }

    /// Moves the potentials of the visited part by `step`, so that one more edge becomes tight.
    fn shift(&mut self, new_row: usize, step: f64, visited: &[bool], slack: &mut [f64]) {
        self.row_potential[new_row] += step;
        for (column, &is_visited) in visited.iter().enumerate() {
            if is_visited {
                let row = self.row_of[column].expect("visited columns are assigned");
                self.row_potential[row] += step;
                self.column_potential[column] -= step;
            } else {
                slack[column] -= step;
            }
        }
    }

    /// Hands the columns on along the path, ending with the new row.
    fn augment(&mut self, free: usize, new_row: usize, before: &[Option<usize>]) {
        let mut column = free;
        while let Some(previous) = before[column] {
            self.row_of[column] = self.row_of[previous];
            column = previous;
        }
        self.row_of[column] = Some(new_row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best total by trying every assignment of rows to columns.
    fn best_by_trying(weights: &[Vec<f64>], row: usize, used: &mut Vec<usize>) -> f64 {
        let Some(choices) = weights.get(row) else {
            return 0.0;
        };
        let mut best = f64::NEG_INFINITY;
        for (column, weight) in choices.iter().enumerate() {
            if !used.contains(&column) {
                used.push(column);
                best = best.max(weight + best_by_trying(weights, row + 1, used));
                used.pop();
            }
        }
        best
    }

    #[test]
    fn no_other_assignment_is_heavier() {
        for seed in 0..60_u64 {
            let (n_rows, n_columns) = (2 + seed as usize % 4, 5);
            let cell = |k: u64| ((seed * 7919 + k * 104_729) % 997) as f64 / 997.0;
            let weights: Vec<Vec<f64>> =
                (0..n_rows).map(|row| (0..n_columns).map(|column| cell((row * 5 + column) as u64)).collect()).collect();
            let total: f64 =
                heaviest_pairs(&weights, n_columns).iter().map(|&(row, column)| weights[row][column]).sum();
            assert!((total - best_by_trying(&weights, 0, &mut Vec::new())).abs() < 1e-12, "seed {seed}");
        }
    }

    #[test]
    fn sizes_must_fit() {
        let overlap = CountTable::from_rows(&[vec![5]]).unwrap();
        assert!(of_overlap(&overlap, &[4], &[9]).is_err());
        assert!(of_overlap(&CountTable::new(2, 2), &[1], &[1, 1]).is_err());
    }
}
