//! One broken record must not hurt its neighbours.

use segmenta_pipeline::model::{BadRowAction, BadRows, Column, ColumnType, CsvFormat, Encoding, Format, Source};

use crate::support::{column, csv, csv_format, fixed, made, nullable, scan, scan_with, source, texts};

fn id_and_text() -> Vec<(&'static str, Column)> {
    vec![("id", column(ColumnType::Int64)), ("text", nullable(ColumnType::String))]
}

#[test]
fn broken_records_are_named_by_their_line_and_shift_nothing() {
    let file = made("a.csv", b"id,text\n1,a\n2,b,c\n\n3\n4,\"two\nlines\"\n5,\xff\n6,\"open\nx,y\n7,\"a\"b\n8,z\n");
    let outcome = scan(&csv(&file.path, id_and_text())).unwrap();
    assert_eq!(texts(&outcome.rows, "id"), ["1", "4", "8"]);
    assert_eq!(texts(&outcome.rows, "text"), ["a", "two\nlines", "z"]);
    assert_eq!(
        outcome.reasons(),
        [
            (3, "", "fields"),
            (5, "", "fields"),
            (8, "", "encoding"),
            (9, "", "quote"),
            (10, "id", "type"),
            (11, "", "quote")
        ]
    );
    assert_eq!(outcome.rejects[0].text, "2,b,c");
    let books = &outcome.accounting;
    assert_eq!((books.found, books.accepted, books.bad_rows(), books.blank), (10, 3, 6, 1));
}

#[test]
fn batches_of_any_size_give_the_same_rows_and_books() {
    let text: String = (0..50).map(|n| format!("{n},{}\n", if n % 7 == 3 { "x,y" } else { "\"a\n\"" })).collect();
    let file = made("a.csv", format!("id,text\n{text}"));
    let whole = scan(&csv(&file.path, id_and_text())).unwrap();
    for batch_rows in [1, 2, 7, 49] {
        let pieces = scan_with(&csv(&file.path, id_and_text()), Default::default(), batch_rows).unwrap();
        assert_eq!((&pieces.rows, &pieces.rejects), (&whole.rows, &whole.rejects));
        assert_eq!(pieces.accounting, whole.accounting);
    }
}

#[test]
fn the_first_bad_row_stops_a_source_that_allows_none() {
    let file = made("a.csv", "id,text\n1,a\nx,b\ny,c\n");
    let bad_rows = BadRows { action: BadRowAction::Fail, fail_above: None };
    let error = scan(&Source { bad_rows, ..csv(&file.path, id_and_text()) }).unwrap_err();
    assert_eq!(error.to_string(), "source `s`: `a.csv` row 3, column `id`: breaks `type`: \"x,b\"");
    assert_eq!(error.hint().unwrap(), "correct the value, or declare `nulls`, `format`, `strip` or another type");
}

#[test]
fn the_row_named_is_the_first_of_the_source_whichever_file_is_read_first() {
    let file = made("d/a.csv", "id,text\n1,a\nx,b\n");
    std::fs::write(file.path.with_file_name("b.csv"), "id,text\ny,a\n").unwrap();
    let bad_rows = BadRows { action: BadRowAction::Fail, fail_above: None };
    let source = Source { bad_rows, ..csv(&file.directory.path().join("d"), id_and_text()) };
    let scan = segmenta_ingest::Scan::open("s", &source, Default::default()).unwrap();
    let error = scan.read(1, None, 10).unwrap().find_map(Result::err).unwrap();
    assert!(error.to_string().contains("`a.csv` row 3"), "{error}");
}

#[test]
fn dropped_rows_are_counted_and_not_kept() {
    let file = made("a.csv", "id,text\n1,a\nx,b\n");
    let bad_rows = BadRows { action: BadRowAction::Drop, fail_above: None };
    let outcome = scan(&Source { bad_rows, ..csv(&file.path, id_and_text()) }).unwrap();
    assert_eq!((outcome.accounting.bad_rows(), outcome.rejects.len()), (1, 0));
}

