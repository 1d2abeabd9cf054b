//! Who moved between the segments of a scheme, and what the moves are worth.

use segmenta_stats::migration::Migration;

use crate::facts::{ComparisonId, Movement};
use crate::findings::{MigrationFinding, MovedValue};
use crate::policy::Policy;
use crate::{Reason, Status};

/// Moves listed by their loss.
const MOST_LOSSES: usize = 10;

/// Statistics of one movement, without a level.
///
/// - Fewer than `min_matched` matched customers or `min_movers` movers leave the tests null with
///   `too_few_movers`; the shares stand.
/// - Without matched customers everything but the new and the gone ones is null.
pub fn migration(policy: &Policy, comparison: ComparisonId, movement: &Movement) -> MigrationFinding {
    let found = MigrationFinding {
        comparison,
        scheme: movement.scheme.clone(),
        stage: movement.stage,
        labels: movement.labels.clone(),
        matched: movement.counts.matched.rows().map(<[u64]>::to_vec).collect(),
        new: movement.counts.new.clone(),
        gone: movement.counts.gone.clone(),
        losses: losses(movement),
        ..MigrationFinding::default()
    };
    match movement.counts.summary() {
        Ok(summary) => summarised(policy, found, &movement.counts.matched, summary),
        Err(_) => MigrationFinding { status: Status::Missing, reason: Some(Reason::NotMatched), ..found },
    }
}

fn summarised(
    policy: &Policy,
    found: MigrationFinding,
    matched: &segmenta_stats::CountTable,
    summary: Migration,
) -> MigrationFinding {
    let n_stayed: u64 = (0..matched.n_rows()).map(|segment| matched.get(segment, segment)).sum();
    let n_movers = summary.n_matched - n_stayed;
    let is_tested = summary.n_matched >= policy.min_matched && n_movers >= policy.min_movers;
    let too_few = (summary.status == Status::Ok && !is_tested).then_some(Reason::TooFewMovers);
    MigrationFinding {
        stay_rate: summary.stay_rate,
        net_flow: summary.net_flow,
        stability_index: summary.stability_index,
        moved_share: summary.moved_share,
        tv_marginals: summary.tv_marginals,
        svd_mobility: summary.svd_mobility,
        shorrocks: summary.shorrocks,
        stuart_maxwell: summary.stuart_maxwell.filter(|_| is_tested),
        bowker: summary.bowker.filter(|_| is_tested),
        status: if too_few.is_some() { Status::InsufficientData } else { summary.status },
        reason: too_few.or(summary.reason.map(Reason::from)),
        ..found
    }
}

/// Moves between different segments whose customers are worth less than before, worst first.
fn losses(movement: &Movement) -> Vec<MovedValue> {
    let n_segments = movement.labels.len();
    let revenue = |cells: &[Vec<i128>], from: usize, to: usize| {
        cells.get(from).and_then(|row| row.get(to)).copied().unwrap_or_default()
    };
    let cells = (0..n_segments).flat_map(|from| (0..n_segments).map(move |to| (from, to)));
    let moves = cells.filter(|(from, to)| from != to).map(|(from, to)| MovedValue {
        from_segment: movement.labels[from].clone(),
        to_segment: movement.labels[to].clone(),
        customers: movement.counts.matched.get(from, to),
        revenue_before_minor: revenue(&movement.revenue_before_minor, from, to),
        revenue_after_minor: revenue(&movement.revenue_after_minor, from, to),
    });
    let gain = |moved: &MovedValue| moved.revenue_after_minor - moved.revenue_before_minor;
    let mut losses: Vec<MovedValue> = moves.filter(|moved| gain(moved) < 0).collect();
    losses.sort_by_key(gain);
    losses.truncate(MOST_LOSSES);
    losses
}

#[cfg(test)]
mod tests {
    use segmenta_stats::CountTable;
    use segmenta_stats::migration::MigrationCounts;

    use super::*;
    use crate::facts::Stage;

    fn movement(rows: &[Vec<u64>]) -> Movement {
        let n = rows.len();
        let mut counts = MigrationCounts::new(n);
        counts.matched = CountTable::from_rows(rows).unwrap();
        Movement {
            scheme: "value".to_owned(),
            stage: Stage::Total,
            labels: (0..n).map(|k| format!("s{k}")).collect(),
            counts,
            revenue_before_minor: vec![vec![100; n]; n],
            revenue_after_minor: (0..n)
                .map(|from| (0..n).map(|to| 100 - 30 * (to as i128 - from as i128)).collect())
                .collect(),
        }
    }

    /// McNemar: (25 − 10)² / (25 + 10) = 6.43.
    #[test]
    fn enough_moves_are_tested() {
        let found = migration(&Policy::default(), ComparisonId::Previous, &movement(&[vec![90, 25], vec![10, 75]]));
        assert_eq!((found.status, found.stability_index), (Status::Ok, Some(0.825)));
        assert!((found.stuart_maxwell.unwrap().stat - 225.0 / 35.0).abs() < 1e-12);
    }

    #[test]
    fn few_moves_are_shown_but_not_tested() {
        for rows in [[vec![900, 5], vec![4, 75]], [vec![50, 20], vec![20, 50]]] {
            let found = migration(&Policy::default(), ComparisonId::Previous, &movement(&rows));
            assert_eq!((found.status, found.reason), (Status::InsufficientData, Some(Reason::TooFewMovers)));
            assert!(found.moved_share.is_some() && found.stuart_maxwell.is_none() && found.bowker.is_none());
        }
        let nobody = migration(&Policy::default(), ComparisonId::Previous, &movement(&[vec![0, 0], vec![0, 0]]));
        assert_eq!(nobody.status, Status::Undefined);
        assert!(nobody.reason.is_some());
    }

    #[test]
    fn losses_come_worst_first_and_only_from_moves() {
        let found = migration(&Policy::default(), ComparisonId::Previous, &movement(&vec![vec![9; 6]; 6]));
        assert_eq!(found.losses.len(), 10);
        assert_eq!((found.losses[0].from_segment.as_str(), found.losses[0].to_segment.as_str()), ("s0", "s5"));
        assert!(found.losses.iter().all(|moved| moved.revenue_after_minor < moved.revenue_before_minor));
    }
}
