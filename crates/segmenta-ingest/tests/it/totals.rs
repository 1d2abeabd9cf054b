//! Business totals of the real files, read with typed contracts, against published or counted figures.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{self, cast};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use segmenta_pipeline::model::{Column, ColumnType, CsvFormat, Encoding, Format, Source};

use crate::support::{column, csv, csv_format, data, fixed, nullable, scan, source, texts};

fn from(name: &str, column: Column) -> Column {
    Column { from: Some(name.to_owned()), ..column }
}

fn dated(format: &str) -> Column {
    Column { format: Some(format.to_owned()), ..column(ColumnType::Date) }
}

fn sum(rows: &RecordBatch, name: &str) -> f64 {
    let values = cast(rows.column_by_name(name).unwrap(), &DataType::Float64).unwrap();
    compute::sum(values.as_primitive::<Float64Type>()).unwrap()
}

fn cents(rows: &RecordBatch, name: &str) -> i128 {
    compute::sum(rows.column_by_name(name).unwrap().as_primitive::<Decimal128Type>()).unwrap()
}

fn whole(rows: &RecordBatch, name: &str) -> i64 {
    let values = cast(rows.column_by_name(name).unwrap(), &DataType::Int64).unwrap();
    compute::sum(values.as_primitive::<Int64Type>()).unwrap()
}

