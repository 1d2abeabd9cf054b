//! What a plugin says about its criteria, read and checked.

use std::collections::BTreeSet;

use segmenta_plugin_sdk::{Merge, Repeat, Type};
use serde::Deserialize;
use serde_json::Value;

use crate::repeat::Declared;
use crate::{Error, Result};

/// Depth of nesting that a description may have.
const MAX_DEPTH: usize = 32;

/// One criterion, as its plugin describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct CriterionInfo {
    /// The plugin that offers it.
    pub plugin: String,
    /// What the pipeline writes in `plugin = "…"`.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Every input is a column of lists, one list per entity.
    pub grouped: bool,
    /// JSON Schema of the options.
    pub params: Value,
    /// The columns it reads, in the order they are handed over.
    pub inputs: Vec<InputInfo>,
    /// What the result of a row depends on.
    pub rows: RowScope,
    /// How alike two results of the same rows and model are, on the same machine.
    pub repeat: Repeat,
    /// Whether it can say why a row got its result.
    pub explain: bool,
    /// How it is fitted; `None` if it needs no model.
    pub fit: Option<FitInfo>,
}

/// What the result of a row depends on, beside options and model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowScope {
    /// That row alone: rows may be split, joined and reordered at will.
    #[default]
    Independent,
    /// All rows of its batch, in their order. A word that is not known is read like this.
    Batch,
}

/// A column that a criterion reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputInfo {
    /// The criterion's name of it.
    pub name: String,
    /// What it may be, best first. Types that this program does not know are left out.
    pub types: Vec<Type>,
    /// Whether nulls may be in it.
    pub nullable: bool,
    /// Whether the pipeline may leave it out.
    pub optional: bool,
    /// Whether a list of columns is bound to it.
    pub many: bool,
    /// What it means.
    pub description: String,
}

/// How a criterion is fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct FitInfo {
    /// Passes over the rows, at most.
    pub max_passes: u32,
    /// Whether the order of partials matters. They are always merged in the order of the leaves.
    pub merge: Merge,
    /// How alike two models of the same rows are, on the same machine.
    pub repeat: Repeat,
    /// Layout of the models it makes.
    pub model_format: u32,
    /// Layouts of the models it reads.
    pub reads_formats: Vec<u32>,
}

/// The criteria in the `describe` document of `plugin`.
///
/// # Errors
/// [`Error::BadDescribe`] with the first thing that is wrong.
pub(crate) fn read(plugin: &str, version: &str, json: &[u8]) -> Result<Vec<CriterionInfo>> {
    let bad = |problem: String| Error::BadDescribe { plugin: plugin.to_owned(), problem };
    let document: Value = serde_json::from_slice(json).map_err(|error| bad(error.to_string()))?;
    if depth(&document) > MAX_DEPTH {
        return Err(bad(format!("it is nested more than {MAX_DEPTH} deep")));
    }
    let document: Document = serde_json::from_value(document).map_err(|error| bad(error.to_string()))?;
    if document.describe_version != 1 {
        return Err(bad(format!("version {} is not known", document.describe_version)));
    }
    if (document.plugin.name.as_str(), document.plugin.version.as_str()) != (plugin, version) {
        let Naming { name, version } = document.plugin;
        return Err(bad(format!("it is called {name} {version} there")));
    }
    let read = |raw: Criterion| raw.check(plugin).map_err(bad);
    let criteria = document.criteria.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    match first_repeated(criteria.iter().map(|criterion| criterion.name.as_str())) {
        Some(name) => Err(bad(format!("criterion `{name}` is there twice"))),
        None if criteria.is_empty() => Err(bad("it names no criterion".to_owned())),
        None => Ok(criteria),
    }
}

impl CriterionInfo {
    /// Whether it says that its rows or its models are not the same twice.
    pub fn is_unrepeatable(&self) -> bool {
        self.repeat == Repeat::Never || self.fit.as_ref().is_some_and(|fit| fit.repeat == Repeat::Never)
    }
}

#[derive(Deserialize)]
struct Document {
    describe_version: u32,
    plugin: Naming,
    criteria: Vec<Criterion>,
}

