//! Criteria over many rows per entity: `from = "needs"`.

use datafusion::functions_aggregate::array_agg::array_agg_udaf;
use datafusion::logical_expr::{ExprFunctionExt, SortExpr};
use datafusion::prelude::SessionContext;
use segmenta_pipeline::model::{Criterion, InputColumns, Pipeline};

use crate::Result;
use crate::expression::column;
use crate::stage::features::{Part, aggregate_by_key, table_name};

/// Name of the profile column that holds an input's values, one list per entity.
///
/// The blanks keep it apart from every name a pipeline file can use.
pub(super) fn list_column(criterion: &str, input: &str) -> String {
    format!("rows of {criterion} {input}")
}

/// One row per entity with a list per input. The rows of an entity stand in ascending order of
/// all inputs, so that lists do not depend on the order of the file.
pub(crate) fn grouped_inputs(
    session: &SessionContext,
    pipeline: &Pipeline,
    name: &str,
    criterion: &Criterion,
    from: &str,
) -> Result<Part> {
    let rows = futures::executor::block_on(session.table(table_name(from)))?;
    let bound: Vec<(&String, &String)> = criterion
        .inputs
        .iter()
        .filter_map(|(input, columns)| match columns {
            InputColumns::One(from) => Some((input, from)),
            InputColumns::Many(_) => None,
        })
        .collect();
    let order: Vec<SortExpr> = bound.iter().map(|(_, from)| SortExpr::new(column(from), true, false)).collect();
    let mut lists = Vec::new();
    for (input, from) in &bound {
        let list = array_agg_udaf().call(vec![column(from)]).order_by(order.clone()).build()?;
        lists.push(list.alias(list_column(name, input)));
    }
    let columns = bound.iter().map(|(input, _)| column(&list_column(name, input))).collect();
    Ok(Part { rows: aggregate_by_key(rows, &pipeline.entity.key, lists)?, columns })
}
