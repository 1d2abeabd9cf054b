//! What a refit made of the segments: which one continues which, and how much of a change is the definition.

use segmenta_stats::{agreement, align};
use serde::{Deserialize, Serialize};

use crate::facts::{Matched, Movement, Stage};
use crate::{Reason, Status};

/// Part of a segment that must come from another one, or go there, for a split or a merge.
const MOST_OF: f64 = 0.5;

/// What a new segment is to an old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same segment, with an overlap of at least one half.
    #[default]
    Continues,
    /// Continues none.
    New,
    /// None continues it.
    Vanished,
    /// One of several new segments whose customers mostly come from the old one.
    Split,
    /// One of several old segments whose customers mostly are in the new one.
    Merge,
}

/// How far a pair of segments can be trusted to be the same one, after Hennig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// From 0.85.
    HighlyStable,
    /// From 0.75.
    Stable,
    /// From 0.6: a pattern, but who belongs to it is uncertain.
    PatternOnly,
    /// From above 0.5: not to be trusted.
    Doubtful,
    /// Up to 0.5.
    Dissolved,
}

impl Overlap {
    /// Band of a Jaccard overlap.
    pub fn of(jaccard: f64) -> Self {
        match jaccard {
            j if j >= agreement::HIGHLY_STABLE => Self::HighlyStable,
            j if j >= agreement::STABLE => Self::Stable,
            j if j >= agreement::DOUBTFUL => Self::PatternOnly,
            j if j > agreement::DISSOLVED => Self::Doubtful,
            _ => Self::Dissolved,
        }
    }
}

/// One relation between an old and a new segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineageFinding {
    /// The old segment; null for a new one.
    pub from_segment: Option<String>,
    /// The new segment; null for a vanished one.
    pub to_segment: Option<String>,
    /// Their overlap, 0 to 1; null for new and vanished ones.
    pub jaccard: Option<f64>,
    /// Band of the overlap; null with it.
    pub overlap: Option<Overlap>,
    /// Customers in both; for a new or vanished one its own.
    pub customers: u64,
    /// What the new one is to the old one.
    pub relation: Relation,
}

/// Relations between the segments of two definitions.
///
/// Old and new segments are paired so that the sum of their Jaccard overlaps is largest; a pair of at least one
/// half continues. A vanished segment that most of two or more new ones come from was split, one that mostly went
/// into a new one together with others was merged; both are listed beside `vanished` and `new`.
///
/// - In: the same customers under the old definition (rows) and the new one (columns). Use the movement of stage
///   [`Stage::Definition`]: with [`Stage::Total`] changed behaviour counts as changed definition.
/// - Segments without customers on their side are left out.
pub fn lineage(movement: &Movement) -> Vec<LineageFinding> {
    let with_others = |totals: Vec<u64>, others: &[u64]| totals.iter().zip(others).map(|(n, more)| n + more).collect();
    let table = &movement.counts.matched;
    let old_sizes: Vec<u64> = with_others(table.row_totals(), &movement.counts.gone);
    let new_sizes: Vec<u64> = with_others(table.column_totals(), &movement.counts.new);
    let Ok(aligned) = align::of_overlap(table, &old_sizes, &new_sizes) else {
        return Vec::new();
    };
    let overlaps = Overlaps { movement, old_sizes, new_sizes, aligned };
    let continues = overlaps.aligned.continues.iter();
    let mut found: Vec<LineageFinding> =
        continues.map(|&(from, to)| overlaps.pair(Relation::Continues, from, to)).collect();
    for &from in &overlaps.aligned.vanished {
        found.extend(overlaps.vanished(from));
    }
    found.extend(overlaps.aligned.new.iter().filter_map(|&to| overlaps.without_past(to)));
    for to in 0..overlaps.new_sizes.len() {
        found.extend(overlaps.merges(to));
    }
    found
}

/// Both definitions, paired; segments are given by their positions.
struct Overlaps<'m> {
    movement: &'m Movement,
    old_sizes: Vec<u64>,
    new_sizes: Vec<u64>,
    aligned: align::Alignment,
}

