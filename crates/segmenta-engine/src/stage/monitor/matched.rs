//! The same customers in two runs: who moved, who came and went, what they are worth now and then.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use arrow::array::Array;
use arrow::row::{RowConverter, SortField};
use rayon::prelude::*;
use segmenta_monitor::MetricId;
use segmenta_monitor::facts::{Matched, MatchedBridge, Movement, Observation, Paired, SegmentKey, Stage};
use segmenta_stats::bridge::{CustomerBridge, Holding};
use segmenta_stats::migration::MigrationCounts;

use super::customers::{Customers, LabelColumn, Worth};
use crate::Result;

/// Both runs' customers side by side, in ascending order of their keys.
#[derive(Debug)]
pub(super) struct Join<'a> {
    before: &'a Customers,
    now: &'a Customers,
    /// Position in the earlier run and in this one.
    pairs: Vec<(Option<u32>, Option<u32>)>,
}

impl<'a> Join<'a> {
    /// One walk through both sides; `None` when their keys are of different types.
    pub(super) fn of(before: &'a Customers, now: &'a Customers) -> Result<Option<Self>> {
        if before.keys.data_type() != now.keys.data_type() {
            return Ok(None);
        }
        let converter = RowConverter::new(vec![SortField::new(now.keys.data_type().clone())])?;
        let old = converter.convert_columns(std::slice::from_ref(&before.keys))?;
        let new = converter.convert_columns(std::slice::from_ref(&now.keys))?;
        let (n, m) = (before.n_rows(), now.n_rows());
        let mut pairs = Vec::with_capacity(n.max(m));
        let (mut i, mut j) = (0, 0);
        while i < n || j < m {
            let order = match (i < n, j < m) {
                (true, true) => old.row(i).cmp(&new.row(j)),
                (true, false) => Ordering::Less,
                _ => Ordering::Greater,
            };
            let (is_old, is_new) = (order != Ordering::Greater, order != Ordering::Less);
            pairs.push((is_old.then_some(i as u32), is_new.then_some(j as u32)));
            i += usize::from(is_old);
            j += usize::from(is_new);
        }
        Ok(Some(Self { before, now, pairs }))
    }

    /// Everything about the same customers, per scheme or criterion that both runs have.
    pub(super) fn matched(&self) -> Matched {
        let labels: Vec<&String> =
            self.now.labels.keys().filter(|name| self.before.labels.contains_key(*name)).collect();
        let parts: Vec<Part> = labels.par_iter().with_max_len(1).map(|name| self.part(name)).collect();
        let mut matched = Matched {
            customers: self.pairs.iter().filter(|pair| pair.0.is_some() && pair.1.is_some()).count() as u64,
            ..Matched::default()
        };
        for part in parts {
            matched.movements.push(part.movement);
            matched.bridges.extend(part.bridges);
            matched.paired.extend(part.paired);
        }
        matched.paired.extend(self.paired_total());
        matched
    }

    fn part(&self, name: &str) -> Part {
        let labels = Union::of(&self.before.labels[name], &self.now.labels[name]);
        let worth = self.before.worth.as_ref().zip(self.now.worth.as_ref());
        let mut part = Part { movement: self.movement(name, &labels), bridges: Vec::new(), paired: Vec::new() };
        for (metric, per_customer, amounts) in MONEY {
            let Some((old, new)) = worth.map(|(old, new)| (amounts(old), amounts(new))) else {
                continue;
            };
            part.bridges.push(self.bridge(name, &metric, &labels, old, new));
            part.paired.extend(self.paired(name, &per_customer, &labels, old, new));
        }
        part
    }

