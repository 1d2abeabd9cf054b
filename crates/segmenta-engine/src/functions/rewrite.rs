//! Puts the engine's aggregates where a user wrote `sum`, `avg` and `count(distinct …)`.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::{AggregateUDF, Expr, ExprSchemable, cast};

use super::count_distinct;
use super::exact_sum::{self, Kind};

/// The same expression with sums and means of floats, and distinct counts, replaced by functions
/// whose result does not depend on the order of rows.
pub(crate) fn use_exact_aggregates(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    Ok(expr.transform_up(|node| replace(node, schema))?.data)
}

fn replace(node: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::AggregateFunction(AggregateFunction { func, params }) = node else {
        return Ok(Transformed::no(node));
    };
    let Some(exact) = exact_twin(&func, &params, schema)? else {
        return Ok(Transformed::no(Expr::AggregateFunction(AggregateFunction { func, params })));
    };
    let takes_float = !exact.name().contains("distinct");
    let args = params.args.into_iter().map(|arg| if takes_float { cast(arg, DataType::Float64) } else { arg });
    let params = AggregateFunctionParams { args: args.collect(), distinct: false, ..params };
    Ok(Transformed::yes(Expr::AggregateFunction(AggregateFunction { func: Arc::new(exact), params })))
}

fn exact_twin(
    func: &AggregateUDF,
    params: &AggregateFunctionParams,
    schema: &DFSchema,
) -> Result<Option<AggregateUDF>> {
    let [arg] = params.args.as_slice() else {
        return Ok(None);
    };
    if func.name() == "count" {
        return Ok(params.distinct.then(count_distinct::udaf));
    }
    if params.distinct {
        return Ok(None);
    }
    let data_type = arg.get_type(schema)?;
    Ok(match func.name() {
        "sum" if data_type.is_floating() => Some(exact_sum::udaf(Kind::Sum)),
        "avg" if !data_type.is_decimal() => Some(exact_sum::udaf(Kind::Mean)),
        _ => None,
    })
}
