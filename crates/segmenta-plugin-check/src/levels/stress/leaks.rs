//! Memory that is left behind.

use segmenta_plugin_host::Error;

use crate::levels::defect;
use crate::options::Effort;
use crate::report::{Difference, Sink};
use crate::subject::Subject;

/// Growth per object, in bytes, from which it counts as a leak.
const LEAK: f64 = 256.0;
/// Growth after which nothing more is tried. Bytes.
const MOST: u64 = 256 << 20;

/// Instances of one measurement, of which there are two and a quarter.
fn rounds(subject: &Subject<'_>) -> usize {
    if subject.options.effort == Effort::Full { 5_000 } else { 1_000 }
}

/// Instances, models and results that come and go leave no memory behind.
pub(super) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let rounds = rounds(subject);
    let rows = subject.range(16);
    let cycle = |times: usize| -> Result<(), Error> {
        let model = subject.info.fit.as_ref().map(|_| subject.bind()?.fit(&subject.leaves(4, 250), 1)).transpose()?;
        let limit = resident_bytes().map(|bytes| bytes + MOST);
        for round in 0..times {
            if round % 64 == 63 && resident_bytes() > limit {
                // It leaks for certain; more of it could take the machine's memory.
                break;
            }
            let instance = subject.bind()?;
            let model = model.as_ref().map(|model| instance.load_model(&model.bytes)).transpose()?;
            instance.apply(model.as_deref(), &rows)?;
        }
        Ok(())
    };
    let measured = cycle(rounds / 4).and_then(|()| {
        let before = resident_bytes();
        cycle(rounds)?;
        let middle = resident_bytes();
        cycle(rounds)?;
        Ok((before, middle, resident_bytes()))
    });
    let (before, middle, after) = match measured {
        Ok((Some(before), Some(middle), Some(after))) => (before, middle, after),
        Ok(_) => return sink.skip("leaks", "the system does not tell how much memory a process uses"),
        Err(error) => return sink.fail("leaks", defect("binding again and again", &error)),
    };
    // A cache that fills grows once; a leak grows both times.
    let per_object = |from: u64, to: u64| (to as f64 - from as f64) / rounds as f64;
    let slope = per_object(before, middle).min(per_object(middle, after));
    if slope > LEAK {
        return sink.fail(
            "leaks",
            Difference::new(
                "memory stays the same while instances, models and results come and go",
                format!("it grows by {slope:.0} bytes per instance"),
                "free in `destroy`, `model_destroy` and the release callbacks what was made",
            ),
        );
    }
    sink.measured("leaks", format!("{:.0} bytes per instance over {rounds} instances", slope.max(0.0)));
}

/// Memory of this process; `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
