//! Calls that get too little time or memory.

use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Limits, OnHang};

use super::ROWS;
use crate::generate::hash;
use crate::levels::{defect, load};
use crate::options::{Effort, Target};
use crate::report::{Difference, Sink};
use crate::subject::Subject;

/// Bytes that a plugin may reserve.
const BUDGETS: [u64; 4] = [1, 4_096, 64 << 10, 1 << 20];

pub(super) fn check(subject: &Subject<'_>, target: &Target, sink: &mut Sink<'_>) {
    let rows = subject.range(ROWS * 16);
    let begun = Instant::now();
    let before = match subject.ready().and_then(|ready| ready.apply(&rows)) {
        Ok(before) => before,
        Err(error) => return sink.fail("usable", defect("ordinary rows", &error)),
    };
    let tried = Tried { subject, target, rows, before };
    let times = moments(subject, begun.elapsed()).map(|time| Limits {
        fit: Some(time),
        apply: Some(time),
        on_hang: OnHang::Wait,
        ..Limits::default()
    });
    tried.all("little-time", "timeout", times, sink);
    let budgets = BUDGETS.into_iter().map(|bytes| Limits { memory: Some(bytes), ..Limits::default() });
    tried.all("little-memory", "resource", budgets, sink);
}

/// No time at all, and moments of the time that the calls take otherwise.
fn moments(subject: &Subject<'_>, whole: Duration) -> impl Iterator<Item = Duration> {
    let (count, seed) = (if subject.options.effort == Effort::Full { 12 } else { 3 }, subject.options.seed);
    let moment = move |number| whole.mul_f64((hash(seed, number) % 1_000) as f64 / 1_000.0);
    (0..count).map(move |number| if number == 0 { Duration::from_nanos(1) } else { moment(number) })
}

/// What is tried under limits, and what came of it without any.
struct Tried<'a> {
    subject: &'a Subject<'a>,
    target: &'a Target,
    rows: RecordBatch,
    before: RecordBatch,
}

impl Tried<'_> {
    /// Under each limit there are rows or the error `code`, and the same rows again without it.
    fn all(&self, rule: &str, code: &str, limits: impl Iterator<Item = Limits>, sink: &mut Sink<'_>) {
        let expected = format!("rows, or an error `{code}`, and rows again without the limit");
        let next = "hand the answer of `poll` and of a refused reservation on with `?`, and keep nothing half done";
        let (mut refused, mut count) = (0, 0);
        for limit in limits {
            count += 1;
            match self.one(limit, code) {
                Ok(Came::Refusal) => refused += 1,
                Ok(Came::Rows) => {}
                Ok(Came::Otherwise(came)) => return sink.fail(rule, Difference::new(expected, came, next)),
                Err(error) => return sink.fail(rule, Difference::error(expected, &error, next)),
            }
        }
        sink.measured(rule, format!("{refused} of {count} refused"));
    }

    fn one(&self, limits: Limits, code: &str) -> Result<Came, Error> {
        let mut registry = load::open(self.target)?;
        registry.limit(&self.subject.info.plugin, limits)?;
        let under = self.subject.elsewhere(&registry).ready().and_then(|ready| ready.apply(&self.rows));
        let came = match under {
            Ok(_) => Came::Rows,
            Err(error) if error.code() == code => Came::Refusal,
            Err(error) => return Err(error),
        };
        let after = self.subject.ready()?.apply(&self.rows)?;
        Ok(self.subject.difference_of_fits(&self.before, &after).map_or(came, Came::Otherwise))
    }
}

enum Came {
    Rows,
    Refusal,
    /// Other rows once the limit was gone.
    Otherwise(String),
}
