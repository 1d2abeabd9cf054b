//! The same inputs give the same files, whatever the threads, the batches and the order of rows.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::case::Case;

/// Digests of the Parquet files of the newest generation.
fn digests(case: &Case) -> BTreeMap<String, String> {
    let newest = *case.generations().last().unwrap();
    let text = fs::read_to_string(case.path(&format!("out/commits/{newest}.json"))).unwrap();
    let commit: Value = serde_json::from_str(&text).unwrap();
    let file = |file: &Value| {
        let text = |key: &str| file[key].as_str().unwrap().to_owned();
        (text("path"), text("sha256"))
    };
    let files = commit["files"].as_array().unwrap().iter().map(file);
    // What was rejected is listed by its row in the file.
    files.filter(|(path, _)| path.ends_with(".parquet") && !path.starts_with("quarantine")).collect()
}

fn run(case: &Case, options: &[&str]) -> BTreeMap<String, String> {
    let mut all = vec!["--as-of", "2026-06-01", "--param", "out=./out", "--force"];
    all.extend(options);
    case.run(&all).expect(0, "published");
    digests(case)
}

#[test]
fn threads_and_batches_do_not_show() {
    let case = Case::retail();
    let one = run(&case, &["--threads", "1", "--batch-rows", "1024"]);
    assert!(one.len() > 8, "{one:?}");
    for threads in ["1", "2", "8"] {
        for batch_rows in ["1024", "65536"] {
            // A case of its own: a second run would be compared with the first.
            let case = Case::retail();
            assert_eq!(run(&case, &["--threads", threads, "--batch-rows", batch_rows]), one, "{threads} {batch_rows}");
        }
    }
}

#[test]
fn the_order_of_rows_does_not_show() {
    let (case, shuffled) = (Case::retail(), Case::retail());
    for name in ["customers", "orders", "touchpoints"] {
        shuffle(&shuffled.path(&format!("data/retail/{name}.parquet")));
    }
    assert_eq!(run(&shuffled, &[]), run(&case, &[]));
}

/// Cargo builds every plugin as a library beside this program, from the sources that are linked in.
#[cfg(target_os = "linux")]
#[test]
fn loaded_plugins_and_built_in_ones_do_not_differ() {
    let program = std::env::current_exe().unwrap();
    let case = Case::retail();
    fs::create_dir(case.path("plugins")).unwrap();
    for plugin in ["age_band", "kmeans", "rfm", "settlement"] {
        let library = format!("lib{plugin}.so");
        fs::copy(program.with_file_name(&library), case.path("plugins").join(&library)).unwrap();
    }
    let list = case.call(&["plugins", "list", "--plugin-dir", "plugins"]);
    list.expect(0, "plugins/librfm.so").expect(0, "plugins/libkmeans.so");
    assert_eq!(run(&case, &["--plugin-dir", "plugins"]), run(&Case::retail(), &[]));
    let record = case.call(&["runs", "show", "out", "--json"]).stdout;
    let record: Value = serde_json::from_str(&record).unwrap();
    let pins = record["plugins"].as_array().unwrap();
    let rfm = pins.iter().find(|pin| pin["name"] == "rfm").unwrap();
    let built_in: Value = serde_json::from_str(&case.call(&["plugins", "info", "rfm", "--json"]).stdout).unwrap();
    assert_ne!(rfm["sha256"], built_in[0]["sha256"]);
}

/// Rewrites a file with its rows in another order: a stride that is coprime to their number.
fn shuffle(path: &Path) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let rows = concat_batches(&schema, &batches).unwrap();
    let n = u64::try_from(rows.num_rows()).unwrap();
    let stride = (n / 2..n).find(|stride| gcd(*stride, n) == 1 && *stride > n / 2 + 1).unwrap();
    let order: UInt32Array = (0..n).map(|row| u32::try_from(row * stride % n).unwrap()).collect();
    let columns: Vec<ArrayRef> = rows.columns().iter().map(|column| take(column, &order, None).unwrap()).collect();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), Arc::clone(&schema), None).unwrap();
    writer.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
    writer.close().unwrap();
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
