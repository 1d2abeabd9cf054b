//! A bound criterion as a scalar function of a plan.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StructArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::array_value_to_string;
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use segmenta_pipeline::model::Span;
use segmenta_plugin_host::{self as host, Instance, Model};

/// One criterion with its options, and its model when it is fitted.
#[derive(Debug)]
pub(super) struct CriterionCall {
    pub(super) name: String,
    pub(super) span: Span,
    /// What one row is called.
    pub(super) entity: String,
    pub(super) instance: Arc<Instance>,
    pub(super) model: Option<Arc<Model>>,
    pub(super) inputs: SchemaRef,
}

impl CriterionCall {
    /// The call over these columns. The keys are not handed to the plugin: errors name them.
    pub(super) fn of(self, inputs: Vec<Expr>, key: Expr) -> Expr {
        let n_arguments = inputs.len() + 1;
        let function = Function { call: self, signature: Signature::any(n_arguments, Volatility::Immutable) };
        ScalarUDF::from(function).call(inputs.into_iter().chain([key]).collect())
    }

    fn apply(&self, inputs: Vec<ArrayRef>, keys: &ArrayRef) -> Result<RecordBatch> {
        let n_rows = keys.len();
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.inputs), inputs, &options)?;
        let outputs = self.instance.apply(self.model.as_deref(), &batch);
        let outputs = outputs.map_err(|source| DataFusionError::from(self.failed(source, keys)))?;
        if outputs.num_rows() != n_rows {
            return Err(exec_datafusion_err!("the host let {} rows pass for {n_rows}", outputs.num_rows()));
        }
        Ok(outputs)
    }

    fn failed(&self, source: host::Error, keys: &ArrayRef) -> crate::Error {
        let row = match &source {
            host::Error::Plugin(failure) => failure.row.and_then(|row| usize::try_from(row).ok()),
            _ => None,
        };
        crate::Error::Criterion {
            criterion: self.name.clone(),
            keys: self.keys(keys, row),
            span: self.span.clone(),
            source: Box::new(source),
        }
    }

    /// `customer 17`, or `customer 1 to 40`: profiles stand in the order of keys.
    fn keys(&self, keys: &ArrayRef, row: Option<usize>) -> Option<String> {
        let key = |row: usize| array_value_to_string(keys, row).ok();
        let last = keys.len().checked_sub(1)?;
        match row.filter(|row| *row <= last).or((last == 0).then_some(0)) {
            Some(row) => Some(format!("{} {}", self.entity, key(row)?)),
            None => Some(format!("{} {} to {}", self.entity, key(0)?, key(last)?)),
        }
    }
}

/// A call as the plan sees it.
#[derive(Debug)]
struct Function {
    call: CriterionCall,
    signature: Signature,
}

/// Two calls are the same when they call the same bound criterion with the same model.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.call.instance, &other.call.instance)
            && self.call.model.as_ref().map(Arc::as_ptr) == other.call.model.as_ref().map(Arc::as_ptr)
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.call.instance).hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.call.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(self.call.instance.output_schema().fields().clone()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let n_rows = args.number_rows;
        let mut columns = args.args.iter().map(|value| value.to_array(n_rows)).collect::<Result<Vec<_>>>()?;
        let keys = columns.pop().expect("the last argument is the key");
        Ok(ColumnarValue::Array(Arc::new(StructArray::from(self.call.apply(columns, &keys)?))))
    }
}
