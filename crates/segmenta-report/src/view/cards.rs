//! One card per scheme, in plain words, for everyone who works with customers.

use serde::Serialize;

use super::served::short_terms;
use crate::Report;
use crate::format::Numbers;
use crate::model::{Scheme, Segment};

/// How one segmentation is used.
#[derive(Debug, Serialize)]
pub(crate) struct Card {
    scheme: String,
    goal: String,
    /// Whether its segments decide the terms of customers.
    decides_terms: bool,
    groups: Vec<Group>,
    /// Segments that are served alike, group by group.
    alike: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Group {
    segment: String,
    customers: String,
    rule: Option<String>,
    terms: Option<String>,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Vec<Card> {
    report.schemes.iter().map(|scheme| card(scheme, numbers)).collect()
}

fn card(scheme: &Scheme, numbers: &Numbers) -> Card {
    let group = |segment: &Segment| Group {
        segment: segment.name.clone(),
        customers: numbers.people(segment.customers),
        rule: segment.rule.clone(),
        terms: segment.terms.as_ref().map(|terms| short_terms(terms, numbers)),
    };
    Card {
        scheme: scheme.name.clone(),
        goal: scheme.goal.clone(),
        decides_terms: scheme.segments.iter().any(|segment| segment.terms.is_some()),
        groups: scheme.segments.iter().map(group).collect(),
        alike: alike(&scheme.segments),
    }
}

/// Segments with the same terms: either the terms or the segments are one too many.
fn alike(segments: &[Segment]) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<&Segment>> = Vec::new();
    for segment in segments.iter().filter(|segment| segment.terms.is_some()) {
        match groups.iter_mut().find(|group| group[0].terms == segment.terms) {
            Some(group) => group.push(segment),
            None => groups.push(vec![segment]),
        }
    }
    let names = |group: Vec<&Segment>| group.into_iter().map(|segment| segment.name.clone()).collect();
    groups.into_iter().filter(|group| group.len() > 1).map(names).collect()
}
