//! What plugins write to standard output and standard error becomes log lines.
#![allow(unsafe_code, reason = "descriptors of the process are replaced here")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use libc::c_int;

use crate::load::line;
use crate::running;

/// Longer lines are cut into several. Bytes.
const MAX_LINE: u64 = 8 * 1024;
/// Descriptors that a process may have where nobody says otherwise.
const USUAL_LIMIT: c_int = 1_025;

/// The runner's own streams, which nothing else writes to once [`capture_output`] has been called.
#[derive(Debug)]
pub struct Streams {
    /// What was standard output.
    pub stdout: File,
    /// What was standard error.
    pub stderr: File,
}

/// Points standard output and standard error of the process at a pipe whose lines are logged, and
/// standard input at nothing. From then on the runner writes to the streams it gets here.
///
/// Call it once, before the first plugin is loaded. Crash reports go to the real standard error.
///
/// # Errors
/// What the system says if there are no descriptors left.
pub fn capture_output() -> io::Result<Streams> {
    let streams = Streams { stdout: File::from(private_copy(1)?), stderr: File::from(private_copy(2)?) };
    running::set_report_descriptor(streams.stderr.as_raw_fd());
    let (read, write) = io::pipe()?;
    let nothing = File::open("/dev/null")?;
    replace(0, nothing.as_raw_fd())?;
    replace(1, write.as_raw_fd())?;
    replace(2, write.as_raw_fd())?;
    std::thread::Builder::new().name("plugin-output".to_owned()).spawn(move || log_lines(read))?;
    Ok(streams)
}

/// Logs what arrives until every writer is gone.
fn log_lines(pipe: impl Read) {
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut bytes = Vec::new();
        match pipe.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => log(bytes.strip_suffix(b"\n").unwrap_or(&bytes)),
        }
    }
}

/// One line, under the plugins that run at the moment: the pipe does not say who wrote.
fn log(bytes: &[u8]) {
    let mut plugins: Vec<&str> = running::all().filter_map(|slot| Some(slot.owner()?.name.as_str())).collect();
    plugins.sort_unstable();
    plugins.dedup();
    let owner = running::all().find_map(running::Slot::owner);
    if owner.is_none_or(|owner| owner.admit_line().0) {
        tracing::info!(plugin = plugins.join(" or "), "{}", line(bytes));
    }
}

/// A copy of a descriptor that children do not inherit, behind the numbers that a plugin closes which
/// closes all it can think of.
fn private_copy(descriptor: c_int) -> io::Result<OwnedFd> {
    let copied_to = |least: c_int| {
        // SAFETY: duplicates a number; the answer is checked.
        let copy = unsafe { libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, least) };
        if copy < 0 { Err(io::Error::last_os_error()) } else { Ok(copy) }
    };
    let copy = copied_to(USUAL_LIMIT).or_else(|_| copied_to(3))?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Lets `descriptor` refer to what `source` refers to.
fn replace(descriptor: c_int, source: c_int) -> io::Result<()> {
    // SAFETY: both are numbers; the answer is checked.
    let answer = unsafe { libc::dup2(source, descriptor) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
