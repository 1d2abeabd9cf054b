//! What a child writes to standard output and standard error, line by line into our log.

use std::collections::VecDeque;
use std::io::{PipeReader, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::sys;
use crate::load::line;

/// Longer lines are cut into several. Bytes.
const MAX_LINE: usize = 8 << 10;
/// More lines of a second are counted and dropped.
const MAX_LINES: u32 = 1_000;
/// Lines that an error shows.
const KEPT: usize = 8;
/// How long the reader sleeps when there is nothing, in milliseconds.
const NAP: i32 = 100;

/// The reader of one child's output.
pub(super) struct Output {
    over: Arc<AtomicBool>,
    reader: Option<JoinHandle<VecDeque<Vec<u8>>>>,
}

impl Output {
    pub(super) fn read(plugin: &str, pipe: PipeReader) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (plugin, ended) = (plugin.to_owned(), Arc::clone(&over));
        let reader = std::thread::spawn(move || Lines::new(plugin).read(pipe, &ended));
        Self { over, reader: Some(reader) }
    }

    /// The last lines, once the child has ended. A process that outlives it may keep the pipe open, so
    /// only what is there is read.
    pub(super) fn end(&mut self) -> Vec<String> {
        self.over.store(true, Ordering::Release);
        let last = self.reader.take().and_then(|reader| reader.join().ok());
        last.unwrap_or_default().iter().map(|bytes| line(bytes)).collect()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.end();
    }
}

/// How many lines of one second are logged.
pub(super) struct Rate {
    second: Instant,
    logged: u32,
    dropped: u64,
}

impl Rate {
    pub(super) fn new() -> Self {
        Self { second: Instant::now(), logged: 0, dropped: 0 }
    }

    /// Counts a line, and says when a second is over how many were dropped.
    pub(super) fn admits(&mut self, plugin: &str) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            self.report(plugin);
        }
        if self.logged == MAX_LINES {
            self.dropped += 1;
            return false;
        }
        self.logged += 1;
        true
    }

    fn report(&mut self, plugin: &str) {
        if self.dropped > 0 {
            tracing::warn!(plugin, dropped = self.dropped, "a plugin writes too much, lines were dropped");
        }
        *self = Self::new();
    }
}

/// Lines as they come.
struct Lines {
    plugin: String,
    partial: Vec<u8>,
    last: VecDeque<Vec<u8>>,
    rate: Rate,
}

impl Lines {
    fn new(plugin: String) -> Self {
        Self { plugin, partial: Vec::new(), last: VecDeque::new(), rate: Rate::new() }
    }

    fn read(mut self, mut pipe: PipeReader, over: &AtomicBool) -> VecDeque<Vec<u8>> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            // Asked before the pipe, so that what was written before the end is still read.
            let last_look = over.load(Ordering::Acquire);
            match sys::wait([pipe.as_fd()], if last_look { 0 } else { NAP }) {
                Ok([true]) => match pipe.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => self.take(&buffer[..read]),
                },
                Ok([false]) if last_look => break,
                Ok([false]) => {}
                Err(_) => break,
            }
        }
        self.flush();
        self.rate.report(&self.plugin);
        self.last
    }

    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for part in piece.chunks(MAX_LINE) {
                self.partial.extend_from_slice(part);
                if part.ends_with(b"\n") || self.partial.len() >= MAX_LINE {
                    self.flush();
                }
            }
        }
    }

    fn flush(&mut self) {
        let bytes = std::mem::take(&mut self.partial);
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if bytes.is_empty() {
            return;
        }
        if self.rate.admits(&self.plugin) {
            tracing::info!(plugin = self.plugin, part = "output", "{}", line(bytes));
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(bytes.to_vec());
    }
}
