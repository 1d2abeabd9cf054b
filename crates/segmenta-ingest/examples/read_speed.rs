//! How fast the sources of the benchmark are read and checked, on one thread.
//!
//! `cargo run --release -p segmenta-ingest --example read_speed -- FOLDER`, where the folder holds
//! `customers.parquet` and `orders.parquet` as the benchmark's generator writes them.
#![expect(clippy::print_stdout, reason = "an example reports to the terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use segmenta_ingest::{KeySet, Scan, ScanOptions};
use segmenta_pipeline::model::{BadRowAction, BadRows, Column, ColumnType, Expect, Format, Source};

const BATCH_ROWS: usize = 8_192;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give the folder of the benchmark's data")?;
    let folder = Path::new(&folder);
    let customers = source(&folder.join("customers.parquet"), vec![("customer_id", column(ColumnType::Int64))]);
    let scan = Scan::open("customers", &customers, ScanOptions::default())?;
    let mut keys: Vec<ArrayRef> = Vec::new();
    for unit in 0..scan.units() {
        for batch in scan.read(unit, None, BATCH_ROWS)? {
            keys.push(Arc::clone(batch?.column(0)));
        }
    }
    let keys = Arc::new(KeySet::from_arrays(&keys)?);
    for (name, columns) in [("without checks", plain()), ("with checks", checked())] {
        let started = Instant::now();
        let rows = read(&folder.join("orders.parquet"), columns, &keys)?;
        let seconds = started.elapsed().as_secs_f64();
        println!("orders {name}: {rows} rows, {seconds:.3} s, {:.1} M rows/s", rows as f64 / seconds / 1e6);
    }
    for data_type in
        [DataType::Utf8, DataType::Utf8View, DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))]
    {
        channel_as(&folder.join("orders.parquet"), &data_type)?;
    }
    Ok(())
}

fn read(path: &Path, columns: Vec<(&str, Column)>, keys: &Arc<KeySet>) -> Result<usize, Box<dyn Error>> {
    let source = Source { event_time: Some("ordered_at".into()), ..source(path, columns) };
    let references = BTreeMap::from([("customers".to_owned(), Arc::clone(keys))]);
    let options = ScanOptions { as_of_us: i64::MAX, references, ..ScanOptions::default() };
    let scan = Scan::open("orders", &source, options)?;
    let mut rows = 0;
    for unit in 0..scan.units() {
        for batch in scan.read(unit, None, BATCH_ROWS)? {
            rows += batch?.num_rows();
        }
    }
    scan.finish()?;
    Ok(rows)
}

/// Decodes the column `channel` as one of the types Parquet text can take, and checks it against a list.
fn channel_as(path: &Path, data_type: &DataType) -> Result<(), Box<dyn Error>> {
    let file = File::open(path)?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
    let field = |field: &Arc<Field>| match field.name().as_str() {
        "channel" => Arc::new(Field::new("channel", data_type.clone(), true)),
        _ => Arc::clone(field),
    };
    let schema = Arc::new(Schema::new(metadata.schema().fields().iter().map(field).collect::<Vec<_>>()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?.with_batch_size(BATCH_ROWS);
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["channel"]);
    let started = Instant::now();
    let mut held = 0;
    let mut checking = 0.0;
    for batch in builder.with_projection(mask).build()? {
        let column = Arc::clone(batch?.column(0));
        let before = Instant::now();
        held += count_allowed(&column);
        checking += before.elapsed().as_secs_f64();
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("channel as {data_type}: {held} allowed, {seconds:.3} s, of which checking {checking:.3} s");
    Ok(())
}

fn is_allowed(text: &str) -> bool {
    ["web", "store", "app", "phone"].contains(&text)
}

fn count_allowed(column: &ArrayRef) -> usize {
    match column.data_type() {
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            (0..texts.len()).filter(|&row| is_allowed(texts.value(row))).count()
        }
        DataType::Utf8View => {
            let texts = column.as_string_view();
            (0..texts.len()).filter(|&row| is_allowed(texts.value(row))).count()
        }
        _ => {
            let dictionary = column.as_dictionary::<Int32Type>();
            let values = dictionary.values().as_string::<i32>();
            let allowed: Vec<bool> = (0..values.len()).map(|key| is_allowed(values.value(key))).collect();
            dictionary.keys().values().iter().filter(|&&key| allowed[key as usize]).count()
        }
    }
}

fn plain() -> Vec<(&'static str, Column)> {
    let nullable = |(name, column): (&'static str, Column)| {
        let bare = Column { min: None, allowed: None, references: None, nullable: true, ..column };
        (name, bare)
    };
    checked().into_iter().map(nullable).collect()
}

fn checked() -> Vec<(&'static str, Column)> {
    let channels = ["web", "store", "app", "phone"].map(str::to_owned).to_vec();
    let price = || Column { min: Some(0.0), ..column(ColumnType::Float64) };
    vec![
        ("order_id", column(ColumnType::Int64)),
        ("customer_id", Column { references: Some("customers".into()), ..column(ColumnType::Int64) }),
        ("ordered_at", column(ColumnType::Timestamp)),
        ("channel", Column { allowed: Some(channels), ..column(ColumnType::String) }),
        ("category", column(ColumnType::String)),
        ("quantity", column(ColumnType::Int32)),
        ("unit_price", price()),
        ("unit_cost", price()),
    ]
}

fn column(data_type: ColumnType) -> Column {
    Column {
        data_type,
        nullable: false,
        unique: false,
        allowed: None,
        min: None,
        max: None,
        matches: None,
        references: None,
        nulls: Vec::new(),
        format: None,
        strip: None,
        range: None,
        from: None,
        unit: None,
    }
}

fn source(path: &Path, columns: Vec<(&str, Column)>) -> Source {
    Source {
        path: path.display().to_string(),
        format: Format::Parquet,
        columns: columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect(),
        event_time: None,
        known_at: None,
        validity: None,
        window: None,
        timeless: true,
        bad_rows: BadRows { action: BadRowAction::Quarantine, fail_above: None },
        filters: Default::default(),
        expect: Expect::default(),
        deduplicate: false,
    }
}
