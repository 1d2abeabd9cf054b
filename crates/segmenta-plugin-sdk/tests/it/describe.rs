//! The `describe` document, the note and the table of a library.

use std::sync::Arc;

use segmenta_plugin_sdk::abi::{ABI_1_0, SegHost};
use segmenta_plugin_sdk::prelude::*;

use crate::table::Table;
use crate::{bomb, rules};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Options {
    /// Words for the groups.
    #[schemars(extend("x-seg-apply-only" = true))]
    _names: Option<Vec<String>>,
    /// Another column to look at.
    #[schemars(extend("x-seg-column" = {"types": ["float64"]}))]
    _extra: Option<String>,
}

/// Says everything about itself that is not what others say.
pub(crate) struct Rank;

impl Criterion for Rank {
    const NAME: &'static str = "rank";
    const SUMMARY: &'static str = "Rank within the batch.";
    const ROWS: Rows = Rows::Batch;
    const REPEAT: Repeat = Repeat::Tolerance(1e-9);
    type Params = Options;

    fn inputs() -> Vec<Input> {
        vec![Input::new("x", &[Type::Int64, Type::Float64]).optional().describe("What is ranked.")]
    }

    fn preview() -> Outputs {
        let day = DataType::Date32;
        Outputs::label(Some(vec!["a".into()])).with("day", day, false).with("half", DataType::Float16, true)
    }

    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Self::preview()))
    }

    fn apply(&self, _: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        Err(Error::internal("is never applied here"))
    }
}

export_plugin!(name = "mixed", version = "1.2.3", criteria = [criterion Rank, fitted bomb::Bomb]);

/// A library of rules without a model and without explanations.
mod silent {
    use super::{Rank, export_plugin};

    export_plugin!(name = "silent", version = "1.0.0", criteria = [Rank]);
}

#[test]
fn every_key_of_the_document_says_what_the_author_said() {
    let document = Table::of(&linked()).describe().unwrap();
    assert_eq!(document["describe_version"], 1);
    let license = json!({"name": "mixed", "version": "1.2.3", "license": "Apache-2.0"});
    assert_eq!(document["plugin"], license);
    let [rank, bomb] = document["criteria"].as_array().unwrap().as_slice() else { panic!("{document}") };
    let schema = rank["params"].as_object().unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["_names"]["x-seg-apply-only"], true);
    assert_eq!(schema["properties"]["_extra"]["x-seg-column"], json!({"types": ["float64"]}));
    let mut rank = rank.clone();
    rank.as_object_mut().unwrap().remove("params");
    let input = json!({"name": "x", "types": ["int64", "float64"], "nullable": false, "optional": true,
        "many": false, "description": "What is ranked."});
    let outputs = json!([
        {"name": "label", "type": "utf8", "nullable": true, "labels": ["a"]},
        {"name": "day", "type": "date32", "nullable": false},
        {"name": "half", "type": "Float16", "nullable": true},
    ]);
    let expected = json!({"name": "rank", "summary": "Rank within the batch.", "kind": "plain", "inputs": [input],
        "outputs": outputs, "rows": "batch", "grouped": false, "repeat": {"apply": "tolerance:1e-9"},
        "explain": false});
    assert_eq!(rank, expected);
    let fit = json!({"max_passes": 1, "merge": "exact", "model_format": 1, "reads_formats": [1], "source": "main"});
    assert_eq!((&bomb["kind"], &bomb["fit"], &bomb["rows"]), (&json!("fitted"), &fit, &json!("independent")));
    assert_eq!(bomb["repeat"], json!({"apply": "bitwise", "fit": "bitwise"}));
    assert_eq!(bomb["explain"], true);
}

#[test]
fn what_no_criterion_offers_is_null_in_the_table() {
    let silent = Table::of(&silent::linked()).0;
    assert!(silent.explain.is_none() && silent.fit_begin.is_none() && silent.model_describe.is_none());
    let rules = Table::of(&rules::linked()).0;
    assert!(rules.explain.is_some() && rules.fit_begin.is_none());
    let mixed = Table::of(&linked()).0;
    let fit = [mixed.fit_save.is_some(), mixed.fit_merge.is_some(), mixed.fit_finish.is_some()];
    assert_eq!((fit, mixed.model_load.is_some(), mixed.explain.is_some()), ([true; 3], true, true));
}

#[test]
fn a_criterion_without_an_explanation_says_so_beside_one_that_has() {
    let table = Table::of(&linked());
    let rows =
        arrow_array::RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let instance = table.create("rank", &json!({}), &rows).unwrap();
    let failure = table.explain(instance, std::ptr::null_mut(), &rows).unwrap_err();
    table.destroy(instance);
    assert_eq!(failure.status.name(), "unsupported");
}

#[test]
fn a_library_asks_for_the_oldest_host_it_can_run_on() {
    assert_eq!([linked(), silent::linked()].map(|linked| linked.note.abi_version), [ABI_1_0; 2]);
}

#[test]
fn a_host_of_another_major_is_refused_with_a_reason() {
    let host: &'static SegHost = Box::leak(Box::new(SegHost {
        struct_size: size_of::<SegHost>() as u32,
        abi_version: 2 << 16,
        features: 0,
        ctx: std::ptr::null_mut(),
        log_enabled: None,
        log: None,
        poll: None,
        mem_reserve: None,
        mem_release: None,
        metric: None,
    }));
    let refused = Table::entered(&silent::linked(), host).map(drop).unwrap_err();
    assert_eq!(refused.message, "ABI 2, which the host speaks, is not offered");
}
