//! Online Retail: the funnel, every customer's R, F and M, the segments, and the same rows in every format.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::{close, data, folder, run, vectors};
use crate::case::Case;
use crate::published::Published;

const FOLDER: &str = "online_retail";
/// The day after the last invoice.
const AS_OF: &str = "2011-12-10";

/// A customer as `rfm_online_retail_customers.csv` has it.
struct Expected {
    customer_id: i64,
    days_since_last: i64,
    orders: i64,
    spend: f64,
    scores: [i64; 3],
    segment: String,
}

/// Reads every customer under the rule for ties whose columns start with `prefix`.
fn customers(prefix: &str) -> Option<Vec<Expected>> {
    let path = folder("SEGMENTA_VECTORS", "vectors")?.join("rfm_online_retail_customers.csv");
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let customer = |line: &str| {
        let row: BTreeMap<&str, &str> = names.iter().copied().zip(line.split(',')).collect();
        let number = |name: &str| row[name].parse().unwrap();
        Expected {
            customer_id: number("customer_id"),
            days_since_last: number("R"),
            orders: number("F"),
            spend: row["M"].parse().unwrap(),
            scores: ["r", "f", "m"].map(|axis| number(&format!("{prefix}_{axis}"))),
            segment: row[format!("{prefix}_segment").as_str()].to_owned(),
        }
    };
    Some(lines.map(customer).collect())
}

/// Compares every customer; gives how many there were.
fn assert_customers(published: &Published, expected: &[Expected]) {
    let table = published.table("segments/value.parquet");
    let integers = |column: &str| table.integers(column);
    let (ids, days, orders) = (integers("customer_id"), integers("days_since_last"), integers("orders_total"));
    let scores = ["rfm_r", "rfm_f", "rfm_m"].map(integers);
    let (spend, segments) = (table.floats("spend_total"), table.texts("segment"));
    assert_eq!(ids.len(), expected.len());
    for (row, expected) in expected.iter().enumerate() {
        let id = expected.customer_id;
        assert_eq!(ids[row], id);
        assert_eq!((days[row], orders[row]), (expected.days_since_last, expected.orders), "{id}");
        assert_eq!([scores[0][row], scores[1][row], scores[2][row]], expected.scores, "{id}");
        assert_eq!(segments[row], expected.segment, "{id}");
        assert!(close(spend[row], expected.spend), "{id}: {}", spend[row]);
    }
}

/// Compares size and spend of every segment with a `scores` entry of `rfm.json`.
fn assert_segments(published: &Published, expected: &Value) {
    let table = published.table("segment_summary.parquet");
    let (schemes, segments) = (table.texts("scheme"), table.texts("segment"));
    let (customers, revenue) = (table.integers("customers"), table.floats("revenue"));
    let rows: Vec<usize> = (0..schemes.len()).filter(|&row| schemes[row] == "value").collect();
    let counts: BTreeMap<&str, i64> = rows.iter().map(|&row| (segments[row].as_str(), customers[row])).collect();
    assert_eq!(json!(counts), sorted(&expected["segment_counts"]));
    for row in rows {
        let expected = expected["segment_monetary"][&segments[row]].as_f64().unwrap();
        assert!(close(revenue[row], expected), "{}: {}", segments[row], revenue[row]);
    }
}

/// The object with its keys in the order of the alphabet, and without zeros.
fn sorted(object: &Value) -> Value {
    let entries = object.as_object().unwrap().iter().filter(|(_, value)| **value != json!(0));
    json!(entries.collect::<BTreeMap<_, _>>())
}

/// The three rules for ties that others computed, each with the columns and the entry it has there.
#[test]
fn every_customer_and_segment_under_each_rule_for_ties() {
    let Some(facts) = vectors("rfm.json") else { return };
    let case = Case::shipped("online_retail.toml");
    let rules = [
        ("rank_first", "r", "rank_first_qcut"),
        ("quantile_edges", "q", "quantile_edges"),
        ("ntile", "s", "sql_ntile"),
    ];
    for (ties, prefix, entry) in rules {
        let Some(expected) = customers(prefix) else { return };
        let Some(published) = run(&case, AS_OF, FOLDER, &[&format!("ties={ties}")]) else { return };
        assert_customers(&published, &expected);
        assert_segments(&published, &facts["online_retail"]["scores"][entry]);
    }
}

