//! The examples in C and C++, built by the compilers of the machine and run by the host.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use segmenta_plugin_host::{Instance, Registry};
use serde_json::{Value, json};

use crate::cc::{exists, folder, library, scratch};

fn built(compiler: &str, source: &str, name: &str) -> PathBuf {
    let out = scratch(name);
    library(compiler, &folder("include"), &[], &folder(source), &out);
    out
}

fn batch(name: &str, values: Vec<Option<f64>>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Float64Array::from(values));
    RecordBatch::try_from_iter_with_nullable([(name, column, true)]).unwrap()
}

fn bound(registry: &Registry, criterion: &str, params: &Value, rows: &RecordBatch) -> Arc<Instance> {
    registry.bind(criterion, params, 0, &rows.schema()).unwrap()
}

fn labels(rows: &RecordBatch) -> Vec<Option<&str>> {
    rows.column(0).as_string::<i32>().iter().collect()
}

#[test]
fn the_example_in_c_answers() {
    if !exists("cc") {
        return;
    }
    let mut registry = Registry::default();
    registry.add_file(&built("cc", "examples/c/vip.c", "libvip_c.so")).unwrap();
    let rows = batch("revenue", vec![Some(999.99), Some(1_000.0), None, Some(f64::NAN)]);
    let vip = bound(&registry, "vip_c", &json!({}), &rows);
    assert_eq!(labels(&vip.apply(None, &rows).unwrap()), [Some("no"), Some("yes"), None, Some("no")]);
    // A slice starts inside of a byte of the validity bitmap.
    assert_eq!(labels(&vip.apply(None, &rows.slice(1, 2)).unwrap()), [Some("yes"), None]);
    assert_eq!(vip.apply(None, &rows.slice(0, 0)).unwrap().num_rows(), 0);
    let cheap = bound(&registry, "vip_c", &json!({"threshold": 2.5e2}), &rows);
    assert_eq!(labels(&cheap.apply(None, &rows.slice(0, 1)).unwrap()), [Some("yes")]);
    let refused = registry.bind("vip_c", &json!({"threshold": -1}), 0, &rows.schema()).unwrap_err();
    assert_eq!(refused.code(), "params");
    let many = batch("revenue", (0..20_000).map(|row| (row % 3 != 0).then_some(f64::from(row))).collect());
    let answered = vip.apply(None, &many).unwrap();
    let yes = labels(&answered).iter().filter(|label| **label == Some("yes")).count();
    // Of the rows 1,000 to 19,999 the 6,333 that 3 divides are null.
    assert_eq!((yes, answered.column(0).null_count()), (19_000 - 6_333, 6_667));
}

#[test]
fn the_example_in_cpp_is_fitted_and_answers() {
    if !exists("c++") {
        return;
    }
    let mut registry = Registry::default();
    registry.add_file(&built("c++", "examples/cpp/above_mean.cpp", "libabove_mean.so")).unwrap();
    let leaves = [
        batch("value", vec![Some(1.0), None, Some(2.0)]),
        batch("value", Vec::new()),
        batch("value", vec![Some(6.0), Some(f64::NAN)]),
    ];
    let above = bound(&registry, "above_mean", &json!({}), &leaves[0]);
    let fitted = above.fit(&leaves, 7).unwrap();
    assert_eq!((fitted.rows, fitted.leaves, fitted.passes), (5, 3, 1));
    let model = above.load_model(&fitted.bytes).unwrap();
    assert_eq!(model.describe().unwrap(), json!({"mean": 3.0}));
    let rows = batch("value", vec![Some(3.0), Some(3.5), None, Some(f64::NAN)]);
    assert_eq!(labels(&above.apply(Some(&model), &rows).unwrap()), [Some("below"), Some("above"), None, None]);
}

#[test]
fn what_the_example_in_cpp_refuses_becomes_an_error() {
    if !exists("c++") {
        return;
    }
    let mut registry = Registry::default();
    registry.add_file(&built("c++", "examples/cpp/above_mean.cpp", "libabove_mean_refuses.so")).unwrap();
    let rows = batch("value", vec![Some(1.0)]);
    let above = bound(&registry, "above_mean", &json!({}), &rows);
    let good = above.fit(std::slice::from_ref(&rows), 7).unwrap().bytes;
    for bytes in [&good[..0], &good[..15], &[0xff; 16], &[0; 16], &[good.as_slice(), &[0]].concat()] {
        let error = above.load_model(bytes).unwrap_err();
        assert_eq!(error.code(), "model", "{bytes:?}: {error}");
    }
    let error = above.fit(&[batch("value", vec![None])], 7).unwrap_err();
    assert!(error.to_string().contains("there are no values"), "{error}");
}
