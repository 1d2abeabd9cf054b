//! One run, from opened sources to a published, held or failed generation.

mod fingerprint;
mod record;

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::Array;
use rayon::prelude::*;
use segmenta_ingest::{Accounting, Reject};
use segmenta_pipeline::Pipeline;
use segmenta_pipeline::model::{Baseline as BaselineKind, Dataset, Node};
use segmenta_plugin_host::Registry;
use segmenta_store::{Commit, CommitFacts, History, Output, RunLock, Store};

use crate::context::Context;
use crate::outputs::{self, Results};
use crate::profile::{Profile, concat_column};
use crate::report::{self, Told};
use crate::runner::Runner;
use crate::session::{Resources, pool, session};
use crate::stage::criteria::{CriterionFacts, Previous};
use crate::stage::ingest::Sources;
use crate::stage::monitor::{self, Baseline, Earlier, Monitoring, Outcome as CheckResult, Past, STATE_FILE, State};
use crate::stage::schemes::{self, LimitFinding};
use crate::stage::strategy::Served;
use crate::stage::{criteria, features, ingest, strategy, valuation};
use crate::summary::{Group, groups};
use crate::{AsOf, Error, Result};
pub(crate) use fingerprint::{Facts, facts};
use record::Recorder;
pub(crate) use record::{check_text, metric};

/// What to run and with what.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The checked pipeline.
    pub pipeline: &'a Pipeline,
    /// The plugins.
    pub registry: &'a Registry,
    /// Executes the plans.
    pub runner: &'a dyn Runner,
    /// Threads, memory, batch size.
    pub resources: Resources,
    /// Exclusive upper bound of everything the run sees.
    pub as_of: AsOf,
    /// Names the run in the store.
    pub run_id: &'a str,
    /// Version of the program.
    pub program_version: &'a str,
    /// The command that repeats the run, for its record.
    pub command: &'a str,
    /// Runs even if the same run is already published.
    pub force: bool,
    /// Leaves a held run instead of publishing.
    pub hold: bool,
    /// Clock, memory and progress.
    pub surroundings: &'a dyn Surroundings,
}

/// What the program knows and the engine does not look up: time, memory, the terminal.
pub trait Surroundings: Send + Sync + std::fmt::Debug {
    /// The present instant, ISO 8601 in UTC. It is recorded and decides nothing.
    fn now(&self) -> String;
    /// Milliseconds since the program started.
    fn elapsed_ms(&self) -> u64;
    /// Highest resident memory so far, where the system tells.
    fn peak_memory_bytes(&self) -> Option<u64>;
    /// A stage begins.
    fn stage_started(&self, stage: &str);
    /// A stage is done.
    fn stage_done(&self, done: &StageDone);
}

/// A stage that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageDone {
    /// Its name: `sources`, `features`, or the name of a criterion or scheme.
    pub stage: String,
    /// Rows that went in.
    pub rows_in: u64,
    /// Rows that came out.
    pub rows_out: u64,
    /// Wall time.
    pub elapsed_ms: u64,
    /// What a reader of the log wants to know.
    pub notes: Vec<String>,
}

/// How a run ended without an error.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The same run is already published; nothing was done.
    UpToDate(Box<Commit>),
    /// Its outputs are the current ones.
    Published {
        /// The publish.
        commit: Box<Commit>,
        /// Directory of its files.
        directory: PathBuf,
        /// Checks and limits that warned.
        warnings: Vec<String>,
    },
    /// A check failed: its files wait for `release` or `discard`.
    Held {
        /// Which checks, and by how much.
        reasons: Vec<String>,
        /// Directory of its files.
        directory: PathBuf,
    },
}

