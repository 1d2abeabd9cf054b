//! The same rows in every format and packing.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Schema;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use segmenta_ingest::{Error, Scan, ScanOptions};
use segmenta_pipeline::model::{Column, ColumnType, Format, Source};

use crate::contract::write_parquet;
use crate::support::{column, csv, made, nullable, scan, scan_with, source, texts};

const CSV: &str = "id,name,price\n1,Ärger,1.5\n2,,2\n3,\"c,d\",-0.25\n";

pub(crate) fn columns() -> Vec<(&'static str, Column)> {
    vec![
        ("id", column(ColumnType::Int64)),
        ("name", nullable(ColumnType::String)),
        ("price", column(ColumnType::Float64)),
    ]
}

pub(crate) fn batch() -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef, false),
        ("name", Arc::new(StringArray::from(vec![Some("Ärger"), None, Some("c,d")])), true),
        ("price", Arc::new(Float64Array::from(vec![1.5, 2.0, -0.25])), false),
    ])
    .unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn write_ipc(path: &Path, batch: &RecordBatch, is_stream: bool) {
    let file = File::create(path).unwrap();
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    if is_stream {
        let mut writer = StreamWriter::try_new_with_options(file, &batch.schema(), options).unwrap();
        writer.write(batch).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer = FileWriter::try_new_with_options(file, &batch.schema(), options).unwrap();
        writer.write(batch).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    }
}

#[test]
fn plain_marked_gzip_and_zstd_text_are_the_same() {
    let (head, tail) = CSV.split_at(20);
    let members = [gzip(head), gzip(tail)].concat();
    let frames =
        [zstd::encode_all(head.as_bytes(), 3).unwrap(), zstd::encode_all(tail.as_bytes(), 3).unwrap()].concat();
    let marked = format!("\u{feff}{CSV}").into_bytes();
    let windows = CSV.replace('\n', "\r\n").into_bytes();
    for (name, bytes) in
        [("a.csv", CSV.into()), ("b.csv", marked), ("c.csv", windows), ("a.csv.gz", members), ("a.csv.zst", frames)]
    {
        let file = made(name, bytes);
        let outcome = scan(&csv(&file.path, columns())).unwrap();
        assert_eq!(outcome.rows, batch(), "{name}");
        assert_eq!((outcome.accounting.found, outcome.accounting.accepted), (3, 3), "{name}");
    }
}

#[test]
fn packed_text_that_is_cut_short_is_damaged() {
    let text: String = (0..5_000).map(|n| format!("{n},name {},{n}.5\n", n * 7_919)).collect();
    let text = format!("id,name,price\n{text}");
    for (name, bytes) in [("a.csv.gz", gzip(&text)), ("a.csv.zst", zstd::encode_all(text.as_bytes(), 3).unwrap())] {
        let file = made(name, &bytes[..bytes.len() / 2]);
        let error = scan(&csv(&file.path, columns())).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{name}: {error}");
    }
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 19).unwrap();
    encoder.write_all(b"id,name,price\n").unwrap();
    let line = [b"1,".as_slice(), &[b'x'; 1_000_000], b",1\n"].concat();
    for _ in 0..400 {
        encoder.write_all(&line).unwrap();
    }
    let file = made("a.csv.zst", encoder.finish().unwrap());
    let columns = vec![("id", column(ColumnType::Int64))];
    let error = scan(&csv(&file.path, columns)).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
}

#[test]
fn parquet_and_both_kinds_of_ipc_hold_the_same_rows() {
    let file = made("a.parquet", "");
    write_parquet(&file.path, &batch(), 2);
    assert_eq!(scan(&source(&file.path, Format::Parquet, columns())).unwrap().rows, batch());
    for is_stream in [false, true] {
        let file = made("a.arrow", "");
        write_ipc(&file.path, &batch(), is_stream);
        let twice = arrow::compute::concat_batches(&batch().schema(), [&batch(), &batch()]).unwrap();
        for batch_rows in [1, 2, 100] {
            let outcome =
                scan_with(&source(&file.path, Format::Ipc, columns()), ScanOptions::default(), batch_rows).unwrap();
            assert_eq!(outcome.rows, twice);
            assert_eq!((outcome.accounting.found, outcome.accounting.accepted), (6, 6));
        }
    }
}

