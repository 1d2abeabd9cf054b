//! Looks after calls that take too long.

use std::sync::Once;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::{Slot, all, crash, now_ns};

/// Time between two looks.
const TICK: Duration = Duration::from_millis(5);
/// Multiples of the limit at which a line is logged; at the last one a hanging call is given up.
const WARNINGS: [u64; 3] = [1, 2, 5];

/// Starts the thread, once.
pub(super) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let thread = std::thread::Builder::new().name("plugin-watchdog".to_owned());
        if let Err(error) = thread.spawn(watch) {
            tracing::error!(%error, "time limits of plugins cannot be watched");
        }
    });
}

fn watch() {
    loop {
        std::thread::sleep(TICK);
        all().for_each(look);
    }
}

fn look(slot: &'static Slot) {
    let Some(times) = slot.times_over(now_ns()).filter(|times| *times > 0) else {
        return;
    };
    slot.expired.store(true, Relaxed);
    let said = usize::from(slot.warnings.load(Relaxed));
    let Some(due) = WARNINGS.get(said).filter(|due| times >= **due) else {
        return;
    };
    slot.warnings.fetch_add(1, Relaxed);
    let (plugin, version) = slot.owner().map_or(("", ""), |owner| (owner.name.as_str(), owner.version.as_str()));
    let (criterion, call, rows) = (slot.criterion(), slot.call(), slot.rows());
    tracing::warn!(
        plugin,
        version,
        criterion,
        call,
        first_row = rows.start,
        end_row = rows.end,
        times = due,
        "a plugin takes longer than its limit"
    );
    if said + 1 == WARNINGS.len() && !slot.waits() {
        crash::give_up(slot, "does not return, the run is given up");
    }
}