#[test]
fn more_bad_rows_than_allowed_are_an_error() {
    let file = made("a.csv", "id,text\n1,a\nx,b\n3,c\n4,d\n");
    let limited = |fail_above| {
        let bad_rows = BadRows { action: BadRowAction::Quarantine, fail_above: Some(fail_above) };
        scan(&Source { bad_rows, ..csv(&file.path, id_and_text()) })
    };
    assert!(limited(0.25).is_ok());
    let error = limited(0.24).unwrap_err().to_string();
    assert_eq!(error, "source `s`: 1 of 4 rows break the contract, more than `fail_above` = 0.24");
}

#[test]
fn delimiter_quote_order_and_missing_header_are_as_declared() {
    let semicolons = made("a.csv", "text;id\r\n'x;y';1\r\n");
    let format = CsvFormat { delimiter: b';', quote: Some(b'\''), ..csv_format() };
    let outcome = scan(&source(&semicolons.path, Format::Csv(format), id_and_text())).unwrap();
    assert_eq!((texts(&outcome.rows, "id"), texts(&outcome.rows, "text")), (vec!["1".into()], vec!["x;y".into()]));

    let bare = made("b.csv", "1,\"a\n2,b\"\n");
    let format = CsvFormat { header: false, quote: None, ..csv_format() };
    let outcome = scan(&source(&bare.path, Format::Csv(format), id_and_text())).unwrap();
    assert_eq!(texts(&outcome.rows, "text"), ["\"a", "b\""]);
}

#[test]
fn latin1_differs_from_windows_1252_where_it_should() {
    let file = made("a.csv", b"id,text\n1,\x80\xa3\n");
    let read = |encoding| {
        let format = Format::Csv(CsvFormat { encoding, ..csv_format() });
        texts(&scan(&source(&file.path, format, id_and_text())).unwrap().rows, "text")
    };
    assert_eq!(read(Encoding::Cp1252), ["€£"]);
    assert_eq!(read(Encoding::Latin1), ["\u{80}£"]);
}

#[test]
fn json_lines_keep_to_their_types() {
    let lines = [
        r#"{"id": 1, "text": "a\u00e9\n", "extra": {"deep": [1, 2]}}"#,
        r#"{"text": null, "id": 2.0}"#,
        r#"{"id": "3", "text": "c"}"#,
        r#"{"id": 4, "text": 5}"#,
        r#"{"id": 5"#,
        r#"[6]"#,
        "",
        r#"{"id": 7, "id": 8}"#,
        r#"{"text": "no id"}"#,
        r#"{"id": 9} trailing"#,
    ];
    let file = made("a.ndjson", lines.join("\n"));
    let outcome = scan(&source(&file.path, Format::Ndjson, id_and_text())).unwrap();
    assert_eq!(texts(&outcome.rows, "id"), ["1", "2"]);
    assert_eq!(texts(&outcome.rows, "text"), ["aé\n", "∅"]);
    assert_eq!(
        outcome.reasons(),
        [
            (3, "id", "type"),
            (4, "text", "type"),
            (5, "", "json"),
            (6, "", "json"),
            (8, "", "json"),
            (9, "id", "null"),
            (10, "", "json")
        ]
    );
    assert_eq!((outcome.accounting.found, outcome.accounting.blank), (10, 1));
}

#[test]
fn json_decimals_are_exact_beyond_binary_floating_point() {
    let file = made("a.ndjson", "{\"amount\": 12345678901234567890.07}\n{\"amount\": \"0.10\"}\n{\"amount\": 0.105}\n");
    let columns = vec![("amount", column(ColumnType::Decimal(38, 2)))];
    let outcome = scan(&source(&file.path, Format::Ndjson, columns)).unwrap();
    assert_eq!(texts(&outcome.rows, "amount"), ["12345678901234567890.07", "0.10"]);
    assert_eq!(outcome.reasons(), [(3, "amount", "type")]);
}

#[test]
fn a_short_fixed_width_line_is_bad_not_padded() {
    let file = made("a.txt", "  1 abc\r\n  2 d\r\n\r\n 3\r\n");
    let at = |range, column: Column| Column { range: Some(range), ..column };
    let columns =
        vec![("id", at([0, 3], column(ColumnType::Int64))), ("text", at([4, 9], nullable(ColumnType::String)))];
    let outcome = scan(&fixed(&file.path, 0, columns)).unwrap();
    assert_eq!(texts(&outcome.rows, "text"), ["abc", "d"]);
    assert_eq!(outcome.reasons(), [(4, "", "fields")]);
    assert_eq!(outcome.accounting.blank, 1);
}
