//! The customers of one run as far as comparisons need them: key, worth, orders, labels.

use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use indexmap::IndexMap;
use segmenta_report::model::Currency;

use super::{UNASSIGNED, segments_path};
use crate::context::Context;
use crate::labels::Labels;
use crate::profile::{Profile, concat_column};
use crate::summary::is_valued;
use crate::{Error, Result};

/// One run's customers in ascending order of their keys.
#[derive(Debug)]
pub(crate) struct Customers {
    pub(super) keys: ArrayRef,
    /// `None` when nothing is valued.
    pub(super) worth: Option<Worth>,
    /// Orders so far; `None` without a purchase summary.
    pub(super) orders: Option<Vec<i64>>,
    /// By scheme, then by criterion that a check asks the movers of.
    pub(super) labels: IndexMap<String, LabelColumn>,
}

/// Money of every customer, in minor units.
#[derive(Debug)]
pub(super) struct Worth {
    pub(super) revenue: Vec<i64>,
    pub(super) margin: Vec<i64>,
}

/// A label of every customer.
#[derive(Debug)]
pub(super) struct LabelColumn {
    /// In ascending order; [`UNASSIGNED`] for none.
    pub(super) names: Vec<String>,
    /// Position in `names`.
    pub(super) codes: Vec<u32>,
}

/// Columns of a purchase summary and of a valuation.
const ORDERS: &str = "orders_total";
const REVENUE: &str = "revenue";
const MARGIN: &str = "margin";

impl Customers {
    /// Those of this run.
    pub(super) fn of(context: &Context<'_>, profile: &Profile, labels: &[&String]) -> Result<Self> {
        let column = |name: &str| concat_column(&profile.column(name)?);
        let orders = if profile.has(ORDERS) { integers(&column(ORDERS)?)? } else { None };
        let worth = match is_valued(profile) {
            true => Some(Worth::of(context, &column(REVENUE)?, &column(MARGIN)?)),
            false => None,
        };
        let labels = labels.iter().map(|name| Ok(((*name).clone(), LabelColumn::of(&column(name)?)?)));
        Ok(Self { keys: column(&context.pipeline.entity.key)?, worth, orders, labels: labels.collect::<Result<_>>()? })
    }

    /// Those of an earlier run, from the label tables it published; `None` if it published none.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a table without its key or label.
    pub(super) fn read(
        context: &Context<'_>,
        (run_id, directory): (&str, &Path),
        labels: &[&String],
    ) -> Result<Option<Self>> {
        let schemes = &context.pipeline.schemes;
        let key = context.pipeline.entity.key.as_str();
        let others = labels.iter().filter(|label| !schemes.contains_key(**label));
        let others: Vec<&str> = others.map(|label| label.as_str()).collect();
        let mut customers: Option<Self> = None;
        for scheme in schemes.keys() {
            let path = directory.join(segments_path(scheme));
            if !path.exists() {
                continue;
            }
            let is_first = customers.is_none();
            let mut columns = vec!["segment"];
            if is_first {
                columns.extend([key, ORDERS, REVENUE, MARGIN]);
                columns.extend(&others);
            }
            let table = Table::read(&path, &columns, run_id)?;
            let customers = match &mut customers {
                Some(customers) => customers,
                none => none.insert(table.customers(context, key, &others)?),
            };
            customers.labels.insert(scheme.clone(), LabelColumn::of(&table.required("segment")?)?);
        }
        Ok(customers)
    }

    pub(super) fn n_rows(&self) -> usize {
        self.keys.len()
    }
}

impl Worth {
    fn of(context: &Context<'_>, revenue: &ArrayRef, margin: &ArrayRef) -> Self {
        let valuation = context.pipeline.valuation.as_ref();
        let per_unit = valuation.map_or(100, |valuation| Currency::iso_4217(&valuation.currency).minor_per_unit());
        Self { revenue: minor(revenue, per_unit), margin: minor(margin, per_unit) }
    }
}

/// Units of the currency as whole minor units; nulls are 0.
fn minor(amounts: &ArrayRef, per_unit: i64) -> Vec<i64> {
    let amounts = amounts.as_primitive::<Float64Type>();
    amounts.iter().map(|amount| (amount.unwrap_or_default() * per_unit as f64).round() as i64).collect()
}

/// A whole-number column; `None` for another type. Nulls are 0.
fn integers(column: &ArrayRef) -> Result<Option<Vec<i64>>> {
    if !column.data_type().is_integer() {
        return Ok(None);
    }
    let column = cast(column, &DataType::Int64)?;
    Ok(Some(column.as_primitive::<Int64Type>().iter().map(Option::unwrap_or_default).collect()))
}

impl LabelColumn {
    pub(super) fn of(column: &ArrayRef) -> Result<Self> {
        let text = cast(column, &DataType::Utf8)?;
        let labels = Labels::of(text.as_string());
        let names = labels.names.iter().map(|name| name.unwrap_or(UNASSIGNED).to_owned());
        Ok(Self { names: names.collect(), codes: labels.codes.clone() }.sorted())
    }

    /// A null label stands first, its name may not.
    fn sorted(self) -> Self {
        if self.names.is_sorted() {
            return self;
        }
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_by(|left, right| self.names[*left].cmp(&self.names[*right]));
        let mut position = vec![0; order.len()];
        for (at, code) in (0..).zip(&order) {
            position[*code] = at;
        }
        Self {
            codes: self.codes.iter().map(|code| position[*code as usize]).collect(),
            names: order.iter().map(|code| self.names[*code].clone()).collect(),
        }
    }
}

/// Columns of a published table.
struct Table<'a> {
    path: &'a Path,
    run_id: &'a str,
    rows: RecordBatch,
}

impl<'a> Table<'a> {
    fn read(path: &'a Path, columns: &[&str], run_id: &'a str) -> Result<Self> {
        let rows = crate::parquet_file::read(path, columns)?;
        let Some(schema) = rows.first().map(RecordBatch::schema) else {
            return Err(damaged(path, run_id, "it has no rows"));
        };
        Ok(Self { path, run_id, rows: concat_batches(&schema, &rows)? })
    }

    fn required(&self, name: &str) -> Result<ArrayRef> {
        let column = self.rows.column_by_name(name).cloned();
        column.ok_or_else(|| damaged(self.path, self.run_id, "a column is missing"))
    }

    fn floats(&self, name: &str) -> Option<&ArrayRef> {
        self.rows.column_by_name(name).filter(|column| *column.data_type() == DataType::Float64)
    }

    fn customers(&self, context: &Context<'_>, key: &str, labels: &[&str]) -> Result<Customers> {
        let worth = self.floats(REVENUE).zip(self.floats(MARGIN));
        let orders = self.rows.column_by_name(ORDERS).map(integers).transpose()?.flatten();
        let named = |name: &&str| self.rows.column_by_name(name).map(|column| (name.to_string(), column));
        let labels = labels.iter().filter_map(named).map(|(name, column)| Ok((name, LabelColumn::of(column)?)));
        Ok(Customers {
            keys: self.required(key)?,
            worth: worth.map(|(revenue, margin)| Worth::of(context, revenue, margin)),
            orders,
            labels: labels.collect::<Result<_>>()?,
        })
    }
}

fn damaged(path: &Path, run_id: &str, message: &str) -> Error {
    Error::Damaged { path: path.to_owned(), run_id: run_id.to_owned(), message: message.to_owned() }
}
