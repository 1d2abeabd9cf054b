//! `[criteria]`: fits the models that are due and adds the label columns.
//!
//! A criterion is a scalar function in the plan: a struct of its inputs goes in per batch, a
//! struct of its outputs comes out. A fit is an aggregation over chunks of the profile, which are
//! defined by the data alone.

mod call;
mod grouped;
mod model;

pub(crate) use grouped::grouped_inputs;
pub(crate) use model::{ModelFacts, Previous, model_path, outlook};

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, ExprSchemable, when};
use datafusion::prelude::{coalesce, lit};
use segmenta_pipeline::model::{Criterion, InputColumns};
use segmenta_plugin_host::{Instance, Origin};

use crate::context::Context;
use crate::expression::{bind, column};
use crate::profile::{Profile, rechunk};
use crate::{Error, Result};

use call::CriterionCall;
use model::model_for;

/// Name of the output that becomes the column named after the criterion.
const LABEL: &str = "label";

/// What was used to label the entities.
#[derive(Debug, Clone)]
pub(crate) struct CriterionFacts {
    pub(crate) name: String,
    pub(crate) plugin: String,
    pub(crate) version: String,
    /// Digest of the library; `None` for a plugin that is linked in.
    pub(crate) library_sha256: Option<String>,
    /// File name of the library; `None` for a plugin that is linked in.
    pub(crate) library: Option<String>,
    /// `None` for a criterion that is not fitted.
    pub(crate) model: Option<ModelFacts>,
}

/// Adds the columns of one criterion to the profile: the label (Utf8) under the criterion's name,
/// further outputs as `<criterion>_<output>`.
///
/// Entities outside of `where`, and those the plugin gives no label, get the label `none`, or null
/// when `none` is not set.
pub(crate) async fn label(
    context: &Context<'_>,
    name: &str,
    criterion: &Criterion,
    previous: Option<&Previous>,
    profile: &mut Profile,
) -> Result<CriterionFacts> {
    let failed = |source| Error::Criterion {
        criterion: name.into(),
        keys: None,
        span: criterion.span.clone(),
        source: Box::new(source),
    };
    let inputs = Inputs::of(name, criterion);
    let plan = profile.plan(context.session)?;
    let schema = inputs.schema(plan.schema())?;
    let instance =
        context.registry.bind(&criterion.plugin, &criterion.params, context.as_of.micros(), &schema).map_err(failed)?;
    let holds = match &criterion.filter {
        Some(filter) => Some(coalesce(vec![bind(context.session, plan.schema(), filter)?, lit(false)])),
        None => None,
    };
    let model = match instance.info().fit {
        Some(_) => {
            let leaves = || fit_rows(context, profile, &inputs, holds.clone());
            Some(model_for(context, name, criterion, &instance, previous, leaves).await?)
        }
        None => None,
    };
    let entity = &context.pipeline.entity;
    let call = CriterionCall {
        name: name.to_owned(),
        span: criterion.span.clone(),
        entity: entity.name.clone(),
        instance: Arc::clone(&instance),
        model: model.as_ref().map(|model| Arc::clone(&model.model)),
        inputs: Arc::new(schema),
    };
    let outputs = DataType::Struct(instance.output_schema().fields().clone());
    let called = call.of(inputs.columns(), column(&entity.key));
    let guarded = match holds {
        Some(holds) => when(holds, called).otherwise(lit(ScalarValue::try_from(&outputs)?))?,
        None => called,
    };
    let rows = profile.evaluate(context.session, context.runner, vec![guarded.alias(name)]).await?;
    let added: Vec<RecordBatch> = rows.iter().map(|rows| flatten(name, criterion, rows)).collect::<Result<_>>()?;
    profile.append(&added)?;
    Ok(facts(context, name, &instance, model))
}

