//! The same inputs give the same bytes, whatever the threads, the batches and the order of the rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::take;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::case::Case;
use crate::published::{Published, Table};
use crate::random::Random;

/// Two runs, the second compared with the first, so that drift and migration have rows.
const GENERATIONS: [(&str, &str); 2] = [("2026-05-01", "may"), ("2026-06-01", "june")];

const SOURCES: [&str; 3] = ["customers", "orders", "touchpoints"];
/// Rows per row group of a rewritten file, so that threads have something to share.
const ROW_GROUP: usize = 1_000;

/// Digests of a generation by path.
type Digests = BTreeMap<String, String>;

/// Runs the sample shop twice and gives the digests of both generations.
fn run(case: &Case, threads: &str, batch_rows: &str) -> [Digests; 2] {
    GENERATIONS.map(|(as_of, run_id)| {
        let options = ["--param", "out=./out", "--threads", threads, "--batch-rows", batch_rows];
        let options = [&options[..], &["--as-of", as_of, "--run-id", run_id]].concat();
        case.run(&options).expect(0, "published");
        Published::newest(case).digests(is_result)
    })
}

/// Everything that must not tell how it was computed: the tables, the models and what the next run
/// compares with. The report and the manifest that digests it hold times.
fn is_result(path: &str) -> bool {
    !path.starts_with("report.") && path != "manifest.json"
}

/// Files of either generation that are not the same in both.
fn differing(found: &[Digests; 2], expected: &[Digests; 2], compared: impl Fn(&str) -> bool) -> Vec<String> {
    let mut differing = Vec::new();
    for ((found, expected), (as_of, _)) in found.iter().zip(expected).zip(GENERATIONS) {
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        let files = expected.iter().filter(|(path, _)| compared(path));
        let other = files.filter(|(path, digest)| found[*path] != **digest);
        differing.extend(other.map(|(path, _)| format!("{as_of} {path}")));
    }
    differing
}

/// The reference: one thread, small batches, rows as they were written.
fn reference() -> [Digests; 2] {
    let case = Case::retail();
    let digests = run(&case, "1", "1024");
    let published = Published::newest(&case);
    for table in ["drift/drift.parquet", "drift/drift_bins.parquet", "drift/migration.parquet", "worklist.parquet"] {
        assert!(published.table(table).rows().num_rows() > 0, "{table} would always be equal");
    }
    let tables = digests[1].keys().filter(|path| path.ends_with(".parquet")).count();
    assert!(tables >= 10, "{:?}", digests[1].keys());
    digests
}

#[test]
fn threads_and_batches_do_not_show() {
    let reference = reference();
    let mut wrong = Vec::new();
    for threads in ["1", "2", "8"] {
        for batch_rows in ["1024", "65536"] {
            let case = Case::retail();
            rewrite_all(&case, |n| (0..n).collect());
            let files = differing(&run(&case, threads, batch_rows), &reference, |_| true);
            wrong.extend(files.into_iter().map(|file| format!("{threads} threads, {batch_rows} rows: {file}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_order_of_rows_does_not_show() {
    let reference = reference();
    let mut wrong = Vec::new();
    for (seed, threads, batch_rows) in [(1, "1", "1024"), (2, "2", "65536"), (3, "8", "1024")] {
        let case = Case::retail();
        let mut random = Random::new(seed);
        rewrite_all(&case, |n| random.order(n));
        // What was rejected is listed with its place in the file.
        let compared = |path: &str| !path.starts_with("quarantine/");
        let files = differing(&run(&case, threads, batch_rows), &reference, compared);
        wrong.extend(files.into_iter().map(|file| format!("shuffled by {seed}: {file}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rewrites the three files of the shop in many row groups, with the rows in the order that `order`
/// gives for their number.
fn rewrite_all(case: &Case, mut order: impl FnMut(u32) -> Vec<u32>) {
    for source in SOURCES {
        let path = case.path(&format!("data/retail/{source}.parquet"));
        let table = Table::read(&path);
        let n_rows = u32::try_from(table.rows().num_rows()).unwrap();
        rewrite(&path, table.rows(), &UInt32Array::from(order(n_rows)));
    }
}

fn rewrite(path: &Path, rows: &RecordBatch, order: &UInt32Array) {
    let columns: Vec<ArrayRef> = rows.columns().iter().map(|column| take(column, order, None).unwrap()).collect();
    let rewritten = RecordBatch::try_new(rows.schema(), columns).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(ROW_GROUP)).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties)).unwrap();
    writer.write(&rewritten).unwrap();
    assert_eq!(writer.close().unwrap().row_groups().len(), rows.num_rows().div_ceil(ROW_GROUP));
}
