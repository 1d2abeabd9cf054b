//! All mistakes of a file at once, each with its place.

use crate::catalog::read;
use crate::rendering::render;

/// Thirteen mistakes in one file; numbers as in the comments.
const TEXT: &str = r#"[pipeline]
name    = "shop"
edition = "2026"
owners  = "crm"                                  # 1 unknown key

[params]
clusters = 6

[entity]
name   = "customer"
source = "customer"                              # 2 unknown reference
key    = "customer_id"

[sources.customers]
path     = "customers.parquet"
timeless = true

[sources.customers.columns]
customer_id = { type = "int64", unique = true }
country     = { type = "string", in = ["HU", "PL"] }

[sources.orders]
path       = "orders.parquet"
event_time = "ordered_at"
window     = "3 fortnights"                      # 3 bad duration
bad_rows   = { action = "quarantine", fail_above = 5 }  # 4 bad rate

[sources.orders.columns]
customer_id = "int64"
order_id    = "int64"
ordered_at  = "timestamp"
amount      = "float64"

[features.purchases]
from    = "orders"
summary = { order = "order_id", time = "ordered_at", amount = "amount" }

[features.purchases.columns]
recent = "sum(case when ordered_at > now() then amount end)"  # 5 the clock

[criteria.rfm]
inputs = { recency = "days_since_last", frequency = "orders_total", monetary = "spend_total" }
bin    = 5                                       # 6 unknown plugin option
none   = "no_orders"

[criteria.behaviour]
plugin   = "kmeans"
inputs   = { features = ["orders_total", "loop_distance"] }
clusters = "${params.cluster}"                   # 7 unknown param

[criteria.loop]
plugin   = "kmeans"
inputs   = { features = ["behaviour_distance"] } # 8 cycle
clusters = 1_000                                 # 13 out of the plugin's range

[schemes.value]
kind = "strategic"                               # 9 no goal
by   = "rfm"

[schemes.life]
kind  = "operational"
goal  = "Choose content"
other = "rest"

[[schemes.life.segments]]
name = "abroad"
when = "rfm = 'champion'"                          # 10 unknown label

[strategy]
scheme  = "value"
default = { discount = "5%", payment_days = "30" }  # 11 wrong type

[[strategy.rules]]
name = "again"
when = "spend_total >"                           # 12 half an expression
set  = { discount = "7%" }

[outputs]
path = "out"
"#;

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let (pipeline, problems) = read(TEXT, &[]);
    assert!(pipeline.is_none());
    insta::assert_snapshot!("mistakes", render(TEXT, &problems));
}

/// Whatever is cut off or left out, reading answers, and points into the text.
#[test]
fn no_part_of_a_file_is_too_broken_to_answer() {
    let text = TEXT.replace("customer_id", "kö\u{301}d");
    let lines: Vec<_> = text.lines().collect();
    let cut = (0..text.len()).step_by(23).filter_map(|end| text.get(..end)).map(str::to_owned);
    let left_out = (0..lines.len()).map(|line| [&lines[..line], &lines[line + 1..]].concat().join("\n"));
    for broken in cut.chain(left_out) {
        let (_, problems) = read(&broken, &[]);
        for label in problems.iter().flat_map(|problem| &problem.labels) {
            assert!(broken.get(label.span.clone()).is_some(), "{label:?} in {broken}");
        }
    }
}
