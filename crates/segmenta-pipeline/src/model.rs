//! The checked pipeline: what a valid file means, with every default filled in.
//!
//! Field names are the TOML keys. A value of these types has passed every check that needs no
//! data; the engine may rely on each reference in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A name as written in the file: `^[a-z][a-z0-9_]{0,62}$`.
pub type Name = String;

/// Byte range in the pipeline file.
pub type Span = Range<usize>;

/// One pipeline file, checked.
#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    /// Name, edition and description.
    pub pipeline: Header,
    /// Params with the values of this run, in file order.
    pub params: IndexMap<Name, ParamValue>,
    /// What is segmented.
    pub entity: Entity,
    /// Inputs, in file order.
    pub sources: IndexMap<Name, Source>,
    /// Aggregates of one source or table to one row per entity.
    pub features: IndexMap<Name, Feature>,
    /// Free SQL over sources and tables.
    pub tables: IndexMap<Name, Table>,
    /// Plugin calls; each gives a label column named after the table.
    pub criteria: IndexMap<Name, Criterion>,
    /// Segmentations.
    pub schemes: IndexMap<Name, Scheme>,
    /// What each entity and segment is worth.
    pub valuation: Option<Valuation>,
    /// What each segment gets.
    pub strategy: Option<Strategy>,
    /// What is compared with the baseline; the defaults when the table is missing.
    pub monitor: Monitor,
    /// Where and what to publish.
    pub outputs: Outputs,
    /// When to run; read by the scheduler commands.
    pub schedule: Option<Schedule>,
    /// The order in which the columns of the profile can be computed: a topological order of the
    /// nodes below, each after everything its expressions read.
    pub order: Vec<Node>,
}

/// A step of the profile, in dependency order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Node {
    /// `[tables.X]`.
    Table(Name),
    /// `[features.X]`.
    Feature(Name),
    /// `[criteria.X]`.
    Criterion(Name),
    /// `[schemes.X]`: its label column carries the scheme's name.
    Scheme(Name),
    /// `[valuation]`.
    Valuation,
    /// `[strategy]`.
    Strategy,
}

/// `[pipeline]`.
#[derive(Debug, Clone, Serialize)]
pub struct Header {
    /// Names the pipeline in runs, locks and reports.
    pub name: Name,
    /// Fixes every default; `"2026"` is the only one so far.
    pub edition: String,
    /// Free text.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// A param's value; its type is that of its default.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// Text.
    String(String),
    /// Whole number.
    Integer(i64),
    /// Number.
    Float(f64),
    /// Yes or no.
    Boolean(bool),
    /// A TOML date or date-time, as written.
    Datetime(String),
    /// Several values.
    Array(Vec<ParamValue>),
}

/// `[entity]`.
#[derive(Debug, Clone, Serialize)]
pub struct Entity {
    /// What one row is called: `customer`, `account`.
    pub name: Name,
    /// The source or table with one row per entity.
    pub source: Name,
    /// Its key column.
    pub key: String,
    /// Which rows of the source are segmented.
    #[serde(rename = "where")]
    pub filter: Option<SqlExpr>,
}

/// A DataFusion SQL expression, parsed but not bound to types.
#[derive(Debug, Clone, Serialize)]
pub struct SqlExpr {
    /// As written, params replaced.
    pub text: String,
    /// The columns it reads, without duplicates.
    pub columns: Vec<String>,
    /// Where the text stands in the file, for engine errors.
    #[serde(skip)]
    pub span: Span,
}

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

/// `[features.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    /// Source or table it aggregates; it must hold the entity key column.
    pub from: Name,
    /// Entity key column in `from`; the entity's key name when not given.
    pub key: String,
    /// Which rows are aggregated.
    #[serde(rename = "where")]
    pub filter: Option<SqlExpr>,
    /// The standard purchase summary.
    pub summary: Option<Summary>,
    /// Aggregate expressions by column name, in file order.
    pub columns: IndexMap<String, SqlExpr>,
}

/// `summary = { order, time, amount, cost }`; adds `orders_total`, `repeat_orders`,
/// `days_since_last`, `days_first_to_last`, `tenure_days`, `spend_total`, `spend_mean_repeat`,
/// `goods_cost_total` (with `cost`), `first_order`, `last_order`.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Rows with equal values are one order.
    pub order: SqlExpr,
    /// When it was placed.
    pub time: SqlExpr,
    /// What it brought; returns are negative.
    pub amount: SqlExpr,
    /// What the goods cost.
    pub cost: Option<SqlExpr>,
}

/// The columns a summary adds, in output order.
pub const SUMMARY_COLUMNS: [&str; 10] = [
    "orders_total",
    "repeat_orders",
    "days_since_last",
    "days_first_to_last",
    "tenure_days",
    "spend_total",
    "spend_mean_repeat",
    "goods_cost_total",
    "first_order",
    "last_order",
];

/// `[tables.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// A SELECT over sources and earlier tables.
    pub sql: String,
    /// Sources and tables it reads.
    pub inputs: Vec<Name>,
    /// Where the text stands.
    #[serde(skip)]
    pub span: Span,
}

