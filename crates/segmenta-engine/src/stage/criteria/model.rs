//! Which model a criterion uses: last time's, or one fitted now.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use jiff::civil::Date;
use segmenta_pipeline::model::{Criterion, OnStale, Refit};
use segmenta_plugin_host::{Instance, Model, envelope};
use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::{AsOf, ModelProspect};
use crate::{Error, Result};

/// The published run whose models may be used again.
#[derive(Debug, Clone)]
pub(crate) struct Previous {
    /// Directory of its files.
    pub(crate) directory: PathBuf,
}

impl Previous {
    fn model(&self, criterion: &str) -> PathBuf {
        self.directory.join(model_path(criterion))
    }
}

/// Path of a criterion's model inside a run's directory.
pub(crate) fn model_path(criterion: &str) -> PathBuf {
    PathBuf::from("models").join(format!("{criterion}.model"))
}

/// The model in use.
#[derive(Debug, Clone)]
pub(crate) struct ModelFacts {
    pub(crate) model: Arc<Model>,
    /// The file as it is stored with the run.
    pub(crate) file: Vec<u8>,
    /// `as_of` of the run that fitted it.
    pub(crate) fitted_at: Date,
    /// The run that fitted it.
    pub(crate) fitted_by: String,
    /// Why it was or was not fitted now.
    pub(crate) why: String,
    /// What the plugin says of it.
    pub(crate) description: serde_json::Value,
}

/// The earlier model when it is legal for these options and inputs and not due; else a new fit.
pub(super) async fn model_for<F, R>(
    context: &Context<'_>,
    name: &str,
    criterion: &Criterion,
    instance: &Arc<Instance>,
    previous: Option<&Previous>,
    rows: F,
) -> Result<ModelFacts>
where
    F: FnOnce() -> R,
    R: Future<Output = Result<Vec<RecordBatch>>>,
{
    let failed = |source| Error::Criterion {
        criterion: name.into(),
        keys: None,
        span: criterion.span.clone(),
        source: Box::new(source),
    };
    let why = match earlier(context, name, criterion, instance, previous) {
        Ok(facts) => match stale(criterion, facts.fitted_at, context.as_of.date()) {
            None => return Ok(facts),
            Some(Stale::Warn(why)) => return Ok(ModelFacts { why, ..facts }),
            Some(Stale::Fit(why)) => why,
            Some(Stale::Fail(why)) => {
                return Err(Error::StaleModel { criterion: name.into(), span: criterion.span.clone(), why });
            }
        },
        Err(why) => why,
    };
    let leaves = rows().await?;
    if leaves.iter().all(|leaf| leaf.num_rows() == 0) {
        return Err(Error::NothingToFit { criterion: name.into(), span: criterion.span.clone() });
    }
    let seed = seed(&context.pipeline.pipeline.name, name);
    let fitted = context.pool.install(|| instance.fit(&leaves, seed)).map_err(failed)?;
    let model = instance.load_model(&fitted.bytes).map_err(failed)?;
    let description = model.describe().map_err(failed)?;
    let header = instance.header(&fitted, context.run_id, seed).map_err(failed)?;
    let header = envelope::Header { description: description.clone(), ..header };
    let file = envelope::wrap(&header, &fitted.bytes);
    Ok(ModelFacts {
        model,
        file,
        fitted_at: context.as_of.date(),
        fitted_by: context.run_id.to_owned(),
        why,
        description,
    })
}

/// Last time's model, or why it is not used.
fn earlier(
    context: &Context<'_>,
    name: &str,
    criterion: &Criterion,
    instance: &Arc<Instance>,
    previous: Option<&Previous>,
) -> Result<ModelFacts, String> {
    let previous = previous.ok_or("first run")?;
    let file = std::fs::read(previous.model(name)).map_err(|_| NO_MODEL)?;
    let (header, payload) = envelope::unwrap(&file).map_err(|error| error.to_string())?;
    instance.accepts(&header).map_err(|error| error.to_string())?;
    let fitted_at = date_of(header.as_of_us);
    if is_due(criterion.refit, fitted_at, context.as_of.date()) {
        return Err(format!("due since the fit of {fitted_at}"));
    }
    let model = instance.load_model(payload).map_err(|error| error.to_string())?;
    let description = model.describe().map_err(|error| error.to_string())?;
    let why = format!("fitted at {fitted_at}, not due");
    Ok(ModelFacts { model, file: file.clone(), fitted_at, fitted_by: header.run_id, why, description })
}

/// What [`model_for`] will do, as far as it can be told before the inputs are known.
pub(crate) fn outlook(
    context: &Context<'_>,
    name: &str,
    criterion: &Criterion,
    previous: Option<&Previous>,
) -> ModelProspect {
    let stored = || -> Result<Date, String> {
        let file = std::fs::read(previous.ok_or("first run")?.model(name)).map_err(|_| NO_MODEL)?;
        let (header, _) = envelope::unwrap(&file).map_err(|error| error.to_string())?;
        Ok(date_of(header.as_of_us))
    };
    match stored() {
        Ok(fitted_at) if is_due(criterion.refit, fitted_at, context.as_of.date()) => {
            ModelProspect::Fit { why: format!("due since the fit of {fitted_at}") }
        }
        Ok(fitted_at) => match stale(criterion, fitted_at, context.as_of.date()) {
            None | Some(Stale::Warn(_)) => ModelProspect::Reuse { fitted_at },
            Some(Stale::Fit(why)) => ModelProspect::Fit { why },
            Some(Stale::Fail(why)) => ModelProspect::Stale { why },
        },
        Err(why) => ModelProspect::Fit { why },
    }
}

