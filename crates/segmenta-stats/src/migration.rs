//! Who moved between segments: migration matrix, stability, and paired tests on the same customers.

use serde::{Deserialize, Serialize};

use crate::distribution::chi_square_tail;
use crate::error::{Result, same_length};
use crate::float::{finite, share, sum};
use crate::matrix::{mean_singular_value, quadratic_form_of_inverse};
use crate::status::{Reason, Status};
use crate::table::{CountTable, check_index};

/// Customers by segment before and now.
///
/// # Example
/// ```
/// use segmenta_stats::migration::MigrationCounts;
///
/// let mut moves = MigrationCounts::new(2);
/// moves.add(Some(0), Some(0), 90)?;
/// moves.add(Some(0), Some(1), 10)?;
/// moves.add(None, Some(1), 5)?; // new
/// moves.add(Some(1), None, 3)?; // gone
/// assert_eq!(moves.summary()?.stability_index, Some(0.9));
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MigrationCounts {
    /// Customers on both sides: previous segment by row, current one by column.
    pub matched: CountTable,
    /// Customers on the current side only, by current segment.
    pub new: Vec<u64>,
    /// Customers on the previous side only, by previous segment.
    pub gone: Vec<u64>,
}

impl MigrationCounts {
    /// No customers yet, in `n_segments` segments; "unassigned" is one of them.
    pub fn new(n_segments: usize) -> Self {
        let empty = vec![0; n_segments];
        Self { matched: CountTable::new(n_segments, n_segments), new: empty.clone(), gone: empty }
    }

    /// Adds `n` customers who were in `from` and are in `to`; `None` means not a customer then.
    ///
    /// # Errors
    /// [`Error::UnknownSegment`](crate::Error::UnknownSegment) for a segment outside of the table.
    pub fn add(&mut self, from: Option<usize>, to: Option<usize>, n: u64) -> Result<()> {
        let count = match (from, to) {
            (Some(from), Some(to)) => return self.matched.add(from, to, n),
            (None, Some(to)) => at(&mut self.new, to)?,
            (Some(from), None) => at(&mut self.gone, from)?,
            (None, None) => return Ok(()),
        };
        *count += n;
        Ok(())
    }

    /// Adds the customers of another part.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer) if the parts have different numbers of segments.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.matched.merge(&other.matched)?;
        self.new.iter_mut().zip(&other.new).for_each(|(n, more)| *n += more);
        self.gone.iter_mut().zip(&other.gone).for_each(|(n, more)| *n += more);
        Ok(())
    }

    /// Statistics of the customers on both sides.
    ///
    /// # Errors
    /// As [`of_table`].
    pub fn summary(&self) -> Result<Migration> {
        same_length(("new", self.new.len()), ("gone", self.gone.len()))?;
        of_table(&self.matched)
    }
}

/// A test of a table against χ².
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableTest {
    /// The statistic, at least 0.
    pub stat: f64,
    /// Degrees of freedom.
    pub dof: u64,
    /// Probability of a statistic at least this large under the hypothesis; 1 without degrees of freedom.
    pub p: f64,
}

/// How customers moved between segments.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Migration {
    /// `undefined` without customers on both sides.
    pub status: Status,
    /// `no_matched_customers`, or null.
    pub reason: Option<Reason>,
    /// Customers on both sides.
    pub n_matched: u64,
    /// Share of each previous segment (row) that is now in each segment; null for an empty previous segment.
    pub row_probabilities: Vec<Option<Vec<f64>>>,
    /// Share of each previous segment that stayed.
    pub stay_rate: Vec<Option<f64>>,
    /// Share of all matched customers who stayed.
    pub stability_index: Option<f64>,
    /// Share of all matched customers who moved.
    pub moved_share: Option<f64>,
    /// Customers who came less customers who left, by segment.
    pub net_flow: Vec<i64>,
    /// Total variation between the previous and the current shares of the matched customers.
    pub tv_marginals: Option<f64>,
    /// Stuart–Maxwell test: are the segments' sizes unchanged, given that the customers are the same?
    pub stuart_maxwell: Option<TableTest>,
    /// Bowker's test: do as many move from i to j as from j to i?
    pub bowker: Option<TableTest>,
    /// Shorrocks' mobility (K − tr P)/(K − 1): 0 when all stay; null with an empty previous segment.
    pub shorrocks: Option<f64>,
    /// Mean singular value of P − I: 0 when all stay; null with an empty previous segment.
    pub svd_mobility: Option<f64>,
}

