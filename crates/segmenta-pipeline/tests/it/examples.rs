//! The example pipelines are right.

use std::path::PathBuf;
use std::time::Instant;

use segmenta_pipeline::model::{ColumnType, InputColumns, Node, ParamValue};
use segmenta_pipeline::{OpenCatalog, Pipeline, ReadOptions};

use crate::catalog::read;
use crate::rendering::render;

/// The text of an example, unless the folder is not here.
fn example(name: &str) -> Option<String> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/examples");
    let folder = std::env::var_os("SEGMENTA_EXAMPLES").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: no {name} in {}", folder.display());
        }
    }
    text
}

fn clean(text: &str) -> Pipeline {
    let (pipeline, problems) = read(text, &[]);
    assert_eq!(render(text, &problems), "");
    pipeline.expect("a file without problems is a pipeline")
}

#[test]
fn the_retail_example_means_what_it_says() {
    let Some(text) = example("retail.toml") else {
        return;
    };
    let pipeline = clean(&text);
    assert_eq!(pipeline.params["clusters"], ParamValue::Integer(6));
    assert_eq!(pipeline.sources["orders"].path, "/project/data/retail/orders.parquet");
    assert_eq!(pipeline.sources["orders"].bad_rows.fail_above, Some(0.005));
    assert_eq!(pipeline.sources["customers"].columns["income"].data_type, ColumnType::Int32);
    assert!(pipeline.sources["customers"].columns["income"].nullable);
    let behaviour = &pipeline.criteria["behaviour"];
    assert_eq!(behaviour.params["clusters"], 6, "a lone param keeps its type");
    assert_eq!(behaviour.params["tolerance"], 0.0001, "defaults of the plugin's schema are filled in");
    assert_eq!(behaviour.outputs, ["behaviour", "behaviour_distance"]);
    let features = ["days_since_last", "orders_total", "spend_total"].map(str::to_owned).to_vec();
    assert_eq!(behaviour.inputs["features"], InputColumns::Many(features));
    assert_eq!(pipeline.criteria["rfm"].labels.as_ref().map(Vec::len), Some(12), "eleven names and `none`");
    assert_eq!(pipeline.schemes["value"].labels, pipeline.criteria["rfm"].labels);
    let capacity = &pipeline.strategy.as_ref().expect("it has one").capacity["call"];
    assert_eq!((capacity.handle_time_seconds, capacity.peak_contact_rate), (300.0, 0.02));
    assert_eq!(
        pipeline.valuation.as_ref().and_then(|value| value.potential.as_ref()).map(|potential| potential.benchmark),
        Some(0.75)
    );
}

#[test]
fn the_order_puts_everything_after_what_it_reads() {
    let Some(text) = example("retail.toml") else {
        return;
    };
    let order = clean(&text).order;
    let at = |node: Node| order.iter().position(|known| *known == node).expect("every node is ordered");
    assert!(at(Node::Feature("purchases".into())) < at(Node::Criterion("rfm".into())));
    assert!(at(Node::Criterion("rfm".into())) < at(Node::Scheme("value".into())));
    assert!(at(Node::Criterion("density".into())) < at(Node::Scheme("life".into())));
    assert!(at(Node::Feature("service".into())) < at(Node::Valuation));
    assert!(at(Node::Valuation) < at(Node::Strategy));
    assert_eq!(order.len(), 2 + 4 + 2 + 2);
}

#[test]
fn the_accounts_example_means_what_it_says() {
    let Some(text) = example("accounts.toml") else {
        return;
    };
    let pipeline = clean(&text);
    let need = &pipeline.criteria["need"];
    assert_eq!(need.from.as_deref(), Some("needs"));
    let inputs: Vec<_> = need.inputs.keys().map(String::as_str).collect();
    assert_eq!(inputs, ["need", "validated", "recorded_at"], "inputs default to columns of their names");
    assert_eq!(pipeline.criteria["tier"].params["cuts"]["a"], "80%", "the plugin reads its own rates");
    let labels = pipeline.schemes["key_accounts"].labels.as_ref().expect("both criteria know theirs");
    assert_eq!(labels.len(), 3 * 4 + 1, "three tiers by four sizes, and `other`");
    assert!(labels.contains(&"b/medium".to_owned()) && labels.contains(&"long_tail".to_owned()));
}

#[test]
fn files_can_be_read_without_plugins() {
    for name in ["retail.toml", "accounts.toml"] {
        let Some(text) = example(name) else { continue };
        let options =
            ReadOptions { directory: "/project".as_ref(), params: &[], env: &|_| None, catalog: &OpenCatalog };
        let (pipeline, problems) = segmenta_pipeline::read(&text, &options);
        assert_eq!(render(&text, &problems), "", "{name}");
        assert!(pipeline.is_some());
    }
}

#[test]
fn a_file_is_read_in_milliseconds() {
    let Some(text) = example("retail.toml") else {
        return;
    };
    let read_ms = || {
        let start = Instant::now();
        drop(read(&text, &[]));
        start.elapsed().as_secs_f64() * 1_000.0
    };
    let fastest_ms = (0..10).map(|_| read_ms()).fold(f64::INFINITY, f64::min);
    assert!(fastest_ms < 50.0, "{fastest_ms} ms, and that without optimisation");
}
