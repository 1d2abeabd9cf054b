//! Fills the report from what a run has found out.

mod criteria;
mod data;
mod drift;
mod schemes;
mod strategy;
mod totals;
mod verdict;

use segmenta_pipeline::model::Language;
use segmenta_report::Locale;
use segmenta_report::model::{Baseline, Currency, Figure, Monitoring, Report, Run, RunStatus, SCHEMA_VERSION};
use segmenta_store::StageRecord;

use crate::Result;
use crate::run::{Facts, Request, Staged};

/// Everything that the report tells of.
pub(crate) struct Told<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) staged: &'a Staged,
    pub(crate) facts: &'a Facts,
    pub(crate) stages: &'a [StageRecord],
    /// Why the run is held; empty when it is published.
    pub(crate) reasons: &'a [String],
}

/// Reason of everything that needs an earlier run.
const NO_BASELINE: &str = "no baseline yet";

pub(crate) fn report(told: &Told<'_>) -> Result<Report> {
    let currency = told.request.pipeline.valuation.as_ref().map(|valuation| Currency::iso_4217(&valuation.currency));
    let money = Money { currency: currency.clone() };
    let mut report = Report {
        schema_version: SCHEMA_VERSION.to_owned(),
        language: language(told.request.pipeline.report.language),
        run: run(told),
        baseline: baseline(told),
        verdict: verdict::no_verdict(),
        currency,
        totals: totals::totals(told, &money)?,
        schemes: schemes::schemes(told, &money)?,
        concentration: totals::concentration(told)?,
        drift: drift::drift(told),
        checks: drift::checks(told),
        strategy: strategy::strategy(told, &money),
        criteria: criteria::criteria(told)?,
        sources: data::sources(told),
        provenance: data::provenance(told),
        monitoring: Some(monitoring(told)),
        smallest_group: Some(told.request.pipeline.report.smallest_group).filter(|smallest| *smallest > 1),
    };
    report.verdict = verdict::verdict(told, &report);
    Ok(report)
}

/// A run is named by its date among the findings: there is one per date.
fn monitoring(told: &Told<'_>) -> Monitoring {
    let findings = told.staged.monitoring.findings.clone();
    let dates = findings.comparisons.iter().filter_map(|compared| compared.run_id.clone());
    let since = findings.alerts.iter().map(|alert| alert.first_seen_run.clone());
    let run_dates = dates.chain(since).map(|date| (date.clone(), date)).collect();
    Monitoring { findings, run_dates }
}

fn language(language: Language) -> Locale {
    match language {
        Language::En => Locale::En,
        Language::Hu => Locale::Hu,
        Language::Pl => Locale::Pl,
    }
}

/// Amounts in units of the currency to minor units.
struct Money {
    currency: Option<Currency>,
}

impl Money {
    fn minor(&self, amount: f64) -> i64 {
        let per_unit = self.currency.as_ref().map_or(100, Currency::minor_per_unit);
        (amount * per_unit as f64).round() as i64
    }

    fn figure(&self, amount: Option<f64>, why: &str) -> Figure<i64> {
        Figure::from_option(amount.map(|amount| self.minor(amount)), why)
    }
}

fn run(told: &Told<'_>) -> Run {
    let request = told.request;
    let header = &request.pipeline.pipeline;
    let held = !told.reasons.is_empty();
    Run {
        pipeline: header.name.clone(),
        description: header.description.clone(),
        owner: header.owner.clone(),
        entity: request.pipeline.entity.name.clone(),
        run_id: request.run_id.to_owned(),
        as_of: request.as_of.to_string(),
        started_at: told.started_at().to_owned(),
        finished_at: Some(request.surroundings.now()),
        definition_version: told.facts.definition_version.clone(),
        program_version: request.program_version.to_owned(),
        status: if held { RunStatus::Held } else { RunStatus::Published },
        status_reason: held.then(|| told.reasons.join("; ")),
    }
}

impl Told<'_> {
    fn started_at(&self) -> &str {
        &self.facts.started_at
    }
}

fn baseline(told: &Told<'_>) -> Figure<Baseline> {
    let chosen_by = match told.request.pipeline.monitor.baseline {
        segmenta_pipeline::model::Baseline::Accepted => "accepted",
        segmenta_pipeline::model::Baseline::Previous => "previous",
    };
    let baseline = told.staged.baseline.as_ref().map(|baseline| Baseline {
        run_id: baseline.run_id.clone(),
        as_of: baseline.as_of.clone(),
        definition_version: baseline.definition_version.clone(),
        chosen_by: chosen_by.to_owned(),
    });
    Figure::from_option(baseline, NO_BASELINE)
}
