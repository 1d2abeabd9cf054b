//! Every file of `ingest.json`, read as text: rows, nulls, distinct values, malformed rows, duplicates.

use std::collections::HashSet;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
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

/// Nulls and distinct values of every column of a scan.
fn column_facts(scan: &Scan) -> Vec<(u64, u64)> {
    let mut facts = vec![(0, HashSet::new()); scan.schema().fields().len()];
    for unit in 0..scan.units() {
        for batch in scan.read(unit, None, 8_192).unwrap() {
            for (column, (nulls, distinct)) in batch.unwrap().columns().iter().zip(&mut facts) {
                let text = cast(column, &DataType::Utf8).unwrap();
                *nulls += text.null_count() as u64;
                for value in text.as_string::<i32>().iter().flatten() {
                    if !distinct.contains(value) {
                        distinct.insert(value.to_owned());
                    }
                }
            }
        }
    }
    facts.into_iter().map(|(nulls, distinct)| (nulls, distinct.len() as u64)).collect()
}

fn check_file(folder: &Path, file: &str, facts: &Value) {
    let names: Vec<&str> = facts["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let source = source_of(&folder.join(file), file, &names);
    let scan = Scan::open("s", &source, ScanOptions::default()).unwrap();
    for (name, (nulls, distinct)) in names.iter().zip(column_facts(&scan)) {
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
