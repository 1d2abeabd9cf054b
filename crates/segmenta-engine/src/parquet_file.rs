//! Parquet files of a run: written the same way every time, byte for byte.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use crate::{Error, Result};

/// Rows of a row group; fixed, so that files do not depend on batches.
const ROW_GROUP_ROWS: usize = 262_144;

/// Writes `batches` in order; returns the number of rows. Columns are encoded in parallel.
///
/// # Errors
/// [`Error::Io`] or [`Error::Parquet`] with the path, also when the disk is full.
pub(crate) fn write(path: &Path, batches: &[RecordBatch]) -> Result<u64> {
    let file = File::create(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let schema = batches.first().expect("a table has at least one batch, which may be empty").schema();
    let rows = write_row_groups(file, &schema, &row_groups(batches));
    rows.map_err(|source| Error::Parquet { path: path.to_owned(), source })
}

fn write_row_groups(file: File, schema: &SchemaRef, row_groups: &[Vec<RecordBatch>]) -> Result<u64, ParquetError> {
    let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties(schema)))?;
    let (mut writer, factory) = writer.into_serialized_writer()?;
    for (index, rows) in row_groups.iter().enumerate() {
        let columns: Vec<(usize, ArrowColumnWriter)> =
            factory.create_column_writers(index)?.into_iter().enumerate().collect();
        let encoded: Vec<Result<ArrowColumnChunk, ParquetError>> = columns
            .into_par_iter()
            .with_max_len(1)
            .map(|(column, writer)| encode(writer, schema.field(column), column, rows))
            .collect();
        let mut row_group = writer.next_row_group()?;
        for chunk in encoded {
            chunk?.append_to_row_group(&mut row_group)?;
        }
        row_group.close()?;
    }
    Ok(writer.close()?.file_metadata().num_rows().unsigned_abs())
}

/// One column of a row group. Every column of a table is flat: it has one leaf.
fn encode(
    mut writer: ArrowColumnWriter,
    field: &Field,
    column: usize,
    rows: &[RecordBatch],
) -> Result<ArrowColumnChunk, ParquetError> {
    for batch in rows {
        for leaf in compute_leaves(field, batch.column(column))? {
            writer.write(&leaf)?;
        }
    }
    writer.close()
}

/// The batches of each row group.
fn row_groups(batches: &[RecordBatch]) -> Vec<Vec<RecordBatch>> {
    let mut groups: Vec<Vec<RecordBatch>> = Vec::new();
    let mut room = 0;
    for batch in batches {
        let mut from = 0;
        while from < batch.num_rows() {
            if room == 0 {
                groups.push(Vec::new());
                room = ROW_GROUP_ROWS;
            }
            let take = room.min(batch.num_rows() - from);
            groups.last_mut().expect("one was just begun").push(batch.slice(from, take));
            room -= take;
            from += take;
        }
    }
    groups
}

/// Text repeats itself and gets a dictionary. Numbers seldom do: looking each one up costs more
/// than it saves, and differences or split bytes compress as well.
fn properties(schema: &Schema) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("1 is a zstd level")))
        .set_created_by("segmenta".to_owned());
    for field in schema.fields() {
        let encoding = match field.data_type() {
            DataType::Float32 | DataType::Float64 => Encoding::BYTE_STREAM_SPLIT,
            DataType::Interval(_) => continue,
            data_type if data_type.is_integer() || data_type.is_temporal() => Encoding::DELTA_BINARY_PACKED,
            _ => continue,
        };
        let column = ColumnPath::from(field.name().as_str());
        properties = properties.set_column_dictionary_enabled(column.clone(), false);
        properties = properties.set_column_encoding(column, encoding);
    }
    properties.build()
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