impl Overlaps<'_> {
    fn pair(&self, relation: Relation, from: usize, to: usize) -> LineageFinding {
        let jaccard = self.aligned.jaccard[from][to];
        LineageFinding {
            from_segment: self.name(from),
            to_segment: self.name(to),
            jaccard: Some(jaccard),
            overlap: Some(Overlap::of(jaccard)),
            customers: self.shared(from, to),
            relation,
        }
    }

    /// A vanished segment, and the new ones it was split into.
    fn vanished(&self, from: usize) -> Vec<LineageFinding> {
        let customers = self.old_sizes[from];
        if customers == 0 {
            return Vec::new();
        }
        let gone = LineageFinding { from_segment: self.name(from), customers, ..LineageFinding::default() };
        let mut found = vec![LineageFinding { relation: Relation::Vanished, ..gone }];
        let parts = (0..self.new_sizes.len()).filter(|&to| is_most(self.shared(from, to), self.new_sizes[to]));
        let parts: Vec<usize> = parts.collect();
        if parts.len() > 1 {
            found.extend(parts.into_iter().map(|to| self.pair(Relation::Split, from, to)));
        }
        found
    }

    /// A new segment that continues none; nothing for one without customers.
    fn without_past(&self, to: usize) -> Option<LineageFinding> {
        let customers = self.new_sizes[to];
        let new = LineageFinding { to_segment: self.name(to), customers, ..LineageFinding::default() };
        (customers > 0).then_some(LineageFinding { relation: Relation::New, ..new })
    }

    /// The vanished segments that went into a new one together with others.
    fn merges(&self, to: usize) -> Vec<LineageFinding> {
        let parts = (0..self.old_sizes.len()).filter(|&from| is_most(self.shared(from, to), self.old_sizes[from]));
        let parts: Vec<usize> = parts.collect();
        if parts.len() < 2 {
            return Vec::new();
        }
        let lost = parts.into_iter().filter(|from| self.aligned.vanished.contains(from));
        lost.map(|from| self.pair(Relation::Merge, from, to)).collect()
    }

    fn shared(&self, from: usize, to: usize) -> u64 {
        self.movement.counts.matched.get(from, to)
    }

    fn name(&self, segment: usize) -> Option<String> {
        Some(self.movement.labels[segment].clone())
    }
}

fn is_most(n: u64, of: u64) -> bool {
    of > 0 && n as f64 >= MOST_OF * of as f64
}

/// How much of the moves between segments is behaviour, and how much a new definition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DefinitionSplit {
    /// The scheme.
    pub scheme: String,
    /// Share of matched customers whom the *old* definition puts elsewhere on the new data.
    pub behaviour_moved_share: Option<f64>,
    /// Share of this run's customers whom the new definition does not leave in the segment that continues theirs.
    pub definition_moved_share: Option<f64>,
    /// Adjusted Rand index of old and new definition on the new data: 1 for the same segments.
    pub ari_definition: Option<f64>,
    /// `missing` when the customers were not scored with the old definition as well.
    pub status: Status,
    /// The reason, or null.
    pub reason: Option<Reason>,
}

/// Splits the moves of a scheme into behaviour and definition.
///
/// - In: movements of stage [`Stage::Behaviour`] and [`Stage::Definition`]. Without a refit there is only
///   [`Stage::Total`]: then all of it is behaviour, and the definitions agree by construction.
pub fn definition_split(matched: &Matched, scheme: &str) -> DefinitionSplit {
    let of = |stage: Stage| matched.movements.iter().find(|moves| moves.scheme == scheme && moves.stage == stage);
    let found = DefinitionSplit { scheme: scheme.to_owned(), ..DefinitionSplit::default() };
    let moved_share = |moves: &Movement| moves.counts.summary().ok().and_then(|summary| summary.moved_share);
    match (of(Stage::Behaviour), of(Stage::Definition), of(Stage::Total)) {
        (Some(behaviour), Some(definition), _) => {
            let agreed = agreement::of_table(&definition.counts.matched);
            DefinitionSplit {
                behaviour_moved_share: moved_share(behaviour),
                definition_moved_share: redefined_share(definition),
                ari_definition: agreed.ari,
                status: agreed.status,
                reason: agreed.reason.map(Reason::from),
                ..found
            }
        }
        (None, None, Some(total)) => DefinitionSplit {
            behaviour_moved_share: moved_share(total),
            definition_moved_share: Some(0.0),
            ari_definition: Some(1.0),
            status: Status::Ok,
            ..found
        },
        _ => DefinitionSplit { status: Status::Missing, reason: Some(Reason::NotMatched), ..found },
    }
}

