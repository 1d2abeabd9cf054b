//! What the templates print: the report's numbers worked out and written in the page's language.
//!
//! One file per section of the page. A view holds no sentences, only numbers as text, states to
//! choose a sentence by, and geometry; the sentences are in the language's catalogue.

mod cards;
mod checks;
mod criteria;
mod drift;
mod glossary;
mod intake;
mod movement;
mod provenance;
mod questions;
mod segments;
mod served;
mod summary;
mod watched;
mod worth;

use serde::Serialize;

use crate::Report;
use crate::format::Numbers;

/// Everything the page prints that is not a sentence or taken from the report as it is.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    summary: summary::Summary,
    segments: Vec<segments::SchemeView>,
    worth: worth::Worth,
    movement: Vec<movement::SchemeMovement>,
    drift: drift::Drift,
    checks: checks::Checks,
    served: served::Served,
    criteria: Vec<criteria::CriterionView>,
    intake: intake::Intake,
    provenance: provenance::ProvenanceView,
    questions: Vec<questions::Question>,
    cards: Vec<cards::Card>,
    glossary: Vec<&'static str>,
    /// `None` when the run was not examined.
    watched: Option<watched::Watched>,
}

impl Page {
    /// Works out the page of `report`.
    pub(crate) fn new(report: &Report) -> Self {
        let numbers = Numbers::new(report.language, report.currency.clone()).hiding_below(report.smallest_group);
        Self {
            summary: summary::view(report, &numbers),
            segments: segments::view(report, &numbers),
            worth: worth::view(report, &numbers),
            movement: movement::view(report, &numbers),
            drift: drift::view(report, &numbers),
            checks: checks::view(report, &numbers),
            served: served::view(report, &numbers),
            criteria: criteria::view(report, &numbers),
            intake: intake::view(report, &numbers),
            provenance: provenance::view(report, &numbers),
            questions: questions::view(report, &numbers),
            cards: cards::view(report, &numbers),
            glossary: glossary::terms(report),
            watched: watched::view(report, &numbers),
        }
    }
}
