//! First rows of published tables, for people who look.

use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::prelude::{ParquetReadOptions, SessionContext};

use crate::{Error, Result};

/// First `limit` rows of Parquet files that share one schema, where `filter` (SQL over their columns) holds.
///
/// Gives the schema even when no row passes.
///
/// # Errors
/// [`Error::Expression`] for a filter that does not fit the columns, else what reading fails with.
pub async fn first_rows(
    files: &[PathBuf],
    filter: Option<&str>,
    limit: usize,
) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let session = SessionContext::new();
    session.state_ref().write().config_mut().options_mut().sql_parser.enable_ident_normalization = false;
    let paths: Vec<String> = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let rows = session.read_parquet(paths, ParquetReadOptions::default()).await?;
    let rows = match filter {
        Some(text) => {
            let unfit = |source| Error::Expression { text: text.to_owned(), span: 0..0, source: Box::new(source) };
            let holds = session.parse_sql_expr(text, rows.schema()).map_err(unfit)?;
            rows.filter(holds).map_err(unfit)?
        }
        None => rows,
    };
    let rows = rows.limit(0, Some(limit))?;
    let schema = std::sync::Arc::new(rows.schema().as_arrow().clone());
    Ok((schema, rows.collect().await?))
}