fn facts(context: &Context<'_>, name: &str, instance: &Instance, model: Option<ModelFacts>) -> CriterionFacts {
    let identity = instance.identity();
    let plugin = context.registry.plugins().iter().find(|plugin| plugin.name() == identity.plugin);
    let library = plugin.and_then(|plugin| match plugin.origin() {
        Origin::File { path } => path.file_name().map(|name| name.to_string_lossy().into_owned()),
        _ => None,
    });
    CriterionFacts {
        name: name.to_owned(),
        plugin: identity.plugin.clone(),
        version: identity.version.clone(),
        library_sha256: library.as_ref().map(|_| identity.sha256.clone()),
        library,
        model,
    }
}

/// The plugin's inputs and the profile columns bound to them.
struct Inputs {
    /// Name at the plugin, column of the profile, name to show to people.
    bound: Vec<(String, String, String)>,
}

impl Inputs {
    fn of(name: &str, criterion: &Criterion) -> Self {
        let mut bound = Vec::new();
        for (input, columns) in &criterion.inputs {
            match columns {
                InputColumns::One(from) if criterion.from.is_some() => {
                    bound.push((input.clone(), grouped::list_column(name, input), from.clone()));
                }
                InputColumns::One(from) => bound.push((input.clone(), from.clone(), from.clone())),
                InputColumns::Many(from) => {
                    let numbered = from.iter().enumerate();
                    bound
                        .extend(numbered.map(|(index, from)| (format!("{input}.{index}"), from.clone(), from.clone())));
                }
            }
        }
        Self { bound }
    }

    fn columns(&self) -> Vec<Expr> {
        self.bound.iter().map(|(_, from, _)| column(from)).collect()
    }

    /// Fields named as the plugin's inputs, with the column's own name in `seg.column`.
    fn schema(&self, profile: &datafusion::common::DFSchema) -> Result<Schema> {
        let field = |(input, from, shown): &(String, String, String)| -> Result<Field> {
            let data_type = column(from).get_type(profile).map_err(|_| Error::NoColumn {
                column: shown.clone(),
                known: profile.fields().iter().map(|field| field.name().clone()).collect(),
            })?;
            let metadata = HashMap::from([("seg.column".to_owned(), shown.clone())]);
            Ok(Field::new(input, data_type, true).with_metadata(metadata))
        };
        Ok(Schema::new(self.bound.iter().map(field).collect::<Result<Vec<_>>>()?))
    }
}

/// The inputs of the entities that pass `where`, in key order and in chunks of fixed size.
async fn fit_rows(
    context: &Context<'_>,
    profile: &Profile,
    inputs: &Inputs,
    holds: Option<Expr>,
) -> Result<Vec<RecordBatch>> {
    let plan = profile.plan(context.session)?;
    let plan = match holds {
        Some(holds) => plan.filter(holds)?,
        None => plan,
    };
    let named = inputs.bound.iter().map(|(input, from, _)| column(from).alias(input));
    let plan = plan.select(named.collect::<Vec<_>>())?;
    let schema = Arc::new(plan.schema().as_arrow().clone());
    let rows = context.runner.collect(plan).await?;
    rechunk(&schema, &rows)
}

/// The struct column `rows` as columns of the profile.
fn flatten(name: &str, criterion: &Criterion, rows: &RecordBatch) -> Result<RecordBatch> {
    let outputs = rows.column(0).as_struct();
    let mut fields: Vec<FieldRef> = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, values) in outputs.fields().iter().zip(outputs.columns()) {
        // A null struct hides the values below it.
        let hidden = arrow::compute::nullif(values, &arrow::compute::is_null(outputs)?)?;
        let (column, values) = if field.name() == LABEL {
            (name.to_owned(), none_where_null(&hidden, criterion.none.as_deref()))
        } else {
            (format!("{name}_{}", field.name()), hidden)
        };
        fields.push(Arc::new(Field::new(column, values.data_type().clone(), true)));
        columns.push(values);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn none_where_null(labels: &ArrayRef, none: Option<&str>) -> ArrayRef {
    match none {
        Some(none) if labels.null_count() > 0 => {
            let labels = labels.as_string::<i32>();
            Arc::new(labels.iter().map(|label| Some(label.unwrap_or(none))).collect::<StringArray>())
        }
        _ => Arc::clone(labels),
    }
}
