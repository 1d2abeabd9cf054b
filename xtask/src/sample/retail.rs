//! The shop's three Parquet files and `dirt.json`.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use super::calendar::AS_OF;
use super::customers;
use super::dirt::OrderCounts;
use super::orders::Orders;
use super::text::{count, create_directory, write_dirt};
use super::touchpoints::{self, TouchpointCounts};
use crate::error::Error;

/// Order lines handed to the writer at once.
const LINES_PER_BATCH: usize = 65_536;
const ROWS_PER_GROUP: usize = 250_000;

/// How many rows of each kind the shop's files hold.
#[derive(Debug, Serialize)]
struct Dirt {
    /// The run date for which rows count as late.
    as_of: String,
    customers: CustomerCounts,
    orders: OrderCounts,
    touchpoints: TouchpointCounts,
}

#[derive(Debug, Serialize)]
struct CustomerCounts {
    rows: u64,
}

/// Writes `customers.parquet`, `orders.parquet`, `touchpoints.parquet` and `dirt.json`.
pub(crate) fn write(directory: &Path, n_customers: usize, seed: u64) -> Result<Vec<PathBuf>, Error> {
    create_directory(directory)?;
    let customers = customers::draw(n_customers, seed);
    let customers_path =
        write_batches(directory.join("customers.parquet"), [customers::batch(&customers).map_err(Error::from)])?;

    let mut orders = Orders::draw(&customers, seed);
    let touchpoints = touchpoints::draw(&customers, &orders, seed);
    let touchpoints_path =
        write_batches(directory.join("touchpoints.parquet"), [touchpoints::batch(&touchpoints).map_err(Error::from)])?;
    let batches = std::iter::from_fn(|| orders.next_batch(LINES_PER_BATCH));
    let orders_path = write_batches(directory.join("orders.parquet"), batches.map(|batch| batch.map_err(Error::from)))?;

    let dirt = Dirt {
        as_of: AS_OF.to_string(),
        customers: CustomerCounts { rows: count(customers.len()) },
        orders: orders.counts().clone(),
        touchpoints: touchpoints::counts(&touchpoints),
    };
    Ok(vec![customers_path, orders_path, touchpoints_path, write_dirt(directory, &dirt)?])
}

/// Writes batches of one schema to a zstd Parquet file. There is at least one batch.
fn write_batches(
    path: PathBuf,
    batches: impl IntoIterator<Item = Result<RecordBatch, Error>>,
) -> Result<PathBuf, Error> {
    let mut batches = batches.into_iter();
    let Some(first) = batches.next().transpose()? else {
        return Ok(path);
    };
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(9).expect("levels go to 22")))
        .set_created_by("segmenta xtask sample".to_owned())
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .build();
    let file = File::create(&path).map_err(Error::file(&path))?;
    let named = Error::parquet;
    let mut writer = ArrowWriter::try_new(file, first.schema(), Some(properties)).map_err(named(&path))?;
    writer.write(&first).map_err(named(&path))?;
    for batch in batches {
        writer.write(&batch?).map_err(named(&path))?;
    }
    writer.close().map_err(named(&path))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};

    use super::super::calendar::{epoch_day, midnight};
    use super::super::dirt::BadOrderCounts;
    use super::*;

    /// Counts the faults of a batch by looking at its values only.
    fn look(batch: &RecordBatch, known: &[i64]) -> OrderCounts {
        let count_where = |of: &dyn Fn(usize) -> bool| count((0..batch.num_rows()).filter(|row| of(*row)).count());
        let column = |name| batch.column_by_name(name).unwrap();
        let channel = column("channel").as_string::<i32>();
        let customer = column("customer_id").as_primitive::<Int64Type>();
        let time = column("ordered_at").as_primitive::<TimestampMicrosecondType>();
        let quantity = column("quantity").as_primitive::<Int32Type>();
        let price = column("unit_price").as_primitive::<Float64Type>();
        let equal_before = |row: usize| {
            (0..row).any(|earlier| {
                batch
                    .columns()
                    .iter()
                    .all(|values| values.slice(earlier, 1).to_data() == values.slice(row, 1).to_data())
            })
        };
        OrderCounts {
            rows: count(batch.num_rows()),
            late: count_where(&|row| time.value(row) >= midnight(epoch_day(AS_OF))),
            returns: count_where(&|row| quantity.value(row) < 0),
            repeated: count_where(&equal_before),
            bad: BadOrderCounts {
                unknown_channel: count_where(&|row| !["web", "store", "app", "phone"].contains(&channel.value(row))),
                unknown_customer: count_where(&|row| !known.contains(&customer.value(row))),
                null_category: count(column("category").null_count()),
                negative_price: count_where(&|row| price.value(row) < 0.0),
            },
        }
    }

    #[test]
    fn the_reported_dirt_is_what_the_rows_hold() {
        let customers = customers::draw(60, 3);
        let known: Vec<i64> = customers.iter().map(|customer| customer.id).collect();
        let mut orders = Orders::draw(&customers, 3);
        let batch = orders.next_batch(usize::MAX / 2).unwrap().unwrap();
        assert_eq!(look(&batch, &known), *orders.counts());
        assert!(orders.counts().bad.unknown_customer > 0);
    }

    #[test]
    fn an_order_stands_exactly_on_the_run_date() {
        let customers = customers::draw(60, 3);
        let orders = Orders::draw(&customers, 3);
        assert_eq!(orders.by_time().filter(|(_, at)| *at == midnight(epoch_day(AS_OF))).count(), 1);
    }

    #[test]
    fn the_default_shop_stays_within_the_shipped_limit_of_bad_rows() {
        let customers = customers::draw(2_000, 7);
        let mut orders = Orders::draw(&customers, 7);
        while let Some(batch) = orders.next_batch(LINES_PER_BATCH) {
            batch.unwrap();
        }
        let OrderCounts { rows, bad, .. } = orders.counts();
        let bad = bad.unknown_channel + bad.unknown_customer + bad.null_category + bad.negative_price;
        assert!(bad * 200 < *rows, "{bad} of {rows} rows are bad; `fail_above` is 0.5 %");
    }
}
