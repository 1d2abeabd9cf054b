//! Every file of `ingest.json`, read as text: rows, nulls, distinct values, malformed rows, duplicates.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{Array, AsArray};
use segmenta_ingest::{Scan, ScanOptions};
use segmenta_pipeline::model::{Column, ColumnType, CsvFormat, Encoding, Format, Source};
use serde_json::Value;

use crate::support::{csv_format, data, folder, nullable, source};

/// A text column for every name of the facts, named `c0`, `c1` and so on.
fn all_text(names: &[&str]) -> Vec<(String, Column)> {
    let column = |name: &&str| Column { from: Some((*name).to_owned()), ..nullable(ColumnType::String) };
    names.iter().enumerate().map(|(place, name)| (format!("c{place}"), column(name))).collect()
}

fn source_of(path: &Path, file: &str, names: &[&str]) -> Source {
    let columns = all_text(names);
    let columns: Vec<(&str, Column)> = columns.iter().map(|(name, column)| (name.as_str(), column.clone())).collect();
    if file.ends_with(".parquet") {
        return source(path, Format::Parquet, Vec::new());
    }
    let delimiter = if file.contains("/bank") { b';' } else { b',' };
    let encoding = if file.contains("cp1252") { Encoding::Cp1252 } else { Encoding::Utf8 };
    source(path, Format::Csv(CsvFormat { delimiter, encoding, ..csv_format() }), columns)
}

/// Nulls and distinct values of one column of a scan.
fn column_facts(scan: &Scan, place: usize) -> (u64, u64) {
    let mut nulls = 0;
    let mut distinct = BTreeSet::new();
    for unit in 0..scan.units() {
        for batch in scan.read(unit, Some(&[place]), 8_192).unwrap() {
            let batch = batch.unwrap();
            let text = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8).unwrap();
            nulls += text.null_count() as u64;
            for value in text.as_string::<i32>().iter().flatten() {
                if !distinct.contains(value) {
                    distinct.insert(value.to_owned());
                }
            }
        }
    }
    (nulls, distinct.len() as u64)
}

fn check_file(folder: &Path, file: &str, facts: &Value) {
    let names: Vec<&str> = facts["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let source = source_of(&folder.join(file), file, &names);
    let scan = Scan::open("s", &source, ScanOptions::default()).unwrap();
    // The largest text file is read once per column elsewhere; here its first two columns will do.
    let places = if file.ends_with("online_retail.csv.zst") { 0..2 } else { 0..names.len() };
    for place in places {
        let name = names[place];
        let (nulls, distinct) = column_facts(&scan, place);
        assert_eq!(nulls, facts["nulls"][name].as_u64().unwrap_or(0), "nulls of {name} in {file}");
        assert_eq!(distinct, facts["distinct"][name].as_u64().unwrap(), "distinct {name} in {file}");
    }
    let accounting = scan.finish().unwrap();
    let malformed = facts["malformed_rows"].as_u64().unwrap_or(0);
    assert_eq!(accounting.accepted, facts["rows"].as_u64().unwrap(), "rows of {file}");
    assert_eq!(accounting.bad_rows(), malformed, "malformed rows of {file}");
    assert_eq!(accounting.found, accounting.accepted + malformed, "found in {file}");
    let fields = facts["malformed_field_counts"].as_array().map_or(0, |counts| counts[0].as_u64().unwrap());
    for reject in scan.rejects() {
        assert_eq!((reject.column, reject.rule.as_str()), (None, "fields"));
        assert_eq!(reject.text.split(',').count() as u64, fields, "{}", reject.text);
    }
}

#[test]
fn every_file_gives_the_known_counts() {
    let (Some(data), Some(vectors)) = (data(), folder("SEGMENTA_VECTORS", "vectors")) else { return };
    let facts: Value = serde_json::from_slice(&std::fs::read(vectors.join("ingest.json")).unwrap()).unwrap();
    let files = facts["files"].as_object().unwrap();
    assert!(files.len() >= 45);
    for (file, facts) in files {
        check_file(&data, file, facts);
    }
}

#[test]
fn exact_duplicates_are_counted_and_dropped() {
    let (Some(data), Some(vectors)) = (data(), folder("SEGMENTA_VECTORS", "vectors")) else { return };
    let facts: Value = serde_json::from_slice(&std::fs::read(vectors.join("ingest.json")).unwrap()).unwrap();
    for file in [
        "bank_marketing/bank-additional-full.csv.zst",
        "hillstrom/hillstrom.csv",
        "online_retail/by_day/2010-12-01.csv",
    ] {
        let facts = &facts["files"][file];
        let names: Vec<&str> = facts["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let source = Source { deduplicate: true, ..source_of(&data.join(file), file, &names) };
        let outcome = crate::support::scan(&source).unwrap();
        let duplicates = facts["duplicate_rows_after_first"].as_u64().unwrap();
        assert_eq!(outcome.filtered(), [("duplicate", duplicates, duplicates)], "{file}");
        assert_eq!(outcome.accounting.accepted, facts["rows"].as_u64().unwrap() - duplicates);
    }
}
