//! Criteria that say of themselves that their results are not the same twice.

use segmenta_plugin_host::{Registry, Repeat};
use serde_json::json;

use crate::cases::build;
use crate::{bound, integers};

#[test]
fn what_is_not_the_same_twice_is_bound_only_where_that_is_allowed() {
    if !build::has_compiler() {
        return;
    }
    let rows = integers("x", vec![Some(1)]);
    let mut registry = Registry::default();
    registry.add_file(&build::library("allowed", "repeat-none", &["-DPLUGIN=allowed"]).library).unwrap();
    assert_eq!(registry.criterion("allowed").unwrap().repeat, Repeat::Never);
    let error = bound(&registry, "allowed", &json!({}), &rows).unwrap_err();
    assert_eq!(error.code(), "not-repeatable");
    assert_eq!(registry.allow_unrepeatable("another").unwrap_err().code(), "unknown-criterion");
    registry.allow_unrepeatable("allowed").unwrap();
    let labelled = bound(&registry, "allowed", &json!({}), &rows).unwrap().apply(None, &rows).unwrap();
    assert_eq!(labelled.num_rows(), 1);
}

#[test]
fn a_tolerance_is_read_as_a_number() {
    if !build::has_compiler() {
        return;
    }
    let mut registry = Registry::default();
    let library = build::library("tolerant", "repeat-tolerance", &["-DPLUGIN=tolerant"]).library;
    registry.add_file(&library).unwrap();
    assert_eq!(registry.criterion("tolerant").unwrap().repeat, Repeat::Tolerance(1e-9));
}