    fn movement(&self, name: &str, labels: &Union) -> Movement {
        let n = labels.names.len();
        let (mut before, mut after) = (vec![vec![0; n]; n], vec![vec![0; n]; n]);
        let mut counts = MigrationCounts::new(n);
        let revenue = self.before.worth.as_ref().zip(self.now.worth.as_ref());
        for &(old, new) in &self.pairs {
            let (from, to) = (old.map(|row| labels.before(row)), new.map(|row| labels.now(row)));
            counts.add(from, to, 1).expect("the table has every label");
            if let (Some(from), Some(to), Some((was, is))) = (from, to, revenue)
                && let (Some(old), Some(new)) = (old, new)
            {
                before[from][to] += i128::from(was.revenue[old as usize]);
                after[from][to] += i128::from(is.revenue[new as usize]);
            }
        }
        Movement {
            scheme: name.to_owned(),
            stage: Stage::Total,
            labels: labels.names.clone(),
            counts,
            revenue_before_minor: before,
            revenue_after_minor: after,
        }
    }

    fn bridge(&self, name: &str, metric: &MetricId, labels: &Union, old: &[i64], new: &[i64]) -> MatchedBridge {
        let mut bridge = CustomerBridge::default();
        for &(was, is) in &self.pairs {
            let before = was.map(|row| Holding { segment: labels.before(row), value_minor: old[row as usize] });
            let now = is.map(|row| Holding { segment: labels.now(row), value_minor: new[row as usize] });
            bridge.add(before, now);
        }
        MatchedBridge { scheme: name.to_owned(), metric: metric.clone(), bridge }
    }

    fn paired(&self, name: &str, metric: &MetricId, labels: &Union, old: &[i64], new: &[i64]) -> Vec<Paired> {
        let mut sums = vec![Difference::default(); labels.names.len()];
        for (was, is) in self.both() {
            sums[labels.now(is)].add(old[was as usize], new[is as usize]);
        }
        let named = labels.names.iter().zip(sums).filter(|(_, sum)| sum.n > 0);
        named.map(|(segment, sum)| sum.paired(SegmentKey::of(name, segment), metric)).collect()
    }

    fn paired_total(&self) -> Vec<Paired> {
        let Some((before, now)) = self.before.worth.as_ref().zip(self.now.worth.as_ref()) else {
            return Vec::new();
        };
        let of = |(_, metric, amounts): &(MetricId, MetricId, Amounts)| {
            let (old, new) = (amounts(before), amounts(now));
            let mut sum = Difference::default();
            self.both().for_each(|(was, is)| sum.add(old[was as usize], new[is as usize]));
            sum.paired(SegmentKey::total(), metric)
        };
        MONEY.iter().map(of).collect()
    }

    fn both(&self) -> impl Iterator<Item = (u32, u32)> {
        self.pairs.iter().filter_map(|&(was, is)| was.zip(is))
    }

    /// Figures that exist only between two runs: who stayed, came, went, bought again.
    pub(super) fn observations(&self, movements: &[Movement]) -> Vec<Observation> {
        let count = |metric, n: usize| Observation::new(SegmentKey::total(), metric, n as u64, n as f64);
        let new = self.pairs.iter().filter(|pair| pair.0.is_none()).count();
        let gone = self.pairs.iter().filter(|pair| pair.1.is_none()).count();
        let mut found = vec![count(MetricId::NewCustomers, new), count(MetricId::GoneCustomers, gone)];
        for movement in movements {
            let n = movement.counts.matched.total();
            let stayed = (0..movement.labels.len()).map(|at| movement.counts.matched.get(at, at)).sum();
            let key = SegmentKey::scheme(&movement.scheme);
            found.push(Observation::rate(key, MetricId::StabilityIndex, stayed, n));
            found.extend(self.retention(&movement.scheme));
        }
        let total = self.retained(1, |_| 0).into_iter();
        found.extend(total.map(|retained| retained.rate(SegmentKey::total())));
        found
    }

    /// Retention by the segment a customer was in.
    fn retention(&self, scheme: &str) -> Vec<Observation> {
        let labels = &self.before.labels[scheme];
        let retained = self.retained(labels.names.len(), |was| labels.codes[was as usize] as usize);
        let named = labels.names.iter().zip(retained);
        named.map(|(name, retained)| retained.rate(SegmentKey::of(scheme, name))).collect()
    }

