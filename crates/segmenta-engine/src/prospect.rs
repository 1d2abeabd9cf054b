//! What a run would find and do, before any row is read.

use jiff::civil::Date;
use segmenta_ingest::Pin;
use segmenta_store::{Commit, History};

use crate::context::Context;
use crate::run::{Request, facts};
use crate::session::{pool, session};
use crate::stage::criteria::{Previous, outlook};
use crate::stage::ingest;
use crate::{LocalRunner, Result};

/// What a run would find; nothing is written and no row is read.
#[derive(Debug, Clone)]
pub struct Prospect {
    /// Of everything that decides the outputs.
    pub fingerprint: String,
    /// Of the resolved pipeline.
    pub config_sha256: String,
    /// Of what decides who is in which segment.
    pub definition_version: String,
    /// Files of every source that is used, in file order.
    pub sources: Vec<(String, Vec<Pin>)>,
    /// What happens to the model of every fitted criterion.
    pub models: Vec<(String, ModelProspect)>,
    /// The publish of the very same run, if there is one.
    pub up_to_date: Option<Commit>,
    /// The newest publish.
    pub previous: Option<Commit>,
}

/// What happens to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelProspect {
    /// The earlier model is used again.
    Reuse {
        /// `as_of` of the run that fitted it.
        fitted_at: Date,
    },
    /// The earlier one is too old, so the run will fail.
    Stale {
        /// When it was fitted.
        why: String,
    },
    /// A new one is fitted.
    Fit {
        /// Why.
        why: String,
    },
}

/// Looks at the files and the store as [`crate::run`] would.
///
/// # Errors
/// Files that are missing or do not fit the contract; a store that cannot be read.
pub fn prospect(request: &Request<'_>, history: &History) -> Result<Prospect> {
    let session = session(request.as_of, &request.resources)?;
    let pool = pool(&request.resources)?;
    let context = Context {
        pipeline: request.pipeline,
        as_of: request.as_of,
        session: &session,
        runner: &LocalRunner,
        registry: request.registry,
        run_id: request.run_id,
        pool: &pool,
    };
    let facts = facts(request, &ingest::open(&context)?);
    let previous = history.current()?;
    let earlier = previous.as_ref().map(|commit| Previous { directory: history.directory(commit) });
    let fitted = |plugin: &str| request.registry.criterion(plugin).is_some_and(|criterion| criterion.fit.is_some());
    let criteria = request.pipeline.criteria.iter().filter(|(_, criterion)| fitted(&criterion.plugin));
    let models = criteria.map(|(name, criterion)| (name.clone(), outlook(&context, name, criterion, earlier.as_ref())));
    Ok(Prospect {
        models: models.collect(),
        up_to_date: history.find_fingerprint(&facts.fingerprint)?,
        fingerprint: facts.fingerprint,
        config_sha256: facts.config_sha256,
        definition_version: facts.definition_version,
        sources: facts.pins,
        previous,
    })
}