/// `[criteria.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Criterion {
    /// Criterion a plugin provides; the table's name when not given.
    pub plugin: String,
    /// The plugin's input name to one column or several.
    pub inputs: IndexMap<String, InputColumns>,
    /// Source or table with many rows per entity, for plugins that see rows grouped; the profile
    /// when not given.
    pub from: Option<Name>,
    /// Which entities are labelled; the others get null.
    #[serde(rename = "where")]
    pub filter: Option<SqlExpr>,
    /// Label of entities without one (null from the plugin or outside `where`).
    pub none: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// When the model is fitted again.
    pub refit: Refit,
    /// The plugin's options, complete: defaults filled in and checked against its schema.
    pub params: serde_json::Value,
    /// The labels it can produce when the plugin knows them beforehand, `none` included.
    pub labels: Option<Vec<String>>,
    /// Columns it adds to the profile, the label column first.
    pub outputs: Vec<String>,
    /// The table's header, for engine errors.
    #[serde(skip)]
    pub span: Span,
}

/// Columns bound to one plugin input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum InputColumns {
    /// One column.
    One(String),
    /// A list, for inputs that take any number.
    Many(Vec<String>),
}

/// `refit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refit {
    /// Every run (the default).
    Always,
    /// Only when no model fits the options and inputs.
    Never,
    /// In the first run of a calendar month.
    Monthly,
    /// In the first run of a calendar quarter.
    Quarterly,
    /// In the first run of a calendar year.
    Yearly,
}

/// `[schemes.X]`.
#[derive(Debug, Clone, Serialize)]
pub struct Scheme {
    /// Strategic or operational.
    pub kind: SchemeKind,
    /// What the segmentation is for.
    pub goal: String,
    /// Criteria whose labels make the segment, joined by `/`. Empty when `segments` is used.
    pub by: Vec<Name>,
    /// Ordered rules; the first that holds decides. Empty when `by` is used.
    pub segments: Vec<SegmentRule>,
    /// Segment of the entities no rule claims, or whose label is null.
    pub other: Option<String>,
    /// Size limits.
    pub limits: Limits,
    /// The segments it can produce, when known beforehand.
    pub labels: Option<Vec<String>>,
    /// The table's header.
    #[serde(skip)]
    pub span: Span,
}

/// Kind of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemeKind {
    /// Exactly one per pipeline.
    Strategic,
    /// Any number.
    Operational,
}

/// `[[schemes.X.segments]]`.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentRule {
    /// Segment name.
    pub name: String,
    /// Condition; null does not hold.
    pub when: SqlExpr,
}

/// `limits`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Limits {
    /// Fewest and most segments.
    pub segments: Option<[usize; 2]>,
    /// Largest share of entities in one segment.
    pub max_share: Option<f64>,
    /// Fewest entities in one segment. With `by` of several criteria, smaller ones are folded
    /// into `other`.
    pub min_customers: Option<u64>,
    /// Whether a breach fails the run instead of warning.
    pub fail: bool,
}

/// `[valuation]`.
#[derive(Debug, Clone, Serialize)]
pub struct Valuation {
    /// ISO 4217.
    pub currency: String,
    /// Revenue per entity.
    pub revenue: SqlExpr,
    /// Cost of goods per entity.
    pub goods_cost: Option<SqlExpr>,
    /// Order, logistics, payment and credit cost per entity.
    pub order_cost: Option<SqlExpr>,
    /// Cost to serve per entity.
    pub cost_to_serve: Option<SqlExpr>,
    /// Headroom against a benchmark of like entities.
    pub potential: Option<Potential>,
}

/// Columns `[valuation]` adds to the profile. `margin` is the deepest contribution margin there is.
pub const VALUE_COLUMNS: [&str; 7] = [
    "revenue",
    "cm1",
    "cm2",
    "cm3",
    "margin",
    "margin_rate",
    "potential",
];

/// `potential = { benchmark = "p75", within = [...] }`.
#[derive(Debug, Clone, Serialize)]
pub struct Potential {
    /// Quantile of revenue in the cell, 0 to 1.
    pub benchmark: f64,
    /// Columns that make the cell.
    pub within: Vec<String>,
}

/// `[strategy]`.
#[derive(Debug, Clone, Serialize)]
pub struct Strategy {
    /// Scheme whose segments are served.
    pub scheme: Name,
    /// Terms by segment, in file order.
    pub segments: IndexMap<String, Terms>,
    /// Terms of segments not named.
    pub default: Option<Terms>,
    /// Ordered refinements: every rule that holds replaces the terms it names; a later rule wins.
    pub rules: Vec<StrategyRule>,
    /// Terms for single entities, signed off by a person.
    pub exceptions: Option<Exceptions>,
    /// Limits no term may cross.
    pub guardrails: Guardrails,
    /// Channel to the boolean column that allows it.
    pub consent: IndexMap<String, String>,
    /// Ranked list of whom to contact.
    pub worklist: Option<Worklist>,
    /// Service mode to its capacity.
    pub capacity: IndexMap<String, Capacity>,
    /// The table's header.
    #[serde(skip)]
    pub span: Span,
}

