//! A running child, as the runner sees it: one request at a time, watched while it works.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use arrow_buffer::Buffer;

use super::directory::Directory;
use super::forward;
use super::frame::{Broken, Carried, Channel, Inbox, Part};
use super::job::Body;
use super::lent::Lender;
use super::message::{self, Answer, Ask, Line, Request, Say, Setup};
use super::output::{Output, Rate};
use super::remote::Remote;
use super::returned::Returned;
use super::settings::Settings;
use super::sys::{self, Exit, Full};
use crate::load;

/// How often a working child is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A child with its library loaded. It is stopped and waited for on drop.
pub(super) struct Child {
    pid: u32,
    /// Readable once the process has ended.
    ended: OwnedFd,
    channel: Channel,
    inbox: Inbox<Returned>,
    lender: Lender,
    plugin: String,
    output: Output,
    grace: Duration,
    /// Bytes beyond which it is stopped.
    memory: u64,
    /// Most memory that the system says it had at once, before it did anything. Bytes.
    inherited: u64,
    requests: u64,
    rate: Rate,
    reaped: bool,
    // Removed last.
    _directory: Directory,
}

/// What the plugin answered.
pub(super) type Replied = Result<(Answer, Option<Buffer>), Remote>;

/// Why there is no answer. The child is gone.
#[derive(Debug)]
pub(super) struct End {
    pub(super) why: Why,
    /// For a person: the signal or exit code, what took too long, what is wrong with a frame.
    pub(super) how: String,
    pub(super) call: &'static str,
}

/// Kinds of ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The process ended without being asked to.
    Crash,
    /// It took longer than it may.
    Timeout,
    /// It used more memory than it may.
    Memory,
    /// The run was cancelled.
    Cancelled,
    /// What it says makes no sense.
    Protocol,
    /// The memory with its rows cannot be used.
    Output,
    /// It cannot be started.
    Start,
}

impl Child {
    /// Starts a child and lets it load `library`.
    ///
    /// # Errors
    /// As [`Child::ask`], and [`Why::Start`].
    pub(super) fn start(
        plugin: &str,
        path: &Path,
        library: &Part,
        settings: &Settings,
    ) -> Result<Result<Self, Remote>, End> {
        let until = Instant::now() + settings.start;
        let mut child = Self::spawn(plugin, settings).map_err(|error| {
            let how = format!("`{}` cannot be started, {error}", settings.launcher.program.display());
            End { why: Why::Start, how, call: "load" }
        })?;
        child.hear_hello(until)?;
        child.memory = child.resident().saturating_add(settings.memory);
        let (memory, confined) = (Some(settings.memory), settings.confined);
        let setup = Setup { path: path.to_owned(), memory, confined, severity: forward::severity_wanted() };
        let library = Body::Bytes(library.clone());
        let left = until.saturating_duration_since(Instant::now());
        match child.ask(&Ask::Load(setup), Some(&library), Some(left))? {
            Err(remote) => Ok(Err(remote)),
            Ok((Answer::Loaded { missing }, _)) => {
                if settings.confined && !missing.is_empty() {
                    tracing::debug!(plugin, ?missing, "this system cannot confine a plugin fully");
                }
                Ok(Ok(child))
            }
            Ok(_) => Err(child.end(Why::Protocol, "it answered another question".to_owned(), "load")),
        }
    }

    fn spawn(plugin: &str, settings: &Settings) -> io::Result<Self> {
        let directory = Directory::new()?;
        let (ours, theirs) = sys::packet_pair()?;
        let started = settings.launcher.start(directory.path(), theirs)?;
        let pid = started.process.id();
        let ended = sys::watch_process(pid).inspect_err(|_| {
            sys::signal(pid, libc::SIGKILL);
            // The error that matters is the first one.
            let _ = sys::reap(pid);
        })?;
        Ok(Self {
            pid,
            ended,
            channel: Channel::new(ours),
            inbox: Inbox::new(),
            lender: Lender::default(),
            plugin: plugin.to_owned(),
            output: Output::read(plugin, started.output),
            grace: settings.grace,
            memory: u64::MAX,
            inherited: 0,
            requests: 0,
            rate: Rate::new(),
            reaped: false,
            _directory: directory,
        })
    }

    fn hear_hello(&mut self, until: Instant) -> Result<(), End> {
        match self.hear(Some(until), "load")? {
            (Say::Hello { build: message::BUILD, peak }, _) => {
                self.inherited = peak;
                Ok(())
            }
            (Say::Hello { .. }, _) => {
                Err(self.end(Why::Protocol, "it is another build of this program".to_owned(), "load"))
            }
            _ => Err(self.end(Why::Protocol, "it does not say hello".to_owned(), "load")),
        }
    }

