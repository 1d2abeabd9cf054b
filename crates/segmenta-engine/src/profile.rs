//! The profile: one row per entity, in ascending key order, staged in memory.
//!
//! Fit, apply, valuation, strategy and monitoring all read it. Its chunks have a fixed number of
//! rows, so the leaves of a fit are defined by the data and not by threads or batch sizes.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::Expr;
use datafusion::prelude::SessionContext;

use crate::runner::Runner;
use crate::{Error, Result};

/// Rows of a chunk, and so of a leaf of a fit.
pub(crate) const CHUNK_ROWS: usize = 65_536;

/// One row per entity, ascending by key.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    schema: SchemaRef,
    chunks: Vec<RecordBatch>,
}

impl Profile {
    /// Stages rows that are already in key order.
    pub(crate) fn new(schema: &SchemaRef, rows: &[RecordBatch]) -> Result<Self> {
        let chunks = rechunk(schema, rows)?;
        let schema = chunks.first().map_or_else(|| Arc::clone(schema), RecordBatch::schema);
        Ok(Self { schema, chunks })
    }

    pub(crate) fn chunks(&self) -> &[RecordBatch] {
        &self.chunks
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.chunks.iter().map(RecordBatch::num_rows).sum()
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.schema.column_with_name(column).is_some()
    }

    /// One column, chunk by chunk.
    pub(crate) fn column(&self, name: &str) -> Result<Vec<&ArrayRef>> {
        let index = self.schema.index_of(name).map_err(|_| Error::NoColumn {
            column: name.into(),
            known: self.schema.fields().iter().map(|field| field.name().clone()).collect(),
        })?;
        Ok(self.chunks.iter().map(|chunk| chunk.column(index)).collect())
    }

    /// A plan over the profile whose partitions, read one after another, keep the order of rows.
    pub(crate) fn plan(&self, session: &SessionContext) -> Result<DataFrame> {
        let threads = session.state().config().target_partitions();
        let per_partition = self.chunks.len().div_ceil(threads).max(1);
        let mut partitions: Vec<_> = self.chunks.chunks(per_partition).map(<[RecordBatch]>::to_vec).collect();
        if partitions.is_empty() {
            partitions.push(Vec::new());
        }
        let table = MemTable::try_new(Arc::clone(&self.schema), partitions)?;
        Ok(session.read_table(Arc::new(table))?)
    }

    /// Evaluates one expression per row; the result has the profile's rows in the profile's order.
    pub(crate) async fn evaluate(
        &self,
        session: &SessionContext,
        runner: &dyn Runner,
        columns: Vec<Expr>,
    ) -> Result<Vec<RecordBatch>> {
        let plan = self.plan(session)?.select(columns)?;
        let schema: SchemaRef = Arc::new(plan.schema().as_arrow().clone());
        let rows = runner.collect(plan).await?;
        rechunk(&schema, &rows)
    }

    /// Adds columns that were evaluated over this profile.
    pub(crate) fn append(&mut self, added: &[RecordBatch]) -> Result<()> {
        let Some(first) = added.first() else {
            return Ok(());
        };
        let fields: Vec<FieldRef> =
            self.schema.fields().iter().chain(first.schema().fields()).map(Arc::clone).collect();
        self.schema = Arc::new(Schema::new(fields));
        for (chunk, more) in self.chunks.iter_mut().zip(added) {
            let columns = chunk.columns().iter().chain(more.columns()).map(Arc::clone).collect();
            *chunk = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        }
        Ok(())
    }

    /// Puts the single column of `added` in the place of `column`.
    pub(crate) fn replace(&mut self, column: &str, added: &[RecordBatch]) -> Result<()> {
        let index = self.schema.index_of(column)?;
        for (chunk, new) in self.chunks.iter_mut().zip(added) {
            let mut columns = chunk.columns().to_vec();
            columns[index] = Arc::clone(new.column(0));
            *chunk = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        }
        Ok(())
    }

    /// Evaluates `columns` and adds them under their aliases.
    pub(crate) async fn extend(
        &mut self,
        session: &SessionContext,
        runner: &dyn Runner,
        columns: Vec<Expr>,
    ) -> Result<()> {
        let added = self.evaluate(session, runner, columns).await?;
        self.append(&added)
    }
}

