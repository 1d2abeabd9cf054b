//! Level `rows`: what a row gets depends on that row and the model, and on nothing else.

use std::time::Duration;

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, RowScope};

use crate::batches::{chunks, difference, joined, taken};
use crate::generate::hash;
use crate::report::{Difference, Sink};
use crate::subject::{Ready, Subject};

const ROWS: u64 = 3_000;
/// Longer than the second that a clock may be read to.
const TICK: Duration = Duration::from_millis(1_100);

pub(crate) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let rows = subject.range(ROWS);
    let ready = subject.ready();
    let whole = ready.and_then(|ready| Ok((ready.apply(&rows)?, ready)));
    let (whole, ready) = match whole {
        Ok(both) => both,
        Err(error) => return sink.fail("usable", super::defect("ordinary rows", &error)),
    };
    sink.verdict("repeat", repeated(&ready, &rows, &whole));
    if subject.info.rows == RowScope::Batch {
        return sink.skip("other-batches", "the criterion says that a row depends on its batch");
    }
    sink.verdict("other-batches", rechunked(&ready, &rows, &whole));
    sink.verdict("other-order", permuted(&ready, &rows, &whole));
    sink.verdict("rows-between", filled(subject, &ready, &rows, &whole));
}

/// The same batch again, at once and a second later.
fn repeated(ready: &Ready, rows: &RecordBatch, whole: &RecordBatch) -> Option<Difference> {
    let next = "read no clock and no random numbers, and keep no state between calls; the run's date is `cx.as_of()`, \
                its seed `cx.seed()`; look for maps whose order changes";
    let expected = "the same rows give the same result at any time";
    let again = differs(expected, next, whole, ready.apply(rows));
    again.or_else(|| {
        std::thread::sleep(TICK);
        differs(expected, next, whole, ready.apply(rows))
    })
}

/// Batches of other sizes.
fn rechunked(ready: &Ready, rows: &RecordBatch, whole: &RecordBatch) -> Option<Difference> {
    [1_000, 64, 7, 1].into_iter().find_map(|size| {
        let part = if size == 1 { rows.slice(0, 200) } else { rows.clone() };
        let outputs: Result<Vec<_>, Error> = chunks(&part, size).iter().map(|chunk| ready.apply(chunk)).collect();
        let expected = format!("in batches of {size} rows, each row's result is the one it has among {ROWS}");
        let whole = whole.slice(0, part.num_rows());
        differs(&expected, INDEPENDENT, &whole, outputs.map(|outputs| joined(&outputs)))
    })
}

const INDEPENDENT: &str = "compute each row from that row alone; what all rows decide belongs into a fit";

/// The rows backwards and shuffled.
fn permuted(ready: &Ready, rows: &RecordBatch, whole: &RecordBatch) -> Option<Difference> {
    let count = rows.num_rows() as u64;
    let backwards: Vec<u64> = (0..count).rev().collect();
    let mut shuffled: Vec<u64> = (0..count).collect();
    shuffled.sort_unstable_by_key(|row| hash(99, *row));
    [backwards, shuffled].into_iter().find_map(|order| {
        let moved = ready.apply(&taken(rows, order.iter().copied()));
        let expected = "in another order, each row's result is the same";
        differs(expected, INDEPENDENT, &taken(whole, order), moved)
    })
}

/// Other rows before, between and behind.
fn filled(subject: &Subject<'_>, ready: &Ready, rows: &RecordBatch, whole: &RecordBatch) -> Option<Difference> {
    let count = 500.min(rows.num_rows()) as u64;
    let numbers: Vec<u64> = (0..count).flat_map(|row| [1_000_000 + row, row, 2_000_000 + row]).collect();
    let out = ready.apply(&subject.rows(&numbers));
    let kept = out.map(|out| taken(&out, (0..count).map(|row| row * 3 + 1)));
    let expected = "among other rows, each row's result is the same";
    differs(expected, INDEPENDENT, &whole.slice(0, count as usize), kept)
}

fn differs(expected: &str, next: &str, whole: &RecordBatch, came: Result<RecordBatch, Error>) -> Option<Difference> {
    match came {
        Err(error) => Some(Difference::error(expected, &error, next)),
        Ok(came) => difference(whole, &came).map(|came| Difference::new(expected, came, next)),
    }
}
