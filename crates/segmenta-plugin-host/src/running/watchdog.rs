//! Looks after calls that take too long.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Once, mpsc};
use std::time::Duration;

use super::{Slot, all, crash, now_ns};

/// Time between two looks.
const TICK: Duration = Duration::from_millis(5);
/// Multiples of the limit at which a line is logged; at the last one a hanging call is given up.
const WARNINGS: [u64; 3] = [1, 2, 5];

/// Starts the thread, once, and waits until it runs: a thread that starts needs the dynamic linker, whose
/// lock a library's initialiser may hold for ever.
pub(super) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let (ready, is_ready) = mpsc::channel();
        let thread = std::thread::Builder::new().name("plugin-watchdog".to_owned());
        match thread.spawn(move || watch(&ready)) {
            // An error here would mean that the thread is gone, and it never ends.
            Ok(_) => drop(is_ready.recv()),
            Err(error) => tracing::error!(%error, "time limits of plugins cannot be watched"),
        }
    });
}

fn watch(ready: &mpsc::Sender<()>) {
    all().for_each(look);
    // Whoever started the thread waits for this.
    let _ = ready.send(());
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
