//! Prints what a call costs in both modes: `cargo run --release --example boundary -- path/to/libdeeds.so`,
//! and then, if it is not 1,024 to 262,144, the numbers of rows.
#![allow(clippy::print_stdout, reason = "a program prints")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use segmenta_plugin_host::process::{Settings, compare, serve, start_time};
use segmenta_plugin_host::{Instance, LibraryFile, Registry};
use serde_json::json;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == "plugin-host") {
        return Ok(serve(0));
    }
    let (library, rows) = arguments.split_first().ok_or("which library?")?;
    let rows = rows.iter().map(|rows| rows.parse()).collect::<Result<Vec<usize>, _>>()?;
    let rows = if rows.is_empty() { (10..=18).map(|power| 1 << power).collect() } else { rows };
    let file = LibraryFile::read(&PathBuf::from(library))?;
    let settings = Settings { children: 1, ..Settings::default() };
    let start = start_time(&file, &settings, 21)?;
    println!("child start: {:.1} ms\n", start.as_secs_f64() * 1e3);

    let batches: Vec<RecordBatch> = rows.into_iter().map(batch).collect();
    let mut here = Registry::default();
    here.add_file(file.path())?;
    let mut apart = Registry::default();
    apart.add_isolated(&file, &settings)?;
    println!("| Rows | in-process ns/row | us/call | process ns/row | us/call |");
    println!("|---|---|---|---|---|");
    for speed in compare(&*bound(&here)?, &*bound(&apart)?, &batches, 101)? {
        let per_row = |time: std::time::Duration| time.as_secs_f64() * 1e9 / speed.rows as f64;
        let (here, apart) = (speed.in_process, speed.isolated);
        let (here_us, apart_us) = (here.as_secs_f64() * 1e6, apart.as_secs_f64() * 1e6);
        println!("| {} | {:.2} | {here_us:.1} | {:.2} | {apart_us:.1} |", speed.rows, per_row(here), per_row(apart));
    }
    Ok(ExitCode::SUCCESS)
}

/// Ten columns of numbers.
fn batch(rows: usize) -> RecordBatch {
    let column = |at: usize| -> (String, ArrayRef) {
        let values = Float64Array::from_iter_values((0..rows).map(|row| (row * (at + 1)) as f64));
        (format!("column.{at}"), Arc::new(values))
    };
    RecordBatch::try_from_iter((0..10).map(column)).expect("columns of one length")
}

fn bound(registry: &Registry) -> segmenta_plugin_host::Result<Arc<Instance>> {
    registry.bind("no_op", &json!({}), 0, &batch(0).schema())
}
