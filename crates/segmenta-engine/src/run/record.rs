//! `run.json`: rewritten after every stage, on every outcome.

use segmenta_ingest::Accounting;
use segmenta_pipeline::model::Metric;
use segmenta_store::{
    Accounting as AccountingRecord, CheckRecord, Exit, InputPin, ModelPin, PluginPin, RunRecord, StageRecord, Status,
    Store,
};

use segmenta_plugin_host::{Mode, Origin};
use sha2::{Digest, Sha256};

use super::fingerprint::Facts;
use super::{Outcome, Request, StageDone};
use crate::stage::criteria::ModelFacts;
use crate::stage::monitor::{CheckOutcome, Monitoring, Outcome as CheckResult};
use crate::stage::strategy::Served;
use crate::{Error, ExitStatus, Result};

/// Keeps the record of a run and tells the surroundings of its progress.
pub(super) struct Recorder<'a> {
    request: &'a Request<'a>,
    store: &'a Store,
    record: RunRecord,
    open: Option<(String, u64)>,
}

impl<'a> Recorder<'a> {
    pub(super) fn start(request: &'a Request<'a>, store: &'a Store) -> Result<Self> {
        let record = RunRecord {
            run_id: request.run_id.to_owned(),
            pipeline: request.pipeline.pipeline.name.clone(),
            as_of: request.as_of.to_string(),
            program_version: request.program_version.to_owned(),
            started_at: request.surroundings.now(),
            ..RunRecord::default()
        };
        let recorder = Self { request, store, record, open: None };
        recorder.write()?;
        Ok(recorder)
    }

    fn write(&self) -> Result<()> {
        Ok(self.store.write_run(&self.record)?)
    }

    pub(super) fn begin(&mut self, stage: &str) {
        self.request.surroundings.stage_started(stage);
        self.open = Some((stage.to_owned(), self.request.surroundings.elapsed_ms()));
    }

    /// Closes the stage that was begun last.
    pub(super) fn done(&mut self, rows_in: u64, rows_out: u64, notes: Vec<String>) -> Result<()> {
        let (stage, since) = self.open.take().expect("`begin` came before");
        let elapsed_ms = self.request.surroundings.elapsed_ms().saturating_sub(since);
        let done = StageDone { stage, rows_in, rows_out, elapsed_ms, notes };
        tracing::info!(stage = done.stage, rows_in, rows_out, elapsed_ms, "stage finished");
        self.request.surroundings.stage_done(&done);
        let StageDone { stage, notes, .. } = done;
        self.record.stages.push(StageRecord { name: stage, rows_in, rows_out, elapsed_ms, notes });
        self.write()
    }

    pub(super) fn stages(&self) -> &[StageRecord] {
        &self.record.stages
    }

    pub(super) fn pin(&mut self, facts: &Facts) {
        self.record.config_sha256.clone_from(&facts.config_sha256);
        self.record.fingerprint = Some(facts.fingerprint.clone());
        for (source, pins) in &facts.pins {
            self.record.inputs.extend(pins.iter().map(|pin| InputPin {
                source: source.clone(),
                path: pin.path.to_string_lossy().into_owned(),
                bytes: pin.size,
                modified_at: modified_at(pin),
                sha256: None,
            }));
        }
        let config = self.request.pipeline.fingerprint_json();
        self.record.sections.insert("config".to_owned(), config);
        let used = |name: &str| self.request.pipeline.criteria.values().any(|criterion| criterion.plugin == name);
        for plugin in self.request.registry.plugins() {
            for criterion in plugin.criteria().iter().filter(|criterion| used(&criterion.name)) {
                let is_file = matches!(plugin.origin(), Origin::File { .. });
                self.record.plugins.push(PluginPin {
                    name: criterion.name.clone(),
                    version: plugin.version().to_owned(),
                    sha256: is_file.then(|| plugin.sha256().to_owned()),
                    isolation: is_file.then(|| isolation(plugin.mode()).to_owned()),
                });
            }
        }
    }

    pub(super) fn account(&mut self, accounting: &[(String, Accounting)]) {
        for (source, accounting) in accounting {
            let mut record = AccountingRecord {
                found: accounting.found,
                accepted: accounting.accepted,
                blank: accounting.blank,
                ..AccountingRecord::default()
            };
            for bad in &accounting.bad {
                let rule = match &bad.column {
                    Some(column) => format!("{column}: {}", bad.rule.as_str()),
                    None => bad.rule.as_str().to_owned(),
                };
                *record.quarantined.entry(rule).or_default() += bad.rows;
            }
            for filter in &accounting.filtered {
                *record.filtered.entry(filter.name.clone()).or_default() += filter.removed;
            }
            self.record.accounting.insert(source.clone(), record);
        }
        self.record.sections.insert("filters".to_owned(), funnel(accounting));
    }

    pub(super) fn model(&mut self, criterion: &str, model: &ModelFacts) {
        let digest = Sha256::digest(&model.file);
        self.record.models.push(ModelPin {
            criterion: criterion.to_owned(),
            fitted_by: model.fitted_by.clone(),
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        });
    }

    pub(super) fn check(&mut self, checks: &[CheckOutcome]) {
        self.record.checks = checks
            .iter()
            .map(|check| CheckRecord {
                name: check.name.clone(),
                value: check.value.as_ref().ok().copied(),
                verdict: verdict(check.outcome).to_owned(),
                message: check_text(check),
            })
            .collect();
    }

