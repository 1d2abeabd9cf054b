use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::names::NameTable;
use crate::options::{Names, Options};

struct Customer {
    key: Key,
    values: [f64; 3],
}

/// Fits in two partials and scores the same customers.
fn scores(ties: Ties, bins: u8, customers: &[Customer]) -> Vec<[u8; 3]> {
    let model = fitted(ties, bins, customers);
    let score_of = |customer: &Customer| {
        let key = customer.key.as_ref();
        each_axis(|at, axis| score(&model.axes[at].cuts, axis.direction, customer.values[at], key))
    };
    let scores: Vec<_> = customers.iter().map(score_of).collect();
    for (at, axis) in model.axes.iter().enumerate() {
        for (score, expected) in (1..).zip(&axis.customers) {
            let found = scores.iter().filter(|scores| scores[at] == score).count();
            assert_eq!(found as u64, *expected, "customers of axis {at} with score {score}");
        }
    }
    scores
}

fn fitted(ties: Ties, bins: u8, customers: &[Customer]) -> Model {
    let mut carry = None;
    loop {
        let mut whole = Partial::new(carry.as_ref());
        let (early, late) = customers.split_at(customers.len() / 3);
        for customers in [late, early] {
            let mut part = Partial::new(carry.as_ref());
            let rows: Vec<_> = customers.iter().map(|customer| (customer.key.as_ref(), customer.values)).collect();
            part.add(&rows);
            whole.merge(part).unwrap();
        }
        match whole.finish(ties, bins, carry.as_ref()).unwrap() {
            Step::Done(model) => return model,
            Step::Again(next) => carry = Some(next),
        }
    }
}

fn shared(variable: &str, folder: &str, name: &str) -> Option<String> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(folder);
    let folder = std::env::var_os(variable).map_or(default, PathBuf::from);
    let text = fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        println!("skipped: {name} is not in {}", folder.display());
    }
    text
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// The CDNOW sample: days from the last order to 1998-06-30, days with orders, money spent.
fn cdnow() -> Option<Vec<Customer>> {
    let text = shared("SEGMENTA_DATA", "data", "cdnow/CDNOW_sample.txt")?;
    let mut orders: BTreeMap<i64, (BTreeSet<i64>, f64)> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [key, _, date, _, spend] = fields[..] else {
            continue;
        };
        let (days, total) = orders.entry(key.parse().unwrap()).or_default();
        days.insert(day(date));
        *total += number(spend);
    }
    let customer = |(key, (days, spend)): (i64, (BTreeSet<i64>, f64))| Customer {
        key: Key::Number(key),
        values: [(day("19980630") - days.last().unwrap()) as f64, days.len() as f64, spend],
    };
    Some(orders.into_iter().map(customer).collect())
}

/// Days since the start of 1997 of a date in 1997 or 1998, neither a leap year.
fn day(date: &str) -> i64 {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let part = |range: std::ops::Range<usize>| date[range].parse::<i64>().unwrap();
    (part(0..4) - 1997) * 365 + before[part(4..6) as usize - 1] + part(6..8) - 1
}

fn per_score(scores: &[[u8; 3]], axis: usize) -> [usize; 5] {
    std::array::from_fn(|at| scores.iter().filter(|scores| usize::from(scores[axis]) == at + 1).count())
}

fn table(names: Names) -> NameTable {
    let options = Options {
        bins: 5,
        ties: Ties::default(),
        allow_split_ties: false,
        names: Some(names),
        segments: Vec::new(),
        other: None,
    };
    NameTable::new(&options).unwrap()
}

#[test]
fn the_tie_rules_reproduce_the_published_cdnow_counts() {
    let Some(customers) = cdnow() else { return };
    assert_eq!(customers.len(), 2_357);
    let frequency = |ties| per_score(&scores(ties, 5, &customers), 1);
    assert_eq!(frequency(Ties::StrictlyBelow), [1218, 0, 403, 358, 378]);
    assert_eq!(frequency(Ties::AtOrBelow), [0, 0, 1218, 612, 527]);
    assert_eq!(frequency(Ties::Ntile), [472, 472, 471, 471, 471]);
    let ntile = scores(Ties::Ntile, 5, &customers);
    let once = customers.iter().zip(ntile).filter(|(customer, _)| customer.values[1] == 1.0);
    let once: Vec<_> = once.map(|(_, scores)| scores).collect();
    assert_eq!(per_score(&once, 1), [472, 472, 274, 0, 0]);
}

