//! What a run learns of its surroundings, and what they learn of it.

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Zoned;
use jiff::tz::TimeZone;
use segmenta_engine::{StageDone, Surroundings};

use crate::progress::Progress;
use crate::{Environment, memory, text};

/// How often a stage that takes long gives a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Clock, memory and progress of one run.
pub(crate) struct Console<'a> {
    environment: &'a Environment,
    started: Instant,
    zone: TimeZone,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    progress: Progress<'a>,
    /// The stage at work, and when it began.
    running: Option<(String, Instant)>,
}

impl<'a> Console<'a> {
    /// `zone` is the one whose times are shown.
    pub(crate) fn new(environment: &'a Environment, started: Instant, zone: TimeZone, progress: Progress<'a>) -> Self {
        Self { environment, started, zone, state: Mutex::new(State { progress, running: None }) }
    }

    /// Does the work with signs of life as long as it lasts.
    pub(crate) fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.state().progress.is_written() {
            return work();
        }
        std::thread::scope(|scope| {
            // Dropped at the end of the work, also by a panic.
            let (end, ended) = channel::<()>();
            scope.spawn(move || self.beat(&ended));
            let result = work();
            drop(end);
            result
        })
    }

    fn beat(&self, ended: &Receiver<()>) {
        while ended.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
            let mut state = self.state();
            if let Some((stage, since)) = &state.running {
                let millis = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                let line = format!("{stage:<12} …     for {}", text::duration(millis));
                state.progress.note(&self.now_here(), &line, "heartbeat");
            }
        }
    }

    /// Says something about the run.
    pub(crate) fn note(&self, line: &str, event: &'static str) {
        self.state().progress.note(&self.now_here(), line, event);
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.state().progress.end();
    }

    fn now_here(&self) -> Zoned {
        self.environment.now().to_zoned(self.zone.clone())
    }

    /// Progress is shown even after a panic elsewhere.
    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Surroundings for Console<'_> {
    fn now(&self) -> String {
        self.environment.now().to_string()
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn peak_memory_bytes(&self) -> Option<u64> {
        memory::peak_bytes()
    }

    fn stage_started(&self, stage: &str) {
        let mut state = self.state();
        state.running = Some((stage.to_owned(), Instant::now()));
        state.progress.begin(stage);
    }

    fn stage_done(&self, done: &StageDone) {
        let now = self.now_here();
        let mut state = self.state();
        state.running = None;
        state.progress.done(&now, done);
    }
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("zone", &self.zone).finish_non_exhaustive()
    }
}
