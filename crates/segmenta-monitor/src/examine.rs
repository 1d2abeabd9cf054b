//! From evidence to findings.

mod figures;
mod runs;
mod segments;

use std::collections::BTreeMap;

use crate::alert::condition::{self, data_key};
use crate::alert::family::{adjust, adjust_drift, expected_false_act};
use crate::alert::fold::{self, Explanation};
use crate::alert::judge::{Judged, judge};
use crate::alert::{Draft, gate, identity};
use crate::cause::{Scene, attribute};
use crate::facts::{ComparisonId, DataFinding, Evidence, OpenAlert};
use crate::findings::{
    Alert, DriftFinding, DriftMethod, Family, Findings, FitFinding, Level, MetricFinding, MigrationFinding,
    VerdictLevel,
};
use crate::lineage::{DefinitionSplit, definition_split, lineage};
use crate::policy::Policy;
use crate::series::Book;
use crate::{compare, fit, migration, verdict};

/// Name of the table whose columns [`RunFacts::profiles`](crate::RunFacts::profiles) describes.
const PROFILED_TABLE: &str = "customers";

/// Examines one run: what changed, whether it matters, why, and what to do.
///
/// - In: this run, the published runs before it, and what is known about the same customers. An incomplete input
///   is examined as far as it goes; what could not be is counted and has a reason.
/// - Out: the same findings for the same evidence, whatever the order of its observations.
///   [`Findings::open_alerts`] belongs into the stored facts of this run; without it the next run takes every alert
///   for a new one and cannot see that one persists.
///
/// # Example
/// ```
/// use segmenta_monitor::facts::{Observation, SegmentKey};
/// use segmenta_monitor::{Evidence, MetricId, Policy, RunFacts, examine};
///
/// let run = |month: usize, orders: f64| RunFacts {
///     run_id: format!("run-{month:02}"),
///     as_of: format!("2026-{month:02}-01"),
///     is_accepted: true,
///     observations: vec![Observation::new(SegmentKey::total(), MetricId::Orders, 900, orders)],
///     ..RunFacts::default()
/// };
/// let orders = [980.0, 1_010.0, 1_000.0, 990.0, 1_020.0, 1_000.0, 985.0];
/// let history = orders.iter().enumerate().map(|(month, orders)| run(month + 1, *orders)).collect();
/// let evidence = Evidence { history, current: run(8, 1_400.0), ..Evidence::default() };
/// let findings = examine(&evidence, &Policy::default());
/// // Far outside of what seven runs lead to expect; to ask for action takes a dozen.
/// assert_eq!(findings.alerts[0].key, "/*|orders|baseline|up");
/// assert_eq!(findings.alerts[0].level, segmenta_monitor::findings::Level::Watch);
/// ```
pub fn examine(evidence: &Evidence, policy: &Policy) -> Findings {
    let book = Book::new(policy, evidence);
    let mut judged = judge(policy, &book);
    adjust(policy, &mut judged);
    let mut drift = drift(policy, evidence);
    adjust_drift(policy, &mut drift);
    let migrations = migrations(policy, evidence);
    let fit = fit::findings(policy, &book, &evidence.fit);
    let data_quality = data_quality(policy, evidence);
    let found =
        Found { evidence, policy, book: &book, judged: &judged, drift: &drift, migrations: &migrations, fit: &fit };
    let (alerts, open_alerts) = found.alerts(&data_quality);
    let figures = figures::Figures::new(&found, &alerts);
    let (totals, channel_metrics) = (figures.totals(), figures.by_channel());
    let (tests_run, tests_skipped) = found.tests();
    let verdict = verdict::verdict(&alerts, &totals, judged.iter().any(|test| test.is_tested(policy)));
    Findings {
        comparisons: runs::comparisons(&book, evidence),
        joins_baseline: verdict.level != VerdictLevel::Act && runs::is_baseline_short(policy, &book),
        verdict,
        segments: segments::segments(&found, &figures, &alerts),
        bridges: runs::bridges(&book, evidence),
        channels: figures.channels(),
        lineage: found.lineage(),
        definitions: found.definitions(),
        data_quality,
        thresholds: policy.clone(),
        tests_run,
        tests_skipped,
        expected_false_act: expected_false_act(policy, &judged),
        migrations: with_levels(migrations.clone(), &alerts),
        fit: fit_levels(fit.clone(), &alerts),
        drift: drift.clone(),
        totals,
        channel_metrics,
        alerts,
        open_alerts,
    }
}

/// Everything that alerts are made from.
struct Found<'f> {
    evidence: &'f Evidence,
    policy: &'f Policy,
    book: &'f Book<'f>,
    judged: &'f [Judged],
    drift: &'f [DriftFinding],
    migrations: &'f [MigrationFinding],
    fit: &'f [FitFinding],
}

