//! What a run leaves in its directory: tables, models, the state for later runs.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use rayon::prelude::*;
use segmenta_ingest::Reject;
use segmenta_pipeline::model::Dataset;
use segmenta_store::{Output, Staging};

use crate::context::Context;
use crate::profile::Profile;
use crate::stage::criteria::{CriterionFacts, model_path};
use crate::stage::monitor::{FACTS_FILE, Monitoring, STATE_FILE, segments_path, tables};
use crate::stage::strategy::Served;
use crate::summary::{Group, batch, summary_batch};
use crate::{Error, Result};

/// Everything that a run has found out and that is written down.
pub(crate) struct Results<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) groups: &'a [(String, Vec<Group>)],
    pub(crate) criteria: &'a [CriterionFacts],
    pub(crate) served: Option<&'a Served>,
    pub(crate) monitoring: &'a Monitoring,
    pub(crate) rejects: &'a [(String, Vec<Reject>)],
    pub(crate) definition_version: &'a str,
}

/// Writes every dataset that `[outputs] write` names, the models and the monitoring state.
///
/// Files are independent of each other and are written in parallel; the list is in a fixed order.
pub(crate) fn write(context: &Context<'_>, staging: &Staging, results: &Results<'_>) -> Result<Vec<Output>> {
    let wanted = |dataset: Dataset| context.pipeline.outputs.write.contains(&dataset);
    let mut tables: Vec<(String, &'static str, Vec<RecordBatch>)> = Vec::new();
    if wanted(Dataset::Segments) {
        for scheme in context.pipeline.schemes.keys() {
            let path = segments_path(scheme).to_string_lossy().into_owned();
            tables.push((path, "segments", segments(context, scheme, results)?));
        }
    }
    if wanted(Dataset::SegmentSummary) {
        tables.push(("segment_summary.parquet".into(), "segment_summary", vec![summary_batch(results.groups)?]));
    }
    if let Some(served) = results.served {
        if wanted(Dataset::Actions) {
            tables.push(("actions/actions.parquet".into(), "actions", served.actions.clone()));
        }
        if let Some(worklist) = &served.worklist {
            tables.push(("worklist.parquet".into(), "worklist", vec![worklist.clone()]));
        }
    }
    if wanted(Dataset::Drift) {
        let drift = self::tables(results.monitoring)?;
        tables.extend(drift.into_iter().map(|(name, rows)| (format!("drift/{name}.parquet"), "drift", vec![rows])));
    }
    if wanted(Dataset::Quarantine) {
        tables.push(("quarantine/quarantine.parquet".into(), "quarantine", vec![quarantine(results.rejects)?]));
    }
    let written: Vec<Result<Output>> =
        tables.into_par_iter().with_max_len(1).map(|table| write_table(staging, table)).collect();
    let mut outputs = written.into_iter().collect::<Result<Vec<_>>>()?;
    outputs.extend(write_documents(staging, results)?);
    Ok(outputs)
}

fn write_table(staging: &Staging, (path, dataset, rows): (String, &'static str, Vec<RecordBatch>)) -> Result<Output> {
    let n_rows = crate::parquet_file::write(&staging.path(&path)?, &rows)?;
    Ok(Output::table(path, dataset, n_rows))
}

fn write_documents(staging: &Staging, results: &Results<'_>) -> Result<Vec<Output>> {
    let mut outputs = Vec::new();
    for criterion in results.criteria {
        if let Some(model) = &criterion.model {
            let path = model_path(&criterion.name).to_string_lossy().into_owned();
            outputs.push(write_document(staging, path, "models", &model.file)?);
        }
    }
    let state = serde_json::to_vec_pretty(&results.monitoring.state).expect("the state holds plain numbers and text");
    outputs.push(write_document(staging, STATE_FILE.to_owned(), "monitor", &state)?);
    let facts = serde_json::to_vec(&results.monitoring.facts).expect("facts are finite numbers and text");
    outputs.push(write_document(staging, FACTS_FILE.to_owned(), "monitor", &facts)?);
    Ok(outputs)
}

/// Writes one file that is not a table.
pub(crate) fn write_document(staging: &Staging, path: String, dataset: &str, bytes: &[u8]) -> Result<Output> {
    let full = staging.path(&path)?;
    std::fs::write(&full, bytes).map_err(|source| Error::Io { path: full.clone(), source })?;
    Ok(Output::document(path, dataset))
}

/// One row per entity: key, scheme, segment, features, criteria and value columns, `as_of`, definition.
fn segments(context: &Context<'_>, scheme: &str, results: &Results<'_>) -> Result<Vec<RecordBatch>> {
    let key = &context.pipeline.entity.key;
    let hidden = |name: &str| name == key || name.contains(' ') || context.pipeline.schemes.contains_key(name);
    let segments = |chunk: &RecordBatch| {
        let n_rows = chunk.num_rows();
        let constant = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; n_rows])) };
        let own =
            |name: &str| Arc::clone(chunk.column_by_name(name).expect("the key and every scheme are in the profile"));
        let mut columns = vec![(key.as_str(), own(key)), ("scheme", constant(scheme)), ("segment", own(scheme))];
        let schema = chunk.schema_ref();
        let others = schema.fields().iter().zip(chunk.columns()).filter(|(field, _)| !hidden(field.name()));
        columns.extend(others.map(|(field, column)| (field.name().as_str(), Arc::clone(column))));
        columns.push(("as_of", Arc::new(Date32Array::from(vec![context.as_of.days(); n_rows]))));
        columns.push(("definition_version", constant(results.definition_version)));
        batch(columns)
    };
    results.profile.chunks().iter().map(segments).collect()
}

/// Rejected rows: `source`, `file`, `row` (1-based, the header is row 1), `column`, `rule`, `text`.
fn quarantine(rejects: &[(String, Vec<Reject>)]) -> Result<RecordBatch> {
    let rows: Vec<(&str, &Reject)> =
        rejects.iter().flat_map(|(source, rejects)| rejects.iter().map(|reject| (source.as_str(), reject))).collect();
    let text = |value: &dyn Fn(&(&str, &Reject)) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringArray>())
    };
    batch(vec![
        ("source", text(&|row| Some(row.0.to_owned()))),
        ("file", text(&|row| Some(row.1.file.clone()))),
        ("row", Arc::new(arrow::array::UInt64Array::from_iter_values(rows.iter().map(|row| row.1.row)))),
        ("column", text(&|row| row.1.column.clone())),
        ("rule", text(&|row| Some(row.1.rule.as_str().to_owned()))),
        ("text", text(&|row| Some(row.1.text.clone()))),
    ])
}