/// What a segment gets.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Terms {
    /// Share of list price, 0 to 1.
    pub discount: Option<f64>,
    /// Days to pay.
    pub payment_days: Option<i64>,
    /// 1 is first.
    pub priority: Option<i64>,
    /// Tried in order; the first consented one is used.
    pub channels: Option<Vec<String>>,
    /// Service mode.
    pub service: Option<String>,
    /// Offer.
    pub offer: Option<String>,
}

/// `[[strategy.rules]]`.
#[derive(Debug, Clone, Serialize)]
pub struct StrategyRule {
    /// Named in the actions it decides.
    pub name: Name,
    /// Condition; null does not hold.
    pub when: SqlExpr,
    /// The terms it replaces.
    pub set: Terms,
}

/// `[strategy.exceptions]`: a CSV with the entity key, `discount`, `payment_days`, `service`,
/// `channel`, `offer`, `priority` (each may be empty), and the required `owner`, `reason`, `until` (a date).
#[derive(Debug, Clone, Serialize)]
pub struct Exceptions {
    /// The file.
    pub path: PathBuf,
}

/// `guardrails`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Guardrails {
    /// Floor under the contribution margin rate after discount, 0 to 1.
    pub min_margin_rate: Option<f64>,
    /// Whether the floor is a rate of the discounted price or of the list price.
    pub margin_floor: MarginFloor,
    /// Longest payment term, days.
    pub max_payment_days: Option<i64>,
}

/// Two readings of a margin floor `f` for a margin rate `c`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginFloor {
    /// `d_max = 1 - (1 - c) / (1 - f)`: the rate after discount stays at `f` (the default).
    #[default]
    DiscountedPrice,
    /// `d_max = c - f`.
    ListPrice,
}

/// `worklist`.
#[derive(Debug, Clone, Serialize)]
pub struct Worklist {
    /// `value_at_stake` or a profile column; larger first.
    pub rank: String,
    /// How many entries are planned for a day.
    pub per_day: u64,
}

/// `capacity.X`.
#[derive(Debug, Clone, Serialize)]
pub struct Capacity {
    /// People at work in the peak hour.
    pub agents: f64,
    /// Seconds one contact takes.
    pub handle_time_seconds: f64,
    /// Share of the customers served this way who call in the peak hour.
    pub peak_contact_rate: f64,
}

/// `[monitor]`.
#[derive(Debug, Clone, Serialize)]
pub struct Monitor {
    /// Which run is the reference.
    pub baseline: Baseline,
    /// Numeric profile columns watched with PSI.
    pub features: Vec<String>,
    /// Checks by name, in file order.
    pub checks: IndexMap<Name, Check>,
    /// Further keys of later issues, refused by name until then.
    pub targets: BTreeMap<Name, f64>,
}

/// `baseline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The last run a person accepted, else the first published.
    Accepted,
    /// The last published run.
    Previous,
}

/// `[monitor.checks]`.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What is measured.
    pub metric: Metric,
    /// Scheme, criterion or column it is measured of.
    pub of: String,
    /// Trips above.
    pub warn: Option<f64>,
    /// Trips above and holds the run.
    pub fail: Option<f64>,
    /// Trips below.
    pub warn_below: Option<f64>,
    /// Trips below and holds the run.
    pub fail_below: Option<f64>,
}

/// Metrics a check can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Population stability index of a scheme's or criterion's labels, or of a watched feature.
    Psi,
    /// Total variation of labels.
    Tv,
    /// Share of matched entities whose label changed.
    Moved,
    /// Share of entities without a value.
    NullRate,
    /// Absolute relative change of a value total (`margin`, `revenue`, or a numeric column).
    Change,
    /// Number of entities.
    Customers,
}

/// `[outputs]`.
#[derive(Debug, Clone, Serialize)]
pub struct Outputs {
    /// Root of everything the pipeline publishes.
    pub path: PathBuf,
    /// Generations kept.
    pub keep_runs: Option<u64>,
    /// Datasets to write.
    pub write: Vec<Dataset>,
}

/// Datasets a run can publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// One row per entity and scheme.
    Segments,
    /// One row per scheme and segment.
    SegmentSummary,
    /// One row per entity: its terms.
    Actions,
    /// Whom to contact, ranked.
    Worklist,
    /// Comparison with the baseline.
    Drift,
    /// `report.html` and `report.json`.
    Report,
    /// Rejected rows.
    Quarantine,
}

/// `[schedule]`.
#[derive(Debug, Clone, Serialize)]
pub struct Schedule {
    /// Five cron fields.
    pub cron: String,
    /// IANA zone; UTC when not given.
    pub timezone: String,
    /// `latest`, `all` or `none`.
    pub catch_up: String,
    /// `skip`, `wait` or `fail`.
    pub overlap: String,
}