/// Runs the pipeline.
///
/// The run's record is rewritten after every stage, and once more with the outcome, whatever it is.
///
/// # Errors
/// Nothing is published after any error but [`Error::Store`] with an unknown outcome.
pub async fn run(request: &Request<'_>, store: &Store) -> Result<Outcome> {
    let mut lock = store.lock(request.run_id)?;
    let mut recorder = Recorder::start(request, store)?;
    let outcome = run_locked(request, store, &mut lock, &mut recorder).await;
    match &outcome {
        Ok(outcome) => recorder.finish(outcome)?,
        Err(error) => recorder.fail(error)?,
    }
    outcome
}

async fn run_locked(
    request: &Request<'_>,
    store: &Store,
    lock: &mut RunLock,
    recorder: &mut Recorder<'_>,
) -> Result<Outcome> {
    let session = session(request.as_of, &request.resources)?;
    let pool = pool(&request.resources)?;
    let context = Context {
        pipeline: request.pipeline,
        as_of: request.as_of,
        session: &session,
        runner: request.runner,
        registry: request.registry,
        run_id: request.run_id,
        pool: &pool,
    };
    recorder.begin("sources");
    let mut sources = ingest::open(&context)?;
    let facts = fingerprint::facts(request, &sources);
    recorder.pin(&facts);
    let history = store.history();
    if let Some(commit) = history.find_fingerprint(&facts.fingerprint)?.filter(|_| !request.force) {
        return Ok(Outcome::UpToDate(Box::new(commit)));
    }
    ingest::register(&context, &mut sources).await?;
    let staged = compute(&context, history, &sources, &facts, recorder).await?;

    recorder.begin("publish");
    let staging = lock.stage(&request.as_of.to_string())?;
    let results = staged.results(&facts.definition_version);
    let mut outputs = pool.install(|| outputs::write(&context, &staging, &results))?;
    let reasons = staged.hold_reasons(request);
    let told = Told { request, staged: &staged, facts: &facts, stages: recorder.stages(), reasons: &reasons };
    outputs.extend(write_report(&told, &staging)?);
    let sealed = staging.seal(&outputs)?;
    let commit_facts = CommitFacts {
        pipeline: request.pipeline.pipeline.name.clone(),
        fingerprint: facts.fingerprint.clone(),
        definition_version: facts.definition_version.clone(),
        ..CommitFacts::default()
    };
    let now = request.surroundings.now();
    let n_files = outputs.len() as u64;
    if reasons.is_empty() {
        let commit = lock.publish(sealed, commit_facts, &now)?;
        recorder.done(n_files, n_files, vec![format!("generation {}", commit.generation)])?;
        let directory = history.directory(&commit);
        return Ok(Outcome::Published { commit: Box::new(commit), directory, warnings: staged.warnings() });
    }
    let held = lock.hold(sealed, commit_facts, &now, reasons.clone())?;
    recorder.done(n_files, n_files, reasons.clone())?;
    Ok(Outcome::Held { reasons, directory: history.held_directory(&held) })
}

/// What the stages have found out.
pub(crate) struct Staged {
    pub(crate) profile: Profile,
    pub(crate) groups: Vec<(String, Vec<Group>)>,
    pub(crate) limits: Vec<(String, Vec<LimitFinding>)>,
    pub(crate) criteria: Vec<CriterionFacts>,
    pub(crate) served: Option<Served>,
    pub(crate) monitoring: Monitoring,
    pub(crate) baseline: Option<Baseline>,
    pub(crate) accounting: Vec<(String, Accounting)>,
    pub(crate) rejects: Vec<(String, Vec<Reject>)>,
}

