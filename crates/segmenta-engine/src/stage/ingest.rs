//! `[sources]` and `[tables]`: opens every source that is used and registers it in the session.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use datafusion::common::DFSchema;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use segmenta_ingest::{Accounting, KeySet, Reject, RowFilter, Scan, ScanOptions};
use segmenta_pipeline::Pipeline;
use segmenta_pipeline::model::{Node, Source};

use crate::context::Context;
use crate::expression::{bind, column};
use crate::source_table::SourceTable;
use crate::stage::features::table_name;
use crate::{Error, Result};

/// The sources of a run, opened and registered.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// In file order; sources that nothing reads are left out.
    pub(crate) scans: Vec<(String, Arc<Scan>)>,
}

/// Opens the sources that the pipeline uses: finds and pins the files, checks the headers.
pub(crate) fn open(context: &Context<'_>) -> Result<Sources> {
    let readers = readers(context.pipeline);
    let mut sources = Sources::default();
    for (name, source) in &context.pipeline.sources {
        if readers.contains_key(name) || !referring(context.pipeline, name).is_empty() {
            let scan = open_scan(context, name, source, BTreeMap::new())?;
            sources.scans.push((name.clone(), Arc::new(scan)));
        }
    }
    Ok(sources)
}

/// Makes every source and table known to the session.
///
/// Each source is read once: what several plans read, and what other sources refer to, is read
/// into memory now, referenced sources first.
pub(crate) async fn register(context: &Context<'_>, sources: &mut Sources) -> Result<()> {
    let readers = readers(context.pipeline);
    let mut keys: BTreeMap<String, Arc<KeySet>> = BTreeMap::new();
    for name in reference_order(context.pipeline) {
        let Some((_, scan)) = sources.scans.iter_mut().find(|(other, _)| *other == name) else {
            continue;
        };
        let source = &context.pipeline.sources[&name];
        if source.columns.values().any(|column| column.references.is_some()) {
            *scan = Arc::new(open_scan(context, &name, source, keys.clone())?);
        }
        let table = SourceTable::new(Arc::clone(scan));
        context.session.register_table(table_name(&name), Arc::new(table))?;
        let is_referenced = !referring(context.pipeline, &name).is_empty();
        if readers.get(&name) != Some(&1) || is_referenced {
            stage(context, &name).await?;
        }
        if is_referenced {
            keys.insert(name.clone(), Arc::new(key_set(context, &name, source).await?));
        }
    }
    register_tables(context).await
}

/// What became of every row, once every plan has read its sources.
///
/// # Errors
/// A source whose rows do not add up, that has too many bad rows or breaks an expectation.
#[expect(clippy::type_complexity, reason = "two lists by source")]
pub(crate) fn finish(sources: &Sources) -> Result<(Vec<(String, Accounting)>, Vec<(String, Vec<Reject>)>)> {
    let mut accounting = Vec::new();
    let mut rejects = Vec::new();
    for (name, scan) in &sources.scans {
        accounting.push((name.clone(), scan.finish()?));
        rejects.push((name.clone(), scan.rejects()));
    }
    Ok((accounting, rejects))
}

/// How many plans read each source. A plan over `[tables]` SQL may stop early or read twice, so
/// its sources count double and are staged.
fn readers(pipeline: &Pipeline) -> BTreeMap<String, usize> {
    let mut readers: BTreeMap<String, usize> = BTreeMap::new();
    let mut read = |name: &str, times: usize| *readers.entry(name.to_owned()).or_default() += times;
    read(&pipeline.entity.source, 2);
    for feature in pipeline.features.values() {
        read(&feature.from, 1);
        if feature.summary.is_some() && uses_repeat_mean(pipeline) {
            read(&feature.from, 1);
        }
    }
    for table in pipeline.tables.values() {
        table.inputs.iter().for_each(|name| read(name, 2));
    }
    for criterion in pipeline.criteria.values() {
        criterion.from.iter().for_each(|name| read(name, 1));
    }
    readers
}

fn uses_repeat_mean(pipeline: &Pipeline) -> bool {
    crate::needs::columns(pipeline).contains("spend_mean_repeat")
}

/// Sources that refer to `name`.
fn referring<'a>(pipeline: &'a Pipeline, name: &str) -> Vec<&'a str> {
    let refers = |source: &Source| source.columns.values().any(|column| column.references.as_deref() == Some(name));
    pipeline.sources.iter().filter(|(_, source)| refers(source)).map(|(name, _)| name.as_str()).collect()
}

