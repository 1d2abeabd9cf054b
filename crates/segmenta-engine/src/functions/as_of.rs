//! `as_of()`: the instant the run is for.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::AsOf;

#[derive(Debug, PartialEq, Eq, Hash)]
struct AsOfFunction {
    micros: i64,
    signature: Signature,
}

/// The function `as_of()`; its value is the same for every row and every retry of a run.
pub(crate) fn as_of_function(as_of: AsOf) -> ScalarUDF {
    ScalarUDF::from(AsOfFunction { micros: as_of.micros(), signature: Signature::nullary(Volatility::Immutable) })
}

impl ScalarUDFImpl for AsOfFunction {
    fn name(&self) -> &str {
        "as_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(Some(self.micros), None)))
    }
}