async fn compute(
    context: &Context<'_>,
    history: &History,
    sources: &Sources,
    facts: &Facts,
    recorder: &mut Recorder<'_>,
) -> Result<Staged> {
    let mut profile = build_profile(context).await?;
    let (accounting, rejects) = ingest::finish(sources)?;
    let found = accounting.iter().map(|(_, accounting)| accounting.found).sum();
    recorder.account(&accounting);
    recorder.done(found, profile.n_rows() as u64, record::source_notes(&accounting))?;

    let current = history.current()?;
    let previous = current.as_ref().map(|commit| Previous { directory: history.directory(commit) });
    let mut staged = Labelled::default();
    for node in &context.pipeline.order {
        label(context, node, previous.as_ref(), &mut profile, &mut staged, recorder).await?;
    }

    recorder.begin("monitor");
    let groups = context.pool.install(|| groups_of_schemes(context, &profile))?;
    let baseline = baseline(context, history)?;
    let earlier = Earlier { baseline: baseline.as_ref(), past: &Past::read(context, history)? };
    let version = &facts.definition_version;
    let monitoring = context.pool.install(|| monitor::compare(context, &profile, &groups, &earlier, version))?;
    recorder.check(&monitoring.checks);
    let rows = profile.n_rows() as u64;
    recorder.done(rows, rows, record::check_notes(&monitoring))?;
    let Labelled { criteria, limits, served } = staged;
    Ok(Staged { profile, groups, limits, criteria, served, monitoring, baseline, accounting, rejects })
}

fn groups_of_schemes(context: &Context<'_>, profile: &Profile) -> Result<Vec<(String, Vec<Group>)>> {
    let schemes: Vec<&String> = context.pipeline.schemes.keys().collect();
    let found: Vec<Result<_>> =
        schemes.par_iter().with_max_len(1).map(|scheme| Ok(((*scheme).clone(), groups(profile, scheme)?))).collect();
    found.into_iter().collect()
}

#[derive(Default)]
struct Labelled {
    criteria: Vec<CriterionFacts>,
    limits: Vec<(String, Vec<LimitFinding>)>,
    served: Option<Served>,
}

/// One step of the profile in dependency order.
async fn label(
    context: &Context<'_>,
    node: &Node,
    previous: Option<&Previous>,
    profile: &mut Profile,
    staged: &mut Labelled,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let pipeline = context.pipeline;
    let mut notes = Vec::new();
    match node {
        Node::Table(_) | Node::Feature(_) => return Ok(()),
        Node::Criterion(name) => {
            recorder.begin(name);
            let facts = criteria::label(context, name, &pipeline.criteria[name], previous, profile).await?;
            if let Some(model) = &facts.model {
                notes.push(model.why.clone());
                recorder.model(name, model);
            }
            staged.criteria.push(facts);
        }
        Node::Scheme(name) => {
            recorder.begin(name);
            let scheme = &pipeline.schemes[name];
            schemes::assign(context, name, scheme, profile).await?;
            let findings = schemes::limit_findings(scheme, &schemes::counts(profile, name)?);
            notes.extend(findings.iter().map(|finding| finding.text.clone()));
            staged.limits.push((name.clone(), findings));
        }
        Node::Valuation => {
            recorder.begin("valuation");
            let valuation = pipeline.valuation.as_ref().expect("the order names only tables that are there");
            valuation::value(context, valuation, profile).await?;
        }
        Node::Strategy => {
            recorder.begin("strategy");
            let strategy = pipeline.strategy.as_ref().expect("the order names only tables that are there");
            let served = strategy::serve(context, strategy, profile).await?;
            notes.extend(record::strategy_notes(&served));
            staged.served = Some(served);
        }
    }
    let rows = profile.n_rows() as u64;
    recorder.done(rows, rows, notes)
}

/// Entities with all features, staged in key order; keys are present and different.
async fn build_profile(context: &Context<'_>) -> Result<Profile> {
    let entity = &context.pipeline.entity;
    let entities = context.session.table(features::table_name(&entity.source)).await?;
    let needed = crate::needs::columns(context.pipeline);
    let plan = features::profile_plan(context.session, context.pipeline, entities, context.as_of, &needed)?;
    let schema = Arc::new(plan.schema().as_arrow().clone());
    let rows = context.runner.collect(plan).await?;
    let profile = Profile::new(&schema, &rows)?;
    if profile.n_rows() == 0 {
        let all = context.session.table(features::table_name(&entity.source)).await?;
        let n_rows = context.runner.collect(all).await?.iter().map(|batch| batch.num_rows()).sum();
        return Err(Error::NoEntity { entity: entity.name.clone(), origin: entity.source.clone(), n_rows });
    }
    check_keys(context, &profile)?;
    Ok(profile)
}

