//! SQL text of a pipeline file to DataFusion expressions.

use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::prelude::SessionContext;
use segmenta_pipeline::model::SqlExpr;

use crate::functions::use_exact_aggregates;
use crate::{Error, Result};

/// Binds `sql` to the columns of `schema`; aggregates give the same bits for any order of rows.
///
/// # Errors
/// [`Error::Expression`] with the place in the pipeline file.
pub(crate) fn bind(session: &SessionContext, schema: &DFSchema, sql: &SqlExpr) -> Result<Expr> {
    let parsed = session.parse_sql_expr(&sql.text, schema).and_then(|expr| use_exact_aggregates(expr, schema));
    // The type is asked for so that operands that do not fit are found here, where the place is known.
    parsed.and_then(|expr| expr.get_type(schema).map(|_| expr)).map_err(|source| Error::Expression {
        text: sql.text.clone(),
        span: sql.span.clone(),
        source: Box::new(source),
    })
}

/// A column by its exact name, whatever characters are in it.
pub(crate) fn column(name: &str) -> Expr {
    Expr::Column(datafusion::common::Column::new_unqualified(name))
}