/// The same rows in chunks of [`CHUNK_ROWS`]; at least one chunk, which may be empty.
pub(crate) fn rechunk(schema: &SchemaRef, rows: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
    let schema = nullable_as_found(schema, rows);
    let rows: Vec<RecordBatch> = rows
        .iter()
        .map(|batch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec()))
        .collect::<Result<_, _>>()?;
    if rows.iter().rev().skip(1).all(|batch| batch.num_rows() == CHUNK_ROWS)
        && rows.last().is_some_and(|batch| batch.num_rows() <= CHUNK_ROWS)
    {
        return Ok(rows);
    }
    let mut chunks = Vec::new();
    let mut open = Vec::new();
    let mut n_open = 0;
    for batch in &rows {
        let mut from = 0;
        while from < batch.num_rows() {
            let take = (CHUNK_ROWS - n_open).min(batch.num_rows() - from);
            open.push(batch.slice(from, take));
            n_open += take;
            from += take;
            if n_open == CHUNK_ROWS {
                chunks.push(concat_batches(&schema, &open)?);
                open.clear();
                n_open = 0;
            }
        }
    }
    if n_open > 0 || chunks.is_empty() {
        chunks.push(concat_batches(&schema, &open)?);
    }
    Ok(chunks)
}

/// A plan may declare a column non-null and still be right to leave nulls out of the declaration;
/// the staged schema takes every column as nullable, so that it does not depend on the planner.
fn nullable_as_found(schema: &SchemaRef, rows: &[RecordBatch]) -> SchemaRef {
    let types = rows.first().map_or_else(|| Arc::clone(schema), RecordBatch::schema);
    let fields = schema.fields().iter().zip(types.fields());
    let nullable =
        |(name, data_type): (&FieldRef, &FieldRef)| Field::new(name.name(), data_type.data_type().clone(), true);
    Arc::new(Schema::new(fields.map(nullable).collect::<Vec<_>>()))
}

/// All chunks of a column as one array.
pub(crate) fn concat_column(chunks: &[&ArrayRef]) -> Result<ArrayRef> {
    let arrays: Vec<&dyn Array> = chunks.iter().map(|chunk| chunk.as_ref()).collect();
    Ok(arrow::compute::concat(&arrays)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalRunner;
    use crate::expression::column;
    use crate::summary::batch;
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;
    use datafusion::prelude::{SessionConfig, lit};

    /// Rows 0, 1, 2, … in batches of these sizes.
    fn numbered(sizes: &[usize]) -> Vec<RecordBatch> {
        let mut next = 0;
        let mut rows = Vec::new();
        for size in sizes {
            let values = Int64Array::from_iter_values(next..next + *size as i64);
            next += *size as i64;
            rows.push(batch(vec![("n", Arc::new(values))]).unwrap());
        }
        rows
    }

    fn values(rows: &[RecordBatch]) -> Vec<i64> {
        rows.iter().flat_map(|rows| rows.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    #[test]
    fn chunks_are_full_but_the_last_whatever_the_batches() {
        let cases: [&[usize]; 6] = [
            &[],
            &[0, 0],
            &[1],
            &[CHUNK_ROWS, 0, 3],
            &[7, 0, CHUNK_ROWS, 12_345, 1, 70_000, 2 * CHUNK_ROWS + 9],
            &[CHUNK_ROWS - 1, 1, CHUNK_ROWS],
        ];
        for sizes in cases {
            let rows = numbered(sizes);
            let total: usize = sizes.iter().sum();
            let schema = Arc::new(Schema::new(vec![Field::new("n", arrow::datatypes::DataType::Int64, true)]));
            let chunks = rechunk(&schema, &rows).unwrap();
            assert_eq!(values(&chunks), (0..total as i64).collect::<Vec<_>>(), "{sizes:?}");
            assert_eq!(chunks.len(), total.div_ceil(CHUNK_ROWS).max(1), "{sizes:?}");
            assert!(chunks.iter().rev().skip(1).all(|chunk| chunk.num_rows() == CHUNK_ROWS), "{sizes:?}");
        }
    }

    #[tokio::test]
    async fn evaluated_rows_stand_in_the_profiles_order_with_any_number_of_partitions() {
        let rows = numbered(&[3 * CHUNK_ROWS + 17]);
        let profile = Profile::new(&rows[0].schema(), &rows).unwrap();
        for threads in [1, 2, 3, 8] {
            let config = SessionConfig::new()
                .with_target_partitions(threads)
                .with_batch_size(1000)
                .with_round_robin_repartition(false);
            let session = SessionContext::new_with_config(config);
            let twice = vec![(column("n") * lit(2_i64)).alias("twice")];
            let found = profile.evaluate(&session, &LocalRunner, twice).await.unwrap();
            assert_eq!(found.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [65_536, 65_536, 65_536, 17]);
            let expected: Vec<i64> = (0..profile.n_rows() as i64).map(|n| n * 2).collect();
            assert!(values(&found) == expected, "{threads} threads");
        }
    }

    #[test]
    fn a_missing_column_is_named_beside_those_there_are() {
        let rows = numbered(&[1]);
        let profile = Profile::new(&rows[0].schema(), &rows).unwrap();
        assert_eq!(profile.column("m").unwrap_err().to_string(), "there is no column `m` among n");
    }
}