fn check_keys(context: &Context<'_>, profile: &Profile) -> Result<()> {
    let entity = &context.pipeline.entity;
    let keys = concat_column(&profile.column(&entity.key)?)?;
    if keys.null_count() > 0 {
        let (key, origin) = (entity.key.clone(), entity.source.clone());
        return Err(Error::NullKey { key, origin, n_rows: keys.null_count() });
    }
    let n_pairs = keys.len().saturating_sub(1);
    let equal = arrow::compute::kernels::cmp::eq(&keys.slice(0, n_pairs), &keys.slice(1, n_pairs))?;
    match (0..equal.len()).find(|row| equal.value(*row)) {
        None => Ok(()),
        Some(row) => Err(Error::DuplicateKey {
            key: entity.key.clone(),
            origin: entity.source.clone(),
            example: arrow::util::display::array_value_to_string(&keys, row)?,
        }),
    }
}

/// The run to compare with, as `[monitor] baseline` chooses it.
fn baseline(context: &Context<'_>, history: &History) -> Result<Option<Baseline>> {
    let commit = match context.pipeline.monitor.baseline {
        BaselineKind::Accepted => history.baseline()?,
        BaselineKind::Previous => history.current()?,
    };
    let Some(commit) = commit else {
        return Ok(None);
    };
    let path = history.path(&commit, STATE_FILE);
    let text = std::fs::read(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
    let state: State = serde_json::from_slice(&text).map_err(|error| Error::Damaged {
        path,
        run_id: commit.run_id.clone(),
        message: error.to_string(),
    })?;
    Ok(Some(Baseline {
        run_id: commit.run_id.clone(),
        as_of: commit.as_of.clone(),
        definition_version: commit.facts.definition_version.clone(),
        state,
        directory: history.directory(&commit),
    }))
}

impl Staged {
    fn results<'a>(&'a self, definition_version: &'a str) -> Results<'a> {
        Results {
            profile: &self.profile,
            groups: &self.groups,
            criteria: &self.criteria,
            served: self.served.as_ref(),
            monitoring: &self.monitoring,
            rejects: &self.rejects,
            definition_version,
        }
    }

    /// Why the run must not be published; empty when it may.
    fn hold_reasons(&self, request: &Request<'_>) -> Vec<String> {
        let mut reasons = self.findings(true, CheckResult::Fail);
        if request.hold {
            reasons.push("asked for with --no-publish".to_owned());
        }
        reasons
    }

    fn warnings(&self) -> Vec<String> {
        self.findings(false, CheckResult::Warn)
    }

    fn findings(&self, fails: bool, outcome: CheckResult) -> Vec<String> {
        let limits = self.limits.iter().flat_map(|(scheme, findings)| {
            let of_kind = findings.iter().filter(move |finding| finding.fails == fails);
            of_kind.map(move |finding| format!("scheme `{scheme}`: {}", finding.text))
        });
        let checks = self.monitoring.checks.iter().filter(|check| check.outcome == outcome);
        limits.chain(checks.map(record::check_text)).collect()
    }
}

/// Writes `report.json` and `report.html` beside the tables.
fn write_report(told: &Told<'_>, staging: &segmenta_store::Staging) -> Result<Vec<Output>> {
    if !told.request.pipeline.outputs.write.contains(&Dataset::Report) {
        return Ok(Vec::new());
    }
    let report = report::report(told)?;
    let json = segmenta_report::to_json(&report)?;
    let html = segmenta_report::render_html(&report)?;
    Ok(vec![
        outputs::write_document(staging, "report.json".to_owned(), "report", json.as_bytes())?,
        outputs::write_document(staging, "report.html".to_owned(), "report", html.as_bytes())?,
    ])
}