#[test]
fn ipc_rows_keep_their_number_and_text_in_quarantine() {
    let file = made("a.arrow", "");
    write_ipc(&file.path, &batch(), true);
    let mut columns = columns();
    columns[2].1.min = Some(0.0);
    let outcome = scan(&source(&file.path, Format::Ipc, columns)).unwrap();
    assert_eq!(outcome.reasons(), [(3, "price", "min"), (6, "price", "min")]);
    assert_eq!(outcome.rejects[0].text, r#"{"id":3,"name":"c,d","price":-0.25}"#);
}

#[test]
fn partitions_are_columns_with_the_declared_type() {
    let file = made("t/country=HU/year=2025/a.csv", "id,name,price\n1,a,1\n");
    let root = file.directory.path().join("t");
    for (folder, row) in [("country=HU/year=2026", "2,b,2"), ("country=__HIVE_DEFAULT_PARTITION__/year=x", "3,c,3")] {
        fs::create_dir_all(root.join(folder)).unwrap();
        fs::write(root.join(folder).join("a.csv"), format!("id,name,price\n{row}\n")).unwrap();
    }
    fs::write(root.join("_SUCCESS"), "").unwrap();
    let mut columns = columns();
    columns.push(("country", nullable(ColumnType::String)));
    columns.push(("year", column(ColumnType::Int32)));
    let outcome = scan(&csv(&root, columns)).unwrap();
    assert_eq!(texts(&outcome.rows, "id"), ["1", "2"]);
    assert_eq!(texts(&outcome.rows, "country"), ["HU", "HU"]);
    assert_eq!(texts(&outcome.rows, "year"), ["2025", "2026"]);
    assert_eq!(outcome.reasons(), [(2, "year", "type")]);
    assert_eq!(outcome.rejects[0].file, "country=__HIVE_DEFAULT_PARTITION__/year=x/a.csv");
}

#[test]
fn partitioned_parquet_without_contract_gets_text_columns() {
    let file = made("t/y=1/a.parquet", "");
    write_parquet(&file.path, &batch(), 10);
    let outcome = scan(&source(&file.directory.path().join("t"), Format::Parquet, Vec::new())).unwrap();
    assert_eq!(texts(&outcome.rows, "y"), ["1", "1", "1"]);
}

#[test]
fn files_of_one_source_may_order_their_columns_differently() {
    let file = made("d/a.csv", CSV);
    fs::write(file.path.with_file_name("b.csv"), "price,id,name\n7.5,4,z\n").unwrap();
    let outcome = scan(&csv(&file.directory.path().join("d/*.csv"), columns())).unwrap();
    assert_eq!(texts(&outcome.rows, "id"), ["1", "2", "3", "4"]);
    assert_eq!(texts(&outcome.rows, "price"), ["1.5", "2.0", "-0.25", "7.5"]);
}

#[test]
fn a_file_that_changes_during_the_scan_fails_it() {
    let file = made("a.csv", CSV);
    let scan = Scan::open("s", &csv(&file.path, columns()), ScanOptions::default()).unwrap();
    scan.read(0, None, 10).unwrap().for_each(|batch| drop(batch.unwrap()));
    scan.finish().unwrap();
    fs::write(&file.path, format!("{CSV}4,d,1\n")).unwrap();
    assert!(matches!(scan.finish(), Err(Error::Changed { .. })));
    let error = scan.read(0, None, 10).unwrap().find_map(Result::err).unwrap();
    assert!(matches!(error, Error::Changed { .. }));
}

#[test]
fn a_scan_that_was_not_read_to_the_end_has_no_books() {
    let file = made("a.csv", CSV);
    let scan = Scan::open("s", &csv(&file.path, columns()), ScanOptions::default()).unwrap();
    let mut reader = scan.read(0, None, 1).unwrap();
    reader.next();
    drop(reader);
    assert!(matches!(scan.finish(), Err(Error::Incomplete { unread: 1, units: 1, .. })));
    assert_eq!(scan.accounting().accepted, 0);
}

#[test]
fn wider_and_narrower_decimals() {
    let cents: ArrayRef = Arc::new(Decimal128Array::from(vec![150]).with_precision_and_scale(9, 2).unwrap());
    let file = made("a.parquet", "");
    let batch = RecordBatch::try_from_iter(vec![("amount", cents)]).unwrap();
    write_parquet(&file.path, &batch, 2);
    let read = |data_type| {
        let source: Source = source(&file.path, Format::Parquet, vec![("amount", column(data_type))]);
        scan(&source).map(|outcome| texts(&outcome.rows, "amount"))
    };
    assert_eq!(read(ColumnType::Decimal(18, 4)).unwrap(), ["1.5000"]);
    assert!(matches!(read(ColumnType::Decimal(9, 1)), Err(Error::Schema { .. })));
}

#[test]
fn the_declared_schema_is_the_scan_s() {
    let file = made("a.csv", CSV);
    let source = csv(&file.path, columns());
    let scan = Scan::open("s", &source, ScanOptions::default()).unwrap();
    assert_eq!(segmenta_ingest::declared_schema(&source), scan.schema());
    assert_eq!(scan.schema(), batch().schema());
    assert_ne!(scan.schema(), Arc::new(Schema::empty()));
}