    /// Share of the buyers of the earlier run who have ordered since, by group; those who are gone have not.
    /// Empty when orders are not known.
    fn retained(&self, n_groups: usize, group: impl Fn(u32) -> usize) -> Vec<Retained> {
        let Some((before, now)) = self.before.orders.as_ref().zip(self.now.orders.as_ref()) else {
            return Vec::new();
        };
        let mut groups = vec![Retained::default(); n_groups];
        for &(was, is) in &self.pairs {
            let Some(was) = was.filter(|was| before[*was as usize] > 0) else {
                continue;
            };
            let group = &mut groups[group(was)];
            group.n += 1;
            group.again += u64::from(is.is_some_and(|is| now[is as usize] > before[was as usize]));
        }
        groups
    }
}

/// Buyers of an earlier run, and those of them who have ordered since.
#[derive(Clone, Default)]
struct Retained {
    n: u64,
    again: u64,
}

impl Retained {
    fn rate(self, key: SegmentKey) -> Observation {
        Observation::rate(key, MetricId::Retention, self.again, self.n)
    }
}

type Amounts = fn(&Worth) -> &[i64];

/// A total, the same per customer, and where each customer's amount is.
const MONEY: [(MetricId, MetricId, Amounts); 2] = [
    (MetricId::Revenue, MetricId::RevenuePerCustomer, |worth| &worth.revenue),
    (MetricId::Margin, MetricId::MarginPerCustomer, |worth| &worth.margin),
];

/// What one scheme adds.
struct Part {
    movement: Movement,
    bridges: Vec<MatchedBridge>,
    paired: Vec<Paired>,
}

/// The labels of both runs, in ascending order, and where each side's codes stand in them.
struct Union<'a> {
    names: Vec<String>,
    sides: [(Vec<usize>, &'a [u32]); 2],
}

impl<'a> Union<'a> {
    fn of(before: &'a LabelColumn, now: &'a LabelColumn) -> Self {
        let names: BTreeSet<&String> = before.names.iter().chain(&now.names).collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        let side = |column: &'a LabelColumn| {
            let at = |name: &String| names.binary_search(name).expect("names are those of both sides");
            (column.names.iter().map(at).collect(), column.codes.as_slice())
        };
        Self { sides: [side(before), side(now)], names }
    }

    fn before(&self, row: u32) -> usize {
        let (positions, codes) = &self.sides[0];
        positions[codes[row as usize] as usize]
    }

    fn now(&self, row: u32) -> usize {
        let (positions, codes) = &self.sides[1];
        positions[codes[row as usize] as usize]
    }
}

/// Exact sums of differences.
#[derive(Clone, Copy, Default)]
struct Difference {
    n: u64,
    sum: i128,
    squares: i128,
}

impl Difference {
    fn add(&mut self, was: i64, is: i64) {
        let difference = i128::from(is) - i128::from(was);
        self.n += 1;
        self.sum += difference;
        self.squares += difference * difference;
    }