    pub(super) fn finish(&mut self, outcome: &Outcome) -> Result<()> {
        let (status, exit, reason) = match outcome {
            Outcome::UpToDate(commit) => {
                (Status::Skipped, ExitStatus::Ok, format!("up to date: run {} is published", commit.run_id))
            }
            Outcome::Published { commit, .. } => {
                self.record.generation = Some(commit.generation);
                (Status::Published, ExitStatus::Ok, "published".to_owned())
            }
            Outcome::Held { reasons, .. } => (Status::Held, ExitStatus::Data, reasons.join("; ")),
        };
        self.end(status, exit, reason)
    }

    pub(super) fn fail(&mut self, error: &Error) -> Result<()> {
        self.end(Status::Failed, error.exit_status(), error.to_string())
    }

    fn end(&mut self, status: Status, exit: ExitStatus, reason: String) -> Result<()> {
        let surroundings = self.request.surroundings;
        self.record.status = status;
        self.record.exit = Some(Exit { code: exit.code(), reason });
        self.record.finished_at = Some(surroundings.now());
        self.record.elapsed_ms = surroundings.elapsed_ms();
        self.record.peak_memory_bytes = surroundings.peak_memory_bytes();
        self.write()
    }
}

/// Per source and filter: rows it removed after the filters before it, and rows that fail it
/// whatever the others say.
fn funnel(accounting: &[(String, Accounting)]) -> serde_json::Value {
    let filters = |accounting: &Accounting| -> serde_json::Value {
        let filter = |filter: &segmenta_ingest::FilterCount| {
            let counts = serde_json::json!({ "removed": filter.removed, "matched": filter.matched });
            (filter.name.clone(), counts)
        };
        accounting.filtered.iter().map(filter).collect()
    };
    accounting.iter().map(|(source, accounting)| (source.clone(), filters(accounting))).collect()
}

fn isolation(mode: Mode) -> &'static str {
    match mode {
        Mode::InProcess => "in-process",
        Mode::Process => "process",
    }
}

fn modified_at(pin: &segmenta_ingest::Pin) -> Option<String> {
    let nanoseconds = i128::try_from(pin.modified_ns).ok()?;
    Some(jiff::Timestamp::from_nanosecond(nanoseconds).ok()?.to_string())
}

fn verdict(outcome: CheckResult) -> &'static str {
    match outcome {
        CheckResult::Pass => "pass",
        CheckResult::Warn => "warn",
        CheckResult::Fail => "fail",
        CheckResult::NoBaseline => "no_baseline",
        CheckResult::NotMeasured => "not_measured",
    }
}

/// One sentence with the value and the thresholds, for people.
pub(crate) fn check_text(check: &CheckOutcome) -> String {
    let (name, of) = (&check.name, &check.check.of);
    let value = match &check.value {
        Err(reason) => return format!("{name}: not measured, {reason}"),
        Ok(value) => figure(check.check.metric, *value),
    };
    let found = match check.check.metric {
        Metric::Psi => format!("{of} drifted by a PSI of {value}"),
        Metric::Tv => format!("{value} of customers sit elsewhere in {of}, net"),
        Metric::Moved => format!("{value} of customers changed their {of}"),
        Metric::NullRate => format!("{value} of customers have no {of}"),
        Metric::Change => format!("{of} changed by {value}"),
        Metric::Customers => format!("{value} customers"),
    };
    let limit =
        |what: &str, limit: Option<f64>| limit.map(|limit| format!("{what} {}", figure(check.check.metric, limit)));
    let limits = [
        limit("warns above", check.check.warn),
        limit("fails above", check.check.fail),
        limit("warns below", check.check.warn_below),
        limit("fails below", check.check.fail_below),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    format!("{name}: {found} ({})", limits.join(", "))
}

fn figure(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Psi => format!("{value:.3}"),
        Metric::Customers => format!("{value:.0}"),
        Metric::Tv | Metric::Moved | Metric::NullRate | Metric::Change => format!("{:.1}%", value * 100.0),
    }
}

pub(crate) fn metric(check: &CheckOutcome) -> String {
    serde_json::json!(check.check.metric).as_str().unwrap_or_default().to_owned()
}

pub(super) fn source_notes(accounting: &[(String, Accounting)]) -> Vec<String> {
    let note = |(source, rows): &(String, Accounting)| {
        let mut note = format!("{source} {} of {} rows", rows.accepted, rows.found);
        if rows.bad_rows() > 0 {
            note += &format!(", {} bad", rows.bad_rows());
        }
        if rows.filtered_rows() > 0 {
            note += &format!(", {} filtered", rows.filtered_rows());
        }
        note
    };
    accounting.iter().map(note).collect()
}

pub(super) fn check_notes(monitoring: &Monitoring) -> Vec<String> {
    let tripped = |check: &&CheckOutcome| matches!(check.outcome, CheckResult::Warn | CheckResult::Fail);
    monitoring.checks.iter().filter(tripped).map(check_text).collect()
}

pub(super) fn strategy_notes(served: &Served) -> Vec<String> {
    let mut notes = Vec::new();
    if served.discounts_capped > 0 {
        notes.push(format!("{} discounts held at the margin floor", served.discounts_capped));
    }
    for finding in served.capacity.iter().filter(|finding| !finding.fits()) {
        notes.push(format!(
            "`{}` expects {:.0} contacts in the peak hour and can take {:.0}",
            finding.service, finding.expected_per_hour, finding.capacity_per_hour
        ));
    }
    notes
}
