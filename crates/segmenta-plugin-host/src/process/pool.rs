//! The children of one library: who gets which call, and what happens when one crashes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow_buffer::Buffer;
use segmenta_plugin_abi::SegStatus;

use super::child::{Child, End, Replied, Why};
use super::crash;
use super::frame::Part;
use super::job::{Body, Job};
use super::message::{Answer, Ask, Id, Object};
use super::remote::{self, Remote};
use super::settings::Settings;
use crate::library::{LibraryFile, Tenancy};
use crate::{Error, Failure, Result};

/// Waits before a child is started again double from here to a second.
const BACK_OFF: Duration = Duration::from_millis(10);

/// A library in children of its own.
pub(crate) struct Pool {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) sha256: String,
    pub(super) path: PathBuf,
    library: Part,
    pub(super) settings: Settings,
    slots: Vec<Slot>,
    turn: AtomicUsize,
    ids: AtomicU64,
    health: Mutex<Health>,
}

/// A place for a child.
#[derive(Default)]
struct Slot {
    seat: Mutex<Seat>,
    /// Objects that nobody needs any more.
    dropped: Mutex<Vec<Object>>,
}

/// The child of a slot, if there is one, and the objects that it has.
#[derive(Default)]
struct Seat {
    child: Option<Child>,
    has: BTreeSet<Object>,
}

/// What is known about the library's crashes.
#[derive(Default)]
struct Health {
    crashes: u32,
    /// Why it is not started again.
    gone: Option<String>,
}

/// Why a call was not answered.
enum Stopped {
    /// The plugin, or what it is called with, is to blame.
    Refused(Remote, &'static str),
    /// The child is gone.
    Ended(End),
    /// There is no child to ask.
    Gone(String),
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("name", &self.name).field("path", &self.path).finish_non_exhaustive()
    }
}

impl Pool {
    /// Looks at the file. Children are started when there is something to ask them.
    ///
    /// # Errors
    /// As [`LibraryFile::check`], [`Error::Read`] if there is no memory for the library.
    pub(crate) fn start(file: &LibraryFile, settings: &Settings) -> Result<Arc<Self>> {
        let inspection = file.check(Tenancy::Alone)?;
        let unreadable = |source| Error::Read { path: file.path().to_owned(), source };
        let slots = (0..settings.children.max(1)).map(|_| Slot::default()).collect();
        Ok(Arc::new(Self {
            name: inspection.name,
            version: inspection.version,
            sha256: file.sha256().to_owned(),
            path: file.path().to_owned(),
            library: Part::new(&[file.bytes()]).map_err(unreadable)?,
            settings: settings.clone(),
            slots,
            turn: AtomicUsize::new(0),
            ids: AtomicU64::new(1),
            health: Mutex::default(),
        }))
    }

    /// A number that no object of the library has.
    pub(super) fn id(&self) -> Id {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// A slot for an object that stays in one child.
    pub(super) fn any_slot(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed) % self.slots.len()
    }

    /// Lets every child destroy an object when it is asked for something else.
    pub(super) fn forget(&self, object: Object) {
        for slot in &self.slots {
            lock(&slot.dropped).push(object);
        }
    }

    /// Makes a call in a child. If the child crashes it is made once more in another one.
    ///
    /// # Errors
    /// As the call in-process; [`Error::Crashed`] after the second crash; [`Error::Plugin`] with status
    /// `TIMEOUT`, `RESOURCE` or `CANCELLED`; [`Error::Protocol`], [`Error::BadOutput`].
    pub(super) fn run(&self, job: &Job<'_>) -> Result<(Answer, Option<Buffer>)> {
        let mut tried_before = false;
        loop {
            let end = match self.attempt(job, tried_before) {
                Ok(answer) => return Ok(answer),
                Err(Stopped::Refused(remote, call)) => return Err(remote.at(&self.place(job, call))),
                Err(Stopped::Gone(how)) => return Err(self.crashed(job, "load", how)),
                Err(Stopped::Ended(end)) => end,
            };
            if end.why != Why::Crash {
                return Err(self.ended(job, end));
            }
            self.count_crash(&end);
            let (plugin, call, how) = (&self.name, end.call, &end.how);
            if tried_before || end.call == "load" || !job.can_be_repeated() {
                let kept = crash::keep(self, job, &end);
                let how = kept.map_or_else(|| end.how.clone(), |path| format!("{how}; kept as `{}`", path.display()));
                return Err(self.crashed(job, call, how));
            }
            tracing::warn!(plugin, call, how, "a plugin crashed, the call is made again in a fresh process");
            tried_before = true;
        }
    }

    /// One call. In a `fresh` child, an idle one is not asked: it may have died since its last call.
    fn attempt(&self, job: &Job<'_>, fresh: bool) -> Result<(Answer, Option<Buffer>), Stopped> {
        let (slot, mut seat) = self.seat(job.slot);
        if fresh {
            *seat = Seat::default();
        }
        if seat.child.is_none() {
            seat.child = Some(self.child()?);
            lock(&slot.dropped).clear();
        }
        let asked = self.ask_all(slot, &mut seat, job);
        if matches!(asked, Err(Stopped::Ended(_))) {
            *seat = Seat::default();
        }
        asked
    }

