//! Parquet files of a run: written the same way every time, byte for byte.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::{Error, Result};

/// Rows of a row group; fixed, so that files do not depend on batches.
const ROW_GROUP_ROWS: usize = 262_144;

/// Writes `batches` in order; returns the number of rows.
///
/// # Errors
/// [`Error::Io`] or [`Error::Parquet`] with the path, also when the disk is full.
pub(crate) fn write(path: &Path, batches: &[RecordBatch]) -> Result<u64> {
    let file = File::create(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let failed = |source| Error::Parquet { path: path.to_owned(), source };
    let schema = batches.first().expect("a table has at least one batch, which may be empty").schema();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("1 is a zstd level")))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_created_by("segmenta".to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).map_err(failed)?;
    for batch in batches {
        writer.write(batch).map_err(failed)?;
    }
    let written = writer.close().map_err(failed)?;
    Ok(written.file_metadata().num_rows().unsigned_abs())
}

/// Reads the named columns of a file.
///
/// # Errors
/// [`Error::Io`] or [`Error::Parquet`] with the path.
pub(crate) fn read(path: &Path, columns: &[&str]) -> Result<Vec<RecordBatch>> {
    let file = File::open(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let failed = |source| Error::Parquet { path: path.to_owned(), source };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(ROW_GROUP_ROWS).build().map_err(failed)?;
    Ok(reader.collect::<Result<Vec<_>, _>>()?)
}