#[test]
fn the_funnel_and_the_concentration() {
    let Some(facts) = vectors("rfm.json") else { return };
    let case = Case::shipped("online_retail.toml");
    let Some(published) = run(&case, AS_OF, FOLDER, &[]) else { return };
    published.assert_tied_out();
    let (funnel, accounting) = (&facts["online_retail"]["funnel"], published.accounting("lines"));
    assert_eq!(accounting["found"], funnel["rows"]);
    assert_eq!(accounting["accepted"], funnel["rows_kept"]);
    let filters = &published.record["filters"]["lines"];
    assert_eq!(filters["customer_known"]["matched"], funnel["customer_id_null"]);
    assert_eq!(filters["customer_known"]["removed"], funnel["customer_id_null"]);
    assert_eq!(filters["not_cancelled"]["matched"], funnel["cancelled_rows"]);
    assert_eq!(filters["not_cancelled"]["removed"], funnel["cancelled_rows_with_customer"]);
    assert_eq!(filters["quantity_positive"]["matched"], funnel["quantity_le_0"]);
    let count = |name: &str| funnel[name].as_u64().unwrap();
    assert_eq!(filters["price_positive"]["matched"], count("unit_price_eq_0") + count("unit_price_lt_0"));
    // What is removed adds up to what is not kept.
    let removed = filters.as_object().unwrap().values().map(|filter| filter["removed"].as_u64().unwrap());
    assert_eq!(removed.sum::<u64>(), count("rows") - count("rows_kept"));

    let table = published.table("segments/value.parquet");
    assert_eq!(json!(table.rows().num_rows()), funnel["customers"]);
    assert_eq!(json!(table.integers("orders_total").iter().sum::<i64>()), funnel["invoices"]);
    let expected = &facts["concentration"]["online_retail_positive_sales"];
    let concentration = &published.report()["concentration"]["value"];
    let gini = concentration["gini"]["value"].as_f64().unwrap();
    assert!((gini - expected["gini"].as_f64().unwrap()).abs() < 1e-9, "{gini}");
    let revenue = published.report()["totals"]["revenue"]["current"]["value"].as_f64().unwrap();
    // Money is told in pence.
    assert!((revenue / 100.0 - funnel["revenue"].as_f64().unwrap()).abs() <= 0.005, "{revenue}");
}

#[test]
fn compressed_text_gives_the_rows_of_the_parquet_file() {
    let case = Case::shipped("online_retail.toml");
    let Some(typed) = run(&case, AS_OF, FOLDER, &[]) else { return };
    let text = run(&case, AS_OF, FOLDER, &["file=online_retail.csv.zst"]).unwrap();
    text.assert_tied_out();
    assert_eq!(text.accounting("lines"), typed.accounting("lines"));
    assert_eq!(text.record["filters"], typed.record["filters"]);
    for scheme in ["value", "market"] {
        let file = format!("segments/{scheme}.parquet");
        // The definition names the file, so its version differs.
        let rows = |published: &Published| published.table(&file).without("definition_version");
        assert!(rows(&text) == rows(&typed), "{scheme}");
    }
    let summary = |published: &Published| published.digests(|path| path == "segment_summary.parquet");
    assert_eq!(summary(&text), summary(&typed));
}

/// One day as Parquet, UTF-8 and Windows-1252: every invoice with its texts, two of them with a pound sign.
#[test]
fn one_day_has_the_same_rows_in_every_encoding() {
    let Some(folder) = data(FOLDER) else { return };
    let case = Case::shipped("online_retail.toml");
    let run = |file: &str, encoding: &str| {
        case.write("day.toml", &include_str!("day.toml").replace("ENCODING", encoding));
        let (data, file) = (format!("data={}", folder.display()), format!("file={file}"));
        let options = ["run", "day.toml", "--as-of", "2011-06-25", "--force", "--param", &data, "--param", &file];
        case.call(&options).expect(0, "published");
        let published = Published::newest(&case);
        published.assert_tied_out();
        published
    };
    let utf_8 = run("by_day/2011-06-24.csv", "encoding = 'utf-8'");
    let Some(facts) = vectors("ingest.json") else { return };
    let facts = &facts["files"]["online_retail/by_day/2011-06-24.csv"];
    assert_eq!(utf_8.accounting("lines")["accepted"], facts["rows"]);
    let table = utf_8.table("segments/size.parquet");
    assert_eq!(json!(table.rows().num_rows()), facts["distinct"]["InvoiceNo"]);
    let in_pounds: Vec<String> = table.optional_texts("in_pounds").into_iter().flatten().collect();
    assert_eq!(in_pounds, ["Dotcomgiftshop Gift Voucher £50.00", "Dotcomgiftshop Gift Voucher £20.00"]);

    let rows = |published: &Published| published.table("segments/size.parquet").without("definition_version");
    let cp1252 = run("by_day_cp1252_2011-06-24.csv", "encoding = 'cp1252'");
    assert_eq!(cp1252.accounting("lines"), utf_8.accounting("lines"));
    assert!(rows(&cp1252) == rows(&utf_8));
    let parquet = run("online_retail.parquet", "filters = { day = \"invoice_date >= '2011-06-24'\" }");
    assert_eq!(parquet.accounting("lines")["accepted"], facts["rows"]);
    assert!(rows(&parquet) == rows(&utf_8));
}