fn distinct(rows: &RecordBatch, name: &str) -> usize {
    texts(rows, name).into_iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// `domain.md` and the data's own description: 69,659 rows, 23,570 customers, 167,881 CDs, 2,500,315.63 dollars.
#[test]
fn cdnow_master_is_read_by_byte_ranges() {
    let Some(data) = data() else { return };
    let at = |start, end, column: Column| Column { range: Some([start, end]), ..column };
    let columns = vec![
        ("customer_id", at(1, 6, column(ColumnType::Int32))),
        ("date", at(7, 15, dated("%Y%m%d"))),
        ("cds", at(15, 18, column(ColumnType::Int32))),
        ("dollars", at(18, 26, column(ColumnType::Decimal(9, 2)))),
    ];
    let outcome = scan(&fixed(&data.join("cdnow/CDNOW_master.txt"), 1, columns)).unwrap();
    assert_eq!((outcome.accounting.found, outcome.accounting.accepted), (69_659, 69_659));
    assert_eq!(distinct(&outcome.rows, "customer_id"), 23_570);
    assert_eq!(whole(&outcome.rows, "cds"), 167_881);
    assert_eq!(cents(&outcome.rows, "dollars"), 250_031_563);
    let mut dates = texts(&outcome.rows, "date");
    dates.sort();
    assert_eq!((dates[0].as_str(), dates[69_658].as_str()), ("1997-01-01", "1998-06-30"));
}

#[test]
fn the_cdnow_sample_is_the_same_as_fixed_width_and_as_csv() {
    let Some(data) = data() else { return };
    let typed = || {
        [
            ("master_id", column(ColumnType::Int32)),
            ("sample_id", column(ColumnType::Int32)),
            ("date", dated("%Y%m%d")),
            ("cds", column(ColumnType::Int32)),
            ("dollars", column(ColumnType::Decimal(9, 2))),
        ]
    };
    let ranges = [[1, 6], [7, 11], [12, 20], [20, 23], [23, 31]];
    let ranged = typed().into_iter().zip(ranges);
    let ranged = ranged.map(|((name, column), range)| (name, Column { range: Some(range), ..column })).collect();
    let named = typed().into_iter().zip(["masterid", "sampleid", "date", "cds", "sales"]);
    let named = named.map(|((name, column), file_name)| (name, from(file_name, column))).collect();
    let text = scan(&fixed(&data.join("cdnow/CDNOW_sample.txt"), 0, ranged)).unwrap();
    let delimited = scan(&csv(&data.join("cdnow/cdnow_elog.csv"), named)).unwrap();
    assert_eq!(text.rows.num_rows(), 6_919);
    assert_eq!(cents(&text.rows, "dollars"), 24_409_194);
    assert_eq!(text.rows, delimited.rows);
}

fn online_retail(path: &Path, format: Format) -> Source {
    let text = |name| from(name, nullable(ColumnType::String));
    let columns = vec![
        ("invoice", text("InvoiceNo")),
        ("stock_code", text("StockCode")),
        ("description", text("Description")),
        ("quantity", from("Quantity", column(ColumnType::Int32))),
        ("invoiced_at", from("InvoiceDate", column(ColumnType::Timestamp))),
        ("unit_price", from("UnitPrice", column(ColumnType::Float64))),
        ("customer_id", from("CustomerID", nullable(ColumnType::Int32))),
        ("country", text("Country")),
    ];
    source(path, format, columns)
}

#[test]
fn online_retail_is_the_same_as_packed_text_and_as_parquet() {
    let Some(data) = data() else { return };
    let text = online_retail(&data.join("online_retail/online_retail.csv.zst"), Format::Csv(csv_format()));
    let text = scan(&text).unwrap();
    let parquet = scan(&online_retail(&data.join("online_retail/online_retail.parquet"), Format::Parquet)).unwrap();
    assert_eq!(text.accounting.found, 541_909);
    assert_eq!(parquet.accounting.found, 541_909);
    assert_eq!(text.rows.column_by_name("customer_id").unwrap().null_count(), 135_080);
    assert!(text.rows == parquet.rows, "row for row");
    let revenue = revenue(&text.rows);
    assert!((revenue - 9_747_747.934).abs() < 0.001, "{revenue}");
}

fn revenue(rows: &RecordBatch) -> f64 {
    let prices = rows.column_by_name("unit_price").unwrap().as_primitive::<Float64Type>();
    let quantities = rows.column_by_name("quantity").unwrap().as_primitive::<Int32Type>();
    prices.values().iter().zip(quantities.values()).map(|(price, &quantity)| price * f64::from(quantity)).sum()
}

#[test]
fn a_day_in_windows_1252_is_the_day_in_utf_8() {
    let Some(data) = data() else { return };
    let folder = data.join("online_retail");
    let latin = Format::Csv(CsvFormat { encoding: Encoding::Cp1252, ..csv_format() });
    let latin = scan(&online_retail(&folder.join("by_day_cp1252_2011-06-24.csv"), latin)).unwrap();
    let utf8 = scan(&online_retail(&folder.join("by_day/2011-06-24.csv"), Format::Csv(csv_format()))).unwrap();
    assert_eq!(latin.rows, utf8.rows);
    assert!(texts(&utf8.rows, "description").iter().any(|text| text.contains('£')));
}

#[test]
fn windows_1252_bytes_are_not_utf_8() {
    let Some(data) = data() else { return };
    let path = data.join("online_retail/by_day_cp1252_2011-06-24.csv");
    let outcome = scan(&online_retail(&path, Format::Csv(csv_format()))).unwrap();
    assert_eq!(outcome.accounting.found, 1_039);
    assert_eq!(outcome.rejects.len(), 2, "two pound signs");
    assert!(outcome.rejects.iter().all(|reject| reject.rule.as_str() == "encoding"));
}

#[test]
fn five_days_are_one_source() {
    let Some(data) = data() else { return };
    let days = scan(&online_retail(&data.join("online_retail/by_day"), Format::Csv(csv_format()))).unwrap();
    assert_eq!(days.accounting.accepted, 3_108 + 2_109 + 1_039 + 4_940 + 1_632);
}

#[test]
fn northwind_with_its_dirt() {
    let Some(data) = data() else { return };
    let path = data.join("northwind/orders.csv");
    let nulls = |column: Column| Column { nulls: vec!["NULL".into()], nullable: true, ..column };
    let columns = vec![
        ("order_id", from("orderID", Column { unique: true, ..column(ColumnType::Int32) })),
        ("customer_id", from("customerID", column(ColumnType::String))),
        ("ordered_on", from("orderDate", column(ColumnType::Date))),
        ("shipped_on", from("shippedDate", nulls(column(ColumnType::Date)))),
        ("freight", column(ColumnType::Decimal(9, 2))),
    ];
    let outcome = scan(&csv(&path, columns)).unwrap();
    assert_eq!((outcome.accounting.found, outcome.accounting.accepted), (830, 654));
    assert_eq!(outcome.accounting.bad_rows(), 176);
    assert_eq!(outcome.rejects[0].row, 4);
    assert!(outcome.rejects[0].text.starts_with("10250,HANAR,4,1996-07-08"), "{}", outcome.rejects[0].text);
    assert_eq!(distinct(&outcome.rows, "customer_id"), 67);

    let lines = vec![
        ("price", from("unitPrice", column(ColumnType::Float64))),
        ("quantity", column(ColumnType::Float64)),
        ("discount", column(ColumnType::Float64)),
    ];
    let lines = scan(&csv(&data.join("northwind/order-details.csv"), lines)).unwrap();
    let value =
        |name: &str, row: usize| lines.rows.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(row);
    let net = |row| value("price", row) * value("quantity", row) * (1.0 - value("discount", row));
    let sales: f64 = (0..lines.rows.num_rows()).map(net).sum();
    assert!((sales - 1_265_793.039_5).abs() < 0.001, "{sales}");
}

#[test]
fn adventureworks_with_its_dirt() {
    let Some(data) = data() else { return };
    let folder = data.join("adventureworks");
    let customers = |file: &str| {
        let columns = vec![
            ("id", from("CustomerKey", Column { unique: true, ..column(ColumnType::Int64) })),
            ("born", from("BirthDate", dated("%m/%d/%Y"))),
            (
                "gender",
                Column { from: Some("Gender".into()), nulls: vec!["NA".into()], ..nullable(ColumnType::String) },
            ),
            (
                "income",
                Column { from: Some("AnnualIncome".into()), strip: Some("$, ".into()), ..column(ColumnType::Int32) },
            ),
            ("owner", from("HomeOwner", column(ColumnType::String))),
        ];
        scan(&csv(&folder.join(file), columns)).unwrap()
    };
    let whole_file = customers("AdventureWorks_Customers.csv");
    assert_eq!(whole_file.accounting.accepted, 18_148);
    assert_eq!(whole_file.rows.column_by_name("gender").unwrap().null_count(), 130);
    let partial = customers("AdventureWorks_Customers_resaved_partial.csv");
    assert_eq!((partial.accounting.found, partial.accounting.accepted), (9_315, 5_299));
    assert_eq!(partial.rejects.iter().filter(|reject| reject.column.as_deref() == Some("born")).count(), 4_016);

    let sales = vec![
        ("ordered_on", from("OrderDate", dated("%m/%d/%Y"))),
        ("order", from("OrderNumber", column(ColumnType::String))),
        ("customer", from("CustomerKey", column(ColumnType::Int64))),
        ("units", from("OrderQuantity", column(ColumnType::Int16))),
    ];
    let sales = scan(&csv(&folder.join("AdventureWorks_Sales_*.csv"), sales)).unwrap();
    assert_eq!(sales.accounting.accepted, 56_046);
    assert_eq!(whole(&sales.rows, "units"), 84_174);
    assert_eq!((distinct(&sales.rows, "order"), distinct(&sales.rows, "customer")), (25_164, 17_416));
}

#[test]
fn totals_of_the_small_files() {
    let Some(data) = data() else { return };
    let invoices = vec![
        ("total", from("Total", column(ColumnType::Decimal(9, 2)))),
        ("at", from("InvoiceDate", column(ColumnType::Timestamp))),
    ];
    let invoices = scan(&csv(&data.join("chinook/Invoice.csv"), invoices)).unwrap();
    assert_eq!((invoices.rows.num_rows(), cents(&invoices.rows, "total")), (412, 232_860));

    let spend = vec![("spend", column(ColumnType::Decimal(9, 2))), ("segment", column(ColumnType::String))];
    let spend = scan(&csv(&data.join("hillstrom/hillstrom.csv"), spend)).unwrap();
    assert_eq!(cents(&spend.rows, "spend"), 3_031_169 + 1_390_833 + 2_303_811);

    let orders = vec![("revenue", column(ColumnType::Int32)), ("order_date", column(ColumnType::Date))];
    let orders = scan(&csv(&data.join("rfm_orders/rfm_data_orders.csv"), orders)).unwrap();
    assert_eq!((orders.rows.num_rows(), whole(&orders.rows, "revenue")), (4_906, 464_158));

    let wholesale = vec![
        ("fresh", from("Fresh", column(ColumnType::Int64))),
        ("other", from("Delicassen", column(ColumnType::Int64))),
    ];
    let wholesale = scan(&csv(&data.join("wholesale_customers/wholesale_customers.csv"), wholesale)).unwrap();
    assert_eq!((whole(&wholesale.rows, "fresh"), whole(&wholesale.rows, "other")), (5_280_131, 670_943));

    let mall = vec![
        ("age", from("Age", column(ColumnType::Int32))),
        ("income", from("Annual Income (k$)", column(ColumnType::Int32))),
    ];
    let mall = scan(&csv(&data.join("mall_customers/Mall_Customers.csv"), mall)).unwrap();
    assert_eq!((sum(&mall.rows, "age") / 200.0, sum(&mall.rows, "income") / 200.0), (38.85, 60.56));
}

#[test]
fn a_blank_charge_is_bad_until_it_is_declared_null() {
    let Some(data) = data() else { return };
    let path = data.join("telco_churn/Telco-Customer-Churn.csv");
    let charges = |nulls: &[&str]| {
        let nulls = nulls.iter().map(|null| (*null).to_owned()).collect();
        vec![("charges", Column { from: Some("TotalCharges".into()), nulls, ..nullable(ColumnType::Float64) })]
    };
    let strict = scan(&csv(&path, charges(&[]))).unwrap();
    assert_eq!((strict.accounting.accepted, strict.rejects.len()), (7_032, 11));
    let declared = scan(&csv(&path, charges(&[" "]))).unwrap();
    assert_eq!((declared.accounting.accepted, declared.rows.column(0).null_count()), (7_043, 11));
    assert!((sum(&declared.rows, "charges") - 16_056_168.7).abs() < 0.01);
}
