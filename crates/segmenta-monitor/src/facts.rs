//! What goes in: facts of this run and of earlier ones, as the engine gathers and stores them.

use std::collections::BTreeMap;

use segmenta_stats::bridge::CustomerBridge;
use segmenta_stats::migration::MigrationCounts;
use serde::{Deserialize, Serialize};

use crate::Status;
use crate::findings::{Cause, Direction, Level};
use crate::metric::{MetricId, Unit};
use crate::profile::ProfiledColumn;
use crate::reason::Reason;

/// A segment of a scheme, or all customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SegmentKey {
    /// Name of the scheme; empty for figures that no scheme decides, such as the total revenue.
    pub scheme: String,
    /// Name of the segment; null for all customers together.
    pub segment: Option<String>,
}

impl SegmentKey {
    /// All customers, whatever the scheme.
    pub fn total() -> Self {
        Self::default()
    }

    /// One segment of a scheme.
    pub fn of(scheme: &str, segment: &str) -> Self {
        Self { scheme: scheme.to_owned(), segment: Some(segment.to_owned()) }
    }

    /// All customers, for a figure that the scheme decides, such as its stability index.
    pub fn scheme(scheme: &str) -> Self {
        Self { scheme: scheme.to_owned(), segment: None }
    }
}

/// One figure of one segment in one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observation {
    /// Whose figure it is.
    pub key: SegmentKey,
    /// The channel, for figures by channel.
    pub channel: Option<String>,
    /// Which figure.
    pub metric: MetricId,
    /// Unit of `value`.
    pub unit: Unit,
    /// Customers, orders or contacts behind it: the denominator of a mean or a rate.
    pub n: u64,
    /// The figure; finite.
    pub value: Option<f64>,
    /// Exact sum in minor units, for sums and means of money.
    pub sum_minor: Option<i128>,
    /// Exact sum of squares of the customers' minor units, for Welch's test.
    pub sumsq_minor: Option<i128>,
    /// Yes of `n`, for rates.
    pub successes: Option<u64>,
    /// The same rate of those who were left alone, for responses.
    pub holdout: Option<Holdout>,
    /// `ok`, or why there is no value.
    pub status: Status,
    /// Why `value` is null, or null.
    pub reason: Option<Reason>,
}

impl Observation {
    /// An observed figure in the metric's unit; a value that is not finite is `missing`.
    pub fn new(key: SegmentKey, metric: MetricId, n: u64, value: f64) -> Self {
        let value = Some(value).filter(|value| value.is_finite());
        let missing = Some(Reason::Statistic(segmenta_stats::Reason::ValueMissing));
        Self {
            key,
            unit: metric.unit(),
            metric,
            n,
            value,
            status: if value.is_some() { Status::Ok } else { Status::Missing },
            reason: if value.is_some() { None } else { missing },
            ..Self::default()
        }
    }

    /// A rate: `successes` of `n`; `undefined` for n = 0.
    pub fn rate(key: SegmentKey, metric: MetricId, successes: u64, n: u64) -> Self {
        let mut rate = Self::new(key, metric, n, successes as f64 / n as f64);
        rate.successes = Some(successes);
        if n == 0 {
            rate.status = Status::Undefined;
            rate.reason = Some(Reason::Statistic(segmenta_stats::Reason::Empty));
        }
        rate
    }

    /// A total in minor units, with the sum of squares over its `n` customers.
    pub fn money(key: SegmentKey, metric: MetricId, n: u64, sum_minor: i128, sumsq_minor: i128) -> Self {
        let money = Self::new(key, metric, n, sum_minor as f64);
        Self { sum_minor: Some(sum_minor), sumsq_minor: Some(sumsq_minor), ..money }
    }

    /// A mean in minor units per customer, with the exact sums behind it; `undefined` for n = 0.
    pub fn mean(key: SegmentKey, metric: MetricId, n: u64, sum_minor: i128, sumsq_minor: i128) -> Self {
        let mut mean = Self::new(key, metric, n, sum_minor as f64 / n as f64);
        if n == 0 {
            mean.status = Status::Undefined;
            mean.reason = Some(Reason::Statistic(segmenta_stats::Reason::Empty));
        }
        Self { sum_minor: Some(sum_minor), sumsq_minor: Some(sumsq_minor), ..mean }
    }

    /// The same figure for one channel.
    pub fn by_channel(self, channel: &str) -> Self {
        Self { channel: Some(channel.to_owned()), ..self }
    }

    /// What series the figure belongs to.
    pub fn series(&self) -> SeriesKey {
        SeriesKey { key: self.key.clone(), channel: self.channel.clone(), metric: self.metric.clone() }
    }
}