/// Migration statistics of a square table of matched customers, previous segment by row.
///
/// # Errors
/// [`Error::NotSquare`](crate::Error::NotSquare) if rows and columns are not the same segments.
///
/// # Source
/// Stuart (1955) and Maxwell (1970); Bowker (1948); Shorrocks (1978); Jafry & Schuermann (2004) for the
/// singular values.
///
/// # Example
/// ```
/// use segmenta_stats::{CountTable, migration};
///
/// let moves = migration::of_table(&CountTable::from_rows(&[vec![90, 25], vec![10, 75]])?)?;
/// let test = moves.stuart_maxwell.expect("there are customers");
/// assert!((test.stat - 15.0 * 15.0 / 35.0).abs() < 1e-12); // McNemar: (25 − 10)² / (25 + 10)
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn of_table(matched: &CountTable) -> Result<Migration> {
    let n_segments = matched.square()?;
    let n_matched = matched.total();
    if n_matched == 0 {
        return Ok(Migration { reason: Some(Reason::NoMatchedCustomers), ..Migration::default() });
    }
    let n_stayed: u64 = (0..n_segments).map(|segment| matched.get(segment, segment)).sum();
    let probabilities = row_probabilities(matched);
    let complete: Option<Vec<&Vec<f64>>> = probabilities.iter().map(Option::as_ref).collect();
    let complete = complete.filter(|_| n_segments >= 2);
    let net_flow = net_flow(matched);
    let net_moves: u64 = net_flow.iter().map(|flow| flow.unsigned_abs()).sum();
    Ok(Migration {
        status: Status::Ok,
        reason: None,
        n_matched,
        stay_rate: probabilities.iter().enumerate().map(|(i, row)| row.as_ref().map(|row| row[i])).collect(),
        stability_index: finite(share(n_stayed, n_matched)),
        moved_share: finite(share(n_matched - n_stayed, n_matched)),
        tv_marginals: finite(share(net_moves, n_matched) / 2.0),
        stuart_maxwell: Some(stuart_maxwell(matched, &net_flow)),
        bowker: Some(bowker(matched)),
        shorrocks: complete.as_deref().and_then(shorrocks),
        svd_mobility: complete.as_deref().and_then(svd_mobility),
        row_probabilities: probabilities,
        net_flow,
    })
}

fn at(counts: &mut [u64], segment: usize) -> Result<&mut u64> {
    check_index(segment, counts.len())?;
    Ok(&mut counts[segment])
}

fn row_probabilities(matched: &CountTable) -> Vec<Option<Vec<f64>>> {
    let shares = |row: &[u64]| {
        let total: u64 = row.iter().sum();
        if total == 0 { None } else { Some(row.iter().map(|&n| share(n, total)).collect()) }
    };
    matched.rows().map(shares).collect()
}

fn net_flow(matched: &CountTable) -> Vec<i64> {
    let came = matched.column_totals();
    let left = matched.row_totals();
    came.iter().zip(&left).map(|(&came, &left)| came as i64 - left as i64).collect()
}

/// Movers between two different segments, both ways.
fn exchange(matched: &CountTable, i: usize, j: usize) -> u64 {
    matched.get(i, j) + matched.get(j, i)
}

