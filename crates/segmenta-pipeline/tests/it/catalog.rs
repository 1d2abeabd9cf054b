//! A catalog like that of the shipped plugins.

use std::path::Path;

use segmenta_pipeline::{
    BindError, Bound, BoundInput, Catalog, CriterionInfo, InputInfo, OutputInfo, Pipeline, ReadOptions,
};
use serde_json::{Value as Json, json};

/// The eight criteria that come with the program, as far as a file can tell.
pub(crate) struct Shipped;

/// The names of the published table in the order of value.
const RFM_NAMES: [&str; 11] = [
    "champions",
    "loyal",
    "potential_loyalist",
    "new_customers",
    "promising",
    "need_attention",
    "about_to_sleep",
    "cannot_lose_them",
    "at_risk",
    "hibernating",
    "lost",
];

const NAMES: [&str; 8] = ["abc", "age_band", "company_size", "kmeans", "nace_section", "needs", "rfm", "settlement"];

const NUMBERS: &[&str] = &["float64", "int64", "int32", "decimal128"];

impl Catalog for Shipped {
    fn criteria(&self) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }

    fn criterion(&self, name: &str) -> Option<CriterionInfo> {
        NAMES.contains(&name).then(|| CriterionInfo {
            plugin: name.to_owned(),
            version: "1.2.0".to_owned(),
            summary: String::new(),
            params: params(name),
            inputs: inputs(name),
            outputs: vec![output("label", "utf8")],
            grouped: name == "needs",
            fitted: ["abc", "kmeans", "rfm"].contains(&name),
        })
    }

    fn bind(&self, name: &str, params: &Json, inputs: &[BoundInput]) -> Result<Bound, BindError> {
        if inputs.is_empty() {
            return Err(BindError { param: None, message: "an input must be bound".to_owned() });
        }
        let bands = || params["bands"].as_array().expect("filled in or required").iter();
        if name == "age_band" && !bands().is_sorted_by_key(|band| band.as_i64()) {
            return Err(BindError { param: Some("/bands".to_owned()), message: "bands must ascend".to_owned() });
        }
        let mut outputs = vec![output("label", "utf8")];
        outputs.extend(match name {
            "rfm" => ["r", "f", "m"].map(|score| output(score, "uint8")).to_vec(),
            "kmeans" => vec![output("distance", "float64")],
            _ => Vec::new(),
        });
        Ok(Bound { outputs, labels: labels(name, params) })
    }
}

fn labels(name: &str, params: &Json) -> Option<Vec<String>> {
    let labels: Vec<String> = match name {
        "abc" => ["a", "b", "c"].map(str::to_owned).to_vec(),
        "age_band" => band_labels(params),
        "company_size" => ["micro", "small", "medium", "large"].map(str::to_owned).to_vec(),
        "rfm" => RFM_NAMES.map(str::to_owned).to_vec(),
        "settlement" => {
            let cuts = params["cuts"].as_object().expect("required");
            cuts.keys().cloned().chain(["city".to_owned()]).collect()
        }
        _ => return None,
    };
    Some(labels)
}

/// `[25, 35]`: `<25`, `25-34`, `35+`.
fn band_labels(params: &Json) -> Vec<String> {
    let bands: Vec<i64> = params["bands"].as_array().expect("required").iter().filter_map(Json::as_i64).collect();
    let first = bands.first().map(|first| format!("<{first}"));
    let middle = bands.windows(2).map(|pair| format!("{}-{}", pair[0], pair[1] - 1));
    first.into_iter().chain(middle).chain(bands.last().map(|last| format!("{last}+"))).collect()
}

fn output(name: &str, data_type: &str) -> OutputInfo {
    OutputInfo { name: name.to_owned(), data_type: data_type.to_owned(), nullable: true, description: String::new() }
}

