//! Who moved between the segments of a scheme since the baseline.

use segmenta_monitor::facts::Movement;

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
    pub(super) fn of(movement: &Movement) -> Self {
        let counts = &movement.counts;
        Self {
            labels: movement.labels.clone(),
            matched: counts.matched.rows().map(<[u64]>::to_vec).collect(),
            new: counts.new.clone(),
            gone: counts.gone.clone(),
        }
    }

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
