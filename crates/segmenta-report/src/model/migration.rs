//! Who moved between the segments of a scheme since the baseline.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// The cross-table of a scheme's segments, baseline by now, over customers present in both runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    /// Segments, the union of both runs; index of everything below.
    pub labels: Vec<String>,
    /// `matched[i][j]`: customers in segment `i` before and `j` now.
    pub matched: Vec<Vec<u64>>,
    /// `new[j]`: customers now in `j` who were not there before.
    pub new: Vec<u64>,
    /// `gone[i]`: customers who were in `i` and are not there now.
    pub gone: Vec<u64>,
    /// Share of matched customers in the same segment as before, 0 to 1.
    pub stability: Figure<f64>,
    /// `1 - stability`.
    pub moved_share: Figure<f64>,
    /// Total variation of the two runs' segment shares, 0 to 1: the net part of the movement.
    pub net_moved_share: Figure<f64>,
}

impl Migration {
    /// Customers present in both runs.
    pub fn matched_customers(&self) -> u64 {
        self.matched.iter().flatten().sum()
    }

    /// Matched customers whose segment changed.
    pub fn moved_customers(&self) -> u64 {
        let stayed: u64 = self.matched.iter().enumerate().filter_map(|(i, row)| row.get(i)).sum();
        self.matched_customers() - stayed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moved_customers_are_those_off_the_diagonal() {
        let migration = Migration {
            labels: vec!["a".into(), "b".into()],
            matched: vec![vec![7, 2], vec![1, 10]],
            new: vec![0, 4],
            gone: vec![3, 0],
            stability: Figure::Known(0.85),
            moved_share: Figure::Known(0.15),
            net_moved_share: Figure::Known(0.05),
        };
        assert_eq!(migration.matched_customers(), 20);
        assert_eq!(migration.moved_customers(), 3);
    }
}