fn inputs(name: &str) -> Vec<InputInfo> {
    let input = |name: &str, types: &[&str]| InputInfo {
        name: name.to_owned(),
        types: types.iter().map(|&word| word.to_owned()).collect(),
        nullable: true,
        optional: false,
        many: false,
        description: String::new(),
    };
    let optional = |input: InputInfo| InputInfo { optional: true, ..input };
    match name {
        "abc" => vec![input("value", NUMBERS)],
        "age_band" => vec![input("birth_date", &["date32"])],
        "company_size" => ["employees", "turnover", "balance"].map(|name| optional(input(name, NUMBERS))).to_vec(),
        "kmeans" => vec![InputInfo { many: true, ..input("features", NUMBERS) }],
        "nace_section" => vec![input("code", &["utf8"])],
        "needs" => vec![
            input("need", &["utf8"]),
            optional(input("validated", &["bool"])),
            optional(input("recorded_at", &["timestamp[us]", "date32"])),
        ],
        "rfm" => {
            let axes = ["recency", "frequency", "monetary"].map(|name| input(name, NUMBERS));
            axes.into_iter().chain([optional(input("key", &["int64", "utf8"]))]).collect()
        }
        _ => vec![input("population", &["int32", "int64"])],
    }
}

/// Schemas in the forms that `schemars` writes: references, described alternatives, nullable ones.
fn params(name: &str) -> Json {
    let (properties, required) = match name {
        "abc" => (json!({ "cuts": { "$ref": "#/$defs/Cuts", "default": { "a": "80%", "b": "95%" } } }), json!([])),
        "age_band" => {
            let bands =
                json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 120 }, "minItems": 1 });
            (json!({ "bands": bands }), json!(["bands"]))
        }
        "company_size" => {
            let schemes = json!({ "enum": ["eu_sme_2003_361", "employees", "turnover"], "default": "eu_sme_2003_361" });
            (json!({ "scheme": schemes }), json!([]))
        }
        "kmeans" => (
            json!({
                "clusters": { "type": "integer", "minimum": 2, "maximum": 100 },
                "scale": { "enum": ["none", "standard", "log1p_standard"], "default": "standard" },
                "starts": { "type": "integer", "minimum": 1, "default": 10 },
                "tolerance": { "type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.0001 },
            }),
            json!(["clusters"]),
        ),
        "needs" => (json!({ "validated_only": { "type": "boolean", "default": true } }), json!([])),
        "rfm" => (
            json!({
                "bins": { "type": "integer", "minimum": 2, "maximum": 10, "default": 5 },
                "ties": { "$ref": "#/$defs/Ties", "default": "strictly_below" },
                "names": { "anyOf": [{ "enum": ["standard", "codes"] }, { "type": "null" }], "default": null },
                "labels_by": { "type": "string", "pattern": "^[rfm]{3}$" },
            }),
            json!([]),
        ),
        "settlement" => {
            let cuts = json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } });
            (json!({ "cuts": cuts }), json!(["cuts"]))
        }
        _ => (json!({ "version": { "enum": ["2.0", "2.1"], "default": "2.0" } }), json!([])),
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
        "$defs": {
            "Cuts": {
                "type": "object",
                "properties": { "a": { "$ref": "#/$defs/Share" }, "b": { "$ref": "#/$defs/Share" } },
                "additionalProperties": false,
            },
            "Share": { "type": ["string", "number"] },
            "Ties": {
                "oneOf": [
                    { "type": "string", "const": "strictly_below", "description": "…" },
                    { "type": "string", "const": "at_or_below", "description": "…" },
                ],
            },
        },
    })
}

/// Reads a file as if it stood in `/project`, with the shipped plugins and an empty environment.
pub(crate) fn read(text: &str, params: &[(String, String)]) -> (Option<Pipeline>, Vec<segmenta_pipeline::Diagnostic>) {
    let options = ReadOptions { directory: Path::new("/project"), params, env: &|_| None, catalog: &Shipped };
    segmenta_pipeline::read(text, &options)
}
