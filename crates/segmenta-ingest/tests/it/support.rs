//! Sources in a few words, and whole scans.

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use segmenta_ingest::{Accounting, Error, Reject, Scan, ScanOptions};
use segmenta_pipeline::model::{
    BadRowAction, BadRows, Column, ColumnType, Compression, CsvFormat, Encoding, Expect, FixedFormat, Format, Source,
};

/// A folder of the test data, or `None` with a note when it is not there.
pub(crate) fn folder(variable: &str, default: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/").to_owned() + default;
    let folder = PathBuf::from(std::env::var(variable).unwrap_or(default));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

pub(crate) fn data() -> Option<PathBuf> {
    folder("SEGMENTA_DATA", "data")
}

pub(crate) fn column(data_type: ColumnType) -> Column {
    Column {
        data_type,
        nullable: false,
        unique: false,
        allowed: None,
        min: None,
        max: None,
        matches: None,
        references: None,
        nulls: Vec::new(),
        format: None,
        strip: None,
        range: None,
        from: None,
        unit: None,
    }
}

pub(crate) fn nullable(data_type: ColumnType) -> Column {
    Column { nullable: true, ..column(data_type) }
}

pub(crate) fn csv_format() -> CsvFormat {
    CsvFormat {
        delimiter: b',',
        header: true,
        quote: Some(b'"'),
        encoding: Encoding::Utf8,
        compression: Compression::Auto,
        nulls: vec![String::new()],
        trim: false,
    }
}

pub(crate) fn source(path: &Path, format: Format, columns: Vec<(&str, Column)>) -> Source {
    Source {
        path: path.to_str().unwrap().to_owned(),
        format,
        columns: columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect(),
        event_time: None,
        known_at: None,
        validity: None,
        window: None,
        timeless: true,
        bad_rows: BadRows { action: BadRowAction::Quarantine, fail_above: None },
        filters: Default::default(),
        expect: Expect::default(),
        deduplicate: false,
    }
}

pub(crate) fn csv(path: &Path, columns: Vec<(&str, Column)>) -> Source {
    source(path, Format::Csv(csv_format()), columns)
}

pub(crate) fn fixed(path: &Path, skip: usize, columns: Vec<(&str, Column)>) -> Source {
    source(path, Format::Fixed(FixedFormat { skip, nulls: vec![String::new()] }), columns)
}

/// A file in a directory that lives as long as the value.
pub(crate) struct Made {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

pub(crate) fn made(name: &str, bytes: impl AsRef<[u8]>) -> Made {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    Made { directory, path }
}

/// What a whole scan gives.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) rows: RecordBatch,
    pub(crate) accounting: Accounting,
    pub(crate) rejects: Vec<Reject>,
}

impl Outcome {
    /// Row number, column, rule of every reject.
    pub(crate) fn reasons(&self) -> Vec<(u64, &str, &str)> {
        let rejects = self.rejects.iter();
        rejects.map(|reject| (reject.row, reject.column.as_deref().unwrap_or(""), reject.rule.as_str())).collect()
    }

    /// `(name, removed, matched)` of every filter.
    pub(crate) fn filtered(&self) -> Vec<(&str, u64, u64)> {
        self.accounting.filtered.iter().map(|count| (count.name.as_str(), count.removed, count.matched)).collect()
    }
}

pub(crate) fn scan(source: &Source) -> Result<Outcome, Error> {
    scan_with(source, ScanOptions::default(), 1_000)
}

pub(crate) fn scan_with(source: &Source, options: ScanOptions, batch_rows: usize) -> Result<Outcome, Error> {
    let scan = Scan::open("s", source, options)?;
    let mut batches = Vec::new();
    for unit in 0..scan.units() {
        for batch in scan.read(unit, None, batch_rows)? {
            batches.push(batch?);
        }
    }
    let rows = concat_batches(&scan.schema(), &batches).unwrap();
    Ok(Outcome { rows, accounting: scan.finish()?, rejects: scan.rejects() })
}

/// One column as text, null as `∅`.
pub(crate) fn texts(rows: &RecordBatch, name: &str) -> Vec<String> {
    let column = rows.column_by_name(name).unwrap();
    let options = arrow::util::display::FormatOptions::default().with_null("∅");
    let formatter = arrow::util::display::ArrayFormatter::try_new(column.as_ref(), &options).unwrap();
    (0..rows.num_rows()).map(|row| formatter.value(row).to_string()).collect()
}

/// Microseconds UTC of an RFC 3339 instant.
pub(crate) fn us(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}
