//! Rules of columns, and schemas that differ from the contract.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use parquet::arrow::ArrowWriter;
use segmenta_ingest::{Error, KeySet, ScanOptions};
use segmenta_pipeline::model::{Column, ColumnType, Format, Source};

use crate::support::{column, csv, made, nullable, scan, scan_with, source, texts};

#[test]
fn every_rule_of_a_column_names_itself() {
    let file = made(
        "a.csv",
        "id,kind,price,code\n1,a,0.5,AB1\n1,a,0.5,AB1\n2,z,0.5,AB1\n3,a,-1,AB1\n4,a,11,AB1\n5,a,nan,AB1\n6,a,1,AB1x\n,a,1,AB1\n7,a,1,AB1\n",
    );
    let columns = vec![
        ("id", Column { unique: true, references: Some("ids".into()), ..column(ColumnType::Int64) }),
        ("kind", Column { allowed: Some(vec!["a".into(), "b".into()]), ..column(ColumnType::String) }),
        ("price", Column { min: Some(0.0), max: Some(10.0), ..column(ColumnType::Float64) }),
        ("code", Column { matches: Some("[A-Z]+[0-9]".into()), ..column(ColumnType::String) }),
    ];
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=6));
    let references = BTreeMap::from([("ids".to_owned(), Arc::new(KeySet::from_array(&ids).unwrap()))]);
    let options = ScanOptions { references, ..ScanOptions::default() };
    let outcome = scan_with(&csv(&file.path, columns), options, 100).unwrap();
    assert_eq!(
        outcome.reasons(),
        [
            (3, "id", "unique"),
            (4, "kind", "in"),
            (5, "price", "min"),
            (6, "price", "max"),
            (7, "price", "not_a_number"),
            (8, "code", "matches"),
            (9, "id", "null"),
            (10, "id", "references"),
        ]
    );
    assert_eq!(outcome.accounting.accepted, 1);
}

#[test]
fn a_bad_row_does_not_take_a_unique_value() {
    let file = made("a.csv", "id,n\n1,x\n1,5\n1,6\n");
    let columns = vec![("id", Column { unique: true, ..column(ColumnType::String) }), ("n", column(ColumnType::Int8))];
    let outcome = scan(&csv(&file.path, columns)).unwrap();
    assert_eq!(texts(&outcome.rows, "n"), ["5"]);
    assert_eq!(outcome.reasons(), [(2, "n", "type"), (4, "id", "unique")]);
}

#[test]
fn keys_that_were_not_given_or_are_of_another_type_are_errors() {
    let file = made("a.csv", "id\n1\n");
    let source = csv(&file.path, vec![("id", Column { references: Some("ids".into()), ..column(ColumnType::Int64) })]);
    assert!(matches!(scan(&source), Err(Error::KeysMissing { .. })));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let references = BTreeMap::from([("ids".to_owned(), Arc::new(KeySet::from_array(&texts).unwrap()))]);
    let options = ScanOptions { references, ..ScanOptions::default() };
    assert!(matches!(scan_with(&source, options, 10), Err(Error::KeyType { .. })));
}

#[test]
fn every_missing_column_is_reported_with_what_is_like_it() {
    let file = made("a.csv", "Order ID,qty,extra\n1,2,3\n");
    let columns = vec![("order_id", column(ColumnType::Int64)), ("quantity", column(ColumnType::Int64))];
    let error = scan(&csv(&file.path, columns)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "source `s` does not match its contract: `a.csv` has no column `order_id` (it has `Order ID`); \
         `a.csv` has no column `quantity`"
    );
    assert_eq!(error.hint().unwrap(), "did you mean `Order ID`? `from` names the file's column");
}

#[test]
fn an_empty_file_with_a_header_due_misses_its_columns() {
    for content in ["", "\n\n"] {
        let file = made("a.csv", content);
        let error = scan(&csv(&file.path, vec![("id", column(ColumnType::Int64))])).unwrap_err();
        assert!(matches!(error, Error::Schema { .. }), "{error}");
    }
}

#[test]
fn a_header_alone_is_a_source_without_rows() {
    let file = made("a.csv", "id,other");
    let outcome = scan(&csv(&file.path, vec![("id", column(ColumnType::Int64))])).unwrap();
    assert_eq!((outcome.accounting.found, outcome.rows.num_rows()), (0, 0));
    assert_eq!(outcome.accounting.ignored_columns, ["other"]);
}

#[test]
fn a_name_that_occurs_twice_is_ambiguous() {
    let file = made("a.csv", "id,id\n1,2\n");
    let error = scan(&csv(&file.path, vec![("id", column(ColumnType::Int64))])).unwrap_err();
    assert!(error.to_string().ends_with("`a.csv` has several columns for `id`"), "{error}");
}

#[test]
fn options_a_type_cannot_have_are_refused() {
    let file = made("a.csv", "id\n1\n");
    for wrong in [
        Column { min: Some(1.0), ..column(ColumnType::String) },
        Column { matches: Some("(".into()), ..column(ColumnType::String) },
        Column { allowed: Some(vec!["x".into()]), ..column(ColumnType::Int64) },
        column(ColumnType::Decimal(39, 2)),
    ] {
        assert!(matches!(scan(&csv(&file.path, vec![("id", wrong)])), Err(Error::Option { .. })));
    }
}

pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch, rows_per_group: usize) {
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_per_group))
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn parquet_of(columns: Vec<(&str, ArrayRef)>) -> (crate::support::Made, RecordBatch) {
    let file = made("a.parquet", "");
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    write_parquet(&file.path, &batch, 3);
    (file, batch)
}

#[test]
fn parquet_rows_keep_their_number_and_all_their_columns_in_quarantine() {
    let (file, _) = parquet_of(vec![
        ("unused", Arc::new(StringArray::from(vec!["p", "q", "r", "s", "t"])) as ArrayRef),
        ("price", Arc::new(Float64Array::from(vec![Some(1.0), Some(-1.0), None, Some(f64::NAN), Some(2.5)]))),
        ("id", Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5]))),
    ]);
    let columns =
        vec![("id", column(ColumnType::Int64)), ("price", Column { min: Some(0.0), ..column(ColumnType::Float64) })];
    let outcome = scan(&source(&file.path, Format::Parquet, columns)).unwrap();
    assert_eq!(texts(&outcome.rows, "id"), ["1", "5"]);
    assert_eq!(outcome.reasons(), [(2, "price", "min"), (3, "price", "null"), (4, "price", "not_a_number")]);
    assert_eq!(outcome.rejects[0].text, r#"{"unused":"q","price":-1.0,"id":2}"#);
    assert_eq!(outcome.rejects[2].text, r#"{"unused":"s","price":"NaN","id":4}"#);
    assert_eq!(outcome.accounting.ignored_columns, ["unused"]);
}

#[test]
fn checks_are_made_on_columns_nobody_asked_for() {
    let (file, _) = parquet_of(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef),
        ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(-3), Some(4)]))),
    ]);
    let columns =
        vec![("id", column(ColumnType::Int64)), ("n", Column { min: Some(0.0), ..column(ColumnType::Int64) })];
    let source = source(&file.path, Format::Parquet, columns);
    let scan = segmenta_ingest::Scan::open("s", &source, ScanOptions::default()).unwrap();
    assert_eq!(scan.units(), 2);
    let count = |projection: &[usize]| -> (usize, usize) {
        let batches: Vec<_> = (0..2).flat_map(|unit| scan.read(unit, Some(projection), 2).unwrap()).collect();
        let batches: Vec<RecordBatch> = batches.into_iter().map(Result::unwrap).collect();
        (batches.iter().map(RecordBatch::num_rows).sum(), batches[0].num_columns())
    };
    assert_eq!(count(&[0]), (2, 1));
    assert_eq!(count(&[]), (2, 0));
    assert_eq!(scan.finish().unwrap().bad_rows(), 2);
}

#[test]
fn a_type_that_would_lose_values_is_a_schema_error() {
    let (file, _) = parquet_of(vec![("n", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]);
    let error = scan(&source(&file.path, Format::Parquet, vec![("n", column(ColumnType::Int32))])).unwrap_err();
    assert!(
        error.to_string().ends_with("`a.parquet` holds `n` as Int64, which Int32 cannot hold without loss"),
        "{error}"
    );
}

#[test]
fn nanoseconds_are_read_where_they_are_whole_microseconds() {
    let nanos = TimestampNanosecondArray::from(vec![1_000, 1_500, 2_000]);
    let (file, _) = parquet_of(vec![("at", Arc::new(nanos) as ArrayRef)]);
    let outcome = scan(&source(&file.path, Format::Parquet, vec![("at", column(ColumnType::Timestamp))])).unwrap();
    assert_eq!(outcome.accounting.accepted, 2);
    assert_eq!(outcome.reasons(), [(2, "at", "type")]);
}

#[test]
fn without_a_contract_parquet_is_taken_as_it_is_and_text_is_refused() {
    let (file, batch) = parquet_of(vec![("n", Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef)]);
    assert_eq!(scan(&source(&file.path, Format::Parquet, Vec::new())).unwrap().rows, batch);
    let text = made("a.csv", "id\n1\n");
    assert!(matches!(scan(&csv(&text.path, Vec::new())), Err(Error::ContractRequired { .. })));
}

#[test]
fn expectations_are_about_accepted_rows() {
    let file = made("a.csv", "id,at\n1,2026-05-01\n2,2026-05-20\nx,2026-05-31\n");
    let columns = || vec![("id", column(ColumnType::Int64)), ("at", nullable(ColumnType::Date))];
    let expecting = |rows_min, fresh_after_us| {
        let mut source = Source { event_time: Some("at".into()), ..csv(&file.path, columns()) };
        source.expect.rows_min = rows_min;
        let as_of_us = crate::support::us("2026-06-01T00:00:00Z");
        scan_with(&source, ScanOptions { as_of_us, fresh_after_us, ..ScanOptions::default() }, 10)
    };
    assert_eq!(
        expecting(Some(2), None).unwrap().accounting.newest_event_us,
        Some(crate::support::us("2026-05-20T00:00:00Z"))
    );
    let few = expecting(Some(3), None).unwrap_err().to_string();
    assert_eq!(few, "source `s`: 2 accepted rows, expected at least 3");
    let stale = expecting(None, Some(crate::support::us("2026-05-25T00:00:00Z"))).unwrap_err().to_string();
    assert_eq!(stale, "source `s`: the newest row is of 2026-05-20T00:00:00Z, expected 2026-05-25T00:00:00Z or later");
}
