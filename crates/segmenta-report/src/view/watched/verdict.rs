//! The first sentence and the things to do.

use segmenta_monitor::facts::{ComparisonId, SegmentKey};
use segmenta_monitor::findings::{Action, CauseHint, Headline, RecommendedAction, VerdictLevel};
use serde::Serialize;

use super::rule::{self, RuleView};
use super::run_date;
use crate::format::{Numbers, Printed};
use crate::model::Monitoring;

/// The parts of the verdict; the catalogue has the sentences.
#[derive(Debug, Serialize)]
pub(super) struct VerdictView {
    level: VerdictLevel,
    /// `None` when nothing is unusual.
    subject: Option<Subject>,
    change: Option<String>,
    worth: Option<Printed>,
    cause: CauseHint,
    rule: RuleView,
    target: Option<Target>,
    n_act: u64,
    n_watch: u64,
    n_explained: u64,
    actions: Vec<ActionView>,
    tests_run: String,
    tests_skipped: String,
    expected_false_act: String,
    /// Date of the baseline run.
    baseline: Option<String>,
}

/// Whose figure, and which.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Subject {
    pub(super) metric: String,
    pub(super) segment: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) column: Option<String>,
}

#[derive(Debug, Serialize)]
struct Target {
    metric: String,
    attainment: String,
}

#[derive(Debug, Serialize)]
struct ActionView {
    action: Action,
    segment: Option<String>,
    channel: Option<String>,
    cause: CauseHint,
    rule: RuleView,
    worth: Option<Printed>,
    since: String,
}

pub(super) fn view(monitoring: &Monitoring, numbers: &Numbers) -> VerdictView {
    let findings = &monitoring.findings;
    let headline = &findings.verdict.headline;
    let actions = findings.verdict.actions.iter().take(3);
    let baseline = findings.comparisons.iter().find(|run| run.id == ComparisonId::Baseline);
    VerdictView {
        level: findings.verdict.level,
        subject: subject(headline),
        change: headline.rel_change.map(|change| numbers.change(change)),
        worth: headline.money_effect_minor.map(|amount| numbers.signed_money(amount)),
        cause: headline.cause,
        rule: rule::view(&headline.rule, numbers),
        target: target(headline, numbers),
        n_act: headline.n_act,
        n_watch: headline.n_watch,
        n_explained: headline.n_explained,
        actions: actions.map(|action| action_view(action, monitoring, numbers)).collect(),
        tests_run: numbers.count(findings.tests_run),
        tests_skipped: numbers.count(findings.tests_skipped),
        expected_false_act: numbers.number(findings.expected_false_act),
        baseline: baseline.and_then(|run| run.as_of.as_deref()).map(|as_of| numbers.date(as_of)),
    }
}

fn subject(headline: &Headline) -> Option<Subject> {
    let metric = headline.metric.as_ref()?.as_str().to_owned();
    let SegmentKey { segment, .. } = headline.key.clone();
    Some(Subject { metric, segment, channel: headline.channel.clone(), column: None })
}

fn target(headline: &Headline, numbers: &Numbers) -> Option<Target> {
    let gap = headline.target.as_ref()?;
    let attainment = gap.attainment.map(|attainment| numbers.share(attainment))?;
    Some(Target { metric: gap.metric.as_str().to_owned(), attainment })
}

fn action_view(action: &RecommendedAction, monitoring: &Monitoring, numbers: &Numbers) -> ActionView {
    ActionView {
        action: action.action,
        segment: action.key.segment.clone(),
        channel: action.channel.clone(),
        cause: action.cause,
        rule: rule::view(&action.rule, numbers),
        worth: action.money_effect_minor.map(|amount| numbers.signed_money(amount)),
        since: run_date(monitoring, &action.since_run, numbers),
    }
}
