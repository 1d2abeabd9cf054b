//! Northwind and AdventureWorks: files with dirt, run with quarantine on, and accounting that ties out.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::{data, run, vectors};
use crate::case::Case;
use crate::published::Published;

/// Lines of a file of real data behind its heading.
fn lines(folder: &str, file: &str) -> Vec<String> {
    let text = fs::read_to_string(data(folder).unwrap().join(file)).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

/// A field of a line without quotes in front of it.
fn field(line: &str, at: usize) -> String {
    line.trim_start_matches('\u{feff}').split(',').nth(at).unwrap().to_owned()
}

/// Each quarantined row of a source is the line of its file that it says it is.
fn assert_lines(published: &Published, folder: &str) -> Vec<(String, String)> {
    let table = published.table("quarantine/quarantine.parquet");
    let (sources, files) = (table.texts("source"), table.texts("file"));
    let (rows, texts) = (table.integers("row"), table.texts("text"));
    let mut open = (String::new(), Vec::new());
    for ((file, row), text) in files.iter().zip(rows).zip(&texts) {
        if open.0 != *file {
            open = (file.clone(), lines(folder, file));
        }
        // The heading is line 1.
        assert_eq!(open.1[usize::try_from(row).unwrap() - 2], *text, "{file}:{row}");
    }
    sources.into_iter().zip(texts).collect()
}

#[test]
fn northwind() {
    let Some(facts) = vectors("ingest.json") else { return };
    let case = Case::shipped("northwind.toml");
    let Some(published) = run(&case, "1998-06-01", "northwind", &[]) else { return };
    published.assert_tied_out();
    let facts = &facts["checks"]["northwind"];
    let sources = ["customers", "orders", "order_details", "products"];
    for (source, file) in sources.iter().zip(["customers.csv", "orders.csv", "order-details.csv", "products.csv"]) {
        let accounting = published.accounting(source);
        assert_eq!(accounting["found"], facts[file]["records"], "{source}");
        let malformed = accounting["quarantined"].get("fields").unwrap_or(&Value::Null).as_u64().unwrap_or(0);
        assert_eq!(json!(malformed), facts[file]["malformed"], "{source}");
    }
    for source in ["customers", "orders"] {
        let file = format!("{source}.csv");
        assert_eq!(published.accounting(source)["accepted"], facts[&file]["well_formed"]);
    }

    // Lines of an order that has a field too many refer to an order that was not accepted.
    let well_formed = |line: &String| line.matches(',').count() == 13;
    let orders: BTreeSet<String> =
        lines("northwind", "orders.csv").iter().filter(|line| well_formed(line)).map(|line| field(line, 0)).collect();
    let details = lines("northwind", "order-details.csv");
    let orphans: Vec<&String> = details.iter().filter(|line| !orders.contains(&field(line, 0))).collect();
    let quarantined = json!({ "order_id: references": orphans.len() });
    assert_eq!(published.accounting("order_details")["quarantined"], quarantined);
    let texts = assert_lines(&published, "northwind");
    let found: Vec<&String> =
        texts.iter().filter(|(source, _)| source == "order_details").map(|(_, text)| text).collect();
    assert_eq!(found, orphans);
}

#[test]
fn adventureworks() {
    let Some(facts) = vectors("ingest.json") else { return };
    let case = Case::shipped("adventureworks.toml");
    let Some(published) = run(&case, "2017-07-01", "adventureworks", &[]) else { return };
    published.assert_tied_out();
    let facts = &facts["checks"]["adventureworks"];
    let sales = published.accounting("sales");
    assert_eq!((&sales["found"], &sales["accepted"]), (&facts["sales_lines"], &facts["sales_lines"]));
    let table = published.table("segments/value.parquet");
    let customers: Vec<i64> = table.integers("orders_total");
    assert_eq!(json!(customers.iter().filter(|&&orders| orders > 0).count()), facts["customers_ordering"]);
    assert_eq!(json!(customers.iter().sum::<i64>()), facts["orders"]);
    let revenue = published.report()["totals"]["revenue"]["current"]["value"].as_f64().unwrap();
    let expected = facts["revenue_quantity_x_list_price"].as_f64().unwrap();
    // Money is told in cents.
    assert!((revenue / 100.0 - expected).abs() <= 0.005, "{revenue}");
}

/// The damaged copy: sales of customers who are not in it go to quarantine.
#[test]
fn adventureworks_with_half_of_its_customers() {
    let Some(facts) = vectors("ingest.json") else { return };
    let partial = "AdventureWorks_Customers_resaved_partial.csv";
    let case = Case::shipped("adventureworks.toml");
    let params = format!("customers={partial}");
    let Some(published) = run(&case, "2017-07-01", "adventureworks", &[&params]) else { return };
    published.assert_tied_out();
    let known: BTreeSet<String> = lines("adventureworks", partial).iter().map(|line| field(line, 0)).collect();
    let sales = [2015, 2016, 2017].map(|year| lines("adventureworks", &format!("AdventureWorks_Sales_{year}.csv")));
    let orphans = sales.iter().flatten().filter(|line| !known.contains(&field(line, 4))).count();

    let accounting = published.accounting("sales");
    assert_eq!(accounting["found"], facts["checks"]["adventureworks"]["sales_lines"]);
    assert_eq!(accounting["quarantined"], json!({ "customer_id: references": orphans }));
    let texts = assert_lines(&published, "adventureworks");
    let customers: BTreeSet<String> = texts.iter().map(|(_, text)| field(text, 4)).collect();
    assert_eq!(json!(customers.len()), facts["checks"]["adventureworks"]["ordering_customers_missing_from_partial"]);
    let file = format!("adventureworks/{partial}");
    assert_eq!(published.accounting("customers")["accepted"], facts["files"][&file]["rows"]);
}
