//! Sources: what arrives and what it promises.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::{Name, SqlExpr};

/// `[sources.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    /// File, glob or directory (hive partitions allowed), relative paths resolved against the
    /// pipeline file's directory.
    pub path: String,
    /// `parquet`, `csv`, `ndjson`, `ipc`, `fixed`; by the file name's ending when not given.
    pub format: Format,
    /// Column contract, in file order. Empty: Parquet and IPC files are taken as they are.
    pub columns: IndexMap<String, Column>,
    /// Column whose instant must lie in `[as_of - window, as_of)`; later rows are filtered.
    pub event_time: Option<String>,
    /// Column with the instant the row became known; rows known at or after `as_of` are filtered.
    pub known_at: Option<String>,
    /// `{ from = "column", to = "column" }`: rows not valid at `as_of` are filtered.
    pub validity: Option<Validity>,
    /// How far back `event_time` may lie.
    pub window: Option<CalendarSpan>,
    /// Today's rows also serve a backfill, knowingly.
    pub timeless: bool,
    /// What happens to rows that break the contract.
    pub bad_rows: BadRows,
    /// Named keep-conditions, tried in order; a row failing one is filtered under its name.
    pub filters: IndexMap<Name, SqlExpr>,
    /// Whole-source expectations.
    pub expect: Expect,
    /// Drop rows equal in every declared column to an earlier one (counted as the filter `duplicate`).
    pub deduplicate: bool,
}

/// How a file is decoded.
#[derive(Debug, Clone, Serialize)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Delimited text.
    Csv(CsvFormat),
    /// One JSON object per line.
    Ndjson,
    /// Arrow IPC file or stream.
    Ipc,
    /// Fixed-width text: columns by byte range, see [`Column::range`].
    Fixed(FixedFormat),
}

/// Options of delimited text.
#[derive(Debug, Clone, Serialize)]
pub struct CsvFormat {
    /// One byte; `,` by default.
    pub delimiter: u8,
    /// Whether the first record names the columns; without it columns bind in declared order.
    pub header: bool,
    /// Quote byte; `None` means quotes are ordinary bytes. `"` by default.
    pub quote: Option<u8>,
    /// `utf-8` (BOM allowed), `latin1` or `cp1252`.
    pub encoding: Encoding,
    /// `none`, `gzip` or `zstd`; by the file name's ending when not given.
    pub compression: Compression,
    /// Spellings of null in every column, the empty field among them by default.
    pub nulls: Vec<String>,
    /// Whether blanks around a field are removed before it is read.
    pub trim: bool,
}

/// Options of fixed-width text.
#[derive(Debug, Clone, Serialize)]
pub struct FixedFormat {
    /// Lines to skip at the start.
    pub skip: usize,
    /// Spellings of null.
    pub nulls: Vec<String>,
}

/// Text encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// Windows-1252.
    Cp1252,
}

/// Stream compression of text formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Compression {
    /// By the file name's ending.
    Auto,
    /// Not compressed.
    None,
    /// gzip, several members allowed.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// `[sources.X.columns]`: the promise about one column.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// Arrow type.
    #[serde(rename = "type")]
    pub data_type: ColumnType,
    /// `?` after the type.
    pub nullable: bool,
    /// No value occurs twice; the first row in file order is kept.
    pub unique: bool,
    /// The allowed values, as text.
    #[serde(rename = "in")]
    pub allowed: Option<Vec<String>>,
    /// Smallest allowed value, inclusive.
    pub min: Option<f64>,
    /// Largest allowed value, inclusive.
    pub max: Option<f64>,
    /// Regular expression the whole text must match.
    pub matches: Option<String>,
    /// Source whose entity key or unique column must hold the value.
    pub references: Option<Name>,
    /// Further spellings of null in this column.
    pub nulls: Vec<String>,
    /// strptime format for dates and timestamps in text; ISO 8601 when not given.
    pub format: Option<String>,
    /// Characters removed before a number is read, as in `"$90,000 "`.
    pub strip: Option<String>,
    /// `[start, end)` bytes of the line, for fixed-width text.
    pub range: Option<[usize; 2]>,
    /// The column's name in the file when it is not a valid name.
    pub from: Option<String>,
    /// Free text: `"EUR"`.
    pub unit: Option<String>,
}

/// Column types a contract can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ColumnType {
    /// `bool`: true/false, yes/no, 1/0 in text, any case.
    Bool,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `float32`.
    Float32,
    /// `float64`.
    Float64,
    /// `decimal(p,s)`, p at most 38.
    Decimal(u8, i8),
    /// `string`.
    String,
    /// `date`.
    Date,
    /// `timestamp`: microseconds, UTC.
    Timestamp,
}

/// `bad_rows`.
#[derive(Debug, Clone, Serialize)]
pub struct BadRows {
    /// What happens to a bad row.
    pub action: BadRowAction,
    /// Share of found rows above which the run fails.
    pub fail_above: Option<f64>,
}

/// What happens to a bad row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BadRowAction {
    /// The first one fails the run (the default).
    Fail,
    /// Counted, not kept.
    Drop,
    /// Kept in the quarantine table with the reason.
    Quarantine,
}

/// `validity`.
#[derive(Debug, Clone, Serialize)]
pub struct Validity {
    /// First instant the row holds, inclusive; null means always.
    pub from: String,
    /// First instant it holds no longer; null means still.
    pub to: String,
}

/// `expect`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Expect {
    /// Fewest accepted rows.
    pub rows_min: Option<u64>,
    /// Most accepted rows.
    pub rows_max: Option<u64>,
    /// The newest `event_time` may lie at most this far before `as_of`.
    pub fresh_within: Option<CalendarSpan>,
}

/// `"36 months"`, `"40 days"`, `"12 hours"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarSpan {
    /// How many.
    pub count: i64,
    /// Of what.
    pub unit: SpanUnit,
}

/// Units of [`CalendarSpan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanUnit {
    /// 1/60 minute.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// Calendar day.
    Day,
    /// 7 days.
    Week,
    /// Calendar month.
    Month,
    /// Calendar year.
    Year,
}
