//! A bound criterion as a scalar function of a plan.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions, StructArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use segmenta_pipeline::model::Span;
use segmenta_plugin_host::{Instance, Model};

/// One criterion with its options, and its model when it is fitted.
#[derive(Debug)]
pub(super) struct CriterionCall {
    name: String,
    span: Span,
    instance: Arc<Instance>,
    model: Option<Arc<Model>>,
    inputs: SchemaRef,
    signature: Signature,
}

impl CriterionCall {
    pub(super) fn new(
        name: &str,
        span: &Span,
        instance: &Arc<Instance>,
        model: Option<Arc<Model>>,
        inputs: &Schema,
    ) -> Self {
        Self {
            name: name.to_owned(),
            span: span.clone(),
            instance: Arc::clone(instance),
            model,
            inputs: Arc::new(inputs.clone()),
            signature: Signature::any(inputs.fields().len(), Volatility::Immutable),
        }
    }

    pub(super) fn into_udf(self) -> ScalarUDF {
        ScalarUDF::from(self)
    }
}

/// Two calls are the same when they call the same bound criterion with the same model.
impl PartialEq for CriterionCall {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.instance, &other.instance)
            && self.model.as_ref().map(Arc::as_ptr) == other.model.as_ref().map(Arc::as_ptr)
    }
}

impl Eq for CriterionCall {}

impl Hash for CriterionCall {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.instance).hash(state);
    }
}

impl ScalarUDFImpl for CriterionCall {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(self.instance.output_schema().fields().clone()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let n_rows = args.number_rows;
        let columns = args.args.iter().map(|value| value.to_array(n_rows)).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.inputs), columns, &options)?;
        let failed = |source| DataFusionError::from(self.failed(source));
        let outputs = self.instance.apply(self.model.as_deref(), &batch).map_err(failed)?;
        if outputs.num_rows() != n_rows {
            return Err(exec_datafusion_err!("the host let {} rows pass for {n_rows}", outputs.num_rows()));
        }
        Ok(ColumnarValue::Array(Arc::new(StructArray::from(outputs))))
    }
}

impl CriterionCall {
    fn failed(&self, source: segmenta_plugin_host::Error) -> crate::Error {
        crate::Error::Criterion { criterion: self.name.clone(), span: self.span.clone(), source: Box::new(source) }
    }
}