impl Found<'_> {
    /// Alerts, worst first, and what to leave for the next run.
    fn alerts(&self, data_quality: &[DataFinding]) -> (Vec<Alert>, Vec<OpenAlert>) {
        let open = self.evidence.history.last().map_or(&[][..], |run| &run.open_alerts);
        let drafts = self.drafts(open, data_quality);
        let run_id = &self.evidence.current.run_id;
        let (mut alerts, open) = identity::follow(self.policy, drafts, self.judged, open, run_id);
        verdict::sort(&mut alerts);
        (alerts, open)
    }

    fn drafts(&self, open: &[OpenAlert], data_quality: &[DataFinding]) -> Vec<Draft> {
        let policy = self.policy;
        let explanations: Vec<Explanation<'_>> =
            data_quality.iter().map(|finding| Explanation { key: data_key(finding), finding }).collect();
        let depends = &self.evidence.current.depends;
        let mut drafts = gate::drafts(policy, self.judged, open);
        drafts.extend(condition::uplift(policy, self.book));
        drafts.extend(fit::drafts(policy, self.fit, open));
        fold::fold(&mut drafts, &explanations, depends);
        let concurs =
            drafts.iter().any(|draft| draft.alert.level >= Level::Watch && draft.alert.explained_by.is_none());
        let mut features = condition::features(self.drift, concurs);
        fold::fold(&mut features, &explanations, depends);
        drafts.extend(features);
        drafts.extend(condition::lineage(policy, self.book, |scheme| self.ari(scheme)));
        drafts.extend(condition::data(data_quality));
        let scene = Scene {
            policy,
            book: self.book,
            judged: self.judged,
            migrations: self.migrations,
            drift: self.drift,
            fit: self.fit,
        };
        attribute(&scene, &mut drafts);
        drafts
    }

    /// Agreement of old and new definition of a scheme, if it changed and both were scored.
    fn ari(&self, scheme: &str) -> Option<f64> {
        self.book.agreement(scheme)
    }

    /// Series and columns that were tested, and those that could not be.
    fn tests(&self) -> (u64, u64) {
        let series = self.judged.iter().filter(|test| test.value.is_some()).map(|test| test.is_tested(self.policy));
        let columns = self.drift.iter().filter(|row| row.method == DriftMethod::Psi).map(|row| row.value.is_some());
        series.chain(columns).fold(
            (0, 0),
            |(run, skipped), is_tested| {
                if is_tested { (run + 1, skipped) } else { (run, skipped + 1) }
            },
        )
    }

    fn lineage(&self) -> BTreeMap<String, Vec<crate::lineage::LineageFinding>> {
        runs::definition_moves(self.evidence).map(|moves| (moves.scheme.clone(), lineage(moves))).collect()
    }

    fn definitions(&self) -> Vec<DefinitionSplit> {
        let matched = self.evidence.comparison(ComparisonId::Previous).and_then(|(found, _)| found.matched.as_ref());
        let schemes = self.evidence.current.labels.keys();
        matched.map_or_else(Vec::new, |matched| schemes.map(|scheme| definition_split(matched, scheme)).collect())
    }
}

/// Drift against every run that plays a role, each run once: a run that is baseline and previous counts as baseline.
fn drift(policy: &Policy, evidence: &Evidence) -> Vec<DriftFinding> {
    let mut seen = Vec::new();
    let mut rows = Vec::new();
    for id in [ComparisonId::Baseline, ComparisonId::Previous, ComparisonId::SamePeriodLastYear] {
        if let Some((_, run)) = evidence.comparison(id)
            && !seen.contains(&&run.run_id)
        {
            seen.push(&run.run_id);
            rows.extend(compare::drift(policy, id, &run.profiles, &evidence.current.profiles));
        }
    }
    rows
}

fn migrations(policy: &Policy, evidence: &Evidence) -> Vec<MigrationFinding> {
    let matched = evidence.comparisons.iter().filter_map(|found| Some((found.id, found.matched.as_ref()?)));
    matched
        .flat_map(|(id, matched)| matched.movements.iter().map(move |moves| migration::migration(policy, id, moves)))
        .collect()
}

/// Findings of the engine, and those that profiles give against the baseline or else the previous run.
fn data_quality(policy: &Policy, evidence: &Evidence) -> Vec<DataFinding> {
    let reference = evidence.comparison(ComparisonId::Baseline).or_else(|| evidence.comparison(ComparisonId::Previous));
    let current = &evidence.current;
    let own = reference
        .filter(|(_, run)| !run.profiles.is_empty() && !current.profiles.is_empty())
        .map(|(_, run)| compare::data_findings(policy, PROFILED_TABLE, &run.profiles, &current.profiles));
    let mut all = current.data_findings.clone();
    for finding in own.into_iter().flatten() {
        let is_known = |known: &DataFinding| known.check == finding.check && known.column == finding.column;
        if !current.data_findings.iter().any(is_known) {
            all.push(finding);
        }
    }
    all
}

fn with_levels(mut migrations: Vec<MigrationFinding>, alerts: &[Alert]) -> Vec<MigrationFinding> {
    for found in &mut migrations {
        let own = alerts.iter().filter(|alert| {
            matches!(alert.family, Family::Migration | Family::Lineage) && alert.segment.scheme == found.scheme
        });
        found.level = verdict::worst(own).0;
    }
    migrations
}

fn fit_levels(mut fit: Vec<FitFinding>, alerts: &[Alert]) -> Vec<FitFinding> {
    for found in fit.iter_mut().filter(|found| found.level != Level::None) {
        let own = alerts.iter().filter(|alert| alert.family == Family::Fit && alert.segment.scheme == found.scheme);
        found.level = verdict::worst(own).0;
    }
    fit
}

/// Level of a figure, as far as the alerts about it tell.
fn level_of(alerts: &[Alert], found: &MetricFinding, is_judged: bool) -> Level {
    let own = alerts
        .iter()
        .filter(|alert| alert.segment == found.key && alert.channel == found.channel && alert.metric == found.metric);
    if is_judged { verdict::worst(own).0 } else { Level::None }
}
