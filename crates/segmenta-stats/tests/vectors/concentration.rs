//! Concentration of two published data sets.

use std::collections::BTreeMap;

use segmenta_stats::{ExactSum, Sample, concentration};
use serde_json::Value;

/// Absolute, for shares and coefficients.
const TOLERANCE: f64 = 1e-9;

#[test]
fn online_retail_positive_sales() {
    let (Some(vectors), Some(folder)) = (crate::vectors("rfm.json"), crate::folder("SEGMENTA_VECTORS", "vectors"))
    else {
        return;
    };
    let customers = std::fs::read_to_string(folder.join("rfm_online_retail_customers.csv")).unwrap();
    let spend = |line: &str| line.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    check(&customers.lines().skip(1).map(spend).collect(), &vectors["concentration"]["online_retail_positive_sales"]);
}

#[test]
fn cdnow_full_file() {
    let (Some(vectors), Some(folder)) = (crate::vectors("rfm.json"), crate::folder("SEGMENTA_DATA", "data")) else {
        return;
    };
    let log = std::fs::read_to_string(folder.join("cdnow/CDNOW_master.txt")).unwrap();
    check(&spend_by_customer(log.lines().skip(1)), &vectors["concentration"]["cdnow_full_dollars"]);
}

#[test]
fn cdnow_sample_file() {
    let (Some(vectors), Some(folder)) = (crate::vectors("rfm.json"), crate::folder("SEGMENTA_DATA", "data")) else {
        return;
    };
    let log = std::fs::read_to_string(folder.join("cdnow/CDNOW_sample.txt")).unwrap();
    check(&spend_by_customer(log.lines()), &vectors["concentration"]["cdnow_sample_dollars"]);
}

/// Sum of the last column by the first one.
fn spend_by_customer<'a>(lines: impl Iterator<Item = &'a str>) -> Sample {
    let mut spend: BTreeMap<&str, ExactSum> = BTreeMap::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let (Some(customer), Some(dollars)) = (words.next(), words.next_back()) else {
            continue;
        };
        spend.entry(customer).or_default().add(dollars.parse().unwrap());
    }
    spend.values().map(|sum| sum.to_f64().unwrap()).collect()
}

fn check(spend: &Sample, expected: &Value) {
    let found = concentration::of_sample(spend);
    assert_eq!(found.n, expected["n"].as_u64().unwrap());
    close(found.total.unwrap() / expected["total"].as_f64().unwrap(), 1.0, "total");
    close(found.gini.unwrap(), expected["gini"].as_f64().unwrap(), "gini");
    for (name, q) in [("1pct", 0.01), ("5pct", 0.05), ("10pct", 0.1), ("20pct", 0.2)] {
        let share = concentration::top_share(spend, q).unwrap().unwrap();
        close(share, expected["top_share"][name].as_f64().unwrap(), name);
    }
    let n_80 = concentration::customers_for_share(spend, 0.8).unwrap();
    assert_eq!(n_80, expected["customers_for_80pct_of_total"].as_u64());
    assert_eq!(Some(concentration::abc_classes(spend).n_a), n_80);
    check_lorenz(spend, &expected["lorenz_deciles"]);
}

/// The published deciles end at the customer below the decile, our curve runs between customers: at the
/// decile ours is between that customer's share and the next one's.
fn check_lorenz(spend: &Sample, expected: &Value) {
    let found = concentration::of_sample(spend);
    let values = spend.values();
    for (decile, share) in (1..=10).zip(expected.as_array().unwrap()) {
        let share = share.as_f64().unwrap();
        let n_below = values.len() * decile / 10;
        let below: ExactSum = values[..n_below].iter().copied().collect();
        close(below.to_f64().unwrap() / found.total.unwrap(), share, "decile");
        let next = values.get(n_below).map_or(0.0, |value| value / found.total.unwrap());
        let ours = found.lorenz_deciles[decile];
        assert!((share - TOLERANCE..=share + next + TOLERANCE).contains(&ours), "{decile}: {ours}");
    }
}

fn close(found: f64, expected: f64, name: &str) {
    assert!((found - expected).abs() <= TOLERANCE, "{name}: {found} instead of {expected}");
}
