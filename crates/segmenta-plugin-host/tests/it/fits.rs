//! The algebra of fits, on a criterion whose model is the mean of all rows.

use std::sync::Arc;

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Instance, PassEnd, Registry};
use serde_json::json;

use crate::cases::build;
use crate::{bound, integers};

/// The mean, fitted by a library in C.
fn mean() -> Option<Arc<Instance>> {
    build::has_compiler().then(|| {
        let mut registry = Registry::default();
        registry.add_file(&build::library("fit-mean", "fit-mean", &["-DPLUGIN=mean"]).library).unwrap();
        bound(&registry, "mean", &json!({}), &rows(&[])).unwrap()
    })
}

fn rows(values: &[i64]) -> RecordBatch {
    integers("x", values.iter().copied().map(Some).collect())
}

#[test]
fn rows_may_be_in_any_leaf() {
    let Some(mean) = mean() else { return };
    assert_eq!(mean.fit(&[], 0).unwrap_err().code(), "data");
    assert_eq!(mean.fit(&[rows(&[])], 0).unwrap_err().code(), "data");
    // (3 + 5 + 10) / 3 = 6
    let whole = mean.fit(&[rows(&[3, 5, 10])], 0).unwrap().bytes;
    assert_eq!(whole, 6_i64.to_ne_bytes());
    assert_eq!(mean.fit(&[rows(&[6])], 0).unwrap().bytes, whole);
    let mut leaves = vec![rows(&[]); 1_000];
    leaves[617] = rows(&[3, 5, 10]);
    assert_eq!(mean.fit(&leaves, 0).unwrap().bytes, whole);
    let split = [rows(&[10]), rows(&[]), rows(&[3, 5]), rows(&[])];
    assert_eq!(mean.fit(&split, 0).unwrap().bytes, whole);
}

#[test]
fn a_hundred_thousand_leaves_are_one_model() {
    let Some(mean) = mean() else { return };
    // 0 + 1 + … + 99,999 = 4,999,950,000, over 100,000 rows 49,999.5, without the half.
    let leaves: Vec<RecordBatch> = (0..100_000).map(|value| rows(&[value])).collect();
    assert_eq!(mean.fit(&leaves, 0).unwrap().bytes, 49_999_i64.to_ne_bytes());
}

#[test]
fn partials_merge_in_any_order_and_empty_ones_change_nothing() {
    let Some(mean) = mean() else { return };
    let saved = |values: &[i64]| {
        let mut partial = mean.partial(0, Some(0), 0, &[]).unwrap();
        partial.update(&rows(values)).unwrap();
        let first = partial.save().unwrap();
        assert_eq!(partial.save().unwrap(), first, "saving twice gives other bytes");
        first
    };
    let partials = [saved(&[1, 2]), saved(&[30]), saved(&[-4, 5, 6]), saved(&[])];
    let merged = |order: &[usize]| {
        let mut all = mean.partial(0, None, 0, &[]).unwrap();
        for at in order {
            all.merge(&partials[*at]).unwrap();
        }
        all.save().unwrap()
    };
    let wanted = merged(&[0, 1, 2]);
    for order in [[2, 1, 0].as_slice(), &[1, 0, 2], &[3, 0, 3, 1, 2, 3], &[2, 3, 0, 1]] {
        assert_eq!(merged(order), wanted, "{order:?}");
    }
    assert_eq!(merged(&[3, 3]), saved(&[]));
}

#[test]
fn partials_that_are_none_are_refused() {
    let Some(mean) = mean() else { return };
    let mut partial = mean.partial(0, Some(0), 0, &[]).unwrap();
    partial.update(&rows(&[1, 2])).unwrap();
    let good = partial.save().unwrap();
    let refused = |bytes: &[u8]| {
        let mut all = mean.partial(0, None, 0, &[]).unwrap();
        all.merge(bytes).unwrap_err().code()
    };
    for end in 0..good.len() {
        assert_eq!(refused(&good[..end]), "model", "{end}");
    }
    assert_eq!(refused(&vec![1; 64 << 20]), "model");
    assert_eq!(refused(&[0xff; 16]), "model");
}

#[test]
fn a_pass_ends_once() {
    let Some(mean) = mean() else { return };
    let partial = mean.partial(0, None, 0, &[]).unwrap();
    // The host's types allow neither a call after `finish` nor a merge of a partial into itself.
    assert_eq!(partial.finish().unwrap_err().code(), "data");
    let mut partial = mean.partial(0, None, 0, &[]).unwrap();
    partial.update(&rows(&[4])).unwrap();
    assert_eq!(partial.finish().unwrap(), PassEnd::Done(4_i64.to_ne_bytes().to_vec()));
}

#[test]
fn hostile_model_bytes_end_in_an_error_of_the_model() {
    let Some(mean) = mean() else { return };
    for len in (0..64).filter(|len| *len != 8) {
        assert_eq!(mean.load_model(&vec![7; len]).unwrap_err().code(), "model", "{len}");
    }
    mean.load_model(&[7; 8]).unwrap();
}