    fn paired(self, key: SegmentKey, metric: &MetricId) -> Paired {
        Paired { key, metric: metric.clone(), n: self.n, sum_minor: self.sum, sumsq_minor: self.squares }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use indexmap::IndexMap;

    use super::*;

    /// Key, segment, revenue in minor units, orders so far.
    type Row = (i64, Option<&'static str>, i64, i64);

    fn customers(rows: &[Row]) -> Customers {
        let labels: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>());
        let revenue: Vec<i64> = rows.iter().map(|row| row.2).collect();
        Customers {
            keys: Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
            worth: Some(Worth { margin: vec![0; revenue.len()], revenue }),
            orders: Some(rows.iter().map(|row| row.3).collect()),
            labels: IndexMap::from([("value".to_owned(), LabelColumn::of(&labels).unwrap())]),
        }
    }

    /// −1 stays in a and spends 30 more, 2 moves a → b and spends 10 less, 3 is gone from b, 4 is new in a,
    /// 5 loses its segment and spends the same.
    fn sides() -> (Customers, Customers) {
        let before = [(-1, Some("a"), 100, 1), (2, Some("a"), 50, 2), (3, Some("b"), 70, 1), (5, Some("b"), 20, 0)];
        let now = [(-1, Some("a"), 130, 2), (2, Some("b"), 40, 2), (4, Some("a"), 90, 1), (5, None, 20, 1)];
        (customers(&before), customers(&now))
    }

    #[test]
    fn counts_stayers_movers_new_and_gone() {
        let (before, now) = sides();
        let matched = Join::of(&before, &now).unwrap().unwrap().matched();
        assert_eq!(matched.customers, 3);
        let movement = &matched.movements[0];
        assert_eq!(movement.labels, ["(none)", "a", "b"]);
        let rows: Vec<&[u64]> = movement.counts.matched.rows().collect();
        assert_eq!(rows, [[0, 0, 0], [0, 1, 1], [1, 0, 0]]);
        assert_eq!((movement.counts.new.clone(), movement.counts.gone.clone()), (vec![0, 1, 0], vec![0, 0, 1]));
        assert_eq!(movement.revenue_before_minor[1], [0, 100, 50]);
        assert_eq!(movement.revenue_after_minor[1], [0, 130, 40]);
    }

    /// 280 now and 240 before: 90 new, 70 lost, 30 more of who stayed, 10 less of who moved.
    #[test]
    fn the_bridge_adds_up_to_the_minor_unit() {
        let (before, now) = sides();
        let matched = Join::of(&before, &now).unwrap().unwrap().matched();
        let bridge = matched.bridges.iter().find(|bridge| bridge.metric == MetricId::Revenue).unwrap().bridge;
        assert_eq!((bridge.new, bridge.lost, bridge.stay), (90, -70, 30));
        assert_eq!((bridge.move_up, bridge.move_down, bridge.total_change()), (0, -10, 40));
        let total = matched
            .paired
            .iter()
            .find(|paired| paired.key == SegmentKey::total() && paired.metric == MetricId::RevenuePerCustomer);
        let total = total.unwrap();
        assert_eq!((total.n, total.sum_minor, total.sumsq_minor), (3, 20, 900 + 100));
    }

    /// Of −1, 2 and 3, who had ordered, 3 is gone and −1 ordered again.
    #[test]
    fn retention_is_of_those_who_had_ordered() {
        let (before, now) = sides();
        let join = Join::of(&before, &now).unwrap().unwrap();
        let found = join.observations(&join.matched().movements);
        let of = |key: SegmentKey, metric| found.iter().find(|o| o.key == key && o.metric == metric).unwrap();
        let all = of(SegmentKey::total(), MetricId::Retention);
        assert_eq!((all.successes, all.n), (Some(1), 3));
        assert_eq!(of(SegmentKey::of("value", "a"), MetricId::Retention).n, 2);
        assert_eq!(of(SegmentKey::of("value", "b"), MetricId::Retention).successes, Some(0));
        let stability = of(SegmentKey::scheme("value"), MetricId::StabilityIndex);
        assert_eq!((stability.successes, stability.n), (Some(1), 3));
        assert_eq!(of(SegmentKey::total(), MetricId::NewCustomers).value, Some(1.0));
    }

    #[test]
    fn text_keys_are_walked_in_their_own_order_and_other_keys_match_nobody() {
        let side = |keys: &[&str]| Customers {
            keys: Arc::new(StringArray::from(keys.to_vec())),
            worth: None,
            orders: None,
            labels: IndexMap::new(),
        };
        let (before, now) = (side(&["10", "9"]), side(&["10", "100", "9"]));
        assert_eq!(Join::of(&before, &now).unwrap().unwrap().matched().customers, 2);
        assert!(Join::of(&before, &customers(&[(1, None, 0, 0)])).unwrap().is_none());
    }
}