/// What stays the same from run to run: one figure of one segment, perhaps by channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// Whose figure it is.
    pub key: SegmentKey,
    /// The channel, for figures by channel.
    pub channel: Option<String>,
    /// Which figure.
    pub metric: MetricId,
}

/// Responses of customers who were left alone on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdout {
    /// Customers held out.
    pub n: u64,
    /// Those of them who responded anyway.
    pub successes: u64,
    /// Whether they were drawn at random: without that, a difference is a correlation and not an effect.
    pub is_random: bool,
}

/// What was checked about the input.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataCheck {
    /// Share of null values of a column.
    #[default]
    NullShare,
    /// Rows of an input.
    RowCount,
    /// Share of rows with a category that the baseline does not know.
    UnseenCategories,
    /// Days between the newest row of an input and the run's date.
    InputAge,
    /// Infinite values of a column.
    InfiniteValues,
    /// Rows that broke the contract.
    RejectedRows,
    /// A check of the pipeline's own, by its name.
    Other(String),
}

/// Which figures a data finding spoils.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affects {
    /// Those that [`RunFacts::depends`] says are computed from its column.
    #[default]
    Column,
    /// Every figure.
    Everything,
    /// These.
    Metrics(Vec<MetricId>),
}

/// Something about the input that is not as expected, or was checked and is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataFinding {
    /// What was checked.
    pub check: DataCheck,
    /// Source or table.
    pub input: String,
    /// Its column; null for checks of whole rows.
    pub column: Option<String>,
    /// What was found.
    pub value: Option<f64>,
    /// Least that was expected.
    pub expected_low: Option<f64>,
    /// Most that was expected.
    pub expected_high: Option<f64>,
    /// How bad it is: `watch` and `act` raise an alert that explains those on the figures it spoils.
    pub level: Level,
    /// Which figures it spoils.
    pub affects: Affects,
}

/// An alert as a run left it, for the identity, persistence and closing of alerts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenAlert {
    /// Identity: segment, channel, metric, comparison and direction.
    pub key: String,
    /// Highest level at which it was raised.
    pub level: Level,
    /// The latest cause that is known. Moves show in the run in which they happen, so a later run may see none.
    pub cause: Cause,
    /// Which way the figure went.
    pub direction: Direction,
    /// Run in which it was raised first.
    pub first_seen_run: String,
    /// Runs in a row in which it was raised; 0 while the figure is back inside.
    pub consecutive_runs: u32,
    /// Runs in a row in which the figure was back inside.
    pub inside_runs: u32,
    /// For the latest runs, newest last: was the figure outside of its interval, material, and not explained by the
    /// input?
    pub watched: Vec<bool>,
}

/// What one run knows about itself. Stored with every run as JSON; holds no customers.
///
/// Fields that an older version did not write read as empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunFacts {
    /// Identifier of the run.
    pub run_id: String,
    /// Business date, `2026-06-01`.
    pub as_of: String,
    /// Version of the definition of the segments; another version means another definition.
    pub definition_version: String,
    /// Part of the frozen baseline: accepted by [`Findings::joins_baseline`](crate::Findings::joins_baseline), later
    /// on purpose only, since every accepted run moves the baseline: with a rolling one half of the lasting shifts
    /// are missed.
    pub is_accepted: bool,
    /// Its alerts were acknowledged as known, so it stays out of the baseline.
    pub is_acknowledged: bool,
    /// All customers.
    pub customers: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// The figures, in any order, each series at most once.
    pub observations: Vec<Observation>,
    /// Customers by scheme and segment; customers in none are a segment of their own.
    pub labels: BTreeMap<String, BTreeMap<String, u64>>,
    /// Distributions of the watched columns, of all customers and by segment. Only the runs that play a role in a
    /// comparison need them.
    pub profiles: Vec<ProfiledColumn>,
    /// Which columns a figure is computed from.
    pub depends: BTreeMap<MetricId, Vec<String>>,
    /// Findings about the input.
    pub data_findings: Vec<DataFinding>,
    /// Alerts as this run left them: [`Findings::open_alerts`](crate::Findings::open_alerts).
    pub open_alerts: Vec<OpenAlert>,
}

/// Which earlier run, or what else, a figure is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonId {
    /// The latest accepted run, or the latest published one if the pipeline says so.
    #[default]
    Previous,
    /// The frozen baseline: its latest run where one run is meant, all of its runs for intervals.
    Baseline,
    /// The run of the same period last year.
    SamePeriodLastYear,
    /// The target of the pipeline.
    Target,
}