    /// A free seat, with a child if there is one.
    fn seat(&self, wanted: Option<usize>) -> (&Slot, MutexGuard<'_, Seat>) {
        let turn = match wanted {
            Some(slot) => return (&self.slots[slot], lock(&self.slots[slot].seat)),
            None => self.turn.fetch_add(1, Ordering::Relaxed),
        };
        let mut empty = None;
        for slot in &self.slots {
            match slot.seat.try_lock() {
                Ok(seat) if seat.child.is_some() => return (slot, seat),
                Ok(seat) => empty = empty.or(Some((slot, seat))),
                Err(_) => {}
            }
        }
        let wait = || {
            let slot = &self.slots[turn % self.slots.len()];
            (slot, lock(&slot.seat))
        };
        empty.unwrap_or_else(wait)
    }

    /// Starts a child, unless that has failed too often.
    fn child(&self) -> Result<Child, Stopped> {
        let crashes = {
            let health = lock(&self.health);
            if let Some(gone) = &health.gone {
                return Err(Stopped::Gone(gone.clone()));
            }
            health.crashes
        };
        if crashes > 0 {
            std::thread::sleep((BACK_OFF * (1 << (crashes - 1).min(7))).min(Duration::from_secs(1)));
        }
        match Child::start(&self.name, &self.path, &self.library, &self.settings) {
            Ok(Ok(child)) => Ok(child),
            Ok(Err(remote)) => Err(Stopped::Refused(remote, "load")),
            Err(end) => Err(Stopped::Ended(end)),
        }
    }

    /// Tidies the child up, gives it what the call needs, and makes the call.
    fn ask_all(&self, slot: &Slot, seat: &mut Seat, job: &Job<'_>) -> Result<(Answer, Option<Buffer>), Stopped> {
        let Seat { child, has } = seat;
        let child = child.as_mut().expect("a seat is given a child before it is asked");
        for object in std::mem::take(&mut *lock(&slot.dropped)) {
            if has.remove(&object) && ask(child, &Ask::Forget(object), None, job).is_err() {
                tracing::warn!(plugin = self.name, ?object, "a plugin crashed while it destroyed something");
                *child = self.child()?;
                has.clear();
            }
        }
        for (object, steps) in job.needs() {
            if has.contains(&object) {
                continue;
            }
            for step in steps {
                refuse(ask(child, &step.ask, step.body.as_ref(), job)?, step.ask.call())?;
            }
            has.insert(object);
        }
        let answer = refuse(ask(child, &job.ask, job.body.as_ref(), job)?, job.ask.call())?;
        has.extend(job.makes());
        Ok(answer)
    }

    fn count_crash(&self, end: &End) {
        let mut health = lock(&self.health);
        health.crashes += 1;
        if end.call == "load" {
            health.gone = Some(end.how.clone());
        } else if health.crashes > self.settings.max_crashes {
            health.gone = Some(format!("{}, and it crashed {} times", end.how, health.crashes));
        }
    }

    /// The error for a child that was ended for another reason than a crash.
    pub(super) fn ended(&self, job: &Job<'_>, end: End) -> Error {
        let (plugin, problem) = (self.name.clone(), end.how);
        let status = match end.why {
            Why::Timeout => SegStatus::TIMEOUT,
            Why::Memory => SegStatus::RESOURCE,
            Why::Cancelled => SegStatus::CANCELLED,
            Why::Output => return Error::BadOutput { criterion: job.criterion.to_owned(), problem },
            Why::Start if end.call == "load" => return Error::NoProcess { plugin, problem },
            Why::Crash | Why::Start | Why::Protocol => return Error::Protocol { plugin, problem },
        };
        Error::Plugin(Box::new(Failure {
            plugin,
            criterion: job.criterion.to_owned(),
            call: end.call,
            status,
            message: problem,
            problem: None,
            column: None,
            row: None,
            leaf: job.at.leaf,
            rows: job.rows(),
            param: None,
            hint: None,
            location: None,
            backtrace: None,
        }))
    }

    fn crashed(&self, job: &Job<'_>, call: &'static str, how: String) -> Error {
        let (plugin, criterion) = (self.name.clone(), job.criterion.to_owned());
        Error::Crashed { plugin, criterion, call, rows: job.rows(), how }
    }

    fn place<'a>(&'a self, job: &'a Job<'_>, call: &'static str) -> remote::Place<'a> {
        remote::Place { plugin: &self.name, criterion: job.criterion, call, path: &self.path }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for slot in &mut self.slots {
            let seat = slot.seat.get_mut().unwrap_or_else(PoisonError::into_inner);
            if let Some(Err(end)) = seat.child.take().map(Child::goodbye) {
                tracing::warn!(plugin = self.name, how = end.how, "a plugin's process did not end as it should");
            }
        }
    }
}

fn ask(child: &mut Child, ask: &Ask, body: Option<&Body>, job: &Job<'_>) -> Result<Replied, Stopped> {
    child.ask(ask, body, job.limits.of(ask.call())).map_err(Stopped::Ended)
}

fn refuse(replied: Replied, call: &'static str) -> Result<(Answer, Option<Buffer>), Stopped> {
    replied.map_err(|remote| Stopped::Refused(remote, call))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
