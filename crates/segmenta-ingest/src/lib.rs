//! Files to typed batches of accepted rows, rejects and counts.
//!
//! A [`Scan`] opens one source of a pipeline: it finds and pins the files, compares their headers with
//! the contract by name, and then reads units, each into Arrow batches of the declared types. Rows that
//! break the contract are kept or counted with the rule they break; rows that filters by time remove,
//! duplicates and blank lines are counted. The counts add up to a number of rows that is found without
//! the decoder, or the scan is an error.
//!
//! ```
//! use segmenta_ingest::{Scan, ScanOptions};
//! # use segmenta_pipeline::model::*;
//! # fn column(data_type: ColumnType) -> Column {
//! #     Column { data_type, nullable: false, unique: false, allowed: None, min: None, max: None,
//! #         matches: None, references: None, nulls: vec![], format: None, strip: None, range: None,
//! #         from: None, unit: None }
//! # }
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("orders.csv");
//! # std::fs::write(&path, "id,price\n1,9.90\n2,free\n\n")?;
//! # let csv = CsvFormat { delimiter: b',', header: true, quote: Some(b'"'), encoding: Encoding::Utf8,
//! #     compression: Compression::Auto, nulls: vec![String::new()], trim: false };
//! # let source = Source {
//! #     path: path.to_str().unwrap().into(), format: Format::Csv(csv),
//! #     columns: [("id".into(), column(ColumnType::Int64)), ("price".into(), column(ColumnType::Float64))].into(),
//! #     event_time: None, known_at: None, validity: None, window: None, timeless: true,
//! #     bad_rows: BadRows { action: BadRowAction::Quarantine, fail_above: None },
//! #     filters: Default::default(), expect: Expect::default(), deduplicate: false,
//! # };
//! let scan = Scan::open("orders", &source, ScanOptions::default())?;
//! for unit in 0..scan.units() {
//!     for batch in scan.read(unit, None, 8_192)? {
//!         assert_eq!(batch?.num_rows(), 1);
//!     }
//! }
//! let accounting = scan.finish()?;
//! assert_eq!((accounting.found, accounting.accepted, accounting.blank), (3, 1, 1));
//! let reject = &scan.rejects()[0];
//! assert_eq!((reject.row, reject.rule.as_str(), reject.text.as_str()), (3, "type", "2,free"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A row is decided about in this order: filters by time (a row that is not visible at `as_of` cannot be
//! bad), then each column in contract order, then `deduplicate`, `unique` and the named filters. The
//! first verdict stands. Records that cannot be taken apart are bad before any of that.
//!
//! In delimited text a quoted field may hold line ends. One that is not closed within 1 MiB or before
//! the end of the file, that is followed by anything but a delimiter or line end, or whose record spans
//! several lines and has the wrong number of fields, makes its first line alone bad; reading goes on at
//! the next line. Damage below the level of records (a cut Parquet file, a broken gzip stream) is an
//! error, and no part of the source is used.
//!
//! Absent on purpose: SQL (the caller's engine evaluates named filters), inference of schemas, anything
//! asynchronous, and any clock.
#![warn(missing_docs)]

mod accounting;
mod error;
mod keyset;
mod problem;
mod rule;

mod contract;
mod plan;
mod scan;
mod unit;

mod bind;
mod decoded;
mod files;
mod guard;
mod judge;

mod columnar;
mod parse;
mod text;

pub use accounting::{Accounting, BadCount, FilterCount, MAX_REJECT_TEXT_BYTES, Reject};
pub use contract::arrow_type;
pub use error::{Error, Result};
pub use files::Pin;
pub use keyset::KeySet;
pub use plan::{Predicate, RowFilter, ScanOptions};
pub use problem::{Breach, SchemaProblem, SchemaProblemKind};
pub use rule::Rule;
pub use scan::{Scan, declared_schema};
pub use unit::UnitReader;
