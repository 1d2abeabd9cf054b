//! A criterion that reads any columns and looks at none: what a call costs by itself.

use segmenta_plugin_sdk::export_plugin;
use segmenta_plugin_sdk::prelude::*;

/// It has no options.
#[options]
pub(crate) struct Options {}

pub(crate) struct NoOp;

impl Criterion for NoOp {
    const NAME: &'static str = "no_op";
    const SUMMARY: &'static str = "Gives no label to anything.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        vec![Input::many("column", &Type::ALL).nullable().describe("Not looked at.")]
    }

    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(StringArray::new_null(batch.rows()))])
    }
}

export_plugin!(name = "segmenta_no_op", version = env!("CARGO_PKG_VERSION"), criteria = [criterion NoOp]);
