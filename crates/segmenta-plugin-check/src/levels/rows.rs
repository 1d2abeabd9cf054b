//! Level `rows`: what a row gets depends on that row and the model, and on nothing else.

use std::time::Duration;

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Repeat, RowScope};

use crate::batches::{chunks, joined, taken};
use crate::generate::hash;
use crate::report::{Difference, Sink};
use crate::subject::{Ready, Subject};

const ROWS: u64 = 3_000;
/// Longer than the second that a clock may be read to.
const TICK: Duration = Duration::from_millis(1_100);

/// All rows, and what they got as one batch.
struct Seen<'a> {
    subject: &'a Subject<'a>,
    ready: Ready,
    rows: RecordBatch,
    whole: RecordBatch,
}

pub(crate) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if subject.info.repeat == Repeat::Never {
        return sink.skip("repeat", "the criterion says that its results are not the same twice");
    }
    let rows = subject.range(ROWS);
    let ready = subject.ready();
    let whole = ready.and_then(|ready| Ok((ready.apply(&rows)?, ready)));
    let (whole, ready) = match whole {
        Ok(both) => both,
        Err(error) => return sink.fail("usable", super::defect("ordinary rows", &error)),
    };
    let seen = Seen { subject, ready, rows, whole };
    sink.verdict("repeat", seen.repeated());
    if subject.info.rows == RowScope::Batch {
        return sink.skip("other-batches", "the criterion says that a row depends on its batch");
    }
    sink.verdict("other-batches", seen.rechunked());
    sink.verdict("other-order", seen.permuted());
    sink.verdict("rows-between", seen.filled());
}

const INDEPENDENT: &str = "compute each row from that row alone; what all rows decide belongs into a fit";

impl Seen<'_> {
    /// The same batch again, at once and a second later.
    fn repeated(&self) -> Option<Difference> {
        let next = "read no clock and no random numbers, and keep no state between calls; the run's date is \
                    `cx.as_of()`, its seed `cx.seed()`; look for maps whose order changes";
        let expected = "the same rows give the same result at any time";
        let again = || self.differs(expected, next, &self.whole, self.ready.apply(&self.rows));
        again().or_else(|| {
            std::thread::sleep(TICK);
            again()
        })
    }

    /// Batches of other sizes.
    fn rechunked(&self) -> Option<Difference> {
        [1_000, 64, 7, 1].into_iter().find_map(|size| {
            let part = if size == 1 { self.rows.slice(0, 200) } else { self.rows.clone() };
            let outputs: Result<Vec<_>, Error> =
                chunks(&part, size).iter().map(|chunk| self.ready.apply(chunk)).collect();
            let expected = format!("in batches of {size} rows, each row's result is the one it has among {ROWS}");
            let whole = self.whole.slice(0, part.num_rows());
            self.differs(&expected, INDEPENDENT, &whole, outputs.map(|outputs| joined(&outputs)))
        })
    }

    /// The rows backwards and shuffled.
    fn permuted(&self) -> Option<Difference> {
        let count = self.rows.num_rows() as u64;
        let backwards: Vec<u64> = (0..count).rev().collect();
        let mut shuffled: Vec<u64> = (0..count).collect();
        shuffled.sort_unstable_by_key(|row| hash(99, *row));
        [backwards, shuffled].into_iter().find_map(|order| {
            let moved = self.ready.apply(&taken(&self.rows, order.iter().copied()));
            let expected = "in another order, each row's result is the same";
            self.differs(expected, INDEPENDENT, &taken(&self.whole, order), moved)
        })
    }

    /// Other rows before, between and behind.
    fn filled(&self) -> Option<Difference> {
        let count = 500.min(self.rows.num_rows()) as u64;
        let numbers: Vec<u64> = (0..count).flat_map(|row| [1_000_000 + row, row, 2_000_000 + row]).collect();
        let out = self.ready.apply(&self.subject.rows(&numbers));
        let kept = out.map(|out| taken(&out, (0..count).map(|row| row * 3 + 1)));
        let expected = "among other rows, each row's result is the same";
        self.differs(expected, INDEPENDENT, &self.whole.slice(0, count as usize), kept)
    }

    fn differs(
        &self,
        expected: &str,
        next: &str,
        whole: &RecordBatch,
        came: Result<RecordBatch, Error>,
    ) -> Option<Difference> {
        match came {
            Err(error) => Some(Difference::error(expected, &error, next)),
            Ok(came) => self.subject.difference(whole, &came).map(|came| Difference::new(expected, came, next)),
        }
    }
}