const NO_MODEL: &str = "no model in the previous run";

fn date_of(as_of_us: i64) -> Date {
    let timestamp = jiff::Timestamp::from_microsecond(as_of_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// A model of a later date is never used: a backfill must not know the future.
fn is_due(refit: Refit, fitted_at: Date, as_of: Date) -> bool {
    let quarter = |date: Date| (date.year(), (date.month() - 1) / 3);
    as_of < fitted_at
        || match refit {
            Refit::Always => true,
            Refit::Never => false,
            Refit::Monthly => (fitted_at.year(), fitted_at.month()) != (as_of.year(), as_of.month()),
            Refit::Quarterly => quarter(fitted_at) != quarter(as_of),
            Refit::Yearly => fitted_at.year() != as_of.year(),
        }
}

/// What follows from the age of a model that could be used.
#[derive(Debug, PartialEq, Eq)]
enum Stale {
    Fit(String),
    Warn(String),
    Fail(String),
}

/// `None` for a model that is not older than `max_age`.
fn stale(criterion: &Criterion, fitted_at: Date, as_of: Date) -> Option<Stale> {
    let oldest = AsOf::new(as_of.into()).minus(criterion.max_age?).ok()?;
    if fitted_at >= oldest.date() {
        return None;
    }
    let why = format!("fitted at {fitted_at}, older than `max_age`");
    Some(match criterion.on_stale {
        OnStale::Fit => Stale::Fit(why),
        OnStale::Warn => Stale::Warn(why),
        OnStale::Fail => Stale::Fail(why),
    })
}

/// The same for every run and machine.
fn seed(pipeline: &str, criterion: &str) -> u64 {
    let digest = Sha256::digest(format!("{pipeline}/{criterion}"));
    u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use segmenta_pipeline::model::{CalendarSpan, SpanUnit};

    #[test]
    fn a_quarterly_model_lasts_until_the_quarter_ends_and_never_serves_the_past() {
        let due = |as_of| is_due(Refit::Quarterly, date(2026, 5, 1), as_of);
        assert!(!due(date(2026, 6, 1)));
        assert!(!due(date(2026, 6, 30)));
        assert!(due(date(2026, 7, 1)));
        assert!(due(date(2027, 5, 1)));
        assert!(due(date(2026, 4, 30)));
    }

    #[test]
    fn every_policy_turns_at_its_own_calendar_border() {
        let (fitted, cases) = (date(2026, 12, 31), [date(2026, 12, 31), date(2027, 1, 1), date(2027, 12, 31)]);
        let due = |refit| cases.map(|as_of| is_due(refit, fitted, as_of));
        assert_eq!(due(Refit::Always), [true, true, true]);
        assert_eq!(due(Refit::Never), [false, false, false]);
        for refit in [Refit::Monthly, Refit::Quarterly, Refit::Yearly] {
            assert_eq!(due(refit), [false, true, true], "{refit:?}");
        }
        assert!(is_due(Refit::Monthly, date(2025, 5, 1), date(2026, 5, 1)));
        assert!(is_due(Refit::Monthly, date(2026, 5, 31), date(2026, 6, 1)));
        assert!(!is_due(Refit::Yearly, date(2026, 1, 1), date(2026, 12, 31)));
    }

    fn criterion(max_age: Option<CalendarSpan>, on_stale: OnStale) -> Criterion {
        Criterion {
            plugin: "rfm".into(),
            inputs: Default::default(),
            from: None,
            filter: None,
            none: None,
            description: None,
            refit: Refit::Never,
            max_age,
            on_stale,
            params: serde_json::Value::Null,
            labels: None,
            outputs: Vec::new(),
            span: 0..0,
        }
    }

    #[test]
    fn a_model_is_stale_the_day_after_its_greatest_age() {
        let age = Some(CalendarSpan { count: 3, unit: SpanUnit::Month });
        let stale = |age, on_stale, as_of| stale(&criterion(age, on_stale), date(2026, 1, 31), as_of);
        // Three months before the 30th of April is the 30th of January.
        assert_eq!(stale(age, OnStale::Fail, date(2026, 4, 30)), None);
        assert_eq!(stale(None, OnStale::Fail, date(2099, 1, 1)), None);
        let why = "fitted at 2026-01-31, older than `max_age`".to_owned();
        assert_eq!(stale(age, OnStale::Fail, date(2026, 5, 1)), Some(Stale::Fail(why.clone())));
        assert_eq!(stale(age, OnStale::Warn, date(2026, 5, 1)), Some(Stale::Warn(why.clone())));
        assert_eq!(stale(age, OnStale::Fit, date(2026, 5, 1)), Some(Stale::Fit(why)));
    }

    #[test]
    fn no_policy_uses_a_model_of_the_future() {
        for refit in [Refit::Never, Refit::Monthly, Refit::Quarterly, Refit::Yearly] {
            assert!(is_due(refit, date(2026, 5, 2), date(2026, 5, 1)), "{refit:?}");
        }
    }

    #[test]
    fn the_date_of_a_fit_before_1970_is_its_own() {
        assert_eq!(date_of(-1), date(1969, 12, 31));
        assert_eq!(date_of(0), date(1970, 1, 1));
    }
}
