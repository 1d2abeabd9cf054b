//! `[valuation]`: what every entity is worth.
//!
//! | column | value |
//! |---|---|
//! | `revenue` | the revenue expression; null counts as 0 |
//! | `cm1` | revenue − cost of goods |
//! | `cm2` | cm1 − order, logistics, payment and credit cost |
//! | `cm3` | cm2 − cost to serve |
//! | `margin` | cm3, the deepest contribution margin; a cost that is not declared counts as 0 |
//! | `margin_rate` | margin / revenue; null unless revenue is positive |
//! | `potential` | headroom: max(0, benchmark revenue of the cell − own revenue); an estimate |
//!
//! # Source
//! Contribution margin levels as in German and Central European controlling practice.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::row::{RowConverter, SortField};
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, ExprSchemable, cast, when};
use datafusion::prelude::{coalesce, lit};
use segmenta_pipeline::model::{Potential, SqlExpr, Valuation};
use segmenta_stats::Sample;

use crate::context::Context;
use crate::expression::{bind, column};
use crate::profile::Profile;
use crate::{Error, Result};

/// Adds the value columns, all Float64 in units of the currency.
///
/// # Errors
/// [`Error::NotNumeric`] for an expression that is not a number, [`Error::NotFinite`] where one
/// gives NaN or infinity.
pub(crate) async fn value(context: &Context<'_>, valuation: &Valuation, profile: &mut Profile) -> Result<()> {
    let schema = profile.plan(context.session)?.schema().clone();
    let money = |sql: Option<&SqlExpr>| amount(context, &schema, sql);
    let levels = vec![
        money(Some(&valuation.revenue))?.alias("revenue"),
        money(valuation.goods_cost.as_ref())?.alias("goods"),
        money(valuation.order_cost.as_ref())?.alias("order"),
        money(valuation.cost_to_serve.as_ref())?.alias("serve"),
    ];
    let plan = profile.plan(context.session)?.select(levels)?;
    let cm1 = || column("revenue") - column("goods");
    let cm2 = || cm1() - column("order");
    let cm3 = || cm2() - column("serve");
    let rate = when(column("revenue").gt(lit(0.0)), cm3() / column("revenue")).end()?;
    let columns = vec![
        column("revenue"),
        cm1().alias("cm1"),
        cm2().alias("cm2"),
        cm3().alias("cm3"),
        cm3().alias("margin"),
        rate.alias("margin_rate"),
    ];
    let plan = plan.select(columns)?;
    let plan_schema = Arc::new(plan.schema().as_arrow().clone());
    let rows = context.runner.collect(plan).await?;
    let values = crate::profile::rechunk(&plan_schema, &rows)?;
    refuse_non_finite(context, profile, &values)?;
    profile.append(&values)?;
    let headroom = match &valuation.potential {
        Some(potential) => headroom(potential, profile)?,
        None => profile.chunks().iter().map(|chunk| Float64Array::new_null(chunk.num_rows())).collect(),
    };
    append_floats(profile, "potential", headroom)
}

fn amount(context: &Context<'_>, schema: &DFSchema, sql: Option<&SqlExpr>) -> Result<Expr> {
    let Some(sql) = sql else { return Ok(lit(0.0)) };
    let expr = bind(context.session, schema, sql)?;
    let found = expr.get_type(schema)?;
    if !found.is_numeric() {
        return Err(Error::NotNumeric { text: sql.text.clone(), span: sql.span.clone(), found: found.to_string() });
    }
    Ok(coalesce(vec![cast(expr, DataType::Float64), lit(0.0)]))
}

fn refuse_non_finite(context: &Context<'_>, profile: &Profile, values: &[RecordBatch]) -> Result<()> {
    for name in ["revenue", "margin"] {
        let mut bad = Vec::new();
        for (chunk, batch) in profile.chunks().iter().zip(values) {
            let numbers = batch.column_by_name(name).expect("selected above").as_primitive::<Float64Type>();
            let rows = numbers.iter().enumerate().filter(|(_, value)| !value.is_some_and(f64::is_finite));
            bad.extend(rows.map(|(row, _)| (chunk, row)));
        }
        if let Some((chunk, row)) = bad.first() {
            let keys = chunk.column_by_name(&context.pipeline.entity.key).expect("the profile has its key");
            return Err(Error::NotFinite {
                column: name.into(),
                entity: context.pipeline.entity.name.clone(),
                n_rows: bad.len(),
                key: arrow::util::display::array_value_to_string(keys, *row)?,
            });
        }
    }
    Ok(())
}

/// Per entity: benchmark quantile of positive revenue among entities equal in all `within`
/// columns, less the own revenue, not below 0. Null cells are cells of their own.
fn headroom(potential: &Potential, profile: &Profile) -> Result<Vec<Float64Array>> {
    let cells = cell_numbers(potential, profile)?;
    let revenue: Vec<&Float64Array> =
        profile.column("revenue")?.into_iter().map(|chunk| chunk.as_primitive()).collect();
    let mut by_cell: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (cells, revenue) in cells.iter().zip(&revenue) {
        for (cell, value) in cells.iter().zip(revenue.values()).filter(|(_, value)| **value > 0.0) {
            by_cell.entry(*cell).or_default().push(*value);
        }
    }
    let benchmark_of = |values: Vec<f64>| Sample::new(values).quantile(potential.benchmark);
    let benchmarks: BTreeMap<u32, Option<f64>> =
        by_cell.into_iter().map(|(cell, values)| (cell, benchmark_of(values))).collect();
    let own = |(cell, value): (&u32, &f64)| {
        benchmarks.get(cell).copied().flatten().map(|benchmark| (benchmark - value).max(0.0))
    };
    let chunks = cells.iter().zip(&revenue);
    Ok(chunks.map(|(cells, revenue)| cells.iter().zip(revenue.values()).map(own).collect()).collect())
}

