//! What a case has published, read back.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use segmenta_store::{Commit, History};
use serde_json::Value;

use crate::case::Case;

/// The newest generation of a case.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) commit: Commit,
    pub(crate) directory: PathBuf,
    /// `run.json` of the run that made it.
    pub(crate) record: Value,
}

/// All rows of a Parquet file.
#[derive(Debug)]
pub(crate) struct Table(RecordBatch);

impl Published {
    /// The newest generation in the case's `out`.
    pub(crate) fn newest(case: &Case) -> Self {
        let history = History::open(&case.path("out"));
        let commit = history.current().unwrap().expect("something is published");
        assert_eq!(history.verify(&commit).unwrap(), []);
        let record = json(&case.path("out/runs").join(&commit.run_id).join("run.json"));
        Self { directory: history.directory(&commit), commit, record }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn table(&self, name: &str) -> Table {
        Table::read(&self.path(name))
    }

    /// `report.json`.
    pub(crate) fn report(&self) -> Value {
        json(&self.path("report.json"))
    }

    /// Digests of the files whose path passes, by path.
    pub(crate) fn digests(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let files = self.commit.files.iter().filter(|file| wanted(&file.path));
        files.map(|file| (file.path.clone(), file.sha256.clone())).collect()
    }

    /// Rows that were rejected, by source and by `column: rule` as the record has them.
    fn rejected(&self) -> BTreeMap<(String, String), u64> {
        let table = self.table("quarantine/quarantine.parquet");
        let (sources, columns, rules) = (table.texts("source"), table.optional_texts("column"), table.texts("rule"));
        let mut rejected = BTreeMap::new();
        for ((source, column), rule) in sources.into_iter().zip(columns).zip(rules) {
            let rule = column.map_or(rule.clone(), |column| format!("{column}: {rule}"));
            *rejected.entry((source, rule)).or_default() += 1;
        }
        rejected
    }

    /// Fails unless every record of every source is somewhere, and every rejected one in quarantine.
    #[track_caller]
    pub(crate) fn assert_tied_out(&self) {
        let mut rejected = BTreeMap::new();
        for (source, accounting) in self.record["accounting"].as_object().unwrap() {
            let count = |key: &str| accounting[key].as_u64().unwrap();
            let by_name = |key: &str| accounting[key].as_object().unwrap().iter();
            let counts = by_name("quarantined").chain(by_name("filtered")).map(|(_, rows)| rows.as_u64().unwrap());
            assert_eq!(count("found"), count("accepted") + counts.sum::<u64>() + count("blank"), "{source}");
            for (rule, rows) in by_name("quarantined") {
                rejected.insert((source.clone(), rule.clone()), rows.as_u64().unwrap());
            }
        }
        assert_eq!(self.rejected(), rejected);
    }

    /// What the record says of the rows of a source.
    pub(crate) fn accounting(&self, source: &str) -> &Value {
        &self.record["accounting"][source]
    }
}

impl Table {
    pub(crate) fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let schema = Arc::clone(reader.schema());
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        Self(concat_batches(&schema, &batches).unwrap())
    }

    pub(crate) fn rows(&self) -> &RecordBatch {
        &self.0
    }

    /// The same rows without a column.
    pub(crate) fn without(&self, column: &str) -> RecordBatch {
        let kept: Vec<usize> =
            (0..self.0.num_columns()).filter(|&at| self.0.schema().field(at).name() != column).collect();
        assert_eq!(kept.len() + 1, self.0.num_columns(), "no column {column}");
        self.0.project(&kept).unwrap()
    }

    /// A column of whole numbers without nulls.
    pub(crate) fn integers(&self, column: &str) -> Vec<i64> {
        let integers = cast(self.column(column), &DataType::Int64).unwrap();
        assert_eq!(integers.null_count(), 0, "{column}");
        integers.as_primitive::<Int64Type>().values().to_vec()
    }

    /// A column of numbers without nulls.
    pub(crate) fn floats(&self, column: &str) -> Vec<f64> {
        let floats = cast(self.column(column), &DataType::Float64).unwrap();
        assert_eq!(floats.null_count(), 0, "{column}");
        floats.as_primitive::<Float64Type>().values().to_vec()
    }

    /// A column of exact whole numbers without nulls.
    pub(crate) fn decimals(&self, column: &str) -> Vec<i128> {
        let decimals = self.column(column).as_primitive::<Decimal128Type>();
        assert_eq!((decimals.null_count(), decimals.scale()), (0, 0), "{column}");
        decimals.values().to_vec()
    }

    /// A column of text without nulls.
    pub(crate) fn texts(&self, column: &str) -> Vec<String> {
        let texts = self.optional_texts(column).into_iter();
        texts.map(|text| text.unwrap_or_else(|| panic!("a null in {column}"))).collect()
    }

    /// A column of text.
    pub(crate) fn optional_texts(&self, column: &str) -> Vec<Option<String>> {
        let texts = cast(self.column(column), &DataType::Utf8).unwrap();
        texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
    }

    fn column(&self, name: &str) -> &dyn Array {
        self.0.column_by_name(name).unwrap_or_else(|| panic!("no column {name} in {}", self.0.schema()))
    }
}

pub(crate) fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}