#[test]
fn the_standard_names_reproduce_the_published_cdnow_counts() {
    let Some(customers) = cdnow() else { return };
    let names = [
        "champions",
        "loyal",
        "potential_loyalist",
        "new_customers",
        "promising",
        "need_attention",
        "about_to_sleep",
        "at_risk",
        "cannot_lose_them",
        "hibernating",
        "lost",
    ];
    let table = table(Names::Standard);
    assert_eq!(table.labels(), names);
    for (ties, expected) in [
        (Ties::StrictlyBelow, [533, 158, 179, 147, 95, 165, 197, 55, 176, 333, 319]),
        (Ties::AtOrBelow, [615, 220, 155, 0, 0, 167, 284, 247, 5, 513, 151]),
    ] {
        let scores = scores(ties, 5, &customers);
        let found = names.map(|name| scores.iter().filter(|scores| table.name(**scores) == name).count());
        assert_eq!(found, expected, "{ties:?}");
    }
}

#[test]
fn every_customer_of_the_online_retail_reference_gets_its_scores_and_segment() {
    let file = "rfm_online_retail_customers.csv";
    let Some(text) = shared("SEGMENTA_VECTORS", "vectors", file) else {
        return;
    };
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let column = |name: &str| header.iter().position(|field| *field == name).unwrap();
    let customers: Vec<Customer> = rows
        .iter()
        .map(|row| Customer {
            key: Key::Number(row[column("customer_id")].parse().unwrap()),
            values: ["R", "F", "M"].map(|name| number(row[column(name)])),
        })
        .collect();
    let table = table(Names::TenSegments);
    for (ties, prefix) in [(Ties::RankFirst, "r"), (Ties::QuantileEdges, "q"), (Ties::Ntile, "s")] {
        let scores = scores(ties, 5, &customers);
        for (row, scores) in rows.iter().zip(scores) {
            let expected = ["r", "f", "m"].map(|axis| row[column(&format!("{prefix}_{axis}"))]);
            assert_eq!(scores.map(|score| score.to_string()), expected, "{ties:?} {row:?}");
            assert_eq!(table.name(scores), row[column(&format!("{prefix}_segment"))]);
        }
    }
}

#[test]
fn equal_customers_are_split_by_text_keys_in_byte_order() {
    let customer = |key: &str| Customer { key: Key::Text(key.to_owned()), values: [1.0, 1.0, 1.0] };
    let customers = ["b", "a", "Z", "c"].map(customer);
    let frequency: Vec<u8> = scores(Ties::Ntile, 2, &customers).iter().map(|scores| scores[1]).collect();
    assert_eq!(frequency, [2, 1, 1, 2]);
}

#[test]
fn nobody_to_fit_is_an_error() {
    let error = Partial::new(None).finish(Ties::default(), 5, None).unwrap_err();
    assert_eq!(error.to_string(), "no customer has recency, frequency and monetary value");
}

#[test]
fn partials_of_different_passes_do_not_mix() {
    let customers = [1, 2, 3].map(|key| Customer { key: Key::Number(key), values: [1.0; 3] });
    let mut part = Partial::new(None);
    part.add(&customers.each_ref().map(|customer| (customer.key.as_ref(), customer.values)));
    let Step::Again(carry) = part.finish(Ties::Ntile, 2, None).unwrap() else {
        panic!("three equal customers in two groups need their keys");
    };
    let mut keys = Partial::new(Some(&carry));
    assert!(keys.merge(Partial::new(None)).is_err());
    assert!(keys.finish(Ties::Ntile, 2, Some(&carry)).is_err());
}
