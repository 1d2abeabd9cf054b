//! Time, duplicates and named filters.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::Int64Type;
use segmenta_ingest::{Error, RowFilter, Scan, ScanOptions};
use segmenta_pipeline::model::{ColumnType, Format, Source, SqlExpr, Validity};

use crate::contract::write_parquet;
use crate::support::{column, csv, made, nullable, scan_with, source, texts, us};

fn options() -> ScanOptions {
    ScanOptions {
        as_of_us: us("2026-06-01T00:00:00Z"),
        window_start_us: Some(us("2026-05-01T00:00:00Z")),
        ..ScanOptions::default()
    }
}

#[test]
fn events_count_from_the_window_start_up_to_but_not_including_as_of() {
    let file = made(
        "a.csv",
        "id,at\n1,2026-05-01T00:00:00Z\n2,2026-04-30T23:59:59.999999Z\n3,2026-06-01T00:00:00Z\n\
         4,2026-05-31T23:59:59.999999Z\n5,\n6,soon\n7,2026-06-01T01:30:00+02:00\n",
    );
    let columns = vec![("id", column(ColumnType::Int64)), ("at", nullable(ColumnType::Timestamp))];
    let source = Source { event_time: Some("at".into()), ..csv(&file.path, columns) };
    let outcome = scan_with(&source, options(), 3).unwrap();
    assert_eq!(texts(&outcome.rows, "id"), ["1", "4", "7"]);
    assert_eq!(outcome.filtered(), [("event_time", 2, 2), ("window", 1, 1)]);
    assert_eq!(outcome.reasons(), [(7, "at", "type")]);
}

#[test]
fn a_row_of_the_future_is_not_seen_even_if_it_is_bad() {
    let file = made("a.csv", "id,at\nx,2026-07-01\n2,2026-05-02\ny,2026-05-02\n");
    let columns = vec![("id", column(ColumnType::Int64)), ("at", column(ColumnType::Date))];
    let source = Source { event_time: Some("at".into()), ..csv(&file.path, columns) };
    let outcome = scan_with(&source, options(), 10).unwrap();
    assert_eq!(outcome.filtered(), [("event_time", 1, 1), ("window", 0, 0)]);
    assert_eq!(outcome.reasons(), [(4, "id", "type")]);
}

#[test]
fn late_knowledge_and_validity() {
    let file = made(
        "a.csv",
        "id,known,since,until\n1,2026-05-01,2026-01-01,\n2,2026-06-01,,\n3,2026-05-01,2026-06-02,\n\
         4,2026-05-01,,2026-06-01\n5,2026-05-01,2026-06-01,2026-06-02\n6,,,\n",
    );
    let date = || nullable(ColumnType::Date);
    let columns = vec![("id", column(ColumnType::Int64)), ("known", date()), ("since", date()), ("until", date())];
    let source = Source {
        known_at: Some("known".into()),
        validity: Some(Validity { from: "since".into(), to: "until".into() }),
        ..csv(&file.path, columns)
    };
    let outcome = scan_with(&source, options(), 10).unwrap();
    assert_eq!(texts(&outcome.rows, "id"), ["1", "5"]);
    assert_eq!(outcome.filtered(), [("known_at", 2, 2), ("validity", 2, 2)]);
}

fn above(name: &str, column: &str, least: i64) -> RowFilter {
    let keep = move |batch: &RecordBatch| -> Result<BooleanArray, String> {
        assert_eq!(batch.num_columns(), 1);
        Ok(batch.column(0).as_primitive::<Int64Type>().iter().map(|value| value.map(|value| value > least)).collect())
    };
    RowFilter { name: name.to_owned(), columns: vec![column.to_owned()], keep: Arc::new(keep) }
}

fn sql(text: &str, column: &str) -> SqlExpr {
    SqlExpr { text: text.to_owned(), columns: vec![column.to_owned()], span: 0..0 }
}

#[test]
fn named_filters_count_what_they_remove_and_what_they_would_remove_alone() {
    let file = made("a.csv", "a,b\n1,1\n0,1\n0,0\n1,0\n,5\n1,1\n");
    let columns = vec![("a", nullable(ColumnType::Int64)), ("b", column(ColumnType::Int64))];
    let source = Source {
        filters: [("a_set".to_owned(), sql("a > 0", "a")), ("b_set".to_owned(), sql("b > 0", "b"))].into(),
        deduplicate: true,
        ..csv(&file.path, columns)
    };
    let row_filters = vec![above("a_set", "a", 0), above("b_set", "b", 0)];
    let outcome = scan_with(&source, ScanOptions { row_filters, ..options() }, 2).unwrap();
    assert_eq!(outcome.rows.num_rows(), 1);
    assert_eq!(outcome.filtered(), [("duplicate", 1, 1), ("a_set", 3, 3), ("b_set", 1, 2)]);
}

#[test]
fn a_filter_without_predicate_is_an_error() {
    let file = made("a.csv", "a\n1\n");
    let filters = [("a_set".to_owned(), sql("a > 0", "a"))].into();
    let source = Source { filters, ..csv(&file.path, vec![("a", column(ColumnType::Int64))]) };
    assert!(matches!(scan_with(&source, options(), 2), Err(Error::Filter { .. })));
}

#[test]
fn row_groups_outside_the_window_are_counted_without_being_read() {
    let day = 86_400_000_000;
    let start = us("2026-04-01T00:00:00Z");
    let instants: Vec<i64> = (0..90).map(|n| start + n * day).collect();
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..90));
    let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(instants));
    let batch = RecordBatch::try_from_iter(vec![("id", ids), ("at", at)]).unwrap();
    let columns = || vec![("id", column(ColumnType::Int64)), ("at", column(ColumnType::Timestamp))];
    let read = |rows_per_group| {
        let file = made("a.parquet", "");
        write_parquet(&file.path, &batch, rows_per_group);
        let source = Source { event_time: Some("at".into()), ..source(&file.path, Format::Parquet, columns()) };
        scan_with(&source, options(), 8).unwrap()
    };
    let (one, many) = (read(90), read(10));
    assert_eq!(one.rows, many.rows);
    assert_eq!(one.accounting, many.accounting);
    assert_eq!(many.filtered(), [("event_time", 29, 29), ("window", 30, 30)]);
    assert_eq!((many.accounting.found, many.accounting.accepted), (90, 31));
}

#[test]
fn units_read_by_many_threads_give_the_same_books() {
    let rows: String = (0..400).map(|n| format!("{},{}\n", n % 90, if n % 11 == 0 { "x" } else { "1" })).collect();
    let file = made("d/a.csv", format!("id,n\n{rows}"));
    for name in ["b.csv", "c.csv", "d.csv"] {
        std::fs::copy(&file.path, file.path.with_file_name(name)).unwrap();
    }
    let columns = vec![("id", column(ColumnType::Int64)), ("n", column(ColumnType::Int64))];
    let source = csv(&file.directory.path().join("d"), columns);
    let sequential = scan_with(&source, options(), 50).unwrap();
    let scan = Scan::open("s", &source, options()).unwrap();
    std::thread::scope(|threads| {
        for unit in (0..scan.units()).rev() {
            let scan = &scan;
            threads.spawn(move || scan.read(unit, Some(&[1]), 7).unwrap().for_each(|batch| drop(batch.unwrap())));
        }
    });
    assert_eq!(scan.finish().unwrap(), sequential.accounting);
    assert_eq!(scan.rejects(), sequential.rejects);
}
