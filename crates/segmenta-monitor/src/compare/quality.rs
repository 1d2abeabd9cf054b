//! What the profiles tell about the input: missing values, new categories, infinities, lost columns.

use std::collections::BTreeMap;

use segmenta_stats::proportion::{self, Proportion};

use crate::Policy;
use crate::facts::{Affects, DataCheck, DataFinding};
use crate::findings::Level;
use crate::profile::{Categories, ColumnProfile, ProfiledColumn};

/// Name of the check for a column that the earlier run had and this one has not.
const MISSING_COLUMN: &str = "missing_column";

/// Checks of all columns of all customers, against an earlier run.
///
/// - Share of nulls: `watch` and `act` by how far it rose, if that is no accident. A column without any value that
///   had some always asks for action.
/// - Share of rows with a category that the earlier run did not have: `watch` from a material share on, `act` when
///   it spoils the column as nulls would. Over hash buckets it cannot be told, and there is no such row.
/// - Infinite values: `watch`, however few.
/// - Columns of segments are left out: what is wrong with them is wrong with the total.
///
/// `input` names the table the columns come from.
pub fn data_findings(
    policy: &Policy,
    input: &str,
    reference: &[ProfiledColumn],
    current: &[ProfiledColumn],
) -> Vec<DataFinding> {
    let now = totals(current);
    let mut found = Vec::new();
    for (column, before) in totals(reference) {
        let finding = |check: DataCheck| DataFinding {
            check,
            input: input.to_owned(),
            column: Some(column.to_owned()),
            affects: Affects::Column,
            ..DataFinding::default()
        };
        let Some(now) = now.get(column) else {
            found.push(DataFinding { level: Level::Act, ..finding(DataCheck::Other(MISSING_COLUMN.to_owned())) });
            continue;
        };
        found.push(nulls(policy, finding(DataCheck::NullShare), before, now));
        found.extend(unseen(policy, finding(DataCheck::UnseenCategories), before, now));
        found.extend(infinities(finding(DataCheck::InfiniteValues), now));
    }
    found
}

fn totals(columns: &[ProfiledColumn]) -> BTreeMap<&str, &ColumnProfile> {
    let totals = columns.iter().filter(|column| column.key.segment.is_none());
    totals.map(|column| (column.column.as_str(), &column.profile)).collect()
}

fn nulls(policy: &Policy, finding: DataFinding, before: &ColumnProfile, now: &ColumnProfile) -> DataFinding {
    let (earlier, share) = (before.null_share().unwrap_or_default(), now.null_share());
    let finding = DataFinding {
        value: share,
        expected_low: Some(0.0),
        expected_high: Some((earlier + policy.null_share_watch).min(1.0)),
        ..finding
    };
    let Some(rise) = share.map(|share| share - earlier) else {
        return finding;
    };
    let is_dead = now.n_values() == 0 && before.n_values() > 0;
    let level = match rise {
        _ if is_dead => Level::Act,
        _ if !is_significant(policy, before, now) => Level::Ok,
        rise if rise >= policy.null_share_act => Level::Act,
        rise if rise >= policy.null_share_watch => Level::Watch,
        _ => Level::Ok,
    };
    DataFinding { level, ..finding }
}

fn is_significant(policy: &Policy, before: &ColumnProfile, now: &ColumnProfile) -> bool {
    let nulls = |side: &ColumnProfile| Proportion { n_yes: side.n_nulls(), n: side.n_rows() };
    let change = proportion::compare(nulls(before), nulls(now)).expect("there are no more nulls than rows");
    change.p.is_some_and(|p| p <= policy.alpha)
}

/// Share of rows with a category that is new; nothing for numbers and hash buckets.
fn unseen(policy: &Policy, finding: DataFinding, before: &ColumnProfile, now: &ColumnProfile) -> Option<DataFinding> {
    let (ColumnProfile::Category(before), ColumnProfile::Category(now)) = (before, now) else {
        return None;
    };
    let (Categories::Named(known), Categories::Named(counts)) = (before.counts(), now.counts()) else {
        return None;
    };
    let n_rows = now.n_values() + now.n_nulls();
    if n_rows == 0 || before.n_values() == 0 {
        return None;
    }
    let n_unseen: u64 = counts.iter().filter(|(name, _)| !known.contains_key(*name)).map(|(_, n)| n).sum();
    let share = n_unseen as f64 / n_rows as f64;
    let level = match share {
        _ if n_unseen == 0 => Level::Ok,
        share if share >= policy.null_share_act => Level::Act,
        share if share >= policy.material_share_change => Level::Watch,
        _ => Level::Info,
    };
    let limits = (Some(0.0), Some(0.0));
    Some(DataFinding { value: Some(share), expected_low: limits.0, expected_high: limits.1, level, ..finding })
}

fn infinities(finding: DataFinding, now: &ColumnProfile) -> Option<DataFinding> {
    let ColumnProfile::Number(now) = now else {
        return None;
    };
    if now.n_infinite() == 0 {
        return None;
    }
    let n = now.n_infinite() as f64;
    Some(DataFinding { value: Some(n), expected_high: Some(0.0), level: Level::Watch, ..finding })
}
