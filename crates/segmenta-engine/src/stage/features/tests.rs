use super::*;
use crate::fixture::{Fixture, as_of, close, floats, integers};
use crate::summary::batch;
use crate::{LocalRunner, Runner};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::datasource::MemTable;
use segmenta_pipeline::model::SUMMARY_COLUMNS;

const LINES: &str = r#"
[sources.lines]
path = "lines.csv"
event_time = "at"
[sources.lines.columns]
id = "int64"
no = "int64"
at = "timestamp"
amount = "float64"
cost = "float64"
kind = "string?"
[features.buys]
from = "lines"
summary = { order = "no", time = "at", amount = "amount", cost = "cost" }
[features.buys.columns]
n_lines = "count(*)"
kinds = "count(distinct kind)"
mean_line = "avg(amount)"
big_lines = "sum(case when amount > 25 then 1.0 else 0.0 end)"
"#;

type Line = (i64, i64, &'static str, f64, f64, Option<&'static str>);

/// 1 has two lines in one order, a second order at the last microsecond of a day and a return.
/// 2 has one order, with a number that 1 has too. 3 has none. 4 has two orders of one instant.
const ROWS: [Line; 7] = [
    (1, 10, "2026-06-01T10:00:00", 30.0, 20.0, Some("a")),
    (4, 21, "2026-05-01T00:00:00", 5.0, 1.0, None),
    (1, 11, "2026-06-20T23:59:59.999999", 40.0, 16.0, Some("b")),
    (2, 10, "2026-06-30T23:59:59.999999", 8.0, 3.0, Some("a")),
    (1, 10, "2026-06-01T10:00:00", 20.0, 10.0, Some("a")),
    (4, 20, "2026-05-01T00:00:00", 9.0, 2.0, None),
    (1, 12, "2026-06-30T00:00:00", -15.0, -6.0, None),
];

fn lines(rows: &[Line]) -> RecordBatch {
    let micros = |at: &str| AsOf::new(at.parse().unwrap()).micros();
    let integers = |value: fn(&Line) -> i64| -> ArrayRef { Arc::new(rows.iter().map(value).collect::<Int64Array>()) };
    let numbers = |value: fn(&Line) -> f64| -> ArrayRef { Arc::new(rows.iter().map(value).collect::<Float64Array>()) };
    batch(vec![
        ("id", integers(|row| row.0)),
        ("no", integers(|row| row.1)),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| micros(row.2))))),
        ("amount", numbers(|row| row.3)),
        ("cost", numbers(|row| row.4)),
        ("kind", Arc::new(rows.iter().map(|row| row.5).collect::<StringArray>())),
    ])
    .unwrap()
}

/// The profile of customers 1 to 4 with every column, the lines being in these partitions.
async fn profile_of(partitions: Vec<Vec<RecordBatch>>) -> Vec<RecordBatch> {
    let fixture = Fixture::people(LINES);
    let session = &fixture.session;
    let table = MemTable::try_new(partitions[0][0].schema(), partitions).unwrap();
    session.register_table("lines", Arc::new(table)).unwrap();
    let people = batch(vec![("id", Arc::new(Int64Array::from(vec![3, 1, 4, 2])))]).unwrap();
    let entities = session.read_batch(people).unwrap();
    let mut needed = crate::needs::columns(&fixture.pipeline);
    needed.extend(SUMMARY_COLUMNS.map(str::to_owned));
    let plan = profile_plan(session, &fixture.pipeline, entities, as_of(), &needed).unwrap();
    LocalRunner.collect(plan).await.unwrap()
}

fn orders() -> Vec<Vec<Vec<RecordBatch>>> {
    let reversed: Vec<Line> = ROWS.iter().rev().copied().collect();
    let apart = ROWS.map(|row| vec![lines(&[row])]).to_vec();
    vec![vec![vec![lines(&ROWS)]], vec![vec![lines(&reversed)]], apart]
}

#[tokio::test]
async fn a_summary_counts_orders_and_days() {
    for partitions in orders() {
        let rows = profile_of(partitions).await;
        assert_eq!(integers(&rows, "id"), [1, 2, 3, 4].map(Some));
        assert_eq!(integers(&rows, "orders_total"), [3, 1, 0, 2].map(Some));
        assert_eq!(integers(&rows, "repeat_orders"), [2, 0, 0, 1].map(Some));
        // The day of the last order counts, not its hour: 30 June is one day before 1 July.
        assert_eq!(integers(&rows, "days_since_last"), [Some(1), Some(1), None, Some(61)]);
        assert_eq!(integers(&rows, "days_first_to_last"), [Some(29), Some(0), None, Some(0)]);
        assert_eq!(integers(&rows, "tenure_days"), [Some(30), Some(1), None, Some(61)]);
    }
}

/// Customer 1: (40 − 15) / 2 orders after the first; customer 4: order 20 is the first, 21 remains.
#[tokio::test]
async fn a_summary_adds_money_and_nobody_spends_null() {
    for partitions in orders() {
        let rows = profile_of(partitions).await;
        assert_eq!(floats(&rows, "spend_total"), [75.0, 8.0, 0.0, 14.0].map(Some));
        assert_eq!(floats(&rows, "goods_cost_total"), [40.0, 3.0, 0.0, 3.0].map(Some));
        assert!(close(&floats(&rows, "spend_mean_repeat"), &[Some(12.5), None, None, Some(5.0)]));
    }
}

#[tokio::test]
async fn a_customer_without_rows_has_counts_of_0_and_no_other_aggregate() {
    for partitions in orders() {
        let rows = profile_of(partitions).await;
        assert_eq!(integers(&rows, "n_lines"), [4, 1, 0, 2].map(Some));
        assert_eq!(integers(&rows, "kinds"), [2, 1, 0, 0].map(Some));
        assert!(close(&floats(&rows, "mean_line"), &[Some(18.75), Some(8.0), None, Some(7.0)]));
        assert_eq!(floats(&rows, "big_lines"), [Some(2.0), Some(0.0), None, Some(0.0)]);
    }
}

#[test]
fn only_a_count_outermost_means_0() {
    let fixture = Fixture::people("");
    let rows = fixture.session.read_batch(lines(&ROWS)).unwrap();
    let parsed = |sql: &str| fixture.session.parse_sql_expr(sql, rows.schema()).unwrap();
    for (sql, expected) in [
        ("count(*)", true),
        ("cast(count(distinct no) as double)", true),
        ("sum(amount)", false),
        ("max(no) - count(*)", false),
        ("coalesce(count(*), 1)", false),
    ] {
        assert_eq!(is_count(&parsed(sql)), expected, "{sql}");
    }
    assert!(!is_count(&column("no")));
}
