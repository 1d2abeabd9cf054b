//! Every threshold in one place, with where it comes from.

use serde::{Deserialize, Serialize};

use crate::metric::MetricId;

/// The thresholds in force. [`Policy::default`] is what the documentation describes; a threshold that is not written
/// has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Two-sided error of the interval for the next run of one series: 1 %.
    pub alpha: f64,
    /// Baseline runs from which a series may be watched: 6. With fewer, Student's t makes the interval wider than
    /// any change worth finding.
    pub runs_to_watch: usize,
    /// Baseline runs from which a series may ask for action: 12, one year of monthly runs.
    pub runs_to_act: usize,
    /// Relative change from which a figure is material: 5 %.
    pub material_rel: f64,
    /// Part of the total revenue from which a change in money is material: 0.5 %.
    pub material_money_share: f64,
    /// Change of a share that is material: 1 percentage point.
    pub material_share_change: f64,
    /// False discovery rate within a family of tests: 5 %. Benjamini & Hochberg (1995).
    pub false_discovery_rate: f64,
    /// Adjusted probability of one test that opens its family whatever the parent family says: 1 %.
    pub open_family_q: f64,
    /// Runs among the latest [`persistence_window`](Self::persistence_window) in which a series was watched the same
    /// way, for action without significance in one run: 2.
    pub persistence_runs: usize,
    /// The window of that rule: 3 runs.
    pub persistence_window: usize,
    /// Runs inside after which an alert closes: 2.
    pub close_after: u32,
    /// Weight of the newest run in the moving average: 0.2. Roberts (1959); the limits are
    /// [`segmenta_stats::control::chart_limits`].
    pub ewma_lambda: f64,
    /// Slack of the cumulative sums, in standard deviations: 0.5, which is best against shifts of one. Page (1954).
    pub cusum_slack: f64,
    /// Cycles of accepted runs from which seasonal figures are judged by their change over the year: 2.
    pub season_cycles: usize,
    /// How far from one year apart two runs may be to count as the same period: 15 days.
    pub season_tolerance_days: u32,
    /// Figures with a season: sums of a period's activity, and what follows from them.
    pub seasonal_metrics: Vec<MetricId>,
    /// PSI from which a column is watched: 0.10, the convention of credit risk, and only above the noise floor.
    pub psi_watch: f64,
    /// PSI from which a column asks for action if a figure or the fit concurs: 0.25.
    pub psi_act: f64,
    /// Kolmogorov–Smirnov distance to watch: 0.05.
    pub ks_watch: f64,
    /// Kolmogorov–Smirnov distance that is large: 0.10.
    pub ks_act: f64,
    /// Wasserstein distance of asinh(x/s) to watch: 0.05, about 5 % of each value.
    pub w1_asinh_watch: f64,
    /// Wasserstein distance of asinh(x/s) that is large: 0.15.
    pub w1_asinh_act: f64,
    /// Rise of a column's share of nulls that is a finding about the input: 5 percentage points.
    pub null_share_watch: f64,
    /// Rise of a column's share of nulls that makes figures from it worthless: 20 percentage points.
    pub null_share_act: f64,
    /// Fall of the mean silhouette below the baseline that is watched: 0.05.
    pub silhouette_fall: f64,
    /// Agreement of two definitions below which segments do not mean the same: 0.80, the lower end of "good".
    /// Steinley (2004), *Properties of the Hubert–Arabie adjusted Rand index*.
    pub ari_comparable: f64,
    /// Overlap from which a segment continues an old one after a refit: 0.5. Hennig (2007) calls less dissolved.
    pub jaccard_continues: f64,
    /// Share of customers from which a new or vanished segment is watched: 5 %.
    pub lineage_share: f64,
    /// Part of the change per customer that mix, or one or two segments, must have to be its cause: two thirds.
    pub dominant_part: f64,
    /// Probability below which moves between segments are no accident: 5 %. Stuart (1955), Maxwell (1970).
    pub migration_p: f64,
    /// Most segments that count as "a few": 2.
    pub few_segments: usize,
    /// Share of the customers from which a segment has a say in what all segments do: 5 %.
    pub segment_share: f64,
    /// Total variation of the segments' shares up to which they are stable: 2 percentage points.
    pub stable_shares_tv: f64,
    /// Runs in a row without a demonstrated uplift after which a treatment is in doubt: 2.
    pub no_uplift_runs: u32,
    /// Customers below which a segment is tested together with other small ones: 10.
    pub min_customers: u64,
    /// Customers for a test of mean money per customer: 300. With a log-normal spread of 1.2 a 95 % interval holds
    /// the truth in 93 % of cases from there on.
    pub min_customers_mean: u64,
    /// Yes and no answers, each, for a z-test of a rate: 10.
    pub min_answers: u64,
    /// Matched customers for tests of moves: 200.
    pub min_matched: u64,
    /// Movers for tests of moves: 10.
    pub min_movers: u64,
    /// Runs in the small charts: 13, a year of monthly runs and the one before.
    pub history_shown: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            runs_to_watch: 6,
            runs_to_act: 12,
            material_rel: 0.05,
            material_money_share: 0.005,
            material_share_change: 0.01,
            false_discovery_rate: 0.05,
            open_family_q: 0.01,
            persistence_runs: 2,
            persistence_window: 3,
            close_after: 2,
            ewma_lambda: 0.2,
            cusum_slack: 0.5,
            season_cycles: 2,
            season_tolerance_days: 15,
            seasonal_metrics: vec![
                MetricId::NewCustomers,
                MetricId::Revenue,
                MetricId::Margin,
                MetricId::RevenuePerCustomer,
                MetricId::MarginPerCustomer,
                MetricId::Orders,
                MetricId::Basket,
            ],
            psi_watch: segmenta_stats::psi::MODERATE,
            psi_act: segmenta_stats::psi::MAJOR,
            ks_watch: 0.05,
            ks_act: 0.10,
            w1_asinh_watch: 0.05,
            w1_asinh_act: 0.15,
            null_share_watch: 0.05,
            null_share_act: 0.20,
            silhouette_fall: 0.05,
            ari_comparable: 0.80,
            jaccard_continues: segmenta_stats::align::CONTINUES,
            lineage_share: 0.05,
            dominant_part: 2.0 / 3.0,
            migration_p: 0.05,
            few_segments: 2,
            segment_share: 0.05,
            stable_shares_tv: 0.02,
            no_uplift_runs: 2,
            min_customers: 10,
            min_customers_mean: 300,
            min_answers: 10,
            min_matched: 200,
            min_movers: 10,
            history_shown: 13,
        }
    }
}

impl Policy {
    /// Whether a figure is judged by its change over the year, once there are enough cycles.
    pub(crate) fn is_seasonal(&self, metric: &MetricId) -> bool {
        self.seasonal_metrics.contains(metric)
    }
}