/// Number of each row's cell; rows equal in all `within` columns have equal numbers.
fn cell_numbers(potential: &Potential, profile: &Profile) -> Result<Vec<Vec<u32>>> {
    let columns: Vec<Vec<&ArrayRef>> =
        potential.within.iter().map(|name| profile.column(name)).collect::<Result<_>>()?;
    let fields = columns.iter().map(|column| SortField::new(column[0].data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let mut numbers: HashMap<Box<[u8]>, u32> = HashMap::new();
    let mut cells = Vec::new();
    for (index, chunk) in profile.chunks().iter().enumerate() {
        if columns.is_empty() {
            cells.push(vec![0; chunk.num_rows()]);
            continue;
        }
        let arrays: Vec<ArrayRef> = columns.iter().map(|column| Arc::clone(column[index])).collect();
        let rows = converter.convert_columns(&arrays)?;
        cells.push(rows.iter().map(|row| number_of(row.as_ref(), &mut numbers)).collect());
    }
    Ok(cells)
}

fn number_of(cell: &[u8], numbers: &mut HashMap<Box<[u8]>, u32>) -> u32 {
    if let Some(number) = numbers.get(cell) {
        return *number;
    }
    let next = u32::try_from(numbers.len()).expect("fewer cells than rows, rows fit in memory");
    numbers.insert(cell.into(), next);
    next
}

/// Adds one Float64 column, given chunk by chunk.
pub(crate) fn append_floats(profile: &mut Profile, name: &str, chunks: Vec<Float64Array>) -> Result<()> {
    let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Float64, true)]));
    let batch = |column: Float64Array| RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(column)]);
    let batches = chunks.into_iter().map(batch).collect::<Result<Vec<_>, _>>()?;
    profile.append(&batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, close, floats, profile};
    use arrow::array::{Int64Array, StringArray};

    const MONEY: &str = r#"
[valuation]
currency = "EUR"
revenue = "spend"
goods_cost = "goods"
cost_to_serve = "serve"
potential = { benchmark = "p75", within = ["area"] }
"#;

    fn numbers(values: &[Option<f64>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<Float64Array>())
    }

    async fn valued(columns: Vec<(&str, ArrayRef)>) -> Result<Profile> {
        let fixture = Fixture::people(MONEY);
        let n_rows = columns[0].1.len() as i64;
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=n_rows));
        let mut profile = profile([vec![("id", ids)], columns].concat());
        let valuation = fixture.pipeline.valuation.as_ref().unwrap();
        value(&fixture.context(), valuation, &mut profile).await.map(|()| profile)
    }

    #[tokio::test]
    async fn margins_are_taken_level_by_level_and_a_missing_amount_is_0() {
        let profile = valued(vec![
            ("area", Arc::new(StringArray::from(vec!["a"; 4]))),
            ("spend", numbers(&[Some(100.0), Some(50.0), Some(-20.0), None])),
            ("goods", numbers(&[Some(60.0), None, Some(-5.0), Some(3.0)])),
            ("serve", numbers(&[Some(10.0), None, None, Some(1.0)])),
        ]);
        let profile = profile.await.unwrap();
        let column = |name| floats(profile.chunks(), name);
        assert_eq!(column("revenue"), [100.0, 50.0, -20.0, 0.0].map(Some));
        assert_eq!(column("cm1"), [40.0, 50.0, -15.0, -3.0].map(Some));
        assert_eq!(column("cm2"), column("cm1"), "no order cost is declared");
        assert_eq!(column("cm3"), [30.0, 50.0, -15.0, -4.0].map(Some));
        assert_eq!(column("margin"), column("cm3"));
        assert!(close(&column("margin_rate"), &[Some(0.3), Some(1.0), None, None]));
    }

    /// Type 7: the p75 of 10, 20, 30, 40 is at rank 2.25, so 32.5; of 4, 8 at 0.75, so 7.
    #[tokio::test]
    async fn potential_is_the_way_to_the_benchmark_of_the_own_cell() {
        let areas =
            [Some("a"), None, Some("a"), Some("b"), Some("a"), None, Some("b"), Some("a"), Some("a"), Some("c")];
        let spend = [40.0, 8.0, 10.0, 5.0, 20.0, 4.0, 5.0, 30.0, -20.0, 0.0];
        let profile = valued(vec![
            ("area", Arc::new(areas.into_iter().collect::<StringArray>())),
            ("spend", numbers(&spend.map(Some))),
            ("goods", numbers(&[None; 10])),
            ("serve", numbers(&[None; 10])),
        ]);
        let found = floats(profile.await.unwrap().chunks(), "potential");
        let expected = [0.0, 0.0, 22.5, 0.0, 12.5, 3.0, 0.0, 2.5, 52.5].map(Some);
        assert!(close(&found[..9], &expected), "{found:?}");
        assert_eq!(found[9], None, "nobody in the cell buys");
    }

    #[tokio::test]
    async fn money_that_is_no_number_names_the_first_customer() {
        let error = valued(vec![
            ("area", Arc::new(StringArray::from(vec!["a"; 3]))),
            ("spend", numbers(&[Some(1.0), Some(f64::INFINITY), Some(f64::NAN)])),
            ("goods", numbers(&[None; 3])),
            ("serve", numbers(&[None; 3])),
        ]);
        let error = error.await.unwrap_err().to_string();
        assert_eq!(error, "`revenue` is not a finite number for 2 customers, first for 2");
    }
}