    /// Asks and waits for the answer, at most `limit`.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn ask(&mut self, ask: &Ask, body: Option<&Body>, limit: Option<Duration>) -> Result<Replied, End> {
        let call = ask.call();
        let until = limit.map(|limit| Instant::now() + limit);
        self.requests += 1;
        let number = self.requests;
        if let Err(error) = self.say(&Request { number, what: ask.clone() }, body) {
            return Err(self.ended_or(error, call));
        }
        loop {
            match self.hear(until, call)? {
                (Say::Answer { number: found, answer, keeps_rows }, body) if found == number => {
                    if keeps_rows {
                        self.leave_rows(call)?;
                    }
                    return Ok(answer.map(|answer| (answer, body)));
                }
                (Say::Answer { .. }, _) => {
                    return Err(self.end(Why::Protocol, "it answered another question".to_owned(), call));
                }
                (Say::Line(line), _) => self.log(&line),
                (Say::Hello { .. }, _) => {
                    return Err(self.end(Why::Protocol, "it says hello twice".to_owned(), call));
                }
            }
        }
    }

    fn say(&mut self, request: &Request, body: Option<&Body>) -> io::Result<()> {
        let head = Part::new(&[&message::encode(request)])?;
        let carried = match body {
            None => Carried::Nothing,
            Some(Body::Bytes(part)) => Carried::Part(part),
            Some(Body::Rows(buffers)) => self.lender.lend(buffers)?,
        };
        self.channel.send(&head, carried, Full::Wait)?;
        self.lender.arrived();
        Ok(())
    }

    /// Leaves the rows of the last request to the plugin, which pays for them with its memory.
    fn leave_rows(&mut self, call: &'static str) -> Result<(), End> {
        self.lender.forget();
        if self.resident() <= self.memory {
            return Ok(());
        }
        Err(self.end(Why::Memory, "it keeps more rows than it has memory for and was stopped".to_owned(), call))
    }

    /// The next thing that it says.
    fn hear(&mut self, until: Option<Instant>, call: &'static str) -> Result<(Say, Option<Buffer>), End> {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let look = left.map_or(LOOK, |left| left.min(LOOK));
            let milliseconds = look.as_micros().div_ceil(1_000) as i32;
            let [speaks, ended] = match sys::wait([self.channel.as_fd(), self.ended.as_fd()], milliseconds) {
                Ok(ready) => ready,
                Err(error) => return Err(self.ended_or(error, call)),
            };
            // Before what it says, since one that never stops talking takes too long as well.
            if left.is_some_and(|left| left.is_zero()) {
                let how = "it took longer than it may and was stopped".to_owned();
                return Err(self.stop(Why::Timeout, how, call));
            }
            if speaks {
                return self.receive(call);
            }
            if ended {
                return Err(self.crashed(call));
            }
            if load::is_cancelled() {
                return Err(self.stop(Why::Cancelled, "the run was cancelled".to_owned(), call));
            }
            if self.resident() > self.memory {
                return Err(self.end(Why::Memory, "it used more memory than it may and was stopped".to_owned(), call));
            }
        }
    }

    fn receive(&mut self, call: &'static str) -> Result<(Say, Option<Buffer>), End> {
        let frame = match self.inbox.receive(&self.channel) {
            Ok(frame) => frame,
            Err(Broken::Closed) => return Err(self.crashed(call)),
            Err(Broken::Malformed(problem)) => return Err(self.end(Why::Protocol, problem, call)),
            Err(Broken::Memory(problem)) => return Err(self.end(Why::Output, problem, call)),
            Err(Broken::System(error)) => return Err(self.ended_or(error, call)),
        };
        match message::decode(&frame.head) {
            Ok(say) => Ok((say, frame.body)),
            Err(problem) => Err(self.end(Why::Protocol, problem, call)),
        }
    }

    /// A child that closed its socket is given a moment to be gone by itself, so that the signal is known.
    fn crashed(&mut self, call: &'static str) -> End {
        let gone = self.wait_for_end(self.grace.min(Duration::from_millis(500)));
        let exit = self.kill();
        let last = self.output.end();
        let (why, how) = match exit {
            Some(exit) if gone => verdict(exit, self.memory.max(self.inherited), &last),
            _ => (Why::Crash, "it closed its connection and was killed".to_owned()),
        };
        let how = match last.last() {
            Some(last) => format!("{how}; its last line was {last:?}"),
            None => how,
        };
        End { why, how, call }
    }

    fn ended_or(&mut self, error: io::Error, call: &'static str) -> End {
        match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => self.crashed(call),
            _ => self.end(Why::Start, error.to_string(), call),
        }
    }

    /// Ends the child for a reason of its own.
    fn end(&mut self, why: Why, how: String, call: &'static str) -> End {
        self.kill();
        self.output.end();
        End { why, how, call }
    }

    /// Asks the plugin to stop, waits a little, and ends the child.
    fn stop(&mut self, why: Why, how: String, call: &'static str) -> End {
        sys::signal(self.pid, libc::SIGTERM);
        let until = Instant::now() + self.grace;
        // An answer, whatever it is, shows that the plugin has stopped.
        while Instant::now() < until {
            match sys::wait([self.channel.as_fd(), self.ended.as_fd()], LOOK.as_millis() as i32) {
                Ok([true, _]) => match self.inbox.receive(&self.channel).map(|frame| message::decode(&frame.head)) {
                    Ok(Ok(Say::Line(line))) => self.log(&line),
                    _ => break,
                },
                Ok([_, true]) | Err(_) => break,
                Ok(_) => {}
            }
        }
        self.end(why, how, call)
    }

    /// Ends the process and all that belongs to its session, and waits for it.
    fn kill(&mut self) -> Option<Exit> {
        if self.reaped {
            return None;
        }
        sys::signal(self.pid, libc::SIGKILL);
        self.reaped = true;
        sys::reap(self.pid).ok()
    }

    fn wait_for_end(&self, most: Duration) -> bool {
        matches!(sys::wait([self.ended.as_fd()], most.as_millis() as i32), Ok([true]))
    }

    /// Memory that it uses now, in bytes; 0 if the system does not say.
    fn resident(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.pid)).unwrap_or_default();
        let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
        pages.unwrap_or(0) * sys::page_size()
    }

    fn log(&mut self, line: &Line) {
        if !self.rate.admits(&self.plugin) {
            return;
        }
        let (plugin, criterion, part, message) = (&self.plugin, &line.criterion, &line.part, &line.message);
        if let Some((metric, value)) = &line.metric {
            tracing::debug!(plugin, criterion, metric, value, "{message}");
            return;
        }
        match line.severity {
            1 => tracing::error!(plugin, criterion, part, "{message}"),
            2 => tracing::warn!(plugin, criterion, part, "{message}"),
            3 => tracing::info!(plugin, criterion, part, "{message}"),
            4 => tracing::debug!(plugin, criterion, part, "{message}"),
            _ => tracing::trace!(plugin, criterion, part, "{message}"),
        }
    }

    /// Lets the plugin destroy what it has, and ends the child.
    ///
    /// # Errors
    /// It did not end as it should; it is gone all the same.
    pub(super) fn goodbye(mut self) -> Result<(), End> {
        let grace = self.grace;
        // The answer is `Done`; how the process ends after it is the same to everybody.
        let answered = self.ask(&Ask::Goodbye, None, Some(grace)).map(drop);
        if answered.is_ok() {
            self.wait_for_end(grace);
        }
        answered
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What an exit means. A child never ends by itself, so a code of 0 is a crash too. Its peak means something
/// only beyond `memory`, since the system counts what the runner had when it started the process as well.
fn verdict(exit: Exit, memory: u64, last: &[String]) -> (Why, String) {
    use std::os::unix::process::ExitStatusExt;

    let refused = last.iter().any(|line| was_refused(line));
    let how = match (exit.status.signal(), exit.status.code()) {
        (Some(signal), _) => format!("it was ended by {}", signal_name(signal)),
        (None, code) => format!("it ended by itself with code {}", code.unwrap_or_default()),
    };
    match exit.status.signal() {
        // The filter of the child lets a mapping that is larger than all its memory end it.
        Some(libc::SIGSYS) => (Why::Memory, "it asked for more memory than it may have and was stopped".to_owned()),
        _ if refused || exit.peak > memory => (Why::Memory, format!("it used more memory than it may, {how}")),
        _ => (Why::Crash, how),
    }
}

/// Whether the system gave no more memory to a program of Rust or of C++ that wrote this line.
fn was_refused(line: &str) -> bool {
    (line.starts_with("memory allocation of ") && line.ends_with(" failed")) || line.contains("std::bad_alloc")
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGHUP => "SIGHUP",
        libc::SIGILL => "SIGILL",
        libc::SIGINT => "SIGINT",
        libc::SIGKILL => "SIGKILL",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGTERM => "SIGTERM",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGXFSZ => "SIGXFSZ",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}