/// Share of the customers outside of the pairs that continue each other.
fn redefined_share(definition: &Movement) -> Option<f64> {
    let table = &definition.counts.matched;
    let aligned = align::of_overlap(table, &table.row_totals(), &table.column_totals()).ok()?;
    let continued: u64 = aligned.continues.iter().map(|&(from, to)| table.get(from, to)).sum();
    let n = table.total();
    (n > 0).then(|| (n - continued) as f64 / n as f64)
}

#[cfg(test)]
mod tests {
    use segmenta_stats::CountTable;
    use segmenta_stats::migration::MigrationCounts;

    use super::*;

    fn movement(stage: Stage, rows: &[Vec<u64>]) -> Movement {
        let mut counts = MigrationCounts::new(rows.len());
        counts.matched = CountTable::from_rows(rows).unwrap();
        let labels = ["a", "b", "c", "d"].map(str::to_owned)[..rows.len()].to_vec();
        let (scheme, none) = ("value".to_owned(), Vec::new());
        Movement { scheme, stage, labels, counts, revenue_before_minor: none.clone(), revenue_after_minor: none }
    }

    fn relations(rows: &[Vec<u64>]) -> Vec<(Option<String>, Option<String>, Relation)> {
        let found = lineage(&movement(Stage::Definition, rows));
        found.into_iter().map(|pair| (pair.from_segment, pair.to_segment, pair.relation)).collect()
    }

    fn row(from: &str, to: &str, relation: Relation) -> (Option<String>, Option<String>, Relation) {
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        (name(from), name(to), relation)
    }

    /// Cluster numbers are swapped: 90 of 90 + 10 + 8 = 0.83 and 92 of 92 + 8 + 10 = 0.84.
    #[test]
    fn a_renumbered_segment_continues() {
        let found = lineage(&movement(Stage::Definition, &[vec![10, 90], vec![92, 8]]));
        assert_eq!(found.len(), 2);
        assert!((found[0].jaccard.unwrap() - 90.0 / 108.0).abs() < 1e-12);
        assert_eq!((found[0].to_segment.as_deref(), found[0].overlap), (Some("b"), Some(Overlap::Stable)));
        assert_eq!(found[1].relation, Relation::Continues);
    }

    #[test]
    fn a_split_segment_vanishes_into_its_parts() {
        let found = relations(&[vec![500, 0, 0], vec![0, 50, 50], vec![0, 0, 0]]);
        let expected =
            [row("a", "a", Relation::Continues), row("b", "b", Relation::Continues), row("", "c", Relation::New)];
        assert_eq!(found, expected, "one half of a segment is still the segment");
        let found = relations(&[vec![500, 0, 0, 0], vec![0, 40, 40, 40], vec![0; 4], vec![0; 4]]);
        assert_eq!(found.iter().filter(|pair| pair.2 == Relation::Split).count(), 3);
        assert_eq!(found[1], row("b", "", Relation::Vanished));
    }

    #[test]
    fn merged_segments_are_told() {
        let found = relations(&[vec![40, 0, 0], vec![40, 0, 0], vec![40, 0, 0]]);
        let expected = [
            row("a", "", Relation::Vanished),
            row("b", "", Relation::Vanished),
            row("c", "", Relation::Vanished),
            row("", "a", Relation::New),
            row("a", "a", Relation::Merge),
            row("b", "a", Relation::Merge),
            row("c", "a", Relation::Merge),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_refit_is_told_from_behaviour() {
        let behaviour = movement(Stage::Behaviour, &[vec![95, 5], vec![5, 95]]);
        let definition = movement(Stage::Definition, &[vec![0, 100], vec![60, 40]]);
        let matched = Matched { movements: vec![behaviour, definition], ..Matched::default() };
        let split = definition_split(&matched, "value");
        assert_eq!((split.behaviour_moved_share, split.definition_moved_share), (Some(0.05), Some(0.2)));
        assert!(split.ari_definition.unwrap() < 0.5);
    }

    #[test]
    fn without_a_refit_all_moves_are_behaviour() {
        let total = movement(Stage::Total, &[vec![9, 1], vec![0, 10]]);
        let split = definition_split(&Matched { movements: vec![total], ..Matched::default() }, "value");
        assert_eq!((split.behaviour_moved_share, split.ari_definition), (Some(0.05), Some(1.0)));
        assert_eq!(definition_split(&Matched::default(), "value").status, Status::Missing);
    }
}
