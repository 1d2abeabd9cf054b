//! The runs that were compared with, and why totals changed since.

use crate::bridge;
use crate::facts::{Comparison, ComparisonId, Evidence, Movement, RunFacts, Stage};
use crate::findings::{BridgeFinding, ComparisonFinding};
use crate::metric::MetricId;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::series::Book;

const ROLES: [ComparisonId; 3] = [ComparisonId::Previous, ComparisonId::Baseline, ComparisonId::SamePeriodLastYear];

/// One row per role, whether there is such a run or not.
pub(super) fn comparisons(book: &Book<'_>, evidence: &Evidence) -> Vec<ComparisonFinding> {
    ROLES.into_iter().map(|id| comparison(book, evidence, id)).collect()
}

fn comparison(book: &Book<'_>, evidence: &Evidence, id: ComparisonId) -> ComparisonFinding {
    let Some((found, run)) = evidence.comparison(id) else {
        return ComparisonFinding { id, reason: Some(Reason::NoSuchRun), ..ComparisonFinding::default() };
    };
    let reason = incomparable(book, evidence, run);
    ComparisonFinding {
        id,
        run_id: Some(run.run_id.clone()),
        as_of: Some(run.as_of.clone()),
        customers: Some(run.customers),
        matched_customers: found.matched.as_ref().map(|matched| matched.customers),
        definition_version: Some(run.definition_version.clone()),
        is_comparable: reason.is_none(),
        reason,
    }
}

fn incomparable(book: &Book<'_>, evidence: &Evidence, run: &RunFacts) -> Option<Reason> {
    let position = book.runs.iter().position(|known| known.run_id == run.run_id)?;
    let mut schemes = evidence.current.labels.keys();
    if run.currency != evidence.current.currency {
        Some(Reason::OtherCurrency)
    } else if schemes.any(|scheme| position < book.comparable_from(scheme)) {
        Some(Reason::OtherDefinition)
    } else {
        None
    }
}

/// Whether the baseline of the totals or of a scheme has fewer runs than it takes to ask for action.
pub(super) fn is_baseline_short(policy: &Policy, book: &Book<'_>) -> bool {
    let schemes = book.runs[book.current()].labels.keys().map(String::as_str);
    schemes.chain([""]).any(|scheme| book.baseline(scheme).count() < policy.runs_to_act)
}

/// Bridges of revenue and margin, where they are observed, by every scheme and role.
pub(super) fn bridges(book: &Book<'_>, evidence: &Evidence) -> Vec<BridgeFinding> {
    let mut bridges = Vec::new();
    for id in ROLES {
        let Some((found, run)) = evidence.comparison(id) else { continue };
        for scheme in evidence.current.labels.keys() {
            for metric in [MetricId::Revenue, MetricId::Margin] {
                if is_observed(book, scheme, &metric) {
                    bridges.push(bridge_of(evidence, found, run, scheme, &metric));
                }
            }
        }
    }
    bridges
}

fn bridge_of(
    evidence: &Evidence,
    found: &Comparison,
    run: &RunFacts,
    scheme: &str,
    metric: &MetricId,
) -> BridgeFinding {
    bridge::bridge(found.id, scheme, metric, run, &evidence.current, found.matched.as_ref())
}

fn is_observed(book: &Book<'_>, scheme: &str, metric: &MetricId) -> bool {
    book.lines().any(|(series, _)| {
        let is_its = series.key.scheme == scheme && series.key.segment.is_some() && series.channel.is_none();
        is_its && series.metric == *metric
    })
}

/// Moves from the old definition to the new one, by scheme.
pub(super) fn definition_moves(evidence: &Evidence) -> impl Iterator<Item = &Movement> {
    let matched = evidence.comparison(ComparisonId::Previous).and_then(|(found, _)| found.matched.as_ref());
    let movements = matched.map_or(&[][..], |matched| &matched.movements);
    movements.iter().filter(|moves| moves.stage == Stage::Definition)
}