#[derive(Deserialize)]
struct Naming {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Criterion {
    name: String,
    #[serde(default)]
    summary: String,
    kind: String,
    #[serde(default)]
    grouped: bool,
    params: Value,
    inputs: Vec<Input>,
    rows: Option<String>,
    #[serde(default)]
    repeat: Declared,
    #[serde(default)]
    explain: bool,
    fit: Option<Fit>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    types: Vec<String>,
    #[serde(default)]
    nullable: bool,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    many: bool,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct Fit {
    max_passes: u32,
    merge: String,
    model_format: u32,
    #[serde(default)]
    reads_formats: Vec<u32>,
}

impl Criterion {
    fn check(self, plugin: &str) -> Result<CriterionInfo, String> {
        if !is_name(&self.name) {
            return Err(format!("{:?} is no name of a criterion", self.name));
        }
        if let Some(input) = first_repeated(self.inputs.iter().map(|input| input.name.as_str())) {
            return Err(format!("input `{input}` of criterion `{}` is there twice", self.name));
        }
        // A kind that is not known yet can only be used if it needs no model.
        let fit = match self.kind.as_str() {
            "fitted" => Some(self.fit.ok_or_else(|| format!("`{}` has no `fit`", self.name))?),
            _ => None,
        };
        let inputs = self.inputs.into_iter().map(|input| input.check(&self.name));
        Ok(CriterionInfo {
            plugin: plugin.to_owned(),
            summary: self.summary,
            grouped: self.grouped,
            params: self.params,
            inputs: inputs.collect::<Result<_, _>>()?,
            rows: match self.rows.as_deref() {
                None | Some("independent") => RowScope::Independent,
                Some(_) => RowScope::Batch,
            },
            explain: self.explain,
            repeat: self.repeat.apply()?,
            fit: fit.map(|fit| fit.check(&self.repeat)).transpose()?,
            name: self.name,
        })
    }
}

impl Input {
    fn check(self, criterion: &str) -> Result<InputInfo, String> {
        let owner = format!("input {:?} of criterion `{criterion}`", self.name);
        if !is_name(&self.name) {
            return Err(format!("{owner} is no name of an input"));
        }
        let types: Vec<Type> = self.types.iter().filter_map(|name| Type::from_name(name)).collect();
        if types.is_empty() {
            return Err(format!("{owner} has no type that this program knows"));
        }
        Ok(InputInfo {
            name: self.name,
            types,
            nullable: self.nullable,
            optional: self.optional,
            many: self.many,
            description: self.description,
        })
    }
}

impl Fit {
    fn check(self, repeat: &Declared) -> Result<FitInfo, String> {
        if self.max_passes == 0 {
            return Err("a fit has at least one pass".to_owned());
        }
        let merge = match self.merge.as_str() {
            "exact" => Merge::Exact,
            _ => Merge::Ordered,
        };
        let mut reads_formats = self.reads_formats;
        if !reads_formats.contains(&self.model_format) {
            reads_formats.push(self.model_format);
        }
        let Self { max_passes, model_format, .. } = self;
        Ok(FitInfo { max_passes, merge, repeat: repeat.fit()?, model_format, reads_formats })
    }
}

/// Letters, digits, `_` and `-`, at most 64, so that a name can be printed and be part of a column.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(allowed)
}

fn first_repeated<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(criteria: Value) -> Vec<u8> {
        let plugin = json!({"name": "p", "version": "1.0.0"});
        json!({"describe_version": 1, "plugin": plugin, "criteria": criteria}).to_string().into_bytes()
    }

    fn criterion(name: &str) -> Value {
        let input = json!({"name": "x", "types": ["int64", "utf8_view"], "later": 1});
        json!({"name": name, "kind": "plain", "params": {}, "inputs": [input]})
    }

    fn problem(bytes: &[u8]) -> String {
        read("p", "1.0.0", bytes).unwrap_err().to_string()
    }

    #[test]
    fn unknown_keys_and_types_are_passed_over() {
        let criteria = read("p", "1.0.0", &document(json!([criterion("a")]))).unwrap();
        assert_eq!(criteria[0].inputs[0].types, [Type::Int64]);
        assert_eq!(criteria[0].fit, None);
        assert_eq!((criteria[0].rows, criteria[0].explain), (RowScope::Independent, false));
        let mut later = criterion("a");
        later["rows"] = json!("windowed");
        assert_eq!(read("p", "1.0.0", &document(json!([later]))).unwrap()[0].rows, RowScope::Batch);
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        assert!(problem(b"\xff").contains("describes itself wrongly"));
        assert!(problem(&document(json!([]))).contains("names no criterion"));
        let twice = document(json!([criterion("a"), criterion("a")]));
        assert!(problem(&twice).contains("`a` is there twice"));
        assert!(problem(&document(json!([criterion("a\nb")]))).contains(r#""a\nb" is no name"#));
        let mut deep = json!(1);
        for _ in 0..40 {
            deep = json!([deep]);
        }
        let mut nested = criterion("a");
        nested["params"] = deep;
        assert!(problem(&document(json!([nested]))).contains("32 deep"));
        assert!(read("q", "1.0.0", &document(json!([criterion("a")]))).is_err());
    }
}
