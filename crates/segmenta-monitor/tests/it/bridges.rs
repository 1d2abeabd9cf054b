//! Bridges of two real shops, month by month: they add up to the minor unit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use segmenta_monitor::bridge::bridge;
use segmenta_monitor::facts::{ComparisonId, Matched, MatchedBridge, Observation, SegmentKey};
use segmenta_monitor::findings::BridgeFinding;
use segmenta_monitor::{MetricId, RunFacts, Status};
use segmenta_stats::bridge::{CustomerBridge, Holding};

const SEGMENTS: [&str; 3] = ["large", "middle", "small"];

/// Revenue of each customer in ten-thousandths of the currency, by month as `2011-03`.
type Months = BTreeMap<String, BTreeMap<u32, i64>>;

/// Folder with the public data sets, if it is there.
fn folder() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var_os("SEGMENTA_DATA").map_or_else(|| default.into(), PathBuf::from);
    if !folder.is_dir() {
        println!("skipped: no data in {}", folder.display());
        return None;
    }
    Some(folder)
}

fn ten_thousandths(text: &str) -> i64 {
    (text.parse::<f64>().expect("a price is a number") * 10_000.0).round() as i64
}

/// Calls `row` with the named fields of each row.
fn read<const N: usize>(text: impl std::io::Read, names: [&str; N], mut row: impl FnMut([&str; N])) {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().unwrap().clone();
    let places = names.map(|name| header.iter().position(|field| field == name).unwrap());
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).unwrap() {
        row(places.map(|place| &record[place]));
    }
}

/// Sales at list price.
fn adventure_works(folder: &Path) -> Months {
    let open = |name: &str| std::fs::File::open(folder.join("adventureworks").join(name)).unwrap();
    let mut prices = BTreeMap::new();
    read(open("AdventureWorks_Products.csv"), ["ProductKey", "ProductPrice"], |[product, price]| {
        prices.insert(product.to_owned(), ten_thousandths(price));
    });
    let mut months = Months::new();
    for year in 2015..=2017 {
        let names = ["OrderDate", "ProductKey", "CustomerKey", "OrderQuantity"];
        read(open(&format!("AdventureWorks_Sales_{year}.csv")), names, |[date, product, customer, quantity]| {
            let mut parts = date.split('/');
            let month: u8 = parts.next().unwrap().parse().unwrap();
            let value = prices[product] * quantity.parse::<i64>().unwrap();
            let customers = months.entry(format!("{}-{month:02}", parts.nth(1).unwrap())).or_default();
            *customers.entry(customer.parse().unwrap()).or_default() += value;
        });
    }
    months
}

/// Sales and cancellations of known customers.
fn online_retail(folder: &Path) -> Months {
    let packed = std::fs::File::open(folder.join("online_retail/online_retail.csv.zst")).unwrap();
    let mut months = Months::new();
    let names = ["InvoiceDate", "CustomerID", "Quantity", "UnitPrice"];
    read(zstd::Decoder::new(packed).unwrap(), names, |[date, customer, quantity, price]| {
        let Ok(customer) = customer.trim_end_matches(".0").parse() else {
            return; // Unknown customers are in no segment.
        };
        let value = ten_thousandths(price) * quantity.parse::<i64>().unwrap();
        *months.entry(date[..7].to_owned()).or_default().entry(customer).or_default() += value;
    });
    months
}

/// What each customer of a month is worth in minor units, and in which segment.
fn holdings(customers: &BTreeMap<u32, i64>, limits_minor: [i64; 2]) -> BTreeMap<u32, Holding> {
    let minor = |value: &i64| (value + 50).div_euclid(100);
    let segment = |value_minor: i64| limits_minor.iter().filter(|limit| value_minor < **limit).count();
    let holding = |value_minor| Holding { segment: segment(value_minor), value_minor };
    customers.iter().map(|(&customer, value)| (customer, holding(minor(value)))).collect()
}

fn facts(held: &BTreeMap<u32, Holding>) -> RunFacts {
    let observation = |(segment, name): (usize, &&str)| {
        let values = || held.values().filter(|one| one.segment == segment).map(|one| i128::from(one.value_minor));
        let (n, sum) = (values().count() as u64, values().sum());
        let sumsq = values().map(|value| value * value).sum();
        Observation::money(SegmentKey::of("spend", name), MetricId::Revenue, n, sum, sumsq)
    };
    RunFacts { observations: SEGMENTS.iter().enumerate().map(observation).collect(), ..RunFacts::default() }
}

fn compare(before: &BTreeMap<u32, Holding>, now: &BTreeMap<u32, Holding>) -> BridgeFinding {
    let mut customers = CustomerBridge::default();
    before.iter().for_each(|(customer, held)| customers.add(Some(*held), now.get(customer).copied()));
    let new = now.iter().filter(|(customer, _)| !before.contains_key(customer));
    new.for_each(|(_, held)| customers.add(None, Some(*held)));
    let joined = MatchedBridge { scheme: "spend".to_owned(), metric: MetricId::Revenue, bridge: customers };
    let matched = Matched { bridges: vec![joined], ..Matched::default() };
    let (before, now) = (facts(before), facts(now));
    bridge(ComparisonId::Previous, "spend", &MetricId::Revenue, &before, &now, Some(&matched))
}

/// Both bridges of every pair of months end where the month ends; returns how many pairs there were.
fn assert_months_add_up(months: &Months, limits_minor: [i64; 2]) -> usize {
    let held: Vec<_> = months.values().map(|customers| holdings(customers, limits_minor)).collect();
    for pair in held.windows(2) {
        let total =
            |side: &BTreeMap<u32, Holding>| side.values().map(|held| i128::from(held.value_minor)).sum::<i128>();
        let change = total(&pair[1]) - total(&pair[0]);
        let found = compare(&pair[0], &pair[1]);
        assert_eq!((found.status, found.start_minor), (Status::Ok, Some(total(&pair[0]))));
        let effects = [found.volume_minor, found.mix_minor, found.rate_minor].map(Option::unwrap);
        assert_eq!(effects.iter().sum::<i128>(), change, "{found:?}");
        let by_segment: i128 = found.by_segment.iter().map(|segment| segment.mix_minor + segment.rate_minor).sum();
        assert_eq!(by_segment, effects[1] + effects[2]);
        assert_eq!(found.customer_bridge.unwrap().total_change(), change);
        assert!(found.rounded_minor.unwrap() <= 7, "no effect is further than one unit from its value: {found:?}");
    }
    held.len() - 1
}

#[test]
fn adventure_works_adds_up_to_the_cent() {
    let Some(folder) = folder() else { return };
    let months = adventure_works(&folder);
    let total: i64 = months.values().flat_map(BTreeMap::values).sum();
    assert_eq!((total + 50) / 100, 2_491_458_682); // As its description says: 24,914,586.82.
    assert_eq!(assert_months_add_up(&months, [100_000, 5_000]), 29);
}

#[test]
fn online_retail_adds_up_to_the_penny() {
    let Some(folder) = folder() else { return };
    let months = online_retail(&folder);
    let customers: std::collections::BTreeSet<_> = months.values().flat_map(BTreeMap::keys).collect();
    assert_eq!(customers.len(), 4_372); // As its description says.
    assert_eq!(assert_months_add_up(&months, [50_000, 10_000]), 12);
}