/// dᵀS⁺d with d the net flows. S is the Laplacian of the mover graph, so each connected component is solved on
/// its own with one segment left out; it has one degree of freedom less than segments.
fn stuart_maxwell(matched: &CountTable, net_flow: &[i64]) -> TableTest {
    let (mut stat, mut dof) = (0.0, 0);
    for component in components(matched) {
        let (_, kept) = component.split_last().expect("a component has segments");
        let entry = |i: usize, j: usize| {
            if i == j {
                (0..matched.n_rows()).filter(|&k| k != i).map(|k| exchange(matched, i, k) as f64).sum()
            } else {
                -(exchange(matched, i, j) as f64)
            }
        };
        let laplacian = kept.iter().map(|&i| kept.iter().map(|&j| entry(i, j)).collect()).collect();
        let flows: Vec<f64> = kept.iter().map(|&segment| net_flow[segment] as f64).collect();
        stat += quadratic_form_of_inverse(laplacian, flows);
        dof += kept.len() as u64;
    }
    TableTest { stat, dof, p: chi_square_tail(stat, dof) }
}

/// Segments joined by movers, directly or not; a segment without movers is a component of its own.
fn components(matched: &CountTable) -> Vec<Vec<usize>> {
    let mut unseen: Vec<usize> = (0..matched.n_rows()).rev().collect();
    let mut components = Vec::new();
    while let Some(start) = unseen.pop() {
        let mut component = vec![start];
        let mut next = 0;
        while let Some(&segment) = component.get(next) {
            let reached = unseen.extract_if(.., |other| exchange(matched, segment, *other) > 0);
            component.extend(reached);
            next += 1;
        }
        components.push(component);
    }
    components
}

fn bowker(matched: &CountTable) -> TableTest {
    let segments = 0..matched.n_rows();
    let pairs = segments.flat_map(|j| (0..j).map(move |i| (i, j)));
    let terms: Vec<f64> = pairs
        .filter(|&(i, j)| exchange(matched, i, j) > 0)
        .map(|(i, j)| {
            let difference = matched.get(i, j).abs_diff(matched.get(j, i)) as f64;
            difference * difference / exchange(matched, i, j) as f64
        })
        .collect();
    let (stat, dof) = (sum(terms.iter().copied()), terms.len() as u64);
    TableTest { stat, dof, p: chi_square_tail(stat, dof) }
}

fn shorrocks(probabilities: &[&Vec<f64>]) -> Option<f64> {
    let trace = sum(probabilities.iter().enumerate().map(|(i, row)| row[i]));
    let n_segments = probabilities.len() as f64;
    finite((n_segments - trace) / (n_segments - 1.0))
}

fn svd_mobility(probabilities: &[&Vec<f64>]) -> Option<f64> {
    let mut columns: Vec<Vec<f64>> =
        (0..probabilities.len()).map(|j| probabilities.iter().map(|row| row[j]).collect()).collect();
    columns.iter_mut().enumerate().for_each(|(i, column)| column[i] -= 1.0);
    finite(mean_singular_value(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_follow_the_movers() {
        let table = CountTable::from_rows(&[vec![5, 0, 1, 0], vec![0, 5, 0, 0], vec![0, 0, 5, 0], vec![2, 0, 0, 5]]);
        assert_eq!(components(&table.unwrap()), [vec![0, 3, 2], vec![1]]);
    }

    #[test]
    fn parts_add_up() {
        let mut left = MigrationCounts::new(2);
        left.add(Some(0), Some(1), 3).unwrap();
        left.add(None, Some(1), 2).unwrap();
        let mut right = MigrationCounts::new(2);
        right.add(Some(0), Some(1), 4).unwrap();
        right.add(Some(1), None, 1).unwrap();
        left.merge(&right).unwrap();
        assert_eq!((left.matched.get(0, 1), left.new[1], left.gone[1]), (7, 2, 1));
        assert!(left.add(Some(2), None, 1).is_err());
        assert!(left.merge(&MigrationCounts::new(3)).is_err());
    }

    #[test]
    fn a_table_must_be_square() {
        assert!(of_table(&CountTable::new(2, 3)).is_err());
    }

    #[test]
    fn one_segment_has_nothing_to_test() {
        let only = of_table(&CountTable::from_rows(&[vec![9]]).unwrap()).unwrap();
        assert_eq!((only.shorrocks, only.stability_index), (None, Some(1.0)));
        assert_eq!(only.stuart_maxwell, Some(TableTest { stat: 0.0, dof: 0, p: 1.0 }));
    }
}
