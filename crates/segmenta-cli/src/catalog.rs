//! What the checker of pipeline files asks about plugins, answered by the plugins themselves.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use segmenta_pipeline as pipeline;
use segmenta_pipeline::{BindError, Bound, BoundColumn, BoundInput, Catalog, OutputInfo};
use segmenta_plugin_host as host;
use segmenta_plugin_host::{Instance, Registry, Type};
use serde_json::Value;

/// Field metadata that tells a plugin the pipeline's own name of a column.
const COLUMN_KEY: &str = "seg.column";

/// The criteria of a registry.
pub(crate) struct PluginCatalog<'a> {
    registry: &'a Registry,
}

impl<'a> PluginCatalog<'a> {
    pub(crate) fn new(registry: &'a Registry) -> Self {
        Self { registry }
    }

    fn version(&self, plugin: &str) -> String {
        let plugins = self.registry.plugins();
        plugins
            .iter()
            .find(|other| other.name() == plugin)
            .map_or_else(String::new, |plugin| plugin.version().to_owned())
    }

    /// Binds to types that are known, or else to the one the plugin likes best: whether the data fits
    /// is found out by the run.
    fn instance(
        &self,
        info: &host::CriterionInfo,
        params: &Value,
        inputs: &[BoundInput],
    ) -> host::Result<Arc<Instance>> {
        let fields: Vec<Field> = inputs.iter().flat_map(|input| fields(info, input)).collect();
        // No label depends on when a run is for.
        self.registry.bind(&info.name, params, 0, &Schema::new(fields))
    }
}

impl Catalog for PluginCatalog<'_> {
    fn criteria(&self) -> Vec<String> {
        self.registry.criteria().map(|info| info.name.clone()).collect()
    }

    fn criterion(&self, name: &str) -> Option<pipeline::CriterionInfo> {
        let info = self.registry.criterion(name)?;
        Some(pipeline::CriterionInfo {
            plugin: info.plugin.clone(),
            version: self.version(&info.plugin),
            summary: info.summary.clone(),
            params: info.params.clone(),
            inputs: info.inputs.iter().map(input).collect(),
            outputs: Vec::new(),
            grouped: info.grouped,
            fitted: info.fit.is_some(),
        })
    }

    fn bind(&self, name: &str, params: &Value, inputs: &[BoundInput]) -> Result<Bound, BindError> {
        let info = self
            .registry
            .criterion(name)
            .ok_or_else(|| BindError { param: None, message: format!("no plugin offers criterion `{name}`") })?;
        let instance = self.instance(info, params, inputs).map_err(refusal)?;
        let outputs = instance.output_schema().fields().iter().map(|field| output(field)).collect();
        Ok(Bound { outputs, labels: instance.labels() })
    }
}

fn input(info: &host::InputInfo) -> pipeline::InputInfo {
    pipeline::InputInfo {
        name: info.name.clone(),
        types: info.types.iter().map(|kind| kind.name().to_owned()).collect(),
        nullable: info.nullable,
        optional: info.optional,
        many: info.many,
        description: info.description.clone(),
    }
}

fn output(field: &Field) -> OutputInfo {
    let kind = Type::ALL.into_iter().find(|kind| kind.matches(field.data_type()));
    OutputInfo {
        name: field.name().clone(),
        data_type: kind.map_or_else(|| field.data_type().to_string(), |kind| kind.name().to_owned()),
        nullable: field.is_nullable(),
        description: String::new(),
    }
}

/// The columns of one input as fields: `recency`, or `features.0`, `features.1` ….
fn fields(info: &host::CriterionInfo, input: &BoundInput) -> Vec<Field> {
    let declared = info.inputs.iter().find(|declared| declared.name == input.name);
    let many = declared.is_some_and(|declared| declared.many);
    let preferred = declared.and_then(|declared| declared.types.first().copied());
    let field = |(at, column): (usize, &BoundColumn)| {
        let name = if many { format!("{}.{at}", input.name) } else { input.name.clone() };
        let data_type = column.data_type.map_or_else(|| any_of(preferred), segmenta_ingest::arrow_type);
        let data_type = if info.grouped { DataType::new_list(data_type, true) } else { data_type };
        let shown = HashMap::from([(COLUMN_KEY.to_owned(), column.name.clone())]);
        Field::new(name, data_type, true).with_metadata(shown)
    };
    input.columns.iter().enumerate().map(field).collect()
}

/// An Arrow type that the plugin takes, when the column's own is not known without data.
fn any_of(preferred: Option<Type>) -> DataType {
    match preferred {
        Some(Type::TimestampUs) => DataType::Timestamp(TimeUnit::Microsecond, None),
        Some(Type::Decimal128) => DataType::Decimal128(38, 2),
        Some(kind) => kind.arrow().unwrap_or(DataType::Utf8),
        None => DataType::Utf8,
    }
}

/// The first objection of a plugin, at its option.
fn refusal(error: host::Error) -> BindError {
    match error {
        host::Error::Params { problems, .. } if !problems.is_empty() => {
            let first = &problems[0];
            let param = Some(first.pointer.clone()).filter(|pointer| !pointer.is_empty());
            BindError { param, message: first.problem.clone() }
        }
        host::Error::Plugin(failure) => BindError {
            param: failure.param.clone(),
            message: failure.problem.clone().unwrap_or_else(|| failure.message.clone()),
        },
        other => BindError { param: None, message: other.to_string() },
    }
}
