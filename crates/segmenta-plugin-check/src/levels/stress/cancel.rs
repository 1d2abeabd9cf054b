//! A run that is cancelled while the criterion works.

use std::time::{Duration, Instant};

use segmenta_plugin_host::Error;

use super::ROWS;
use crate::report::{Difference, Sink};
use crate::subject::Subject;

/// A call that goes on for longer holds the run up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fits and applies until the run is cancelled, `after` it began: the calls end with rows or with
/// `cancelled`. Nothing can run in this process afterwards.
pub(crate) fn cancelled(subject: &Subject<'_>, after: Duration, sink: &mut Sink<'_>) {
    let rows = subject.range(ROWS * 16);
    let begun = Instant::now();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(after);
            segmenta_plugin_host::cancel();
        });
        loop {
            // The moment before, so that one whole round comes after the cancellation.
            let over = begun.elapsed() > after + Duration::from_millis(5);
            match subject.ready().and_then(|ready| ready.apply(&rows)) {
                Ok(_) if !over => {}
                other => return other.map(drop),
            }
        }
    });
    let took = begun.elapsed().saturating_sub(after);
    let next = "hand the answer of `poll` on with `?`, and call it every few thousand rows";
    let expected = "a cancelled call ends soon, with rows or with an error `cancelled`";
    match outcome {
        Err(error) if !is_cancellation(&error) => sink.fail("cancelled", Difference::error(expected, &error, next)),
        _ if took > PATIENCE => {
            sink.fail("cancelled", Difference::new(expected, format!("it took {} s", took.as_secs()), next));
        }
        _ => sink.measured(
            "cancelled",
            format!("{} us into the run, over after {} ms", after.as_micros(), took.as_millis()),
        ),
    }
}

fn is_cancellation(error: &Error) -> bool {
    error.code() == "cancelled"
}
