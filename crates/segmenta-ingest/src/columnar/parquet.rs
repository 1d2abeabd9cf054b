//! Parquet, one row group at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::{MAX_COLUMNS, MAX_METADATA_BYTES, contract_columns, row_text};
use crate::bind::{BoundFile, Origin};
use crate::decoded::{Decoded, Decoder, Numbers, Texts};
use crate::error::{Error, Result};
use crate::files::{Pin, failed};
use crate::judge::time::instants;
use crate::plan::ScanPlan;

const MAGIC: &[u8] = b"PAR1";
/// Length of the footer and magic, at the end of a file.
const TAIL_BYTES: u64 = 8;

/// Reads and checks a file's footer.
///
/// # Errors
/// The file is not Parquet, is cut short, or its footer contradicts it or itself.
pub(crate) fn footer(pin: &Pin) -> Result<ArrowReaderMetadata> {
    let mut file = pin.open()?;
    check_tail(&mut file, pin)?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(damaged(&pin.path))?;
    check_metadata(metadata.metadata(), pin)?;
    Ok(metadata)
}

fn check_tail(file: &mut File, pin: &Pin) -> Result<()> {
    let refuse = |reason: &str| Error::Damaged { path: pin.path.clone(), reason: reason.to_owned() };
    let io = failed("read", &pin.path);
    if pin.size < MAGIC.len() as u64 + TAIL_BYTES {
        return Err(refuse("it is too short to be Parquet"));
    }
    let mut head = [0; 4];
    let mut tail = [0; TAIL_BYTES as usize];
    file.read_exact(&mut head).map_err(&io)?;
    file.seek(SeekFrom::End(-(TAIL_BYTES as i64))).map_err(&io)?;
    file.read_exact(&mut tail).map_err(&io)?;
    if head != MAGIC || &tail[4..] != MAGIC {
        return Err(refuse("it does not start and end as Parquet does"));
    }
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if length > MAX_METADATA_BYTES {
        let limit = format!("{MAX_METADATA_BYTES} bytes");
        return Err(Error::Limit { path: pin.path.clone(), what: "its footer".into(), limit });
    }
    if length > pin.size - MAGIC.len() as u64 - TAIL_BYTES {
        return Err(refuse("its footer is longer than the file"));
    }
    Ok(())
}

fn check_metadata(metadata: &ParquetMetaData, pin: &Pin) -> Result<()> {
    let refuse = |reason: String| Error::Damaged { path: pin.path.clone(), reason };
    let file = metadata.file_metadata();
    if file.schema_descr().num_columns() > MAX_COLUMNS {
        let limit = MAX_COLUMNS.to_string();
        return Err(Error::Limit { path: pin.path.clone(), what: "its number of columns".into(), limit });
    }
    let mut rows: i64 = 0;
    for (place, group) in metadata.row_groups().iter().enumerate() {
        if group.num_rows() < 0 || !chunks_lie_within(group, pin.size) {
            return Err(refuse(format!("row group {place} lies outside the file")));
        }
        rows = rows.saturating_add(group.num_rows());
    }
    if rows != file.num_rows() {
        return Err(refuse(format!("its footer names {} rows, its row groups {rows}", file.num_rows())));
    }
    Ok(())
}

fn chunks_lie_within(group: &RowGroupMetaData, size: u64) -> bool {
    group.columns().iter().all(|chunk| {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let (start, length) = (u64::try_from(start), u64::try_from(chunk.compressed_size()));
        matches!((start, length), (Ok(start), Ok(length)) if start.checked_add(length).is_some_and(|end| end <= size))
    })
}

fn damaged(path: &Path) -> impl Fn(ParquetError) -> Error {
    let path = path.to_owned();
    move |error| Error::Damaged { path: path.clone(), reason: error.to_string() }
}

/// What a row group's statistics say.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupFacts {
    pub(crate) rows: u64,
    /// By contract place: whether the file promises that there is no null.
    pub(crate) no_nulls: Vec<bool>,
    /// Earliest and latest `event_time`, when none is null.
    pub(crate) event_range_us: Option<(i64, i64)>,
}

/// Facts of each row group, for a file bound by `origins`.
pub(crate) fn group_facts(
    metadata: &ArrowReaderMetadata,
    origins: &[Origin],
    event_column: Option<usize>,
) -> Vec<GroupFacts> {
    let groups = metadata.metadata().row_groups();
    let null_counts: Vec<_> = origins.iter().map(|origin| null_counts(metadata, origin)).collect();
    let ranges = event_column.and_then(|place| match &origins[place] {
        Origin::File(field) => event_ranges(metadata, *field),
        Origin::Partition(_) => None,
    });
    let no_nulls =
        |place: usize, group: usize| null_counts[place].as_ref().is_some_and(|counts| counts[group] == Some(0));
    let facts = |(group, row_group): (usize, &RowGroupMetaData)| GroupFacts {
        rows: row_group.num_rows().unsigned_abs(),
        no_nulls: (0..origins.len()).map(|place| no_nulls(place, group)).collect(),
        event_range_us: ranges
            .as_ref()
            .filter(|_| event_column.is_some_and(|place| no_nulls(place, group)))
            .and_then(|ranges| ranges[group]),
    };
    groups.iter().enumerate().map(facts).collect()
}

