//! Which terms the page uses and so has to define.

use crate::Report;
use crate::model::{DriftMethod, SchemeKind};

/// Keys of the catalogue's glossary, in alphabetical order of the keys.
///
/// A term is listed when the section that uses it has something to show, so that a short page
/// does not end in definitions of words it never printed.
pub(super) fn terms(report: &Report) -> Vec<&'static str> {
    let mut terms = vec!["as_of", "baseline", "criterion", "margin", "scheme", "segment"];
    let mut add = |condition: bool, more: &[&'static str]| {
        if condition {
            terms.extend(more);
        }
    };
    let totals = &report.totals;
    add(totals.cm1.current.known().is_some(), &["cm1"]);
    add(totals.cm2.current.known().is_some(), &["cm2"]);
    add(totals.cm3.current.known().is_some(), &["cm3"]);
    let potential = |segment: &crate::model::Segment| segment.potential.known().is_some();
    let mut segments = report.schemes.iter().flat_map(|scheme| &scheme.segments);
    add(segments.any(potential), &["potential"]);
    let kind = |kind| report.schemes.iter().any(|scheme| scheme.kind == kind);
    add(kind(SchemeKind::Strategic), &["strategic"]);
    add(kind(SchemeKind::Operational), &["operational"]);
    let concentration = report.concentration.known();
    add(concentration.is_some(), &["gini", "lorenz", "top_share"]);
    add(concentration.is_some_and(|measured| measured.whale.known().is_some()), &["whale_curve"]);
    let moved = report.schemes.iter().any(|scheme| scheme.migration.known().is_some());
    add(moved, &["migration", "net_moved", "stability"]);
    add(!report.drift.is_empty(), &["drift", "noise_floor"]);
    let method = |method| report.drift.iter().any(|row| row.method == method);
    add(method(DriftMethod::Psi), &["psi"]);
    add(method(DriftMethod::Tv), &["tv"]);
    add(method(DriftMethod::Js), &["js"]);
    add(method(DriftMethod::Ks), &["ks"]);
    add(report.strategy.known().is_some(), &["consent", "discount", "guardrail"]);
    add(report.sources.iter().any(|source| source.quarantined_rows() > 0), &["quarantine"]);
    add(!report.sources.is_empty(), &["coverage", "ties_out"]);
    let monitoring = report.monitoring.as_ref().map(|monitoring| &monitoring.findings);
    add(monitoring.is_some(), &["alert", "bridge", "mix", "rate_effect", "usual_range"]);
    add(monitoring.is_some_and(|findings| !findings.channels.is_empty()), &["holdout", "uplift"]);
    add(monitoring.is_some_and(|findings| !findings.fit.is_empty()), &["silhouette"]);
    terms.sort_unstable();
    terms
}