/// An earlier run in its role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The role; never `target`.
    pub id: ComparisonId,
    /// Which run of [`Evidence::history`].
    pub run_id: String,
    /// The customers of both runs, joined; null if that was not possible.
    pub matched: Option<Matched>,
}

/// What became of the same customers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matched {
    /// Customers on both sides.
    pub customers: u64,
    /// By scheme and stage.
    pub movements: Vec<Movement>,
    /// Bridges customer by customer, by scheme and metric (revenue, margin).
    pub bridges: Vec<MatchedBridge>,
    /// Sums of the differences of matched customers, for paired tests.
    pub paired: Vec<Paired>,
}

/// What a movement between segments comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Old definition on old and on new data: customers behave differently.
    Behaviour,
    /// Old and new definition on the new data: the segments are drawn differently.
    Definition,
    /// Both together; the same as `behaviour` as long as the definition is the same.
    #[default]
    Total,
}

/// Customers between the segments of one scheme.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    /// The scheme.
    pub scheme: String,
    /// What it comes from.
    pub stage: Stage,
    /// Names of the segments, in the order of the counts; customers in none are a segment of their own.
    pub labels: Vec<String>,
    /// Customers by previous and current segment, new and gone ones.
    pub counts: MigrationCounts,
    /// Revenue before, in minor units, of the customers of each cell; rows as `counts.matched`.
    pub revenue_before_minor: Vec<Vec<i128>>,
    /// Revenue now, likewise.
    pub revenue_after_minor: Vec<Vec<i128>>,
}

/// A customer bridge of one scheme and metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchedBridge {
    /// The scheme whose moves it tells apart.
    pub scheme: String,
    /// Revenue or margin.
    pub metric: MetricId,
    /// The effects, in minor units.
    pub bridge: CustomerBridge,
}

/// Differences, now less before, of the customers who are in the segment on the current side and were customers
/// before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// The segment, or all customers.
    pub key: SegmentKey,
    /// A figure per customer in minor units.
    pub metric: MetricId,
    /// Customers.
    pub n: u64,
    /// Sum of the differences.
    pub sum_minor: i128,
    /// Sum of their squares.
    pub sumsq_minor: i128,
}

/// What a figure is meant to reach.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Whose target.
    pub key: SegmentKey,
    /// Of which channel.
    pub channel: Option<String>,
    /// Of which figure.
    pub metric: MetricId,
    /// The target of the whole period, in the unit of the figure.
    pub value: f64,
    /// Share of the period's total that had come in at this point last year, for a run within the period; null
    /// when the period is over or the figure is no sum.
    pub elapsed_share: Option<f64>,
}

/// How well the segments of one scheme still fit the customers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FitFacts {
    /// The scheme.
    pub scheme: String,
    /// Mean silhouette with distances to centroids, over all customers.
    pub silhouette_simplified: Option<f64>,
    /// Mean exact silhouette over a sample.
    pub silhouette_sampled: Option<f64>,
    /// Customers of that sample.
    pub sample_size: Option<u64>,
    /// Simplified silhouette of each segment.
    pub silhouette_by_segment: BTreeMap<String, f64>,
    /// Population stability index of the distance to the own centroid, against the baseline.
    pub distance_psi: Option<f64>,
    /// What sampling alone gives in 1 % of cases.
    pub distance_noise_floor_99: Option<f64>,
    /// Share of customers in no segment.
    pub unassigned_share: Option<f64>,
    /// Agreement of old and new definition on the new data; null if the definition is the same.
    pub ari_definition: Option<f64>,
}

/// All that is known when a run is examined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// This run; its `open_alerts` are not read.
    pub current: RunFacts,
    /// Published runs before it, oldest first, one per date. Those marked as accepted are the baseline.
    pub history: Vec<RunFacts>,
    /// Which of them play which role.
    pub comparisons: Vec<Comparison>,
    /// Targets.
    pub targets: Vec<Target>,
    /// Fit, by scheme; empty for schemes that are not fitted.
    pub fit: Vec<FitFacts>,
}

impl Evidence {
    /// The earlier run of that name.
    pub fn run(&self, run_id: &str) -> Option<&RunFacts> {
        self.history.iter().find(|run| run.run_id == run_id)
    }

    /// The run in that role, with what is known of it.
    pub fn comparison(&self, id: ComparisonId) -> Option<(&Comparison, &RunFacts)> {
        let comparison = self.comparisons.iter().find(|comparison| comparison.id == id)?;
        Some((comparison, self.run(&comparison.run_id)?))
    }
}