/// Sources in an order in which each follows those it refers to; the check of the pipeline file
/// has refused loops.
fn reference_order(pipeline: &Pipeline) -> Vec<String> {
    fn visit(pipeline: &Pipeline, name: &str, seen: &mut BTreeSet<String>, order: &mut Vec<String>) {
        let Some(source) = pipeline.sources.get(name).filter(|_| seen.insert(name.to_owned())) else {
            return;
        };
        let referred = source.columns.values().filter_map(|column| column.references.as_deref());
        referred.for_each(|other| visit(pipeline, other, seen, order));
        order.push(name.to_owned());
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    pipeline.sources.keys().for_each(|name| visit(pipeline, name, &mut seen, &mut order));
    order
}

fn open_scan(context: &Context<'_>, name: &str, source: &Source, keys: BTreeMap<String, Arc<KeySet>>) -> Result<Scan> {
    let as_of = context.as_of;
    let window_start = source.window.map(|window| as_of.minus(window)).transpose()?;
    let fresh_after = source.expect.fresh_within.map(|span| as_of.minus(span)).transpose()?;
    let options = ScanOptions {
        as_of_us: as_of.micros(),
        window_start_us: window_start.map(crate::AsOf::micros),
        fresh_after_us: fresh_after.map(crate::AsOf::micros),
        references: keys,
        row_filters: row_filters(context, name, source)?,
    };
    Ok(Scan::open(name, source, options)?)
}

/// The source's named keep-conditions as functions over its batches.
fn row_filters(context: &Context<'_>, source_name: &str, source: &Source) -> Result<Vec<RowFilter>> {
    if source.filters.is_empty() {
        return Ok(Vec::new());
    }
    let declared = segmenta_ingest::declared_schema(source);
    let filter = |(name, sql): (&String, &segmenta_pipeline::model::SqlExpr)| {
        // The batches of a filter hold exactly the columns it reads, in this order.
        let read = sql.columns.iter().map(|column| declared.index_of(column)).collect::<Result<Vec<_>, _>>()?;
        let schema = DFSchema::try_from_qualified_schema(table_name(source_name), &declared.project(&read)?)?;
        let keep = context.session.create_physical_expr(bind(context.session, &schema, sql)?, &schema)?;
        let holds = move |batch: &RecordBatch| -> Result<BooleanArray, String> {
            let kept = keep.evaluate(batch).and_then(|value| value.into_array(batch.num_rows()));
            let kept: ArrayRef = kept.map_err(|error| error.strip_backtrace())?;
            let kept =
                arrow::compute::cast(&kept, &arrow::datatypes::DataType::Boolean).map_err(|error| error.to_string())?;
            Ok(arrow::array::AsArray::as_boolean(kept.as_ref()).clone())
        };
        Ok(RowFilter { name: name.clone(), columns: sql.columns.clone(), keep: Arc::new(holds) })
    };
    source.filters.iter().map(filter).collect()
}

/// Reads a source into memory and puts the rows in the place of the files.
async fn stage(context: &Context<'_>, name: &str) -> Result<()> {
    let table = context.session.table(table_name(name)).await?;
    let wanted = crate::needs::source_columns(context.pipeline, name);
    let names: Vec<String> = table.schema().fields().iter().map(|field| field.name().clone()).collect();
    let columns: Vec<_> =
        names.iter().filter(|column| wanted.as_ref().is_none_or(|wanted| wanted.contains(*column))).collect();
    let plan = table.select(columns.into_iter().map(|name| column(name)).collect::<Vec<_>>())?;
    let schema = Arc::new(plan.schema().as_arrow().clone());
    let rows = context.runner.collect(plan).await?;
    let memory = MemTable::try_new(schema, split(rows, context.session.state().config().target_partitions()))?;
    context.session.deregister_table(table_name(name))?;
    context.session.register_table(table_name(name), Arc::new(memory))?;
    Ok(())
}

/// Contiguous parts of about equal numbers of batches.
fn split(mut rows: Vec<RecordBatch>, parts: usize) -> Vec<Vec<RecordBatch>> {
    let per_part = rows.len().div_ceil(parts).max(1);
    let mut partitions = Vec::new();
    while rows.len() > per_part {
        let rest = rows.split_off(per_part);
        partitions.push(std::mem::replace(&mut rows, rest));
    }
    partitions.push(rows);
    partitions
}

/// The values that other sources may refer to: the entity's key, or the unique column.
async fn key_set(context: &Context<'_>, name: &str, source: &Source) -> Result<KeySet> {
    let entity = &context.pipeline.entity;
    let unique = source.columns.iter().find(|(_, column)| column.unique).map(|(name, _)| name);
    let key = if entity.source == name { &entity.key } else { unique.unwrap_or(&entity.key) };
    let rows: DataFrame = context.session.table(table_name(name)).await?.select(vec![column(key)])?;
    let rows = context.runner.collect(rows).await?;
    let arrays: Vec<ArrayRef> = rows.iter().map(|batch| Arc::clone(batch.column(0))).collect();
    Ok(KeySet::from_arrays(&arrays)?)
}

/// Registers `[tables]` in dependency order. They are plans, not rows.
async fn register_tables(context: &Context<'_>) -> Result<()> {
    for node in &context.pipeline.order {
        let Node::Table(name) = node else { continue };
        let table = &context.pipeline.tables[name];
        let plan = context.session.sql(&table.sql).await.map_err(|source| Error::Expression {
            text: table.sql.clone(),
            span: table.span.clone(),
            source: Box::new(source),
        })?;
        context.session.register_table(table_name(name), plan.into_view())?;
    }
    Ok(())
}
