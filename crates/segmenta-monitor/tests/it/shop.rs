//! A shop with four segments and three channels, whose runs differ by 1 % noise.

use std::collections::BTreeMap;

use segmenta_monitor::facts::{Comparison, ComparisonId, Matched, Movement, Observation, SegmentKey, Stage};
use segmenta_monitor::{Evidence, Findings, MetricId, Policy, RunFacts, examine};
use segmenta_stats::migration::MigrationCounts;

use crate::simulation::Random;

pub(crate) const SEGMENTS: [&str; 4] = ["champions", "lapsed", "loyal", "occasional"];
pub(crate) const CHANNELS: [&str; 3] = ["mail", "shop", "web"];
pub(crate) const SCHEME: &str = "value";

/// What one month of the shop is like, before the noise. Arrays follow [`SEGMENTS`] and [`CHANNELS`].
#[derive(Clone, Debug)]
pub(crate) struct Month {
    pub(crate) customers: [f64; 4],
    /// Revenue per customer in minor units.
    pub(crate) spend: [f64; 4],
    /// Share of the revenue that comes through each channel; 0 leaves no row.
    pub(crate) through: [f64; 3],
}

impl Default for Month {
    fn default() -> Self {
        Self {
            customers: [1_000.0, 2_000.0, 3_000.0, 4_000.0],
            spend: [90_000.0, 2_000.0, 30_000.0, 10_000.0],
            through: [0.2, 0.3, 0.5],
        }
    }
}

impl Month {
    /// The facts of the month with that number, counted from January 2025.
    pub(crate) fn facts(&self, month: usize, random: &mut Random) -> RunFacts {
        let mut noisy = |value: f64| value * (1.0 + 0.01 * random.normal());
        let mut observations = Vec::new();
        let mut labels = BTreeMap::new();
        let mut total = BTreeMap::new();
        for (position, name) in SEGMENTS.iter().enumerate() {
            let n = noisy(self.customers[position]).round();
            let key = SegmentKey::of(SCHEME, name);
            labels.insert((*name).to_owned(), n as u64);
            let mut figure = |metric: MetricId, value: f64| {
                *total.entry((metric.clone(), None)).or_insert(0.0) += value;
                observations.push(Observation::new(key.clone(), metric, n as u64, value));
            };
            figure(MetricId::Customers, n);
            let mut revenue = 0.0;
            for (channel, share) in CHANNELS.iter().zip(self.through).filter(|(_, share)| *share > 0.0) {
                let part = noisy(n * self.spend[position] * share);
                revenue += part;
                *total.entry((MetricId::Revenue, Some(*channel))).or_insert(0.0) += part;
                let by_channel = Observation::new(key.clone(), MetricId::Revenue, n as u64, part).by_channel(channel);
                observations.push(by_channel);
            }
            *total.entry((MetricId::Revenue, None)).or_insert(0.0) += revenue;
            observations.push(Observation::money(key.clone(), MetricId::Revenue, n as u64, revenue as i128, 0));
            let mean = revenue / n;
            observations.push(Observation::new(key, MetricId::RevenuePerCustomer, n as u64, mean));
        }
        let customers = labels.values().sum();
        for ((metric, channel), value) in total {
            let observation = Observation::new(SegmentKey::total(), metric, customers, value);
            observations.push(match channel {
                Some(channel) => observation.by_channel(channel),
                None => observation,
            });
        }
        RunFacts {
            run_id: format!("run-{month:02}"),
            as_of: format!("{}-{:02}-01", 2025 + month / 12, month % 12 + 1),
            definition_version: "1".to_owned(),
            is_accepted: true,
            customers,
            currency: "EUR".to_owned(),
            observations,
            labels: [(SCHEME.to_owned(), labels)].into(),
            depends: [MetricId::Revenue, MetricId::RevenuePerCustomer].map(|of| (of, vec!["amount".to_owned()])).into(),
            ..RunFacts::default()
        }
    }
}

/// A year of ordinary months, then one that is as given. As many customers go from each segment to the next as come.
pub(crate) fn after_a_year(seed: u64, month: &Month) -> Evidence {
    let mut random = Random(seed);
    let history: Vec<RunFacts> = (0..12).map(|k| Month::default().facts(k, &mut random)).collect();
    let current = month.facts(12, &mut random);
    let previous = comparison(&history[11], &[(0, 2, 40), (2, 0, 40), (2, 3, 90), (3, 2, 90), (3, 1, 70), (1, 3, 70)]);
    Evidence { history, current, comparisons: vec![previous], ..Evidence::default() }
}

/// The previous run, with customers who moved from a segment to another one.
pub(crate) fn comparison(run: &RunFacts, moves: &[(usize, usize, u64)]) -> Comparison {
    let mut counts = MigrationCounts::new(SEGMENTS.len());
    for &(from, to, n) in moves {
        counts.add(Some(from), Some(to), n).expect("the table has all segments");
    }
    for (position, name) in SEGMENTS.iter().enumerate() {
        let left: u64 = moves.iter().filter(|moved| moved.0 == position).map(|moved| moved.2).sum();
        let n = run.labels[SCHEME][*name].saturating_sub(left);
        counts.add(Some(position), Some(position), n).expect("the table has all segments");
    }
    let nothing = vec![vec![0; SEGMENTS.len()]; SEGMENTS.len()];
    let movement = Movement {
        scheme: SCHEME.to_owned(),
        stage: Stage::Total,
        labels: SEGMENTS.map(str::to_owned).to_vec(),
        counts,
        revenue_before_minor: nothing.clone(),
        revenue_after_minor: nothing,
    };
    let matched = Matched { customers: run.customers, movements: vec![movement], ..Matched::default() };
    Comparison { id: ComparisonId::Previous, run_id: run.run_id.clone(), matched: Some(matched) }
}

pub(crate) fn examined(evidence: &Evidence) -> Findings {
    examine(evidence, &Policy::default())
}
