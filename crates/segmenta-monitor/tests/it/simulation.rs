//! Years of monthly runs in which nothing happens, or one figure falls for good.

use segmenta_monitor::facts::{Observation, SegmentKey};
use segmenta_monitor::findings::{AlertState, Level};
use segmenta_monitor::{Evidence, Findings, MetricId, Policy, RunFacts, examine};

/// Segments of the simulated scheme.
const SEGMENTS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// Figures of every segment with their usual values; the noise from run to run is 1 % for the first, 8 % for the
/// last. They are drawn independently, so that 96 series are 96 chances of a false alarm.
const METRICS: [(MetricId, f64); 8] = [
    (MetricId::Customers, 5_000.0),
    (MetricId::Revenue, 40_000_000.0),
    (MetricId::RevenuePerCustomer, 8_000.0),
    (MetricId::Orders, 9_000.0),
    (MetricId::Basket, 4_500.0),
    (MetricId::Margin, 12_000_000.0),
    (MetricId::MarginPerCustomer, 2_400.0),
    (MetricId::RecencyMedian, 30.0),
];

/// Position of the figure with 2 % noise that falls.
const FALLING: usize = 1;

/// Runs of the accepted history.
const HISTORY: usize = 12;

/// What figures of all customers are observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Totals {
    /// None: 96 series.
    Without,
    /// The sums and means over the segments too, as in a real run: 104 series, and the families open from the top.
    With,
}

/// What happens from the first monitored run on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    /// Nothing.
    Nothing,
    /// The revenue of segment `a` is lower by this share for good.
    Fall(f64),
}

/// What was raised over the monitored runs of one simulation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Year {
    /// Alerts that asked for action for the first time.
    pub(crate) act_announced: u32,
    /// Runs times alerts that asked for action.
    pub(crate) act_raised: u32,
    /// Alerts to watch or worse that were raised for the first time.
    pub(crate) watch_announced: u32,
    /// What the findings themselves expected as false `act` alerts, summed over the runs.
    pub(crate) act_expected: f64,
    /// First run, counted from 1, that asked for action on the falling figure.
    pub(crate) found_after: Option<usize>,
}

/// Monitors `n_runs` runs after a year of history, every run with what the one before left open.
pub(crate) fn year(seed: u64, n_runs: usize, totals: Totals, event: Event) -> Year {
    let mut random = Random(seed);
    let policy = Policy::default();
    let mut history: Vec<RunFacts> =
        (0..HISTORY).map(|month| run(month, &mut random, totals, Event::Nothing)).collect();
    let mut year = Year::default();
    for k in 0..n_runs {
        let current = run(HISTORY + k, &mut random, totals, event);
        let evidence = Evidence { current, history, ..Evidence::default() };
        let findings = examine(&evidence, &policy);
        year.count(&findings, k + 1);
        history = evidence.history;
        history.push(RunFacts { open_alerts: findings.open_alerts, ..evidence.current });
    }
    year
}

impl Year {
    fn count(&mut self, findings: &Findings, run: usize) {
        self.act_expected += findings.expected_false_act;
        let own = SegmentKey::of("value", SEGMENTS[0]);
        for alert in findings.alerts.iter().filter(|alert| alert.explained_by.is_none()) {
            let is_new = alert.state == AlertState::New;
            self.act_raised += u32::from(alert.level == Level::Act);
            self.act_announced += u32::from(alert.level == Level::Act && is_new);
            self.watch_announced += u32::from(alert.level >= Level::Watch && is_new);
            let is_fallen = alert.segment == own && alert.metric == METRICS[FALLING].0;
            if is_fallen && alert.level == Level::Act {
                self.found_after.get_or_insert(run);
            }
        }
    }
}

/// One run; months are counted from January 2024, the first dozen is the baseline.
fn run(month: usize, random: &mut Random, totals: Totals, event: Event) -> RunFacts {
    let mut observations = Vec::new();
    let mut sums = [0.0; METRICS.len()];
    for (segment, name) in SEGMENTS.iter().enumerate() {
        for (position, (metric, usual)) in METRICS.iter().enumerate() {
            let noise = (position + 1) as f64 / 100.0;
            let fall = match event {
                Event::Fall(share) if segment == 0 && position == FALLING => 1.0 - share,
                _ => 1.0,
            };
            let value = usual * fall * (1.0 + noise * random.normal());
            sums[position] += value;
            observations.push(Observation::new(SegmentKey::of("value", name), metric.clone(), 5_000, value));
        }
    }
    if totals == Totals::With {
        for ((metric, _), sum) in METRICS.iter().zip(sums) {
            let value = if metric.is_sum() { sum } else { sum / SEGMENTS.len() as f64 };
            observations.push(Observation::new(SegmentKey::total(), metric.clone(), 60_000, value));
        }
    }
    RunFacts {
        run_id: format!("run-{month:02}"),
        as_of: format!("{}-{:02}-01", 2024 + month / 12, month % 12 + 1),
        is_accepted: month < HISTORY,
        customers: 60_000,
        currency: "EUR".to_owned(),
        labels: [("value".to_owned(), SEGMENTS.iter().map(|name| ((*name).to_owned(), 5_000)).collect())].into(),
        observations,
        ..RunFacts::default()
    }
}

/// SplitMix64 of Steele, Lea & Flood (2014), with normal variates by Box & Muller (1958).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Uniform above 0, up to 1.
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}