fn converter<'a>(metadata: &'a ArrowReaderMetadata, field: usize) -> Option<StatisticsConverter<'a>> {
    let name = metadata.schema().field(field).name();
    let converter = StatisticsConverter::try_new(name, metadata.schema(), metadata.parquet_schema()).ok()?;
    Some(converter.with_missing_null_counts_as_zero(false))
}

fn null_counts(metadata: &ArrowReaderMetadata, origin: &Origin) -> Option<Vec<Option<u64>>> {
    let Origin::File(field) = origin else {
        return None;
    };
    let groups = metadata.metadata().row_groups();
    let counts = converter(metadata, *field)?.row_group_null_counts(groups).ok()?;
    Some(counts.iter().collect())
}

fn event_ranges(metadata: &ArrowReaderMetadata, field: usize) -> Option<Vec<Option<(i64, i64)>>> {
    let groups = metadata.metadata().row_groups();
    let converter = converter(metadata, field)?;
    let mins = instants(&converter.row_group_mins(groups).ok()?).ok()?;
    let maxes = instants(&converter.row_group_maxes(groups).ok()?).ok()?;
    let pairs = mins.as_primitive::<TimestampMicrosecondType>().iter();
    Some(pairs.zip(maxes.as_primitive::<TimestampMicrosecondType>()).map(|(min, max)| min.zip(max)).collect())
}

/// Decodes one row group.
pub(crate) struct ParquetDecoder {
    plan: Arc<ScanPlan>,
    pin: Pin,
    metadata: ArrowReaderMetadata,
    origins: Vec<Origin>,
    group: usize,
    wanted: Vec<usize>,
    /// Fields that are read, ascending.
    fields: Vec<usize>,
    reader: ParquetRecordBatchReader,
    /// Number of the next row in the file, from 1.
    next_row: u64,
}

impl ParquetDecoder {
    /// # Errors
    /// The file changed, or cannot be read.
    pub(crate) fn open(
        plan: Arc<ScanPlan>,
        file: &BoundFile,
        group: usize,
        wanted: &[usize],
        batch_rows: usize,
    ) -> Result<Self> {
        let metadata = file.parquet.clone().expect("Parquet files are bound with their footer");
        let mut fields: Vec<usize> = wanted.iter().filter_map(|&place| file.origins[place].field()).collect();
        fields.sort_unstable();
        fields.dedup();
        let pin = file.input.pin.clone();
        let builder = group_reader(&pin, &metadata, group)?.with_batch_size(batch_rows);
        let mask = ProjectionMask::roots(builder.parquet_schema(), fields.iter().copied());
        let reader = builder.with_projection(mask).build().map_err(damaged(&pin.path))?;
        let next_row = first_row(&metadata, group);
        let origins = file.origins.clone();
        Ok(Self { plan, pin, metadata, origins, group, wanted: wanted.to_vec(), fields, reader, next_row })
    }

    fn decoded(&mut self, batch: RecordBatch) -> Result<Decoded> {
        let rows = batch.num_rows();
        let found = |field: usize| -> &ArrayRef {
            let index = self.fields.binary_search(&field).expect("wanted fields are read");
            batch.column(index)
        };
        let (columns, failures) = contract_columns(&self.plan, &self.origins, &self.wanted, rows, found)?;
        let numbers = Numbers::From(self.next_row);
        self.next_row += rows as u64;
        Ok(Decoded { columns, rows, numbers, texts: Texts::Later, failures, broken: Vec::new(), blank: 0 })
    }
}

fn group_reader(
    pin: &Pin,
    metadata: &ArrowReaderMetadata,
    group: usize,
) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(pin.open()?, metadata.clone());
    Ok(builder.with_row_groups(vec![group]))
}

fn first_row(metadata: &ArrowReaderMetadata, group: usize) -> u64 {
    let before = &metadata.metadata().row_groups()[..group];
    1 + before.iter().map(|group| group.num_rows().unsigned_abs()).sum::<u64>()
}

impl Decoder for ParquetDecoder {
    fn next(&mut self, _: usize) -> Result<Option<Decoded>> {
        match self.reader.next() {
            None => Ok(None),
            Some(Ok(batch)) => self.decoded(batch).map(Some),
            Some(Err(error)) => Err(Error::Damaged { path: self.pin.path.clone(), reason: error.to_string() }),
        }
    }

    fn found(&self) -> u64 {
        self.metadata.metadata().row_group(self.group).num_rows().unsigned_abs()
    }

    /// Reads the rows again, with every column of the file.
    fn row_texts(&mut self, rows: &[u64]) -> Result<Vec<String>> {
        let mut selectors = Vec::new();
        let mut at = first_row(&self.metadata, self.group);
        for &row in rows {
            selectors.push(RowSelector::skip((row - at) as usize));
            selectors.push(RowSelector::select(1));
            at = row + 1;
        }
        let builder = group_reader(&self.pin, &self.metadata, self.group)?;
        let reader = builder.with_row_selection(RowSelection::from(selectors)).build();
        let mut texts = Vec::with_capacity(rows.len());
        for batch in reader.map_err(damaged(&self.pin.path))? {
            let batch = batch?;
            texts.extend((0..batch.num_rows()).map(|row| row_text(&batch, row)));
        }
        Ok(texts)
    }
}

/// The schema a file's footer gives its columns.
pub(crate) fn schema(metadata: &ArrowReaderMetadata) -> SchemaRef {
    Arc::clone(metadata.schema())
}
