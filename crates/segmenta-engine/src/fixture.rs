//! What the unit tests share: a pipeline from text, a profile from columns.

use std::path::Path;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use datafusion::prelude::SessionContext;
use jiff::civil::date;
use segmenta_pipeline::{OpenCatalog, Pipeline, ReadOptions, read};
use segmenta_plugin_host::Registry;

use crate::context::Context;
use crate::profile::Profile;
use crate::session::{pool, session};
use crate::summary::batch;
use crate::{AsOf, LocalRunner, Resources};

/// People with an area and money, in a strategic scheme of two segments.
pub(crate) const PEOPLE: &str = r#"
[pipeline]
name = "shop"
edition = "2026"
[entity]
name = "customer"
source = "people"
key = "id"
[outputs]
path = "out"
[sources.people]
path = "people.csv"
timeless = true
[sources.people.columns]
id = "int64"
area = "string?"
spend = "float64?"
goods = "float64?"
serve = "float64?"
email = "bool?"
sms = "bool?"
[schemes.value]
kind = "strategic"
goal = "Decide terms"
other = "rest"
segments = [{ name = "big", when = "spend >= 100" }, { name = "small", when = "spend < 100" }]
"#;

/// A run of 2026-07-01 that has not started.
pub(crate) struct Fixture {
    pub(crate) pipeline: Pipeline,
    pub(crate) session: SessionContext,
    registry: Registry,
    pool: rayon::ThreadPool,
}

impl Fixture {
    /// Of the pipeline that `text` describes; takes any plugin and option.
    pub(crate) fn new(text: &str) -> Self {
        let options =
            ReadOptions { directory: Path::new("pipelines"), params: &[], env: &|_| None, catalog: &OpenCatalog };
        let (pipeline, problems) = read(text, &options);
        let resources = Resources { threads: 2, memory_bytes: 1 << 30, batch_rows: 8192 };
        Self {
            pipeline: pipeline.unwrap_or_else(|| panic!("{problems:?}")),
            session: session(as_of(), &resources).unwrap(),
            registry: Registry::new(&[]).unwrap(),
            pool: pool(&resources).unwrap(),
        }
    }

    /// Of [`PEOPLE`] and further tables.
    pub(crate) fn people(more: &str) -> Self {
        Self::new(&format!("{PEOPLE}\n{more}"))
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            pipeline: &self.pipeline,
            as_of: as_of(),
            session: &self.session,
            runner: &LocalRunner,
            registry: &self.registry,
            run_id: "r1",
            pool: &self.pool,
        }
    }
}

pub(crate) fn as_of() -> AsOf {
    AsOf::new(date(2026, 7, 1).at(0, 0, 0, 0))
}

/// A profile of one chunk.
pub(crate) fn profile(columns: Vec<(&str, ArrayRef)>) -> Profile {
    let rows = batch(columns).unwrap();
    Profile::new(&rows.schema(), &[rows]).unwrap()
}

fn values(rows: &[RecordBatch], column: &str) -> ArrayRef {
    let chunks: Vec<&ArrayRef> = rows.iter().map(|rows| rows.column_by_name(column).unwrap()).collect();
    crate::profile::concat_column(&chunks).unwrap()
}

pub(crate) fn floats(rows: &[RecordBatch], column: &str) -> Vec<Option<f64>> {
    values(rows, column).as_primitive::<Float64Type>().iter().collect()
}

pub(crate) fn integers(rows: &[RecordBatch], column: &str) -> Vec<Option<i64>> {
    let values = arrow::compute::cast(&values(rows, column), &arrow::datatypes::DataType::Int64).unwrap();
    values.as_primitive::<Int64Type>().iter().collect()
}

/// Text; a null is shown as `-`.
pub(crate) fn texts(rows: &[RecordBatch], column: &str) -> Vec<String> {
    values(rows, column).as_string::<i32>().iter().map(|text| text.unwrap_or("-").to_owned()).collect()
}

/// Whether both are null, or differ by less than 1e-12.
pub(crate) fn close(found: &[Option<f64>], expected: &[Option<f64>]) -> bool {
    let same = |(found, expected): (&Option<f64>, &Option<f64>)| match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
        (found, expected) => found == expected,
    };
    found.len() == expected.len() && found.iter().zip(expected).all(same)
}
